"""A company's zone, and what has been done to such zones: what broke the domain, and what was a day's work."""

from collections.abc import Iterable

from sophia_infra.changes import Changes
from sophia_infra.dns.exposure import between
from tests.dns.exposure.shop import text

ORIGIN = "corp.example"
SOA = "@ 3600 SOA ns1.dns.example. hostmaster.corp.example. 1 7200 900 1209600 900"
NS = frozenset({f"@ 86400 NS ns{number}.dns.example." for number in (1, 2)})
APEX = "@ 300 A 198.51.100.10"
MX1, MX2 = "@ 3600 MX 1 aspmx.l.google.com.", "@ 3600 MX 5 alt1.aspmx.l.google.com."
SPF = '@ 3600 TXT "v=spf1 include:_spf.google.com include:_spf.corp.example -all"'
OFFICE = '_spf 3600 TXT "v=spf1 ip4:203.0.113.0/28 a:smtp.corp.example -all"'
PROOF = '@ 3600 TXT "google-site-verification=abc"'
DMARC = '_dmarc 3600 TXT "v=DMARC1; p=quarantine; rua=mailto:dmarc@corp.example"'
DKIM = 'google._domainkey 3600 TXT "v=DKIM1; k=rsa; p=MIIBIjAN"'
STS = '_mta-sts 3600 TXT "v=STSv1; id=20260101"'
CAA = '@ 3600 CAA 0 issue "letsencrypt.org"'
WWW, SHOP = "www 300 CNAME corp.example.", "shop 300 CNAME lb.corp.example."
LB = frozenset({f"lb 60 A 198.51.100.{number}" for number in range(20, 32)})
API4, API6 = "api 300 A 198.51.100.40", "api 300 AAAA 2001:db8::40"
SMTP = "smtp 3600 A 203.0.113.5"
TLSA = "_25._tcp.smtp 3600 TLSA 3 1 1 AA"
RELAY = "in 3600 MX 10 smtp.corp.example."
CHILD = frozenset({"dev 3600 NS ns1.dev.corp.example.", "ns1.dev 3600 A 203.0.113.53"})
VPN, OFFICE_HOST = "vpn 300 A 203.0.113.1", "office 300 A 203.0.113.2"
KERBEROS = "_kerberos._tcp 600 SRV 0 100 88 dc1.corp.example."
LDAP = frozenset({f"_ldap._tcp 600 SRV 0 100 389 dc{number}.corp.example." for number in (1, 2)})
DCS = frozenset({f"dc{number} 600 A 203.0.113.{number + 30}" for number in (1, 2)})
SIP = "_sipfederationtls._tcp 3600 SRV 100 1 5061 sipfed.online.lync.com."
CHALLENGE = "_acme-challenge.intern 3600 CNAME intern.acme.example."
INTERN = "intern 300 A 203.0.113.3"
CUSTOMERS = frozenset({f"customer{number} 300 CNAME tenants.corp.example." for number in range(40)})
TENANTS = "tenants 300 A 198.51.100.50"
WILDCARD, INGRESS = "* 300 A 198.51.100.60", "*.k8s 300 CNAME lb.corp.example."
ZONE = frozenset(
    {
        *(SOA, *NS, APEX, MX1, MX2, SPF, OFFICE, PROOF, DMARC, DKIM, STS, CAA, WWW, SHOP, *LB, API4, API6, SMTP, TLSA),
        *(RELAY, *CHILD, VPN, OFFICE_HOST, KERBEROS, *LDAP, *DCS, SIP, CHALLENGE, INTERN, *CUSTOMERS, TENANTS),
    }
)
OUTLOOK = "@ 3600 MX 0 corp-example.mail.protection.outlook.com."
KEYS = frozenset({"@ 3600 DNSKEY 257 3 13 AAAA", "@ 3600 DNSKEY 256 3 13 BBBB", "@ 3600 CDS 1 13 2 AA"})


def step(remove: Iterable[str] = (), add: Iterable[str] = (), *, base: Iterable[str] = ()) -> Changes:
    """Return what it is to take lines out of the zone and to put others in; `base` are lines it holds as well."""
    old = ZONE | set(base)
    assert old >= set(remove), f"{sorted(set(remove) - old)} is not in the zone"
    before, after = text(old), text(old - set(remove) | set(add))
    return between(before, after, origin=ORIGIN, previous=before)


def retimed(lines: Iterable[str], ttl: int) -> set[str]:
    """Return lines with another TTL."""
    return {" ".join((owner, str(ttl), rest)) for owner, _, rest in (line.split(" ", 2) for line in lines)}


def signed(lines: Iterable[str], since: str) -> set[str]:
    """Return the signatures of sets; `since` is when they were made."""
    sets = {(owner, kind) for owner, _, kind, _ in (line.split(" ", 3) for line in lines) if not owner.endswith("dev")}
    return {f"{owner} 300 RRSIG {kind} 13 2 300 20270101000000 {since} 1 corp.example. AA" for owner, kind in sets}


def swapped(old: str, new: str, lines: Iterable[str] = ZONE) -> Changes:
    """Return what it is that a word gives way to another wherever some lines hold it."""
    held = {line for line in lines if old in line}
    return step(held, {line.replace(old, new) for line in held})


BREAKING: dict[str, Changes] = {
    "the export of the zone was empty": step(ZONE - NS - {SOA}),
    "a template lost the mail section": step({MX1, MX2, SPF, DMARC, DKIM}),
    "the MX was typed without a dot": step({MX1, MX2}, {"@ 3600 MX 1 aspmx.l.google.com.corp.example."}),
    "the MX was typed without a dot beside a wildcard": step(
        {MX1, MX2}, {"@ 3600 MX 1 aspmx.l.google.com.corp.example."}, base={WILDCARD}
    ),
    "SPF was handed to a record that was never made": step({SPF}, {'@ 3600 TXT "v=spf1 redirect=_spf1.corp.example"'}),
    "the include of the office was misspelt": step({SPF}, {SPF.replace("_spf.corp", "_sfp.corp")}),
    "a manual's address was copied to the apex": step(
        {APEX, "@ 300 A 8.8.4.4"}, {"@ 300 A 192.0.2.1"}, base={"@ 300 A 8.8.4.4"}
    ),
    "a script wrote a null MX for domains without mail": step({MX1, MX2}, {"@ 3600 MX 0 ."}),
    "a hardening script closed SPF": step({SPF}, {'@ 3600 TXT "v=spf1 -all"'}),
    "SPF was softly closed": step({SPF}, {'@ 3600 TXT "v=spf1 ~all"'}),
    "a vendor's SPF was added beside the own": step(add={'@ 3600 TXT "v=spf1 include:sendgrid.net ~all"'}),
    "SPF got a typing error": step({SPF}, {SPF.replace("include:_spf.google", "inclde:_spf.google")}),
    "SPF got a smart quote": step({SPF}, {SPF.replace("v=spf1", "“v=spf1")}),
    "the include of the office was cleaned up": step({OFFICE}),
    "the include of the office was closed": step({OFFICE}, {'_spf 3600 TXT "v=spf1 -all"'}),
    "the old name servers were dropped at once": step(NS, {"@ 86400 NS a.new.example.", "@ 86400 NS b.new.example."}),
    "a provider was left with one name server": step({sorted(NS)[0]}),
    "the apex was deleted with its load balancer": step({APEX}),
    "the apex was pointed at an internal address": step({APEX}, {"@ 300 A 10.1.2.3"}),
    "the API went into the office's net": step(
        {API4, API6}, {"api 300 A 10.0.0.40"}, base={"partner 60 CNAME api.corp.example."}
    ),
    "www was pointed at a bucket's name in the own zone": step({WWW}, {"www 300 CNAME bucket.corp.example."}),
    "the load balancer's addresses all went": step(LB),
    "half of the load balancer's addresses went": step(sorted(LB)[:6]),
    "the host of all customers was renamed": step({TENANTS}, {"tenant 300 A 198.51.100.50"}),
    "a delegation was made over a live subtree": step(add={"customer7 300 NS ns1.customer.example."}),
    "a DNAME was put at the apex for a rebranding": step(add={"@ 300 DNAME brand.example."}),
    "the delegation that the office needs was deleted": step(CHILD, base={"build 300 CNAME runner.dev.corp.example."}),
    "the relay's host was deleted": step({SMTP}),
    "log-on went with an AD clean-up": step(LDAP),
    "the domain's signing keys were replaced": step(
        {"@ 3600 DNSKEY 257 3 13 AAAA"}, {"@ 3600 DNSKEY 257 3 13 BBBB"}, base={"@ 3600 DNSKEY 257 3 13 AAAA"}
    ),
    "signing was taken out though the parent has a DS": step(
        {"@ 3600 DNSKEY 257 3 13 AAAA", "@ 3600 CDS 1 13 2 AA"},
        base={"@ 3600 DNSKEY 257 3 13 AAAA", "@ 3600 CDS 1 13 2 AA"},
    ),
    "a record of a signed file was edited by hand": step(
        {API4},
        {"api 300 A 198.51.100.41"},
        base=signed({SOA, API4}, "20261201000000"),
    ),
    "the secondaries' expiry lost two digits": step({SOA}, {SOA.replace("1209600", "1209")}),
    "a query of the inventory timed out half-way": step(sorted(CUSTOMERS)[:30]),
    "the customers' records came back with another target": swapped("tenants.corp", "tenants.crop", CUSTOMERS),
}
"""Each must be stopped by the default limits."""

GRAVE: dict[str, Changes] = {
    "DKIM was revoked while it is in use": step({DKIM}, {'google._domainkey 3600 TXT "v=DKIM1; k=rsa; p="'}),
    "DMARC went straight to reject": step(
        {'_dmarc.news 300 TXT "v=DMARC1; p=none"'},
        {'_dmarc.news 300 TXT "v=DMARC1; p=reject"'},
        base={'_dmarc.news 300 TXT "v=DMARC1; p=none"'},
    ),
    "nobody may issue certificates": step({CAA}, {'@ 3600 CAA 0 issue ";"'}),
    "the parent is asked to drop the DS": step(
        {"@ 3600 CDS 1 13 2 AA"}, {"@ 3600 CDS 0 0 0 00"}, base={"@ 3600 CDS 1 13 2 AA"}
    ),
    "every TTL was set to the largest": step(ZONE - {SOA}, retimed(ZONE - {SOA}, 2147483647)),
    "the name servers' TTL was set to 0": step(NS, retimed(NS, 0)),
    "the relay's pin was replaced before the key": step({TLSA}, {TLSA.replace("AA", "BB")}),
    "DMARC was misspelt": step({DMARC}, {DMARC.replace("quarantine", "quarantien")}),
    "DKIM was pointed at a name of the own zone": step(
        {DKIM}, {"google._domainkey 3600 CNAME google.corp.example."}, base={WILDCARD}
    ),
    "federation was deleted": step({SIP}),
    "mail moved while the MTA-STS policy names the old hosts": step({MX1, MX2}, {OUTLOOK}),
    "absent names are kept for a week": step({SOA}, {retimed({SOA.replace(" 900", " 604800")}, 604800).pop()}),
}
"""Each is told as high: it hurts, but not the domain at once, or it may be meant."""

ORDINARY: dict[str, Changes] = {
    "mail moves from Google to Microsoft 365": step(
        {MX1, MX2, SPF, STS},
        {
            OUTLOOK,
            SPF.replace("_spf.google.com", "spf.protection.outlook.com"),
            '@ 3600 TXT "MS=ms123456"',
            STS.replace("20260101", "20261201"),
            "autodiscover 3600 CNAME autodiscover.outlook.com.",
            "selector1._domainkey 3600 CNAME selector1-corp-example._domainkey.corp.onmicrosoft.com.",
        },
    ),
    "the old mail host's key is taken out later": step({DKIM, PROOF}),
    "both mail hosts are allowed while mail moves": step(
        {SPF}, {SPF.replace("-all", "include:spf.protection.outlook.com ~all")}
    ),
    "www goes behind a CDN": step({WWW}, {"www 300 CNAME corp.example.cdn.example."}),
    "the apex goes behind a CDN": step({APEX}, {"@ 300 ALIAS corp.example.cdn.example."}),
    "a CDN proves the names by CNAME": step(
        add={"_a1b2.www 300 CNAME _c3d4.acm-validations.aws.", "_x.api 60 CNAME y.acm-validations.aws."}
    ),
    "IPv6 is turned up everywhere": step(
        add={
            "@ 300 AAAA 2001:db8::10",
            "lb 60 AAAA 2001:db8::20",
            "tenants 300 AAAA 2001:db8::50",
            "smtp 3600 AAAA 2001:db8::5",
        }
    ),
    "IPv6 is turned down at the API": step({API6}),
    "name servers move: the new ones join": step(add={"@ 86400 NS a.new.example.", "@ 86400 NS b.new.example."}),
    "name servers move: the old ones leave": step(NS, base={"@ 86400 NS a.new.example.", "@ 86400 NS b.new.example."}),
    "TTLs are lowered before a move": step(ZONE - {SOA}, retimed(ZONE - {SOA}, 60)),
    "TTLs are raised again to a day": step(CUSTOMERS | LB, retimed(CUSTOMERS | LB, 86400)),
    "DKIM rotates: a second selector comes": step(add={'g2026._domainkey 3600 TXT "v=DKIM1; k=rsa; p=MIIBNEW"'}),
    "DKIM rotates: the old selector is revoked": step(
        {DKIM},
        {'google._domainkey 3600 TXT "v=DKIM1; p="'},
        base={'g2026._domainkey 3600 TXT "v=DKIM1; k=rsa; p=MIIB"'},
    ),
    "DMARC goes from quarantine to reject": step({DMARC}, {DMARC.replace("quarantine", "reject")}),
    "DMARC is handed to a service": step({DMARC}, {"_dmarc 3600 CNAME corp.example.dmarc.example."}),
    "the office gets other addresses": step(
        {OFFICE, VPN, OFFICE_HOST, SMTP},
        {
            OFFICE.replace("203.0.113.0/28", "192.0.2.0/28"),
            "vpn 300 A 192.0.2.1",
            "office 300 A 192.0.2.2",
            "smtp 3600 A 192.0.2.5",
        },
    ),
    "an ACME token comes": step(add={'_acme-challenge 60 TXT "token"'}),
    "an ACME token goes": step({'_acme-challenge 60 TXT "token"'}, base={'_acme-challenge 60 TXT "token"'}),
    "blue gives way to green": step({SHOP}, {"shop 60 CNAME lb-green.corp.example.", "lb-green 60 A 198.51.100.99"}),
    "the load balancer rotates two of its addresses": step(
        sorted(LB)[:2], {"lb 60 A 198.51.100.98", "lb 60 A 198.51.100.99"}
    ),
    "a customer comes": step(add={"customer99 300 CNAME tenants.corp.example."}),
    "ten customers leave": step(sorted(CUSTOMERS)[:10]),
    "a SaaS is proven": step(add={'@ 3600 TXT "atlassian-domain-verification=x"', "help 300 CNAME corp.zendesk.com."}),
    "a newsletter service gets its names": step(
        {SPF},
        {
            SPF.replace("-all", "include:sendgrid.net -all"),
            "em1 3600 CNAME u1.wl.sendgrid.net.",
            "s1._domainkey 3600 CNAME s1.domainkey.u1.wl.sendgrid.net.",
            '_dmarc.em1 3600 TXT "v=DMARC1; p=none"',
        },
    ),
    "a domain controller is retired": step(
        {sorted(LDAP)[1], sorted(DCS)[1]},
    ),
    "certificates come from two authorities": step(
        add={'@ 3600 CAA 0 issue "pki.goog"', '@ 3600 CAA 0 iodef "mailto:s@corp.example"'}
    ),
    "a pin is rolled with overlap": step(add={TLSA.replace("AA", "BB")}),
    "a host is retired with its certificate's alias": step({INTERN, CHALLENGE}),
    "the zone is signed": step(add=KEYS | signed(ZONE | KEYS, "20261201000000")),
    "the zone is signed again with a change": step(
        {API4, *signed(ZONE | KEYS, "20261201000000")},
        {"api 300 A 198.51.100.41", *signed(ZONE | KEYS, "20261208000000")},
        base=KEYS | signed(ZONE | KEYS, "20261201000000"),
    ),
    "a key of the zone is rolled": step(
        {"@ 3600 DNSKEY 256 3 13 BBBB"},
        {"@ 3600 DNSKEY 256 3 13 CCCC"},
        base={"@ 3600 DNSKEY 257 3 13 AAAA", "@ 3600 DNSKEY 256 3 13 BBBB"},
    ),
    "a site moves into the cluster": step(
        {SHOP, API4, API6}, {f"{name} 300 CNAME {name}.k8s.corp.example." for name in ("shop", "api")}, base={INGRESS}
    ),
    "www moves into the cluster": step({WWW}, {"www 300 CNAME www.k8s.corp.example."}, base={INGRESS}),
    "an alias moves within the cluster": step(
        {"a 60 CNAME a1.k8s.corp.example."},
        {"a 60 CNAME a2.k8s.corp.example."},
        base={INGRESS, "a 60 CNAME a1.k8s.corp.example."},
    ),
    "SPF is split into own names": step(
        {SPF},
        {
            '@ 3600 TXT "v=spf1 include:_spf.corp.example include:_spf2.corp.example -all"',
            '_spf2 60 TXT "v=spf1 include:_spf.google.com -all"',
        },
    ),
    "the office's SPF is folded into the domain's": step(
        {SPF, OFFICE}, {'@ 3600 TXT "v=spf1 include:_spf.google.com ip4:203.0.113.0/28 a:smtp.corp.example -all"'}
    ),
    "the office's SPF is handed to a service": step({OFFICE}, {"_spf 3600 CNAME corp.example.spf.example."}),
    "SPF goes by a service's macro": step(
        {SPF}, {'@ 3600 TXT "v=spf1 include:%{i}._ip.%{h}._ehlo.%{d}._spf.corp.example -all"'}
    ),
    "an internal tool goes behind the VPN": step({INTERN, CHALLENGE}, {"intern 300 A 10.0.0.3"}),
    "DMARC asks more of subdomains": step({DMARC}, {DMARC.replace("quarantine", "quarantine; sp=reject")}),
    "a team gets its own zone": step(add={"qa 3600 NS ns1.qa.corp.example.", "ns1.qa 3600 A 203.0.113.54"}),
    "a relay's MX gets a spare": step(add={"in 3600 MX 20 smtp2.corp.example.", "smtp2 3600 A 203.0.113.6"}),
    "HTTP/3 is announced": step(add={'@ 300 HTTPS 1 . alpn="h3,h2"', 'api 300 HTTPS 1 . alpn="h3,h2"'}),
}
"""Each must pass the default limits with no override."""

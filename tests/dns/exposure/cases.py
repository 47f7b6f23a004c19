"""Every row of the table in docs/exposure.md as a change of the shop's zone."""

from collections.abc import Iterable

from sophia_infra.changes import Changes
from sophia_infra.dns.exposure import between
from tests.dns.exposure.shop import FRAME, ORIGIN, WILDCARD, change, text

NS1, NS2 = "@ 3600 NS ns1.dns.example.", "@ 3600 NS ns2.dns.example."
MX, WWW = "@ 3600 MX 10 mail.shop.example.", "www 300 CNAME shop.example."
SPF = '@ 3600 TXT "v=spf1 mx -all"'
A, AAAA, APP, MAIL = "@ 300 A 192.0.2.1", "@ 300 AAAA 2001:db8::1", "app 300 A 192.0.2.5", "mail 300 A 192.0.2.3"
SHOP, DMARC = "shop 300 CNAME app.shop.example.", '_dmarc 3600 TXT "v=DMARC1; p=none"'
DEEPER = "*.dev 300 A 192.0.2.9"
OWN_NS = "@ 60 NS no2.shop.example."
CHILD = "child 300 NS ns.dns.example."
FORTY = {f"pool 300 A 198.51.100.{number}" for number in range(40)}
MANY = {f"n{number} 300 A 192.0.2.1" for number in range(40)}
ROTATED = {f"pool 300 A 203.0.113.{number}" for number in range(40)}
DS, TLSA = "child 300 DS 60914 8 2 {}", "_443._tcp.www 300 TLSA 3 1 1 {}"
CAA = '@ 300 CAA 0 issue "letsencrypt.org"'
DKIM = 'k1._domainkey 300 TXT "v=DKIM1; p=MIIB"'
CHALLENGE = "_acme-challenge 300 CNAME shop.acme.example."
TOKEN = '_acme-challenge 300 TXT "token"'
SRV = "_imaps._tcp 300 SRV 0 1 993 mail.shop.example."

SOA = "@ 3600 SOA ns1.dns.example. h.shop.example. 1 7200 900 1209600 60"
OWN = FRAME - {NS1, NS2} | {"@ 3600 NS ns1.shop.example.", "@ 3600 NS ns2.shop.example."}
GLUE = {"ns1 60 A 192.0.2.53", "ns2 60 A 192.0.2.54"}
NEWS = "news 300 MX 10 mx.mail.example."
STS = {NEWS, '_mta-sts.news 300 TXT "v=STSv1; id=1"'}
SSO, TO_APEX, ALIAS = "sso 300 A 192.0.2.7", "www 300 CNAME shop.example.", "@ 300 ALIAS cdn.example."
GLUE1, GLUE2 = "ns1.child 300 A 192.0.2.1", "ns2.child 300 A 192.0.2.2"
INSIDE_CHILD = {GLUE1, GLUE2, *(f"child 300 NS ns{number}.child.shop.example." for number in (1, 2))}
CAA_REPORTS = '@ 300 CAA 0 iodef "mailto:s@shop.example"'
SERVICE = '@ 3600 TXT "v=spf1 mx include:_spf.news.example -all"'
SIGNS = "n1._domainkey 300 CNAME n1.dkim.news.example."
CLOSED = '@ 3600 TXT "v=spf1 -all"'
PART, INCLUDING = '_spf 300 TXT "v=spf1 mx -all"', '@ 3600 TXT "v=spf1 include:_spf.shop.example -all"'
REAL = frozenset(line.replace(" A 192.0.2.1", " A 8.8.4.4") for line in FRAME)
FINDS = "autodiscover 300 CNAME autodiscover.mail.example."
SIP, LDAP = "_sips._tcp 300 SRV 0 0 5061 sip.mail.example.", "_ldap._tcp 300 SRV 0 0 389 dc1.shop.example."
IMAPS = "_imaps._tcp 300 SRV 0 1 993 imap.idp.example."
HTTPS = '@ 300 HTTPS 1 . alpn="h2"'
KEY, CDS, PARAM = "@ 300 DNSKEY 257 3 8 AwEA", "@ 300 CDS 60914 8 2 AA", "@ 0 NSEC3PARAM 1 0 0 -"
SIGNED = "20270101000000 20261201000000 1 shop.example. AAAA"


def moved(old: Iterable[str], new: Iterable[str], source: Iterable[str] | None = None) -> Changes:
    """Return what it is that a live zone becomes another; `source` is what was last asked for, if not the old one."""
    return between(text(old), text(new), origin=ORIGIN, previous=text(old if source is None else source))


def shrunk(left: int) -> Changes:
    """A source that lost all but some of forty sets, none of which is live any more."""
    kept = FRAME | set(sorted(MANY)[:left])
    return moved(kept, kept, source=FRAME | MANY)


CASES: dict[str, Changes] = {
    # the zone as a whole
    "zone emptied": moved(FRAME, {NS1, NS2}),
    "new zone": moved(set(), FRAME | {'@ 300 CAA 0 issue ";"'}),
    "zone dwindles": moved(FRAME, {NS1, NS2, A}),
    "source vanished": moved({NS1, NS2}, {NS1, NS2}, source=FRAME),
    "source lost over half": shrunk(5),
    "source lost over a quarter": shrunk(20),
    "protected name deleted": change({"sub 300 A 192.0.2.4"}, protect=["sub"]),
    # name servers and delegations
    "apex NS deleted": change({NS1, NS2}),
    "apex NS replaced": change({NS1, NS2}, {"@ 3600 NS a.example.", "@ 3600 NS b.example."}),
    "one name server left": change({NS1}),
    "apex NS without addresses": change({NS1, NS2}, {"@ 60 NS no1.shop.example."}, base={OWN_NS}, wildcard=False),
    "name servers renumbered": moved(OWN | GLUE, OWN | {line.replace("192.0.2", "198.51.100") for line in GLUE}),
    "apex NS with overlap": change({NS1}, {"@ 3600 NS a.example."}),
    "delegation over names": change(add={"sub 300 NS ns1.dns.example."}),
    "delegation in place": change({WWW}, {"www 300 NS lb.dns.example."}, wildcard=False),
    "delegation created": change(add={CHILD}),
    "delegation deleted": change({CHILD}, base={CHILD}),
    "delegation deleted, pointed into": change(
        {CHILD}, base={CHILD, "buy 300 CNAME web.child.shop.example."}, wildcard=False
    ),
    "delegation replaced": change({CHILD}, {"child 300 NS a.example."}, base={CHILD}),
    "delegation without glue": change({CHILD}, {"child 300 NS ns.child.shop.example."}, base={CHILD}),
    "delegation changed": change(add={"child 300 NS a.example."}, base={CHILD}),
    "DNAME over names": change({"sub 300 A 192.0.2.4"}, {"sub 300 DNAME other.example."}),
    "DNAME at the apex": change(add={"@ 300 DNAME other.example."}),
    "DNAME created": change(add={"old 300 DNAME other.example."}),
    "DNAME deleted": change({"old 300 DNAME other.example."}, base={"old 300 DNAME other.example."}),
    # mail
    "apex MX deleted": change({MX}),
    "apex MX becomes null": change({MX}, {"@ 3600 MX 0 ."}),
    "apex MX to nowhere": change({MX}, {"@ 3600 MX 10 mial.shop.example."}, wildcard=False),
    "apex MX into a private net": change({MX}, {"@ 3600 MX 1 in.shop.example.", "in 300 A 10.0.0.25"}),
    "apex MX to the wildcard": change({MX}, {"@ 3600 MX 10 mial.shop.example."}),
    "apex MX replaced": change({MX}, {"@ 3600 MX 1 mx.mail.example."}),
    "apex MX in the same order": change({MX}, {MX.replace("10", "20")}),
    "apex MX gets a backup": change(add={"@ 3600 MX 20 app.shop.example."}),
    "apex MX created": moved(FRAME - {MX}, FRAME),
    "MX of a name deleted": change({"news 300 MX 10 mx.mail.example."}, base={"news 300 MX 10 mx.mail.example."}),
    "MX of the wildcard deleted": change({"* 300 MX 5 mx.mail.example."}, base={"* 300 MX 5 mx.mail.example."}),
    "MX of a name becomes null": change(
        {"news 300 MX 10 mx.mail.example."}, {"news 300 MX 0 ."}, base={"news 300 MX 10 mx.mail.example."}
    ),
    "null MX created": change(add={"lone.sub 300 MX 0 ."}),
    "MX beside an old MTA-STS policy": change(add={"news 300 MX 5 mx.new.example."}, base=STS),
    "DNAME deleted, pointed into": change(
        {"old 300 DNAME other.example."},
        base={"old 300 DNAME other.example.", "buy 300 CNAME x.old.shop.example."},
        wildcard=False,
    ),
    "SPF removed": change({SPF}),
    "SPF removed, no mail": moved(FRAME - {MX}, FRAME - {MX, SPF}),
    "SPF closed": change({SPF}, {CLOSED}),
    "SPF created closed": moved(FRAME - {SPF}, FRAME - {SPF} | {CLOSED}),
    "SPF closed, no mail": moved(FRAME - {MX}, FRAME - {MX, SPF} | {CLOSED}),
    "SPF broken": change({SPF}, {'@ 3600 TXT "v=spf1 mx inlcude:x.example -all"'}),
    "SPF asks too much": change(
        {SPF}, {f'@ 3600 TXT "v=spf1 {" ".join(f"include:{n}.example" for n in range(11))} -all"'}
    ),
    "SPF includes nothing": change({SPF}, {'@ 3600 TXT "v=spf1 mx include:_sfp.shop.example -all"'}, base={PART}),
    "SPF redirects to nothing": change({SPF}, {'@ 3600 TXT "v=spf1 mx redirect=_sfp.shop.example"'}, wildcard=False),
    "SPF in a ring": change({SPF}, {INCLUDING}, base={PART.replace("mx", "include:shop.example")}),
    "SPF doubled": change(add={'@ 3600 TXT "v=spf1 include:x.example -all"'}),
    "included SPF removed": moved(FRAME - {SPF} | {PART, INCLUDING}, FRAME - {SPF} | {INCLUDING}),
    "included SPF becomes an alias": moved(
        FRAME - {SPF} | {PART, INCLUDING}, FRAME - {SPF} | {INCLUDING, "_spf 300 CNAME shop.spf.example."}
    ),
    "included SPF becomes an alias to nowhere": moved(
        FRAME - {SPF} | {PART, INCLUDING}, FRAME - {SPF} | {INCLUDING, "_spf 300 CNAME spf.shop.example."}
    ),
    "SPF open to all": change({SPF}, {'@ 3600 TXT "v=spf1 mx +all"'}),
    "SPF without its own hosts": change({SPF}, {'@ 3600 TXT "v=spf1 ip4:198.51.100.0/24 -all"'}),
    "SPF created": moved(FRAME - {SPF}, FRAME),
    "SPF without a service that signs": moved(FRAME - {SPF} | {SERVICE, SIGNS}, FRAME | {SIGNS}),
    "SPF changed": change({SPF}, {'@ 3600 TXT "v=spf1 mx include:x.example -all"'}),
    "SPF of a name removed": change({'news 300 TXT "v=spf1 -all"'}, base={'news 300 TXT "v=spf1 -all"'}),
    "SPF of a name with MX closed": change(
        {'news 300 TXT "v=spf1 mx -all"'}, {'news 300 TXT "v=spf1 -all"'}, base={'news 300 TXT "v=spf1 mx -all"', NEWS}
    ),
    "DKIM deleted": change({DKIM}, base={DKIM}),
    "DKIM alias deleted": change(
        {"k1._domainkey 300 CNAME k1.mail.example."}, base={"k1._domainkey 300 CNAME k1.mail.example."}
    ),
    "DKIM revoked": change({DKIM}, {'k1._domainkey 300 TXT "v=DKIM1; p="'}, base={DKIM}),
    "DKIM key replaced": change({DKIM}, {DKIM.replace("MIIB", "MIIC")}, base={DKIM}),
    "DMARC deleted": change({DMARC}),
    "DMARC doubled": change(add={'_dmarc 3600 TXT "v=DMARC1; p=quarantine"'}),
    "DMARC asks for what is none": change({DMARC}, {'_dmarc 3600 TXT "v=DMARC1; p=quarantien"'}),
    "DMARC becomes an alias to nowhere": change({DMARC}, {"_dmarc 3600 CNAME dmarc.shop.example."}),
    "DKIM alias to nowhere": change(
        {"k1._domainkey 300 CNAME k1.mail.example."},
        {"k1._domainkey 300 CNAME k1.mail.shop.example."},
        base={"k1._domainkey 300 CNAME k1.mail.example."},
    ),
    "DMARC rejects at once": change({DMARC}, {'_dmarc 3600 TXT "v=DMARC1; p=reject"'}),
    "DMARC refuses no more": moved(FRAME - {DMARC} | {'_dmarc 60 TXT "v=DMARC1; p=reject"'}, FRAME),
    "DMARC becomes an alias": change({DMARC}, {"_dmarc 3600 CNAME shop.dmarc.example."}),
    "DMARC changed": change({DMARC}, {'_dmarc 3600 TXT "v=DMARC1; p=quarantine"'}),
    "DMARC of a name that sends nothing": change(add={'_dmarc.app 300 TXT "v=DMARC1; p=reject"'}),
    "DMARC of a name without mail": change(
        add={'_dmarc.lone.sub 300 TXT "v=DMARC1; p=reject"'}, base={"lone.sub 300 MX 0 ."}
    ),
    "DMARC created": change(add={'_dmarc.app 300 TXT "v=DMARC1; p=none"'}),
    "MTA-STS deleted": change({'_mta-sts 300 TXT "v=STSv1; id=1"'}, base={'_mta-sts 300 TXT "v=STSv1; id=1"'}),
    # names
    "apex loses its last address": change({A, AAAA}),
    "apex loses IPv4": change({A}),
    "apex loses IPv6": change({AAAA}),
    "www loses IPv6": moved(FRAME - {WWW} | {TO_APEX}, FRAME - {WWW} | {"www 300 A 192.0.2.1"}),
    "apex served another way": moved(FRAME - {AAAA} | {ALIAS}, FRAME - {AAAA, A} | {ALIAS}),
    "apex moved": change({A}, {"@ 300 A 192.0.2.2"}),
    "apex address added": change(add={"@ 300 A 192.0.2.2"}),
    "www falls to the wildcard": change({WWW}),
    "www moved": change({WWW}, {"www 300 CNAME shop.cdn.example."}),
    "apex into a private net": moved(REAL, {line.replace("8.8.4.4", "10.8.4.4") for line in REAL}),
    "pointed at, into a private net": change({APP}, {"app 300 A 10.0.0.5"}),
    "pointed at, into a private net but for IPv6": change(
        {APP}, {"app 300 A 10.0.0.5"}, base={"app 300 AAAA 2001:db8::5"}
    ),
    "glue into a private net": change({GLUE1}, {"ns1.child 300 A 10.0.0.1"}, base={*INSIDE_CHILD}),
    "all glue into a private net": change(
        {GLUE1, GLUE2}, {"ns1.child 300 A 10.0.0.1", "ns2.child 300 A 10.0.0.2"}, base=INSIDE_CHILD
    ),
    "sign-in into a private net": change({SSO}, {"sso 300 A 10.0.0.7"}, base={SSO}),
    "apex to an example": moved(REAL, FRAME),
    "leaf to loopback": change({"lone.sub 300 A 192.0.2.4"}, {"lone.sub 300 A 127.0.0.1"}),
    "www deleted": change({WWW}, wildcard=False),
    "www to nowhere": change({WWW}, {"www 300 CNAME shpo.shop.example."}, wildcard=False),
    "www in a ring": change({WWW}, {"www 300 CNAME a.shop.example.", "a 300 CNAME www.shop.example."}, wildcard=False),
    "www without its dot": change({WWW}, {"www 300 CNAME shop.cdn.com.shop.example."}),
    "www to the wildcard": change({WWW}, {"www 300 CNAME shpo.shop.example."}),
    "alias to the wildcard": change({SHOP}, {"shop 300 CNAME ap.shop.example."}),
    "wildcard deleted": change({WILDCARD}),
    "deeper wildcard deleted": change({DEEPER}, base={DEEPER}, wildcard=False),
    "deeper wildcard falls to another": change({DEEPER}, base={DEEPER}),
    "deeper wildcard deleted, pointed into": change(
        {DEEPER}, base={DEEPER, "demo 300 CNAME a.dev.shop.example."}, wildcard=False
    ),
    "wildcard moved": change({WILDCARD}, {"* 300 A 192.0.2.99"}),
    "name taken from the wildcard": change(add={'promo 300 TXT "proof"'}),
    "name below taken from the wildcard": change(add={'_acme-challenge.promo 300 TXT "token"'}),
    "name loses the wildcard's IPv4": change(add={"promo 300 AAAA 2001:db8::2"}),
    "wildcard created": change(add={DEEPER}),
    "pointed at, deleted": change({APP}, wildcard=False),
    "MX host deleted": change({MAIL}, {"*.mail 60 A 192.0.2.3"}, wildcard=False),
    "MX host falls to the wildcard": change({MAIL}),
    "pointed at, falls to the wildcard": change({APP}),
    "pointed at, the wildcard has the same": change(
        {"out 300 A 192.0.2.9"}, base={"out 300 A 192.0.2.9", "relay 300 CNAME out.shop.example."}
    ),
    "last glue deleted": change({GLUE1, GLUE2}, base=INSIDE_CHILD),
    "glue deleted": change(
        {"ns.child 300 A 192.0.2.6"}, base={CHILD, "child 300 NS ns.child.shop.example.", "ns.child 300 A 192.0.2.6"}
    ),
    "MX host moved": change({MAIL}, {"mail 300 A 192.0.2.33"}),
    "pointed at, moved": change({APP}, {"app 300 A 192.0.2.55"}),
    "MX host moved behind an alias": change(
        {APP}, {"app 300 A 192.0.2.55"}, base={"@ 3600 MX 20 mx2.shop.example.", "mx2 300 CNAME app.shop.example."}
    ),
    "certificate's name deleted": change(
        {"lone.sub 300 A 192.0.2.4"}, relied_on=[("lone.sub.shop.example", "the certificate lone")]
    ),
    "leaf deleted": change({"lone.sub 300 A 192.0.2.4"}),
    "autodiscover deleted": change({FINDS}, base={FINDS}, wildcard=False),
    "autodiscover falls to the wildcard": change({FINDS}, base={FINDS}),
    "type changed": change({"lone.sub 300 A 192.0.2.4"}, {"lone.sub 300 CNAME cdn.example."}),
    "apex type changed": change({A, AAAA}, {"@ 300 ALIAS cdn.example."}),
    "type changed to nowhere": change(
        {"lone.sub 300 A 192.0.2.4"}, {"lone.sub 300 CNAME no.shop.example."}, wildcard=False
    ),
    "large set becomes an alias": change(FORTY, {"pool 300 CNAME cdn.example."}, base=FORTY),
    # sets of many
    "all of a large set": change(FORTY, base=FORTY),
    "half of a large set": change(sorted(FORTY)[:20], base=FORTY),
    "a quarter of a large set": change(sorted(FORTY)[:10], base=FORTY),
    "large set replaced": change(FORTY, ROTATED, base=FORTY),
    "half of a small set": change({"duo 300 A 192.0.2.1"}, base={"duo 300 A 192.0.2.1", "duo 300 A 192.0.2.2"}),
    "service deleted": change({SRV}, base={SRV}),
    "calls deleted": change({SIP}, base={SIP}),
    "log-on deleted": change({LDAP}, base={LDAP}),
    "calls no longer offered": change({SIP}, {"_sips._tcp 300 SRV 0 0 0 ."}, base={SIP}),
    "HTTPS created": change(add={HTTPS}),
    "HTTPS changed": change({HTTPS}, {HTTPS.replace("h2", "h3,h2")}, base={HTTPS}),
    "HTTPS to nowhere": change({HTTPS}, {"@ 300 HTTPS 0 no.shop.example."}, base={HTTPS}, wildcard=False),
    "service to nowhere": change({SRV}, {"_imaps._tcp 300 SRV 0 1 993 no.shop.example."}, base={SRV}, wildcard=False),
    # trust
    "DS created": change(add={DS.format("AA")}, base={CHILD}),
    "DS replaced": change({DS.format("AA")}, {DS.format("BB")}, base={DS.format("AA"), CHILD}),
    "DS deleted": change({DS.format("AA")}, base={DS.format("AA"), CHILD}),
    "DNSKEY replaced": change({KEY}, {KEY.replace("AwEA", "AwEB")}, base={KEY, KEY.replace("257", "256")}),
    "CDS asks for no DS": change({CDS}, {"@ 300 CDS 0 0 0 00"}, base={CDS}),
    "CDS changed": change(add={CDS.replace("60914", "1")}, base={CDS}),
    "NSEC3PARAM changed": change({PARAM}, {"@ 0 NSEC3PARAM 1 0 0 AB"}, base={PARAM}),
    "signed set changed": change({A}, {"@ 300 A 192.0.2.2"}, base={f"@ 300 RRSIG A 8 2 300 {SIGNED}"}),
    "CAA reports elsewhere": change(add={CAA_REPORTS}, base={CAA}),
    "apex CAA changed": change(add={'@ 300 CAA 0 issue "other.example"'}, base={CAA}),
    "CAA forbids all": change({CAA}, {'@ 300 CAA 0 issue ";"'}, base={CAA}),
    "CAA forbids the stack's certificates": change(
        {CAA}, {'@ 300 CAA 0 issue ";"'}, base={CAA}, relied_on=[("www.shop.example", "the certificate www")]
    ),
    "CAA forbids the issuer in use": change({CAA}, {'@ 300 CAA 0 issue ";"'}, base={CAA}, issuers=["letsencrypt.org"]),
    "CAA forbids the issuer in use by a tag that nobody knows": change(
        add={'@ 300 CAA 128 tbs "unknown"'}, base={CAA}, issuers=["letsencrypt.org"]
    ),
    "CAA shuts out the issuer in use": change(
        {CAA}, {'@ 300 CAA 0 issue "other.example"'}, base={CAA}, issuers=["letsencrypt.org"]
    ),
    "CAA created without the issuer in use": change(
        add={'@ 300 CAA 0 issue "other.example"'}, issuers=["letsencrypt.org"]
    ),
    "CAA of a name shuts out the issuer in use": change(
        add={'app 300 CAA 0 issue "other.example"'}, issuers=["letsencrypt.org"]
    ),
    "CAA to another issuer": change(
        {CAA.replace("@", "app")}, {'app 300 CAA 0 issue "other.example"'}, base={CAA.replace("@", "app")}
    ),
    "CAA to another issuer, certificates": change(
        {CAA},
        {'@ 300 CAA 0 issue "other.example"'},
        base={CAA},
        relied_on=[("www.shop.example", "the certificate www")],
    ),
    "HTTPS leads away": change(add={'@ 300 HTTPS 1 cdn.example. alpn="h2"'}),
    "HTTPS at another port": change(add={'@ 300 HTTPS 1 . port="8443"'}),
    "HTTPS hints at another address": change(add={'@ 300 HTTPS 1 . ipv4hint="203.0.113.9"'}),
    "sign-in moves": change({"login 300 A 192.0.2.7"}, {"login 300 A 203.0.113.7"}, base={"login 300 A 192.0.2.7"}),
    "sign-in moves to another organisation": change(
        {"sso 300 CNAME shop.idp.example."}, {"sso 300 CNAME shop.evil.test."}, base={"sso 300 CNAME shop.idp.example."}
    ),
    "mail program moves to another organisation": change({IMAPS}, {IMAPS.replace("idp", "evil")}, base={IMAPS}),
    "MX of a name to another organisation": change({NEWS}, {"news 300 MX 10 mx.evil.test."}, base={NEWS}),
    "every name server of a delegation moves": change(
        {f"ns{one}.child 300 A 192.0.2.{one}" for one in (1, 2)},
        {f"ns{one}.child 300 A 203.0.113.{one}" for one in (1, 2)},
        base={f"child 300 NS ns{one}.child.shop.example." for one in (1, 2)}
        | {f"ns{one}.child 300 A 192.0.2.{one}" for one in (1, 2)},
    ),
    "CAA created": change(add={CAA}),
    "TLSA replaced": change({TLSA.format("AA")}, {TLSA.format("BB")}, base={TLSA.format("AA")}),
    "TLSA added": change(add={TLSA.format("BB")}, base={TLSA.format("AA")}),
    "TLSA of a mail host": change(add={"_25._tcp.mail 300 TLSA 3 1 1 AA"}),
    "challenge alias deleted": change({CHALLENGE}, base={CHALLENGE}),
    "challenge alias changed": change({CHALLENGE}, {"_acme-challenge 300 CNAME other.example."}, base={CHALLENGE}),
    "challenge token deleted": change({TOKEN}, base={TOKEN}),
    # how long it stays
    "long TTL": change(add={"new 172800 A 192.0.2.77"}),
    "long TTL on more": change(
        {"duo 300 A 192.0.2.1"},
        {"duo 172800 A 192.0.2.3"},
        base={"duo 300 A 192.0.2.1", "to 60 CNAME duo.shop.example."},
    ),
    "TTL of a week": change({MX}, {MX.replace("3600", "604800")}),
    "TTL of a week on a leaf": change({"lone.sub 300 A 192.0.2.4"}, {"lone.sub 2147483647 A 192.0.2.4"}),
    "TTL of NS to nothing": change({NS1, NS2}, {NS1.replace("3600", "0"), NS2.replace("3600", "0")}),
    "TTL of the apex to nothing": change({A}, {A.replace("300", "0")}),
    "negative TTL": change({SOA}, {SOA.replace("3600", "604800").replace(" 60", " 604800")}, base={SOA}),
    "SOA expires early": change({SOA}, {SOA.replace("1209600", "900")}, base={SOA}),
    "SOA primary changed": change({SOA}, {SOA.replace("ns1", "ns2")}, base={SOA}),
    "TTL alone": change({"sub 300 A 192.0.2.4"}, {"sub 600 A 192.0.2.4"}),
    "anything else": change(add={"new 300 A 192.0.2.77"}),
}

"""Every row of the table in docs/exposure.md as a change of the shop's zone."""

from collections.abc import Iterable

from sophia_infra.changes import Changes, between
from tests.changes.shop import FRAME, ORIGIN, WILDCARD, change, text

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
    "source vanished": moved({NS1, NS2}, {NS1, NS2}, source=FRAME),
    "source lost over half": shrunk(5),
    "source lost over a quarter": shrunk(20),
    "protected name deleted": change({"sub 300 A 192.0.2.4"}, protect=["sub"]),
    # name servers and delegations
    "apex NS deleted": change({NS1, NS2}),
    "apex NS replaced": change({NS1, NS2}, {"@ 3600 NS a.example.", "@ 3600 NS b.example."}),
    "one name server left": change({NS1}),
    "apex NS without addresses": change({NS1, NS2}, {"@ 60 NS no1.shop.example."}, base={OWN_NS}, wildcard=False),
    "apex NS with overlap": change({NS1}, {"@ 3600 NS a.example."}),
    "delegation over names": change(add={"sub 300 NS ns1.dns.example."}),
    "delegation created": change(add={CHILD}),
    "delegation deleted": change({CHILD}, base={CHILD}),
    "delegation deleted, pointed into": change(
        {CHILD}, base={CHILD, "buy 300 CNAME web.child.shop.example."}, wildcard=False
    ),
    "delegation replaced": change({CHILD}, {"child 300 NS a.example."}, base={CHILD}),
    "delegation changed": change(add={"child 300 NS a.example."}, base={CHILD}),
    "DNAME over names": change({"sub 300 A 192.0.2.4"}, {"sub 300 DNAME other.example."}),
    "DNAME at the apex": change(add={"@ 300 DNAME other.example."}),
    "DNAME created": change(add={"old 300 DNAME other.example."}),
    "DNAME deleted": change({"old 300 DNAME other.example."}, base={"old 300 DNAME other.example."}),
    # mail
    "apex MX deleted": change({MX}),
    "apex MX becomes null": change({MX}, {"@ 3600 MX 0 ."}),
    "apex MX to nowhere": change({MX}, {"@ 3600 MX 10 mial.shop.example."}, wildcard=False),
    "apex MX replaced": change({MX}, {"@ 3600 MX 1 mx.mail.example."}),
    "apex MX created": moved(FRAME - {MX}, FRAME),
    "MX of a name deleted": change({"news 300 MX 10 mx.mail.example."}, base={"news 300 MX 10 mx.mail.example."}),
    "MX of a name becomes null": change(
        {"news 300 MX 10 mx.mail.example."}, {"news 300 MX 0 ."}, base={"news 300 MX 10 mx.mail.example."}
    ),
    "SPF removed": change({SPF}),
    "SPF removed, no mail": moved(FRAME - {MX}, FRAME - {MX, SPF}),
    "SPF changed": change({SPF}, {'@ 3600 TXT "v=spf1 mx include:x.example -all"'}),
    "SPF of a name removed": change({'news 300 TXT "v=spf1 -all"'}, base={'news 300 TXT "v=spf1 -all"'}),
    "DKIM deleted": change({DKIM}, base={DKIM}),
    "DKIM alias deleted": change(
        {"k1._domainkey 300 CNAME k1.mail.example."}, base={"k1._domainkey 300 CNAME k1.mail.example."}
    ),
    "DMARC deleted": change({DMARC}),
    "DMARC changed": change({DMARC}, {'_dmarc 3600 TXT "v=DMARC1; p=reject"'}),
    "DMARC created": change(add={'_dmarc.app 300 TXT "v=DMARC1; p=reject"'}),
    "MTA-STS deleted": change({'_mta-sts 300 TXT "v=STSv1; id=1"'}, base={'_mta-sts 300 TXT "v=STSv1; id=1"'}),
    # names
    "apex loses its last address": change({A, AAAA}),
    "apex loses IPv4": change({A}),
    "apex loses IPv6": change({AAAA}),
    "apex moved": change({A}, {"@ 300 A 192.0.2.2"}),
    "apex address added": change(add={"@ 300 A 192.0.2.2"}),
    "www deleted": change({WWW}, wildcard=False),
    "www to nowhere": change({WWW}, {"www 300 CNAME shpo.shop.example."}, wildcard=False),
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
    "MX host moved": change({MAIL}, {"mail 300 A 192.0.2.33"}),
    "pointed at, moved": change({APP}, {"app 300 A 192.0.2.55"}),
    "MX host moved behind an alias": change(
        {APP}, {"app 300 A 192.0.2.55"}, base={"@ 3600 MX 20 mx2.shop.example.", "mx2 300 CNAME app.shop.example."}
    ),
    "certificate's name deleted": change(
        {"lone.sub 300 A 192.0.2.4"}, relied_on=[("lone.sub.shop.example", "the certificate lone")]
    ),
    "leaf deleted": change({"lone.sub 300 A 192.0.2.4"}),
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
    "service to nowhere": change({SRV}, {"_imaps._tcp 300 SRV 0 1 993 no.shop.example."}, base={SRV}, wildcard=False),
    # trust
    "DS created": change(add={DS.format("AA")}, base={CHILD}),
    "DS replaced": change({DS.format("AA")}, {DS.format("BB")}, base={DS.format("AA"), CHILD}),
    "DS deleted": change({DS.format("AA")}, base={DS.format("AA"), CHILD}),
    "apex CAA changed": change(add={'@ 300 CAA 0 issue "other.example"'}, base={CAA}),
    "CAA created": change(add={CAA}),
    "TLSA replaced": change({TLSA.format("AA")}, {TLSA.format("BB")}, base={TLSA.format("AA")}),
    "TLSA added": change(add={TLSA.format("BB")}, base={TLSA.format("AA")}),
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
    "TTL alone": change({"sub 300 A 192.0.2.4"}, {"sub 600 A 192.0.2.4"}),
    "anything else": change(add={"new 300 A 192.0.2.77"}),
}

"""What is close to a row of docs/exposure.md and is none of it."""

import pytest

from sophia_infra.changes import Changes, Exposure
from tests.dns.exposure.cases import (
    APP,
    CAA,
    CDS,
    CHILD,
    CLOSED,
    DEEPER,
    DKIM,
    DMARC,
    KEY,
    LDAP,
    MX,
    NEWS,
    NS1,
    NS2,
    OWN_NS,
    PART,
    REAL,
    SERVICE,
    SHOP,
    SIGNED,
    SIGNS,
    SIP,
    SOA,
    SPF,
    STS,
    WWW,
    moved,
)
from tests.dns.exposure.shop import FRAME, change

A = "@ 300 A 192.0.2.1"
ZSK = KEY.replace("257", "256")
SIGNED_APEX = f"@ 300 RRSIG A 8 2 300 {SIGNED}"
HALF, TEST = '_dmarc 3600 TXT "v=DMARC1; p=reject; pct=50"', '_dmarc 3600 TXT "v=DMARC1; p=reject; t=y"'
INSIDE = FRAME - {MX, "mail 300 A 192.0.2.3"} | {"@ 3600 MX 9 in.shop.example.", "in 300 A 10.0.0.25"}
PAIR = '_dmarc 3600 TXT "v=DMARC1; p=none; rua=mailto:a@shop.example"'
SRV = "_imaps._tcp 300 SRV 0 1 993 mail.shop.example."
INCLUDES, NEWS_SPF = '@ 3600 TXT "v=spf1 mx include:_spf.shop.example -all"', 'news 300 TXT "v=spf1 mx -all"'
STS_ALIAS = "_mta-sts 300 CNAME sts.mail.example."
REAL_LEAF, TO_IN = "leaf 60 A 8.8.4.4", "to 60 CNAME in.shop.example."
HOST = "loop 300 AAAA 2001:db8::9"

CASES: dict[str, tuple[Changes, Exposure]] = {
    # signatures and keys
    "the signature of another type is new": (
        change({A}, {"@ 300 A 192.0.2.2", f"@ 300 RRSIG MX 8 2 300 {SIGNED}"}, base={SIGNED_APEX}),
        Exposure.CRITICAL,
    ),
    "the signature is new": (
        change({A, SIGNED_APEX}, {"@ 300 A 192.0.2.2", SIGNED_APEX.replace("AAAA", "BBBB")}, base={SIGNED_APEX}),
        Exposure.HIGH,
    ),
    "a signed zone loses a leaf": (change({"lone.sub 300 A 192.0.2.4"}, base={SIGNED_APEX}), Exposure.MEDIUM),
    "a signed zone delegates": (change(add={CHILD}, base={SIGNED_APEX}), Exposure.MEDIUM),
    "a signed zone gets glue": (
        change(add={"ns.child 300 A 192.0.2.9"}, base={SIGNED_APEX, CHILD}, wildcard=False),
        Exposure.LOW,
    ),
    "a zone signing key goes, the key that a DS names stays": (change({ZSK}, base={KEY, ZSK}), Exposure.MEDIUM),
    "keys without an entry point overlap": (change({ZSK}, base={ZSK, ZSK.replace("AwEA", "AwEB")}), Exposure.MEDIUM),
    "CDS goes after a rollover": (change({CDS}, base={CDS}), Exposure.MEDIUM),
    # TTLs and timers
    "a week for a name that others need": (
        change({"app 300 A 192.0.2.5"}, {"app 604800 A 192.0.2.5"}),
        Exposure.HIGH,
    ),
    "a week for the MX of a name": (change({NEWS}, {NEWS.replace("300", "604800")}, base={NEWS}), Exposure.HIGH),
    "a second less than a week": (change({MX}, {MX.replace("3600", "604799")}), Exposure.LOW),
    "a week becomes two": (
        moved(FRAME - {MX} | {MX.replace("3600", "604800")}, FRAME - {MX} | {MX.replace("3600", "1209600")}),
        Exposure.LOW,
    ),
    "a long minimum behind a short TTL of the SOA": (
        change({SOA}, {SOA.replace(" 60", " 604800")}, base={SOA}),
        Exposure.LOW,
    ),
    "an expiry that was short before": (
        change({SOA.replace("1209600", "900")}, {SOA.replace("1209600", "1000")}, base={SOA.replace("1209600", "900")}),
        Exposure.LOW,
    ),
    # services
    "log-on of one transport goes": (
        change({LDAP}, base={LDAP, LDAP.replace("_tcp", "_udp")}),
        Exposure.HIGH,
    ),
    "log-on of a site goes": (
        change({LDAP.replace("_tcp", "_tcp.paris._sites")}, base={LDAP.replace("_tcp", "_tcp.paris._sites")}),
        Exposure.HIGH,
    ),
    "HTTPS of the name itself": (
        change(
            {'lone.sub 300 HTTPS 1 . alpn="h2"'}, {"lone.sub 300 HTTPS 1 ."}, base={'lone.sub 300 HTTPS 1 . alpn="h2"'}
        ),
        Exposure.LOW,
    ),
    "calls move": (change({SIP}, {SIP.replace("sip.mail", "eu.sip.mail")}, base={SIP}), Exposure.LOW),
    "an SRV target moves": (change({SRV}, {SRV.replace("mail.shop", "app.shop")}, base={SRV}), Exposure.LOW),
    "sign-in gets one more address": (
        change(add={"login 300 A 192.0.2.8"}, base={"login 300 A 192.0.2.7"}),
        Exposure.LOW,
    ),
    "sign-in moves within an organisation": (
        change(
            {"login 300 CNAME a.idp.example."},
            {"login 300 CNAME b.idp.example."},
            base={"login 300 CNAME a.idp.example."},
        ),
        Exposure.LOW,
    ),
    "HTTPS to a host of the zone": (
        change(add={"@ 300 HTTPS 1 app.shop.example. ipv4hint=192.0.2.5"}),
        Exposure.MEDIUM,
    ),
    "CAA lets one more issue": (
        change(add={'@ 300 CAA 0 issue "other.example"'}, base={CAA}, issuers=["letsencrypt.org"]),
        Exposure.HIGH,
    ),
    "four of a small zone's sets go": (
        change({line for line in FRAME if line.startswith(("app", "shop", "lone", "sub"))}),
        Exposure.LOW,
    ),
    # mail
    "the policy's id changes with the MX": (
        change(
            {'_mta-sts.news 300 TXT "v=STSv1; id=1"'},
            {"news 300 MX 5 mx.new.example.", '_mta-sts.news 300 TXT "v=STSv1; id=2"'},
            base=STS,
        ),
        Exposure.MEDIUM,
    ),
    "a host leaves an MX with a policy": (
        change({NEWS}, base={*STS, "news 300 MX 20 mx2.mail.example.", "news 300 MX 30 mx3.mail.example."}),
        Exposure.LOW,
    ),
    "exchangers stay inside": (
        moved(INSIDE, INSIDE - {"@ 3600 MX 9 in.shop.example."} | {"@ 3600 MX 1 in.shop.example."}),
        Exposure.LOW,
    ),
    "one exchanger of two is inside": (
        change({MX}, {"@ 3600 MX 1 in.shop.example.", "in 300 A 10.0.0.25", "@ 3600 MX 2 mx.mail.example."}),
        Exposure.HIGH,
    ),
    "DMARC refuses a share": (change({DMARC}, {HALF}), Exposure.MEDIUM),
    "DMARC refuses as a test": (change({DMARC}, {TEST}), Exposure.MEDIUM),
    "DMARC gets a report address": (change({DMARC}, {PAIR}), Exposure.MEDIUM),
    "DMARC stays doubled": (
        change({DMARC}, {PAIR}, base={'_dmarc 3600 TXT "v=DMARC1; p=quarantine"'}),
        Exposure.MEDIUM,
    ),
    "DKIM gets another note": (change({DKIM}, {DKIM.replace("p=", "n=x; p=")}, base={DKIM}), Exposure.MEDIUM),
    "a DKIM alias gives way to the key": (
        change({"k1._domainkey 300 CNAME k1.mail.example."}, {DKIM}, base={"k1._domainkey 300 CNAME k1.mail.example."}),
        Exposure.MEDIUM,
    ),
    "SPF with exactly ten lookups": (
        change({SPF}, {f'@ 3600 TXT "v=spf1 mx {" ".join(f"include:{n}.example" for n in range(9))} -all"'}),
        Exposure.MEDIUM,
    ),
    "SPF was open before": (
        moved(FRAME - {SPF} | {'@ 3600 TXT "v=spf1 +all"'}, FRAME - {SPF} | {'@ 3600 TXT "v=spf1 mx +all"'}),
        Exposure.MEDIUM,
    ),
    "SPF opens what was closed": (moved(FRAME - {SPF} | {CLOSED}, FRAME), Exposure.MEDIUM),
    "SPF includes a name whose value is not known yet": (
        change({SPF}, {INCLUDES}, pending=["_spf TXT"]),
        Exposure.MEDIUM,
    ),
    "SPF includes a name below a delegation": (
        change({SPF}, {INCLUDES.replace("_spf", "_spf.child")}, base={CHILD}),
        Exposure.MEDIUM,
    ),
    "SPF includes an alias into another zone": (
        change({SPF}, {INCLUDES}, base={"_spf 60 CNAME spf.mail.example."}),
        Exposure.MEDIUM,
    ),
    "SPF includes an alias to a policy": (
        change({SPF}, {INCLUDES}, base={"_spf 60 CNAME new.shop.example.", PART.replace("_spf 300", "new 60")}),
        Exposure.MEDIUM,
    ),
    "SPF includes an alias to no policy": (
        change({SPF}, {INCLUDES}, base={"_spf 60 CNAME new.shop.example.", 'new 60 TXT "x"'}),
        Exposure.CRITICAL,
    ),
    "SPF includes an alias that is not known yet": (
        change({SPF}, {INCLUDES}, pending=["_spf CNAME"]),
        Exposure.MEDIUM,
    ),
    "SPF includes aliases in a ring": (
        change({SPF}, {INCLUDES}, base={"_spf 60 CNAME b.shop.example.", "b 60 CNAME _spf.shop.example."}),
        Exposure.CRITICAL,
    ),
    "SPF includes two policies": (
        change({SPF}, {INCLUDES}, base={PART, CLOSED.replace("@", "_spf")}),
        Exposure.CRITICAL,
    ),
    "SPF includes what a wildcard holds": (
        change({SPF}, {INCLUDES}, base={PART.replace("_spf", "*")}),
        Exposure.MEDIUM,
    ),
    "SPF includes by a macro": (
        change({SPF}, {INCLUDES.replace("_spf", "%{ir}._spf")}),
        Exposure.MEDIUM,
    ),
    "SPF includes behind its end": (
        change({SPF}, {'@ 3600 TXT "v=spf1 mx -all include:_spf.shop.example"'}),
        Exposure.MEDIUM,
    ),
    "SPF redirects though it has an end": (
        change({SPF}, {'@ 3600 TXT "v=spf1 mx redirect=_spf.shop.example -all"'}),
        Exposure.MEDIUM,
    ),
    "SPF that stopped before stops elsewhere": (
        moved(FRAME - {SPF} | {INCLUDES}, FRAME - {SPF} | {INCLUDES.replace("_spf", "b")}),
        Exposure.MEDIUM,
    ),
    "SPF that could not be read includes nothing": (
        moved(FRAME - {SPF} | {INCLUDES.replace("include", "inlcude")}, FRAME - {SPF} | {INCLUDES}),
        Exposure.MEDIUM,
    ),
    "SPF created that includes nothing": (moved(FRAME - {SPF}, FRAME - {SPF} | {INCLUDES}), Exposure.MEDIUM),
    "SPF of a name without mail includes nothing": (
        change({NEWS_SPF}, {NEWS_SPF.replace("mx", "include:b.shop.example")}, base={NEWS_SPF}),
        Exposure.MEDIUM,
    ),
    "SPF includes itself": (change({SPF}, {INCLUDES.replace("_spf.", "")}), Exposure.CRITICAL),
    "SPF becomes an alias to another policy of the zone": (
        change({NEWS_SPF}, {"news 60 CNAME _spf.shop.example."}, base={NEWS_SPF, PART}),
        Exposure.LOW,
    ),
    "SPF gives way to what a wildcard holds": (
        change({NEWS_SPF}, base={NEWS_SPF, NEWS_SPF.replace("news", "*")}),
        Exposure.LOW,
    ),
    "a text that is no SPF becomes an alias": (
        change({'note 60 TXT "x"'}, {"note 60 CNAME note.mail.example."}, base={'note 60 TXT "x"'}),
        Exposure.LOW,
    ),
    "DMARC refuses mail of subdomains no more": (
        moved(FRAME - {DMARC} | {DMARC.replace("none", "none; sp=reject")}, FRAME),
        Exposure.MEDIUM,
    ),
    "DMARC quarantines what it refused": (
        moved(
            FRAME - {DMARC} | {DMARC.replace("none", "reject")}, FRAME - {DMARC} | {DMARC.replace("none", "quarantine")}
        ),
        Exposure.MEDIUM,
    ),
    "DMARC becomes an alias to a text": (
        change({DMARC}, {"_dmarc 60 CNAME _d.shop.example.", DMARC.replace("_dmarc", "_d")}),
        Exposure.MEDIUM,
    ),
    "DMARC is delegated": (change({DMARC}, {"_dmarc 60 NS ns.dmarc.example."}), Exposure.MEDIUM),
    "DMARC falls to a wildcard's text": (change({DMARC}, base={'* 60 TXT "v=spf1 -all"'}), Exposure.HIGH),
    "DMARC asks for nothing of subdomains": (
        change({DMARC}, {'_dmarc 3600 TXT "v=DMARC1; p=None; sp=QUARANTINE"'}),
        Exposure.MEDIUM,
    ),
    "DMARC asks of subdomains for what is none": (
        change({DMARC}, {'_dmarc 3600 TXT "v=DMARC1; p=none; sp=rejcet"'}),
        Exposure.HIGH,
    ),
    "DMARC that could not be read begins to refuse": (
        moved(FRAME - {DMARC} | {DMARC.replace("none", "rejct")}, FRAME - {DMARC} | {DMARC.replace("none", "reject")}),
        Exposure.HIGH,
    ),
    "MTA-STS moves to another alias": (
        change({STS_ALIAS}, {STS_ALIAS.replace("sts.mail", "sts.post")}, base={STS_ALIAS}),
        Exposure.MEDIUM,
    ),
    "an exchanger of another organisation comes behind": (
        change(add={"@ 3600 MX 20 mx.backup.example."}),
        Exposure.HIGH,
    ),
    "an exchanger of the zone comes first": (change(add={"@ 3600 MX 5 app.shop.example."}), Exposure.HIGH),
    "two exchangers turn round": (
        moved(
            FRAME | {"@ 3600 MX 20 app.shop.example."},
            FRAME - {MX} | {"@ 3600 MX 30 mail.shop.example.", "@ 3600 MX 20 app.shop.example."},
        ),
        Exposure.HIGH,
    ),
    "an exchanger becomes as good as the first": (
        moved(FRAME | {"@ 3600 MX 20 app.shop.example."}, FRAME | {"@ 3600 MX 10 app.shop.example."}),
        Exposure.HIGH,
    ),
    "DMARC of a name with SPF rejects at once": (
        change(add={'_dmarc.news 300 TXT "v=DMARC1; p=reject"'}, base={'news 300 TXT "v=spf1 mx -all"'}),
        Exposure.HIGH,
    ),
    "DMARC of a name above one with MX rejects at once": (
        change(add={'_dmarc.sub 300 TXT "v=DMARC1; p=reject"'}, base={"lone.sub 300 MX 1 mail.shop.example."}),
        Exposure.HIGH,
    ),
    "CAA gets another account": (
        change({CAA}, {CAA.replace('org"', 'org; accounturi=a"')}, base={CAA}),
        Exposure.HIGH,
    ),
    "SPF drops a service whose key goes as well": (
        moved(FRAME - {SPF} | {SERVICE}, FRAME),
        Exposure.MEDIUM,
    ),
    "SPF hands a service that signs to a name of the zone": (
        moved(
            FRAME - {SPF} | {SERVICE, SIGNS},
            FRAME - {SPF}
            | {
                SIGNS,
                '@ 3600 TXT "v=spf1 mx include:_spf.shop.example -all"',
                '_spf 300 TXT "v=spf1 include:_spf.news.example -all"',
            },
        ),
        Exposure.MEDIUM,
    ),
    "a sign-in host that led nowhere becomes another organisation's": (
        change(
            {"sso 300 CNAME no.shop.example."},
            {"sso 300 CNAME shop.idp.example."},
            base={"sso 300 CNAME no.shop.example."},
            wildcard=False,
        ),
        Exposure.MEDIUM,
    ),
    # what a wildcard answers for
    "an MX that a wildcard answered for stays with it": (
        moved(FRAME - {MX} | {"@ 60 MX 5 a.shop.example."}, FRAME - {MX} | {"@ 60 MX 5 b.shop.example."}),
        Exposure.HIGH,
    ),
    "one exchanger of two exists": (
        change(add={"@ 3600 MX 20 mial.shop.example."}),
        Exposure.HIGH,
    ),
    "an alias comes to a name of a deeper wildcard": (
        change({SHOP}, {"shop 300 CNAME shop.dev.shop.example."}, base={DEEPER}),
        Exposure.MEDIUM,
    ),
    "a host that others need becomes such an alias": (
        change({APP}, {"app 300 CNAME app.dev.shop.example."}, base={DEEPER}),
        Exposure.HIGH,
    ),
    "a new alias to a name that a wildcard answers for": (change(add={"new 60 CNAME a.shop.example."}), Exposure.LOW),
    "an alias to what is delegated": (
        change({SHOP}, {"shop 300 CNAME www.child.shop.example."}, base={CHILD}),
        Exposure.LOW,
    ),
    "an alias to a name that ends like another domain, and exists": (
        change({WWW}, {"www 300 CNAME cdn.com.shop.example."}, base={"cdn.com 60 A 192.0.2.7"}),
        Exposure.HIGH,
    ),
    "an alias that repeats the zone's name": (
        change({WWW}, {"www 300 CNAME cdn.shop.example.shop.example."}),
        Exposure.CRITICAL,
    ),
    "an alias to a name that is called like a domain": (
        change({WWW}, {"www 300 CNAME net.shop.example."}),
        Exposure.HIGH,
    ),
    "an exchanger goes and the MX is misspelt": (
        change({MX, "mail 300 A 192.0.2.3"}, {"@ 3600 MX 10 mial.shop.example."}),
        Exposure.CRITICAL,
    ),
    "name servers that only a wildcard answers for": (
        change({NS1, NS2}, {"@ 60 NS no1.shop.example."}, base={OWN_NS}),
        Exposure.CRITICAL,
    ),
    "an MX of a name that others need": (
        change(
            {"app 60 MX 5 mx.mail.example."}, {"app 60 MX 5 mial.shop.example."}, base={"app 60 MX 5 mx.mail.example."}
        ),
        Exposure.MEDIUM,
    ),
    "an alias below a domain of the zone's own": (
        change({WWW}, {"www 300 CNAME x.com.shop.example."}, base={"*.com 60 A 192.0.2.7"}),
        Exposure.HIGH,
    ),
    # addresses
    "the apex goes into the net of benchmarks": (
        moved(REAL, {line.replace("8.8.4.4", "198.18.4.4") for line in REAL}),
        Exposure.CRITICAL,
    ),
    "a leaf that documentation's addresses replace": (
        change({REAL_LEAF}, {"leaf 60 A 192.0.2.4"}, base={REAL_LEAF}),
        Exposure.MEDIUM,
    ),
    "an example's address gives way to another": (
        change({"lone.sub 300 A 192.0.2.4"}, {"lone.sub 300 A 203.0.113.4"}),
        Exposure.LOW,
    ),
    "a mapped address beside none of IPv4": (
        change({HOST}, {"loop 300 AAAA ::ffff:192.0.2.1"}, base={HOST}),
        Exposure.MEDIUM,
    ),
    "a private host that others need moves inside": (
        moved(INSIDE | {TO_IN}, INSIDE - {"in 300 A 10.0.0.25"} | {TO_IN, "in 300 A 198.18.0.25"}),
        Exposure.HIGH,
    ),
    # the rest
    "CAA of a critical tag that nobody knows": (
        change({CAA}, {CAA, '@ 300 CAA 128 tbs "x"'}, base={CAA}),
        Exposure.HIGH,
    ),
    "an IPv6 loopback beside IPv4": (
        change({HOST}, {"loop 300 AAAA ::1"}, base={HOST, "loop 300 A 192.0.2.9"}),
        Exposure.LOW,
    ),
    "a leaf moves into a private net": (
        change({"lone.sub 300 A 192.0.2.4"}, {"lone.sub 300 A 10.0.0.4"}),
        Exposure.LOW,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_weighs_what_it_is(case: str) -> None:
    found, level = CASES[case]
    assert found.exposure is level, found.reasons


def test_a_closed_caa_that_stays_closed_is_the_usual_change() -> None:
    closed = '@ 300 CAA 0 issue ";"'
    (reason,) = change(add={'@ 300 CAA 0 iodef "mailto:s@shop.example"'}, base={closed}).reasons
    assert reason == "low @ CAA update: who may issue certificates stays"

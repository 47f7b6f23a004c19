"""What is proposed for findings on names, hosts and services: the lines that go and that come."""

import pytest

from sophia_infra.dns.lint.linter import judge
from tests.dns.lint.cases.children import CHILD, KEY
from tests.dns.lint.mended import Mended, assert_sound

APEX = ("@ SOA", "@ NS", "@ A", "@ AAAA", "@ MX", "@ TXT", "_dmarc TXT", "www CNAME", "mail A")
V4, V6 = "2.0.192.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"
SOA = "@ 3600 SOA {} 1 7200 900 {} {}"
NAMES = "ns1.shop.example. h.shop.example."
CHAIN = "a CNAME b\nb CNAME c\nc CNAME d\nd CNAME e\ne CNAME f\n"
TLSA = "ab" * 32
STS = "mta-sts A 192.0.2.7\n_smtp._tls CNAME tls.dns.example."


def slip(code: str, before: str, after: str, beside: str = "", without: tuple[str, ...] = ()) -> Mended:
    """One line that is written anew."""
    return Mended(code, f"{before}\n{beside}", before, after, without=without)


def gone(code: str, lost: str, kept: str = "", *hosts: str, without: tuple[str, ...] = ()) -> Mended:
    """A line that goes, for as long as what stands beside it is there and hosts are not."""
    until = tuple(f"{host} {rtype}" for host in hosts for rtype in ("A", "AAAA", "CNAME"))
    return Mended(code, f"{lost}\n{kept}", lost, until=until, without=without)


def soa(code: str, before: str, after: str) -> Mended:
    return slip(code, before, after, without=("@ SOA",))


ADDRESSES = [
    gone("address-unusable", "api A 0.1.0.0", "api A 192.0.2.7"),
    gone("address-unusable", "api AAAA ::ffff:192.0.2.7", "api A 192.0.2.7"),
    slip("address-unusable", "api AAAA ::ffff:192.0.2.7", "api A 192.0.2.7"),
    gone("address-loopback", "api AAAA ::1", "api AAAA 2001:db8::7"),
    gone("address-private", "api A 10.0.0.1", "api A 192.0.2.7\napi AAAA 2001:db8::7"),
    Mended("address-documentation", "api A 192.0.2.1\napi A 9.9.9.9", "api A 192.0.2.1", origin="shop.net"),
    Mended("aaaa-missing", "www A 192.0.2.10", new="www 300 AAAA 2001:db8::10", without=("www CNAME",)),
]
POINTERS = [
    slip("target-lacks-dot", "lists MX 10 mail.shop.example.shop.example.", "lists MX 10 mail.shop.example."),
    slip("target-excess-dot", "lists MX 10 mail.", "lists MX 10 mail.shop.example."),
    slip("mx-target-is-cname", "lists MX 10 www", "lists MX 10 @"),
    Mended("mx-target-is-cname", "@ MX 20 alias\nalias CNAME mail", "@ MX 20 alias"),
    Mended("mx-target-is-cname", "@ MX 5 alias\nalias CNAME mail", "@ MX 10 mail\n@ MX 5 alias", "@ MX 5 mail"),
    slip("ns-target-is-cname", "@ NS www", "@ NS @"),
    slip("srv-target-is-cname", "_a._tcp SRV 0 0 1 www", "_a._tcp SRV 0 0 1 @"),
    slip("mx-target-is-address", "lists MX 10 192.0.2.25", "lists MX 10 mail"),
    slip("mx-target-is-address", "lists MX 10 192.0.2.53", "lists MX 10 a", "relay9 A 192.0.2.53\na A 192.0.2.53"),
    slip("mx-target-is-address", "lists MX 10 192.0.2.7.", "lists MX 10 mx\nmx A 192.0.2.7"),
    slip("mx-target-is-address", "lists MX 10 2001:db8::7", "lists MX 10 mx\nmx AAAA 2001:db8::7"),
    slip("ns-target-is-address", "sub NS 192.0.2.54", "sub NS ns\nns A 192.0.2.54"),
    slip("srv-target-is-address", "_sip._tcp SRV 0 0 1 192.0.2.7", "_sip._tcp SRV 0 0 1 sip\nsip A 192.0.2.7"),
    gone("mx-target-missing", "lists MX 20 gone", "lists MX 10 mail", "gone"),
    gone("ns-target-missing", "sub NS gone", "sub NS ns1", "gone"),
    gone("srv-target-missing", "_a._tcp SRV 0 0 1 gone", "_a._tcp SRV 0 0 1 mail", "gone"),
    gone("mx-target-no-address", "lists MX 20 in", 'lists MX 10 mail\nin TXT "x"', "in"),
    gone("ns-target-no-address", "@ NS in", 'in TXT "x"', "in"),
    gone("srv-target-no-address", "_a._tcp SRV 0 0 1 in", '_a._tcp SRV 0 0 2 mail\nin TXT "x"', "in"),
    slip("target-localhost", "lists MX 10 localhost.", "lists MX 0 .", 'lists TXT "v=spf1 -all"'),
    slip("target-localhost", "_a._tcp SRV 0 0 1 localhost.", "_a._tcp SRV 0 0 0 ."),
    gone("target-localhost", "sub NS localhost.", "sub NS ns1"),
    gone("target-repeated", "lists MX 20 mail", "lists MX 10 mail\nlists MX 15 ns1"),
    gone("target-repeated", "_a._tcp SRV 1 0 1 mail", "_a._tcp SRV 0 5 1 mail"),
]
ALIASES = [
    slip("cname-target-is-address", "blog CNAME 192.0.2.7", "blog A 192.0.2.7"),
    slip("alias-target-is-address", "blog ALIAS 192.0.2.7", "blog A 192.0.2.7"),
    slip("cname-target-is-address", "blog CNAME 2001:db8::7", "blog AAAA 2001:db8::7"),
    gone("cname-loop", "a CNAME b\nb CNAME a\nc CNAME b", "d CNAME d2\nd2 CNAME @"),
    slip("cname-chain-long", "a CNAME b\nb CNAME c", "a CNAME @\nb CNAME @", f"{CHAIN[20:]}f CNAME @"),
    gone("dname-loop", "old DNAME a.old"),
    gone("cloud-service-ended", "api CNAME az1.vo.msecnd.net."),
    Mended("cname-at-apex", "@ CNAME web\nweb A 192.0.2.7", "@ CNAME web", "@ A 192.0.2.7", without=APEX),
]
RESPELLED = [
    *(
        Mended(code, f"{start}mial", f"{start}mial", f"{start}mail", ("mial A", "mial AAAA", "mial CNAME"))
        for code, start in [
            ("mx-target-missing", "lists MX 10 "),
            ("ns-target-missing", "sub NS "),
            ("srv-target-missing", "_a._tcp SRV 0 0 1 "),
            ("svcb-target-missing", "api HTTPS 1 "),
            ("cname-target-missing", "blog CNAME "),
            ("alias-target-missing", "blog ALIAS "),
        ]
    ),
    Mended("cname-target-missing", "blog CNAME pages", "blog CNAME pages", until=("pages ANY",)),
]
DELEGATION = [
    gone("ds-at-apex", f"@ DS 1 13 2 {TLSA}"),
    gone("ns-without-glue", "sub NS ns.sub", "sub NS ns1.dns.example.", "ns.sub"),
    gone("occluded", "www.sub A 192.0.2.7\nwww.sub A 192.0.2.8", f"sub NS ns1.dns.example.\nsub DS 1 13 2 {TLSA}"),
    Mended(
        "delegation-differs",
        "sub NS ns2.dns.example.\nsub NS ns3.dns.example.",
        "sub NS ns3.dns.example.",
        "sub NS ns.sub\nns.sub A 192.0.2.54",
        beside={"sub.shop.example": CHILD},
    ),
    Mended(
        "glue-differs",
        "sub NS ns.sub\nsub NS ns2.dns.example.\nns.sub A 192.0.2.55",
        "ns.sub A 192.0.2.55",
        "ns.sub A 192.0.2.54",
        beside={"sub.shop.example": CHILD},
    ),
    Mended(
        "ds-matches-no-key",
        f"sub NS ns.sub\nsub NS ns2.dns.example.\nns.sub A 192.0.2.54\nsub DS 7 13 2 {TLSA}",
        f"sub DS 7 13 2 {TLSA}",
        "sub DS 2371 13 2 636128a8347d1dcdaf1ffe59f02089432a8c1c5c1677812c6620a3286ff6d08d",
        beside={"sub.shop.example": f"{CHILD}\n@ DNSKEY 257 3 13 {KEY}"},
    ),
    soa("soa-mailbox", SOA.format("ns1 admin@shop.example.", 9**7, 60), SOA.format("ns1 admin", 9**7, 60)),
    soa("soa-name-lacks-dot", SOA.format("ns1.shop.example h.shop.example", 9**7, 60), SOA.format(NAMES, 9**7, 60)),
    soa("soa-timers", f"@ SOA {NAMES} 1 7200 7201 1209600 60", f"@ SOA {NAMES} 1 7200 1800 1209600 60"),
    soa("soa-timers", SOA.format(NAMES, 8100, 60), SOA.format(NAMES, 1209600, 60)),
    slip("soa-negative-ttl", "@ 90000 SOA a b 1 3 2 9 90000", "@ 90000 SOA a b 1 3 2 9 3600", without=("@ SOA",)),
]
CAA = [
    slip("caa-issuer-mistaken", '@ CAA 0 issue "letsencrypt.com; a=b"', '@ CAA 0 issue "letsencrypt.org; a=b"'),
    slip("caa-issuer-misspelled", '@ CAA 0 issue "letsencypt.org; a=b"', '@ CAA 0 issue "letsencrypt.org; a=b"'),
    slip("caa-issuer-invalid", '@ CAA 0 issue "https://letsencrypt.org/"', '@ CAA 0 issue "letsencrypt.org"'),
    slip("caa-issuer-invalid", "@ CAA 0 issue \"'LetsEncrypt'\"", '@ CAA 0 issue "letsencrypt.org"'),
    slip("caa-issuer-invalid", '@ CAA 0 issuewild "*.letsencrypt.org"', '@ CAA 0 issuewild "letsencrypt.org"'),
    slip(
        "caa-issuer-invalid",
        '@ CAA 128 issue "digicert.com, pki.goog letsencrypt.com"',
        '@ CAA 128 issue "digicert.com"\n@ CAA 128 issue "pki.goog"\n@ CAA 128 issue "letsencrypt.org"',
    ),
    slip("caa-iodef-invalid", '@ CAA 0 iodef "ca@shop.example"', '@ CAA 0 iodef "mailto:ca@shop.example"'),
    slip("caa-tag-unknown", '@ CAA 0 isue "letsencrypt.org"', '@ CAA 0 issue "letsencrypt.org"'),
    slip("caa-flags", '@ CAA 129 issue "letsencrypt.org"', '@ CAA 128 issue "letsencrypt.org"'),
    Mended(
        "caa-forbids-issuer",
        '@ 60 CAA 0 issue "digicert.com"\n@ 60 CAA 0 issuewild ";"\n@ 60 CAA 0 iodef "mailto:ca@shop.example"',
        new='@ 60 CAA 0 issue "letsencrypt.org"\n@ 60 CAA 0 issue "pki.goog"',
        issuers=("letsencrypt.org", "digicert.com", "pki.goog"),
    ),
]
OWNERS = [
    slip("owner-repeats-origin", "api.shop.example A 192.0.2.7", "api A 192.0.2.7"),
    slip("owner-at-sign", "_sip._tls.@ SRV 0 0 1 mail", "_sip._tls SRV 0 0 1 mail"),
    Mended("ptr-target-reverse", "7 PTR a.b.example", "7 PTR a.b.example", "7 PTR a.b.example.", origin=V4),
    Mended("ptr-owner-invalid", "7.2.0.192 PTR a.example.", "7.2.0.192 PTR a.example.", "7 PTR a.example.", origin=V4),
    Mended("ptr-owner-invalid", "7.2 PTR a.example.", "7.2 PTR a.example.", "7 PTR a.example.", origin=V4),
    Mended(
        "ptr-owner-invalid",
        f"{'0.' * 24}8.b.d.0.1.0.0.2 PTR a.example.",
        f"{'0.' * 24}8.b.d.0.1.0.0.2 PTR a.example.",
        f"{'0.' * 23}0 PTR a.example.",
        origin=V6,
    ),
]
SERVICES = [
    gone("srv-null-with-others", "_a._tcp SRV 0 0 0 .", "_a._tcp SRV 0 0 1 mail"),
    gone("null-mx-with-others", "@ MX 0 ."),
    slip("srv-owner", "_tcp._a SRV 0 0 1 mail", "_a._tcp SRV 0 0 1 mail"),
    slip("srv-owner", "sip.tcp.lab SRV 0 0 1 mail", "_sip._tcp.lab SRV 0 0 1 mail"),
    slip("srv-port-zero", "_xmpp-client._tcp SRV 5 0 0 mail", "_xmpp-client._tcp SRV 5 0 5222 mail"),
    slip("tlsa-owner", f"25.tcp.mail TLSA 3 1 1 {TLSA}", f"_25._tcp.mail TLSA 3 1 1 {TLSA}"),
    slip("tlsa-owner", f"_tcp._443.www TLSA 3 1 1 {TLSA}", f"_443._tcp.www TLSA 3 1 1 {TLSA}"),
    gone("tlsa-invalid", f"_25._tcp.mail TLSA 4 1 1 {TLSA}", f"_25._tcp.mail TLSA 3 1 1 {TLSA}"),
    gone("tlsa-usage-mail", f"_25._tcp.mail TLSA 1 1 1 {TLSA}", f"_25._tcp.mail TLSA 3 1 1 {TLSA}"),
    gone("tlsa-host-missing", f"_25._tcp.mx TLSA 3 1 1 {TLSA}", "", "mx"),
    gone("sshfp-invalid", f"mail SSHFP 5 2 {TLSA}", f"mail SSHFP 4 2 {TLSA}"),
    slip("naptr-invalid", '@ NAPTR 1 2 "U" "E2U+sip" "!a!b!" www', '@ NAPTR 1 2 "U" "E2U+sip" "!a!b!" .'),
    slip("naptr-invalid", '@ NAPTR 1 2 "a" "x" "!a!b!" mail', '@ NAPTR 1 2 "a" "x" "" mail'),
    Mended(
        "naptr-target-missing",
        '@ NAPTR 1 2 "a" "x" "" gone\n@ NAPTR 2 2 "a" "x" "" mail',
        '@ NAPTR 1 2 "a" "x" "" gone',
        until=("gone ANY",),
    ),
    gone("svcb-target-missing", "api HTTPS 1 gone alpn=h2", "api A 192.0.2.7", "gone"),
    gone("svcb-target-missing", "_dns SVCB 1 gone alpn=dot", "_dns SVCB 2 mail alpn=dot", "gone"),
    gone("svcb-alias-loop", "@ HTTPS 0 @"),
    gone("svcb-mode-mixed", "api HTTPS 1 . alpn=h2", "api A 192.0.2.7\napi HTTPS 0 www"),
    slip(
        "svcb-hint-differs",
        '@ HTTPS 1 . alpn="h2" ipv4hint="192.0.2.11" ipv6hint="2001:db8::11"',
        '@ HTTPS 1 . alpn="h2" ipv4hint="192.0.2.10" ipv6hint="2001:db8::10"',
    ),
]
VALUES = [
    slip(
        "ttl-too-long",
        "api 700000 A 192.0.2.7\napi 700000 A 192.0.2.8",
        "api 86400 A 192.0.2.7\napi 86400 A 192.0.2.8",
    ),
    slip(
        "ttl-too-short",
        "sub 30 NS a.dns.example.\nsub 30 NS b.dns.example.",
        "sub NS a.dns.example.\nsub NS b.dns.example.",
    ),
    slip(
        "txt-quotes", 'lists TXT "\\"verification=1\\""', 'lists TXT "verification=1"', 'lists TXT "\\"heritage=x\\""'
    ),
    gone("acme-challenge-stale", f'_acme-challenge TXT "{"a" * 43}"', '_acme-challenge TXT "note"'),
]
TEXTS = [
    slip("spf-term-ignored", 'lists TXT "v=spf1 ip4=192.0.2.1 -all"', 'lists TXT "v=spf1 ip4:192.0.2.1 -all"'),
    slip("spf-type-99", 'lists SPF "v=spf1 -all"', 'lists TXT "v=spf1 -all"'),
    slip("spf-after-all", 'lists TXT "v=spf1 mx:shop.example -all a"', 'lists TXT "v=spf1 mx:shop.example a -all"'),
]
MENDED = [
    *(*ADDRESSES, *POINTERS, *ALIASES, *RESPELLED, *DELEGATION, *CAA, *OWNERS, *SERVICES, *VALUES, *TEXTS),
]
CODES = {case.code for case in MENDED}


@pytest.mark.parametrize("case", MENDED, ids=[f"{case.code}-{number}" for number, case in enumerate(MENDED)])
def test_what_is_proposed_mends_that_finding_and_causes_no_other(case: Mended) -> None:
    [edit] = case.proposed()
    assert (edit.lost, edit.new) == (case.canonical(case.lost), case.canonical(case.new))
    assert tuple(edit.until.split()) == tuple(" ".join(case.until).split())
    assert edit.op == ("replace" if case.lost and case.new else "remove" if case.lost else "add")
    assert_sound([edit], case.zone)


# What else stands there makes the edit that is fair elsewhere a guess, or a loss.
LEFT_TO_PEOPLE = [
    Mended("address-private", "api A 10.0.0.1\napi AAAA 2001:db8::7"),  # the last one of its kind
    Mended("aaaa-missing", "www A 192.0.2.11", without=("www CNAME",)),  # another machine
    Mended("mx-target-missing", "lists MX 10 gone"),  # nobody would be left
    Mended("mx-target-missing", "lists MX 10 mx2\nmx1 A 192.0.2.7"),  # another digit is another host
    Mended("mx-target-missing", "lists MX 10 mial\nmal A 192.0.2.7"),
    Mended("mx-target-is-address", "lists MX 10 192.0.2.7\nmx TXT x\nmx1 CNAME www"),  # no usual name is free
    Mended("mx-target-is-cname", "lists MX 10 out\nout CNAME mx.dns.example."),  # the end is not known here
    Mended("mx-target-is-cname", "lists MX 10 a\na CNAME b\nb CNAME a"),  # there is no end
    Mended("target-localhost", "sub NS localhost."),
    Mended("target-localhost", "lists MX 10 localhost."),  # who may send mail that receivers would then refuse
    Mended("target-localhost", 'lists MX 10 localhost.\nlists TXT "v=spf1 a ~all"'),
    Mended("target-localhost", 'lists MX 10 localhost.\nlists TXT "v=spf1 ?all"'),
    Mended("txt-quotes", 'lists TXT "\\"key\\": \\"value\\""'),
    Mended("spf-type-99", 'lists SPF "v=spf1 +all"'),
    Mended("target-repeated", "_a._tcp SRV 0 5 1 mail\n_a._tcp SRV 0 6 1 mail"),  # both count
    Mended("cname-at-apex", "@ CNAME site.dns.example.", without=APEX),
    Mended("cname-loop", "* A 192.0.2.7\na CNAME a"),  # the wildcard would answer
    Mended("cname-loop", "a CNAME a\nlists MX 10 a"),  # mail would have no host
    Mended("cname-target-missing", "*.in A 192.0.2.7\nb.in CNAME gone"),
    Mended("alias-target-missing", "blog ALIAS pages"),  # another address for it would be a guess
    Mended("alias-target-is-address", "s1._domainkey ALIAS 192.0.2.7"),
    Mended("dname-loop", "* A 192.0.2.7\nold DNAME a.old"),
    Mended("cloud-service-ended", "* A 192.0.2.7\napi CNAME az1.vo.msecnd.net."),
    Mended("ns-without-glue", "sub NS ns.sub"),
    Mended("ds-matches-no-key", f"sub NS ns.sub\nsub DS 7 13 2 {TLSA}", beside={"sub.shop.example": CHILD}),
    Mended("caa-issuer-invalid", '@ CAA 0 issue "letsencrypt.org unknown.example"'),
    Mended("caa-issuer-invalid", '@ CAA 0 issue "ca.example; accounturi"'),
    Mended("owner-at-sign", "_sip._tls.@ SRV 0 0 1 mail\n_sip._tls SRV 0 0 2 mail"),
    Mended("owner-repeats-origin", "mail.shop.example A 192.0.2.7"),  # something is at the right name already
    Mended("ptr-target-reverse", "7 PTR host", origin=V4),
    Mended("ptr-owner-invalid", "7.9 PTR a.example.", origin=V4),
    Mended("ptr-owner-invalid", "7.2 PTR a.example.\n7 PTR b.example.", origin=V4),
    Mended("occluded", "k8s NS n1.k8s\nk8s NS ns1.dns.example.\nns1.k8s A 192.0.2.7"),  # a server's, it may be
    Mended("occluded", "k8s NS ns1.\nk8s NS ns2.dns.example.\nns1.k8s A 192.0.2.7"),
    Mended("occluded", "k8s NS 203.0.114.10.\nns9.k8s AAAA 2001:db8::7"),
    Mended("cname-target-is-address", "s1._domainkey CNAME 192.0.2.7"),
    Mended("svcb-hint-differs", "in HTTPS 1 . ipv4hint=192.0.2.11\nin A 10.0.0.1"),
    Mended("srv-owner", "sip SRV 0 0 1 mail"),
    Mended("srv-owner", "sip.tcp SRV 0 0 1 mail\n_sip._tcp SRV 0 0 2 mail"),
    Mended("srv-owner", "_tcp.mail SRV 0 0 1 mail"),
    Mended("srv-port-zero", "_own._tcp SRV 0 0 0 mail"),
    Mended("tlsa-owner", f"mail TLSA 3 1 1 {TLSA}"),
    Mended("tlsa-invalid", f"_25._tcp.mail TLSA 4 1 1 {TLSA}"),
    Mended("sshfp-invalid", f"mail SSHFP 5 2 {TLSA}"),
    Mended("naptr-invalid", '@ NAPTR 1 2 "s" "x" "" .'),
    Mended("naptr-target-missing", '@ NAPTR 1 2 "a" "x" "" gone'),
    Mended("svcb-target-missing", "_dns SVCB 1 gone alpn=dot"),
    Mended("svcb-alias-loop", "lists HTTPS 0 lists"),
]


@pytest.mark.parametrize(
    "case", LEFT_TO_PEOPLE, ids=[f"{case.code}-{number}" for number, case in enumerate(LEFT_TO_PEOPLE)]
)
def test_what_only_a_person_knows_is_not_guessed(case: Mended) -> None:
    assert case.code in {finding.code for finding in judge(case.zone)}
    assert case.proposed() == []

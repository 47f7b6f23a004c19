"""Each record type: made, each of its fields changed, joined by a second record, and taken away."""

from tests.dns.reader.gallery import GALLERY
from tests.dns.scenarios.model import Scenario, scenario

SHA256, OTHER = "ab" * 32, "cd" * 32
ALONE = ("DNAME", "DS", "NSEC3PARAM", "ZONEMD")
"""Types that a zone can't hold at any name, or that a server minds."""


def _of_the_gallery() -> list[Scenario]:
    """Every type that the reader knows: made, its TTL changed, gone."""
    made = []
    for number, line in enumerate(GALLERY):
        kind, _, rdata = line.partition(" ")
        if kind not in ALONE:
            first, second = f"x 300 {kind} {rdata}\n", f"x 600 {kind} {rdata}\n"
            made.append(scenario(f"type {kind} {number}", first, second, "y A 192.0.2.1\n"))
    return made


TYPES = [
    *_of_the_gallery(),
    scenario("A", "a A 192.0.2.1\n", "a A 192.0.2.2\n", "a A 192.0.2.2\na A 192.0.2.3\n", "a A 192.0.2.3\n", ""),
    scenario("AAAA", "a AAAA 2001:db8::1\n", "a AAAA 2001:db8:0:0:1::1\n", "a AAAA ::ffff:192.0.2.1\n"),
    scenario(
        "CNAME", "c CNAME a.other.example.\n", "c CNAME b.other.example.\n", "c CNAME @\n", "c CNAME d\nd A 192.0.2.1\n"
    ),
    scenario(
        "MX",
        "@ MX 5 a.other.example.\n",
        "@ MX 5 b.other.example.\n",
        "m MX 5 a.other.example.\n",
        "m MX 100 b.other.example.\n",
        "m MX 100 b.other.example.\nm MX 5 a.other.example.\n",
    ),
    scenario("null MX", "n MX 10 a.other.example.\n", "n MX 0 .\n", "n MX 10 a.other.example.\n", not_on="namecheap"),
    scenario(
        "NS of a child",
        "c NS ns1.other.example.\n",
        "c NS ns1.other.example.\nc NS ns2.other.example.\n",
        "c NS @\n@ A 192.0.2.1\n",
    ),
    scenario(
        "NS with glue",
        "c NS ns.c\nns.c A 192.0.2.1\n",
        "c NS ns.c\nns.c A 192.0.2.2\nns.c AAAA 2001:db8::1\n",
        "w A 192.0.2.1\n",
    ),
    scenario(
        "PTR",
        "4 PTR a.other.example.\n",
        "4 PTR b.other.example.\n",
        "4 PTR b.other.example.\n5 PTR a.other.example.\n",
    ),
    scenario(
        "SRV",
        "_s._tcp SRV 5 6 7 a.other.example.\n",
        "_s._tcp SRV 5 6 7 a.other.example.\n_s._tcp SRV 5 60 70 b.other.example.\n",
        "_s._tcp SRV 5 6 7 a.other.example.\n_s._tcp SRV 15 60 70 b.other.example.\n",
        "_s._tcp SRV 15 65 75 c.other.example.\n",
        "_s._tcp SRV 52 62 72 c.other.example.\n",
    ),
    scenario("SRV to nowhere", "_s._tcp SRV 15 65 75 a.other.example.\n", "_s._tcp SRV 0 0 0 .\n"),
    scenario(
        "CAA",
        '@ CAA 0 issue "ca.example"\n',
        '@ CAA 0 issuewild "ca.example"\n',
        '@ CAA 0 issuewild "other.example"\n',
        '@ CAA 128 issuewild ";"\n@ CAA 0 issue "ca.example"\n@ CAA 0 iodef "mailto:a@shop.example"\n',
        '@ CAA 0 issue "ca.example; validationmethods=dns-01; accounturi=https://ca.example/acct/1234"\n',
    ),
    scenario(
        "SSHFP", f"h SSHFP 1 2 {SHA256}\n", f"h SSHFP 4 2 {SHA256}\n", f"h SSHFP 4 2 {OTHER}\nh SSHFP 1 1 {'ab' * 20}\n"
    ),
    scenario(
        "TLSA",
        f"_443._tcp TLSA 3 1 1 {SHA256}\n",
        f"_443._tcp TLSA 2 1 1 {SHA256}\n",
        f"_443._tcp TLSA 2 0 1 {SHA256}\n",
        f"_443._tcp TLSA 2 0 2 {SHA256}{OTHER}\n",
    ),
    scenario("SMIMEA", f"u._smimecert SMIMEA 3 0 1 {SHA256}\n", f"u._smimecert SMIMEA 3 1 1 {OTHER}\n"),
    scenario("OPENPGPKEY", "u._openpgpkey OPENPGPKEY mQCNAzIG6Q==\n", "u._openpgpkey OPENPGPKEY AQIDBA==\n"),
    scenario(
        "DS of a child",
        f"c NS ns.other.example.\nc DS 1 13 2 {SHA256}\n",
        f"c NS ns.other.example.\nc DS 8857 8 2 {OTHER}\n",
        f"c NS ns.other.example.\nc DS 3 13 2 {SHA256}\nc DS 4 13 4 {SHA256}{'ef' * 16}\n",
        "c NS ns.other.example.\n",
    ),
    scenario("DNAME", "d DNAME a.other.example.\n", "d DNAME b.other.example.\n", "d DNAME d2\n"),
    scenario(
        "NAPTR",
        'n NAPTR 100 10 "U" "E2U+sip" "!^.*$!sip:a@shop.example!" .\n',
        'n NAPTR 100 10 "U" "E2U+sip" "!^.*$!sip:a@b!" .\nn NAPTR 102 20 "S" "SIP+D2U" "" s.other.example.\n',
        'n NAPTR 103 20 "A" "E2U+email" "" t.other.example.\n',
    ),
    scenario(
        "HTTPS",
        "@ HTTPS 1 a.other.example. port=80\n",
        "@ HTTPS 2 . port=99\n",
        "@ HTTPS 2 .\n",
        "@ HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1 ech=AAT+DQAA\n",
    ),
    scenario("SVCB", "@ SVCB 1 a.other.example. port=80\n", "@ SVCB 2 . port=80\n", "@ SVCB 3 a.other.example.\n"),
    scenario(
        "LOC",
        "@ LOC 42 21 54 N 71 6 18 W -24.05m 30m 0m 0m\n",
        "@ LOC 42 21 54 N 71 6 18 W -24.06m 30m 10m 0m\n",
        "a LOC 42 21 43.952 N 71 5 6.344 W -24m 1m 200m 10m\nb LOC 52 14 5 S 0 8 50 E 10m\n",
    ),
    scenario(
        "RP", "r RP u.other.example. t.other.example.\n", "r RP v.other.example. t.other.example.\n", "r RP v t\n"
    ),
    scenario(
        "DHCID",
        "d DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=\n",
        "d DHCID AAAAAAAAuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=\n",
    ),
    scenario("a type without a name", "x TYPE65281 \\# 3 010203\n", "x TYPE65281 \\# 0\n"),
]

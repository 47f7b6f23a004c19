import pytest

from sophia_infra.dns.importers import import_zone, zones_of

EXPORT = """\
;;
;; Domain:     shop.example.
;; Exported:   2026-01-01 00:00:00
;;
;; This file is intended for use for informational and archival
;; purposes ONLY and MUST be edited before use on a production
;; DNS server.

;; SOA Record
shop.example\t3600\tIN\tSOA\tada.ns.cloudflare.com. dns.cloudflare.com. 2047 10000 2400 604800 3600

;; NS Records
shop.example.\t86400\tIN\tNS\tada.ns.cloudflare.com.

;; A Records
app.shop.example.\t1\tIN\tA\t192.0.2.1 ; cf_tags=cf-proxied:true
www.shop.example.\t300\tIN\tA\t192.0.2.2 ; the office; upstairs cf_tags=env:prod,cf-proxied:false

;; CNAME Records
shop.example.\t1\tIN\tCNAME\tlb.other.example. ; cf_tags=cf-proxied:true,cf-flatten-cname

;; MX Records
shop.example.\t300\tIN\tMX\t10 mx.other.example.

;; TXT Records
shop.example.\t300\tIN\tTXT\t"v=spf1; a \\"b\\" -all"
"""


def test_an_export_is_read_and_its_comments_are_named() -> None:
    found = import_zone(EXPORT, "shop.example", "cloudflare", file="cf.txt")
    assert zones_of(EXPORT, "cloudflare") == ["shop.example"]
    assert found.problems == ()
    assert [str(record) for record in found.records] == [
        "@ 3600 SOA ada.ns.cloudflare.com. dns.cloudflare.com. 2047 10000 2400 604800 3600",
        "@ 86400 NS ada.ns.cloudflare.com.",
        "app 300 A 192.0.2.1",
        "www 300 A 192.0.2.2",
        "@ 300 ALIAS lb.other.example.",
        "@ 300 MX 10 mx.other.example.",
        '@ 300 TXT "v=spf1; a \\"b\\" -all"',
    ]
    assert list(found.notes) == [
        "cf.txt:16: app.shop.example. A: cf_tags=cf-proxied:true is not carried over",
        "cf.txt:16: app.shop.example. A: the automatic TTL becomes 300 seconds",
        "cf.txt:17: www.shop.example. A: the office; upstairs cf_tags=env:prod,cf-proxied:false is not carried over",
        "cf.txt:20: shop.example. ALIAS: cf_tags=cf-proxied:true,cf-flatten-cname is not carried over",
        "cf.txt:20: shop.example. ALIAS: the automatic TTL becomes 300 seconds",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "$TTL 300",
        "www A 192.0.2.1",
        "www.shop.example. 300 IN A 192.0.2.300",
        "www.shop.example. soon IN A 192.0.2.1",
        'www.shop.example. 300 IN TXT "open',
        "www.shop.example. 300 IN MX ( 10",
    ],
)
def test_a_line_that_no_export_holds_is_a_problem_with_its_number(line: str) -> None:
    found = import_zone(f"\n{line}\n", "shop.example", "cloudflare")
    assert [problem.line for problem in found.problems] == [2]


OLDEST = """\
;;
;; Domain:     shop.example
;; Exported:   2016-03-01 16:47:08
;;
;; Use at your own risk.
$ORIGIN .
@\t3600\tIN\tSOA\tshop.example.\troot.shop.example.\t(
\t\t2020722575\t; serial
\t\t7200\t\t; refresh
\t\t3600\t\t; retry
\t\t86400\t\t; expire
\t\t3600)\t\t; minimum



;; NS Records (YOU MUST CHANGE THIS)
shop.example.\t300\tIN\tNS\tREPACE&ME$WITH^YOUR@NAMESERVER.

;; MX Records
shop.example.\t300\tIN\tMX\t10\tmail.mailer.example.
shop.example.\t300\tIN\tMX\t20\td40321b.ess.filter.example.

;; TXT Records
default._domainkey.shop.example.\t300\tIN\tTXT\t"k=rsa\\; t=y\\; p=MIGfMA0G/9WOSI7M8uOX+eAEcOA6SCbf\\;"
shop.example.\t300\tIN\tTXT\t"v=spf1 ip4:192.0.2.128/26 -all"

;; CNAME Records
images.shop.example.\t300\tIN\tCNAME\timages.shop.example.edge.example.

;; A Records (IPv4 addresses)
*.shop.example.\t300\tIN\tA\t203.0.113.10
shop.example.\t300\tIN\tA\t203.0.113.10
admin.rack.shop.example.\t300\tIN\tA\t203.0.113.11
"""
OLDEST_ZONE = [
    "@ 3600 SOA shop.example. root.shop.example. 2020722575 7200 3600 86400 3600",
    "@ 300 MX 10 mail.mailer.example.",
    "@ 300 MX 20 d40321b.ess.filter.example.",
    'default._domainkey 300 TXT "k=rsa; t=y; p=MIGfMA0G/9WOSI7M8uOX+eAEcOA6SCbf;"',
    '@ 300 TXT "v=spf1 ip4:192.0.2.128/26 -all"',
    "images 300 CNAME images.shop.example.edge.example.",
    "* 300 A 203.0.113.10",
    "@ 300 A 203.0.113.10",
    "admin.rack 300 A 203.0.113.11",
]


@pytest.mark.parametrize("source", ["cloudflare", "master"])
@pytest.mark.parametrize("spelling", ["REPACE", "REPLACE"])
def test_the_exports_of_former_years_are_read_and_their_placeholder_is_no_name_server(
    spelling: str, source: str
) -> None:
    """The shape of three of a public collection's exports of 2016 to 2018; names, keys and addresses are replaced."""
    text = OLDEST.replace("REPACE", spelling)
    if source == "master":  # by the letter, `@` is the root there
        text = text.replace("$ORIGIN .\n", "")
    found = import_zone(text, "shop.example", source, file="cf.txt")
    assert found.problems == ()
    assert [str(record) for record in found.records] == OLDEST_ZONE
    place = "cf.txt:17" if source == "cloudflare" else "cf.txt"
    placeholder = f"{spelling}&ME$WITH^YOUR@NAMESERVER."
    assert found.notes == (f"{place}: @ NS is Cloudflare's placeholder {placeholder} and is not carried over",)


def test_the_comments_of_an_soa_are_no_loss() -> None:
    found = import_zone(OLDEST, "shop.example", "cloudflare", file="cf.txt")
    assert len(found.notes) == 1


def test_another_origin_than_the_root_is_no_line_of_an_export() -> None:
    found = import_zone("$ORIGIN shop.example.\n", "shop.example", "cloudflare")
    assert [(problem.code, problem.line) for problem in found.problems] == [("record-syntax", 1)]

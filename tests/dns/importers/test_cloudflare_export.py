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
shop.example.\t1\tIN\tA\t192.0.2.1 ; cf_tags=cf-proxied:true
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
        "@ 300 A 192.0.2.1",
        "www 300 A 192.0.2.2",
        "@ 300 MX 10 mx.other.example.",
        '@ 300 TXT "v=spf1; a \\"b\\" -all"',
    ]
    assert list(found.notes) == [
        "cf.txt:16: shop.example. A: cf_tags=cf-proxied:true is not carried over",
        "cf.txt:16: shop.example. A: the automatic TTL becomes 300 seconds",
        "cf.txt:17: www.shop.example. A: the office; upstairs cf_tags=env:prod,cf-proxied:false is not carried over",
        "cf.txt:20: shop.example. CNAME at the apex exists by Cloudflare's flattening and is not carried over: "
        "lb.other.example.",
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

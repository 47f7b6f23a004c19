"""GoDaddy's exports of zones: what they mean by names without a dot at the end, and how one is told from others."""

import pytest

from sophia_infra.dns.importers import Imported, import_zone, zones_of
from sophia_infra.dns.importers.source import detect

OF_2014 = """\
; Domain: shop.example
; Exported (y-m-d hh:mm:ss): 2014-04-14 08:12:10
;
; purposes ONLY and MUST be edited before use on a production
; DNS server.
; SOA Record
SHOP.EXAMPLE.\t3600\tIN\tSOA\tns30.dns.example.\tdns.keeper.example (
\t\t\t\t2014041400
\t\t\t\t28800
\t\t\t\t7200
\t\t\t\t604800
\t\t\t\t3600
\t\t\t\t)

; A Records
@\t600\tIN\tA\t192.0.2.1
*.test\t1800\tIN\tA\t192.0.2.2

; CNAME Records
www\t1800\tIN\tCNAME\t@
shop\t1800\tIN\tCNAME\twww
mail\t1800\tIN\tCNAME\tmail.provider.example
a.b\t1800\tIN\tCNAME\tshop.example

; MX Records
@\t1800\tIN\tMX\t1\tmx.provider.example
@\t1800\tIN\tMX\t5\tmx2.provider.example.

; TXT Records
@\t3600\tIN\tTXT\t"v=spf1 include:provider.example ~all"

; SRV Records
_sip._tls.@\t3600\tIN\tSRV\t100\t1\t443\tsip.provider.example

; NS Records
@\t3600\tIN\tNS\tns30.dns.example
"""
NO_DOT_AT_ORIGIN = """\
; Domain: shop.example
; Exported (y-m-d hh:mm:ss): 2021-03-12 05:36:44


$ORIGIN shop.example

; SOA Record
@\t3600\t IN \tSOA\tns09.dns.example.\tdns.keeper.example. (
\t\t\t\t\t2021020600
\t\t\t\t\t28800
\t\t\t\t\t7200
\t\t\t\t\t604800
\t\t\t\t\t3600
\t\t\t\t\t)

; A Records
www\t3600\t IN \tA\t192.0.2.1
"""
OF_ANOTHER = """\
; Domain: shop.example
; Exported (y-m-d hh:mm:ss): 2017-02-09 11:01:55
; Actual version

$TTL 3600
@    IN SOA  ns11.dns.example. hostmaster.dns.example. (2017020900 10800 3600 605800 3600)
     IN A    192.0.2.153
"""


def imported(text: str) -> Imported:
    found = import_zone(text, "shop.example", "godaddy", file="f")
    assert found.problems == ()
    return found


def test_names_with_a_dot_in_them_are_full_ones_and_one_line_says_so() -> None:
    found = imported(OF_2014)
    assert [str(record) for record in found.records] == [
        "@ 3600 SOA ns30.dns.example. dns.keeper.example. 2014041400 28800 7200 604800 3600",
        "@ 600 A 192.0.2.1",
        "*.test 1800 A 192.0.2.2",
        "www 1800 CNAME shop.example.",
        "shop 1800 CNAME www.shop.example.",
        "mail 1800 CNAME mail.provider.example.",
        "a.b 1800 CNAME shop.example.",
        "@ 1800 MX 1 mx.provider.example.",
        "@ 1800 MX 5 mx2.provider.example.",
        '@ 3600 TXT "v=spf1 include:provider.example ~all"',
        "_sip._tls 3600 SRV 100 1 443 sip.provider.example.",
        "@ 3600 NS ns30.dns.example.",
    ]
    assert list(found.notes) == [
        "f:33: _sip._tls.\\@ SRV is taken as _sip._tls, since an export of GoDaddy's writes @ for the zone",
        "f:7: dns.keeper.example and 5 more are taken in full, as GoDaddy means it, though no dot ends it",
    ]


def test_an_origin_without_its_dot_is_the_zone() -> None:
    found = imported(NO_DOT_AT_ORIGIN)
    assert [record.subject for record in found.records] == ["@ SOA", "www A"]
    assert found.notes == ()


@pytest.mark.parametrize("text", [OF_2014, NO_DOT_AT_ORIGIN])
def test_it_is_found_out_with_its_zone(text: str) -> None:
    assert detect(text, "export.txt") == "godaddy"
    assert zones_of(text, "godaddy") == ["shop.example"]


def test_an_export_of_another_keeper_with_the_same_header_is_a_master_file() -> None:
    assert detect(OF_ANOTHER, "export.txt") == "master"


def test_a_header_that_begins_often_and_never_ends_is_looked_through_once() -> None:
    begins = "; Exported (y-m-d hh:mm:ss): 2014-04-14 08:12:10\n" * 200_000
    assert detect(begins, "export.txt") == "master"
    assert detect(f"{begins}; SOA Record\n", "export.txt") == "godaddy"
    assert detect(f"; SOA Record\n{begins}", "export.txt") == "master", "the end stands before the first line"

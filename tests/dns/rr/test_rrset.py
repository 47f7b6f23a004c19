"""A set leads to a name where that stands whole in its data, in whatever form a type writes it."""

import pytest

from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.rrset import RRset, rrsets


@pytest.mark.parametrize(
    ("rdata", "renamed"),
    [
        ("www.shop.example.", "web.shop.example."),
        ("10 WWW.shop.example.", "10 web.shop.example."),
        ('"v=spf1 a:www.shop.example -all"', '"v=spf1 a:web.shop.example -all"'),
        ("my-www.shop.example.", None),
        ("in.www.shop.example.", None),
        ("www.shop.example.net.", None),
    ],
)
def test_a_name_is_found_whole_and_renamed_where_it_stands(rdata: str, renamed: str | None) -> None:
    found = RRset("shop.example", "other", "MX", (rdata,), 300)
    assert found.leads_to("www.shop.example") is bool(renamed)
    assert found.renamed("www.shop.example", "web.shop.example").values == (renamed or rdata,)


def test_records_become_sets_in_their_order_and_records_again() -> None:
    records = [Record("@", 60, "A", "192.0.2.1"), Record("www", 300, "CNAME", "@"), Record("@", 60, "A", "192.0.2.2")]
    apex, www = rrsets("shop.example", records)
    assert (apex.values, apex.name, www.name) == (("192.0.2.1", "192.0.2.2"), "shop.example", "www.shop.example")
    assert (apex.records, www.records) == ([records[0], records[2]], [records[1]])

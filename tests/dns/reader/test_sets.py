import pytest

from sophia_infra.dns.reader import check_zone, read
from sophia_infra.dns.rr.record import Record


def codes(text: str) -> list[tuple[str, int]]:
    return [(problem.code, problem.line) for problem in read(text, "shop.example").problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("www CNAME a.\nwww A 192.0.2.1", [("cname-and-other-data", 2)]),
        ("www A 192.0.2.1\nwww TXT x\nwww CNAME a.", [("cname-and-other-data", 3)]),
        ("www CNAME a.\nwww CNAME b.", [("cname-duplicate", 2)]),
        ("@ ALIAS a.\n@ MX 10 b.\n@ TXT x\n@ CAA 0 issue c", []),
        ("@ ALIAS a.\n@ AAAA 2001:db8::1", [("alias-and-addresses", 2)]),
        ("@ ALIAS a.\n@ ALIAS b.", [("alias-duplicate", 2)]),
        ("www ALIAS a.\nwww CNAME a.", [("cname-and-other-data", 2)]),
        ("www DNAME a.\nwww DNAME b.", [("dname-duplicate", 2)]),
        ("eu DNAME a.\nwww.eu A 192.0.2.1", [("dname-and-descendants", 2)]),
        ("@ DNAME a.\nwww A 192.0.2.1", [("dname-and-descendants", 2)]),
        ("@ SOA a. b. 1 2 3 4 5\n@ SOA a. b. 2 2 3 4 5", [("soa-duplicate", 2)]),
        ("eu SOA a. b. 1 2 3 4 5", [("soa-not-at-apex", 1)]),
        ("* NS a.", [("ns-at-wildcard", 1)]),
        ("*.eu NS a.", [("ns-at-wildcard", 1)]),
    ],
)
def test_names_that_may_hold_nothing_else_are_found(text: str, expected: list[tuple[str, int]]) -> None:
    assert codes(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "www CNAME a.\nwww CNAME A.",
        "eu DNAME a.\nxeu A 192.0.2.1",
        "eu DNAME a.\neu A 192.0.2.1",
        "eu DNAME a.\nx\\.eu A 192.0.2.1",
        "* CNAME a.\n*.eu A 192.0.2.1",
        "*x NS a.",
        "www CNAME a.\nwww NSEC a. CNAME RRSIG NSEC",
    ],
)
def test_what_looks_alike_and_is_allowed_is_left_alone(text: str) -> None:
    assert codes(text) == []


def test_the_same_record_twice_is_one() -> None:
    reading = read("www A 192.0.2.1\nWWW 3600 IN A 192.0.2.1\n", "shop.example")
    assert [str(record) for record in reading.records] == ["www 3600 A 192.0.2.1"]
    assert reading.problems == []


def test_a_set_with_several_ttls_takes_the_lowest_and_says_so() -> None:
    reading = read("w 300 A 192.0.2.1\nw 60 A 192.0.2.2\nw 300 A 192.0.2.2\nw 900 TXT x\n", "shop.example")
    assert [str(record) for record in reading.records] == ["w 60 A 192.0.2.1", "w 60 A 192.0.2.2", 'w 900 TXT "x"']
    assert [(warning.code, warning.line, warning.subject) for warning in reading.warnings] == [
        ("ttl-differs-in-set", 3, "w A")
    ]
    assert reading.problems == []


def test_records_that_come_together_from_several_places_are_checked_as_one_zone() -> None:
    records = [Record("w", 60, "CNAME", "a."), Record("w", 60, "A", "192.0.2.1"), Record("w", 61, "A", "192.0.2.2")]
    found = check_zone(records, "shop.example")
    assert [(problem.code, problem.file, problem.line) for problem in found] == [
        ("cname-and-other-data", "shop.example", 0),
        ("ttl-differs-in-set", "shop.example", 0),
    ]
    assert records[2].ttl == 61


def test_a_record_that_stands_twice_is_noted_in_whatever_case_and_form_it_is_written() -> None:
    reading = read("www 60 CNAME web\nWWW 60 IN CNAME Web.shop.example.\nweb 60 A 192.0.2.1\n", "shop.example")
    assert [(note.code, note.line, note.subject) for note in reading.notes] == [("record-repeated", 2, "www CNAME")]
    assert len(reading.records) == 2
    assert reading.problems == reading.warnings == []

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia_infra.dns.rr.record import Record, from_text, owner_order, to_text

ORDERED = """\
@ 60 SOA a. b. 1 2 3 4 5
@ 60 A 192.0.2.1
@ 60 MX 10 a.
* 60 A 192.0.2.1
a 60 A 192.0.2.1
a 60 A 192.0.2.2
a 60 AAAA 2001:db8::1
*.a 60 A 192.0.2.1
b.a 60 A 192.0.2.1
a-b 60 A 192.0.2.1
a\\.b 60 A 192.0.2.1
z\\.a 60 A 192.0.2.1
"""


def test_lines_stand_in_canonical_order_with_the_soa_first() -> None:
    records = from_text(ORDERED)
    random.Random(7).shuffle(records)  # noqa: S311  # a fixed order out of order, not a secret
    assert to_text(records) == ORDERED


def test_duplicates_are_written_once() -> None:
    assert to_text(from_text(ORDERED + ORDERED)) == ORDERED


def test_no_record_is_no_text() -> None:
    assert to_text([]) == ""
    assert from_text("") == []


def test_rdata_may_hold_blanks_and_unusual_line_ends_never_split_it() -> None:
    assert from_text('t 60 TXT "a  b" "c"\n') == [Record("t", 60, "TXT", '"a  b" "c"')]
    assert from_text("t 60 TXT \x0b\x85\n") == [Record("t", 60, "TXT", "\x0b\x85")]


@pytest.mark.parametrize(
    ("owner", "key"),
    [("@", ()), ("a", ("a",)), ("a.b", ("b", "a")), ("a\\.b.c", ("c", "a.b")), ("\\000\\\\", ("\0\\",))],
)
def test_the_order_of_an_owner_goes_by_its_labels_from_the_apex_down(owner: str, key: tuple[str, ...]) -> None:
    assert owner_order(owner) == key


LABELS = st.lists(st.integers(0, 255).filter(lambda octet: octet not in range(65, 91)), min_size=1, max_size=3).map(
    bytes
)


def written(labels: list[bytes]) -> str:
    return ".".join("".join(f"\\{octet:03d}" for octet in label) for label in labels)


@given(st.lists(st.lists(LABELS, min_size=1, max_size=3), max_size=8))
def test_text_is_ordered_as_the_rfc_orders_any_octets(names: list[list[bytes]]) -> None:
    text = to_text([Record(written(labels), 1, "A", "192.0.2.1") for labels in names])
    unique = {tuple(labels): written(labels) for labels in names}
    by_octets = sorted(unique, key=lambda labels: list(reversed(labels)))
    assert [record.owner for record in from_text(text)] == [unique[labels] for labels in by_octets]


def test_a_record_names_its_set() -> None:
    assert Record("www", 60, "A", "192.0.2.1").subject == "www A"

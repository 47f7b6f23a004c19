from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sophia_infra.dns.exposure import changed_sets
from sophia_infra.dns.rr.record import Record, to_text

UNHURRIED = settings(deadline=None)
OWNERS = ["@", "a", "a.b", "b", "c.b", "*", "*.b", "ab", "zz"]
records = st.lists(
    st.builds(
        Record,
        st.sampled_from(OWNERS),
        st.sampled_from([60, 300]),
        st.sampled_from(["A", "AAAA", "TXT"]),
        st.sampled_from(["1", "2", '"x y"', "a  b"]),
    ),
    unique_by=lambda record: (record.owner, record.type, record.rdata),
)


def naive(old: list[Record], new: list[Record]) -> set[tuple[str, str]]:
    sets: dict[tuple[str, str], tuple[set[Record], set[Record]]] = defaultdict(lambda: (set(), set()))
    for side, side_records in enumerate((old, new)):
        for record in side_records:
            sets[record.owner, record.type][side].add(record)
    return {key for key, (before, after) in sets.items() if before != after}


@UNHURRIED
@given(records, records)
def test_the_differing_sets_are_those_a_naive_comparison_finds(old: list[Record], new: list[Record]) -> None:
    found = changed_sets(to_text(old), to_text(new))
    assert {(change.owner, change.type) for change in found} == naive(old, new)
    assert len(found) == len({change.subject for change in found})


@UNHURRIED
@given(records, records)
def test_a_change_carries_the_whole_set_of_both_sides(old: list[Record], new: list[Record]) -> None:
    for change in changed_sets(to_text(old), to_text(new)):
        for values, side in ((change.old, old), (change.new, new)):
            assert values == {r.rdata: r.ttl for r in side if (r.owner, r.type) == (change.owner, change.type)}


@pytest.mark.parametrize("position", [0, 1, 4999, 5000, 9998, 9999])
def test_one_changed_line_is_found_wherever_it_stands_in_a_large_zone(position: int) -> None:
    old = [Record(f"host{number:05}", 300, "A", "192.0.2.1") for number in range(10_000)]
    new = old.copy()
    new[position] = old[position]._replace(rdata="192.0.2.2")
    (change,) = changed_sets(to_text(old), to_text(new))
    assert (change.owner, change.operation) == (f"host{position:05}", "update")


def test_the_serial_of_the_soa_is_no_change_but_its_timers_are() -> None:
    soa = "@ 3600 SOA ns1.a.example. hostmaster.a.example. {} {} 900 1209600 300\n"
    assert changed_sets(soa.format(1, 7200), soa.format(2, 7200)) == []
    (change,) = changed_sets(soa.format(1, 7200), soa.format(2, 3600))
    assert change.subject == "@ SOA"


def test_an_soa_that_one_side_leaves_to_the_server_is_no_change() -> None:
    soa = "@ 3600 SOA ns1.a.example. hostmaster.a.example. 1 7200 900 1209600 300\n"
    assert changed_sets(soa, "") == []
    assert changed_sets("", soa) == []

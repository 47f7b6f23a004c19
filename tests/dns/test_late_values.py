import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia_infra.dns.late_values import LateSet, LateValues
from sophia_infra.dns.reader import ZoneTextError
from sophia_infra.dns.rr.record import Record, merged, records_of, to_text

records = st.lists(
    st.builds(
        Record,
        st.sampled_from(["@", "a", "b.a", "*.a", "z"]),
        st.just(60),
        st.sampled_from(["A", "NS", "TXT"]),
        st.sampled_from(["1", "2", "3"]),
    )
)


@given(records, records)
def test_merging_a_few_records_gives_the_text_of_all_of_them(some: list[Record], more: list[Record]) -> None:
    assert merged(to_text(some), more) == to_text(some + more)


def test_an_soa_is_merged_before_all_others() -> None:
    soa = Record("@", 60, "SOA", "a. b. 0 1 2 3 4")
    assert merged("@ 60 A 192.0.2.1\n", [soa]).startswith("@ 60 SOA")


def test_late_values_become_canonical_records() -> None:
    late = LateValues({"api AAAA 300": ["2001:DB8:0::1"], "x A 60": None})
    assert late.records("shop.example") == [Record("api", 300, "AAAA", "2001:db8::1")]
    assert late.pending == {"x A": 60}


@pytest.mark.parametrize("value", [["canary"], ["192.0.2.1", "canary"]])
def test_a_secret_late_value_that_is_wrong_is_refused_without_being_shown(value: list[str]) -> None:
    with pytest.raises(ZoneTextError) as refused:
        LateValues({"api A 300": value}, ("api A",)).records("shop.example")
    assert "canary" not in str(refused.value)
    assert "api A" in str(refused.value)


@pytest.mark.parametrize("value", ["192.0.2.1", [7], {"a": 1}])
def test_a_late_value_of_another_shape_is_refused_by_name(value: object) -> None:
    with pytest.raises(ZoneTextError) as caught:
        LateValues({"api A 300": value}).records("shop.example")
    (problem,) = caught.value.problems
    assert (problem.file, problem.field) == ("api A", "values")


def test_what_is_pending_keeps_what_is_live() -> None:
    live = "api 300 A 192.0.2.9\nwww 300 A 192.0.2.8\n"
    assert records_of(live, ["api A"]) == [Record("api", 300, "A", "192.0.2.9")]
    assert records_of(live, []) == []


def test_a_late_key_reads_back() -> None:
    assert LateSet.parse(str(LateSet("*.dev", "TXT", 60))) == LateSet("*.dev", "TXT", 60)

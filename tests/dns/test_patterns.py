"""Patterns as people write them: they name what they were meant for, or are refused."""

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from sophia_infra.changes import covers
from sophia_infra.dns.patterns import PatternError, matches, names_any, relative_patterns
from sophia_infra.dns.rr.record import Record, from_text
from tests.support.refusals import refused


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("vpn", "vpn"),
        ("VPN a", "vpn a"),
        ("vpn.shop.example.", "vpn"),
        ("shop.example. MX", "@ MX"),
        ("*.shop.example. A", "* A"),
        ("**.dev.shop.example.", "**.dev"),
        ("münchen A", "xn--mnchen-3ya A"),
        ("@", "@"),
        ("@   MX", "@ MX"),
        ("mx A", "mx A"),
        ("www TYPE65534", "www TYPE65534"),
        ("@ alias", "@ alias"),
        ("www A*", "www A*"),
        ("created", "created"),
    ],
)
def test_a_name_is_relative_to_the_zone(given: str, meant: str) -> None:
    assert relative_patterns([given], "shop.example", "protect") == [meant]


def test_only_ignore_tells_records_apart_by_their_values() -> None:
    pattern = '** TXT "heritage=External*'
    assert relative_patterns([pattern], "shop.example", "ignore") == [pattern]
    with refused(PatternError, field="protect", value=pattern) as caught:
        relative_patterns([pattern], "shop.example", "protect")
    assert str(caught.value) == f"protect holds {pattern!r}, and takes no values; write '** TXT'"


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ("MX @", "write '@ MX'"),
        ("TXT _verify", "write '_verify TXT'"),
        ("CNAME *.dev", "write '*.dev CNAME'"),
        ("www Q*", "write owner and type, such as '@ MX'"),
        ("www AAA", "write owner and type, such as '@ MX'"),
        ("@ ANY", "write owner and type, such as '@ MX'"),
    ],
)
@pytest.mark.parametrize("where", ["protect", "staged", "manage", "ignore"])
def test_what_stands_in_place_of_a_type_is_refused(where: str, given: str, fix: str) -> None:
    with refused(PatternError, "no-type", field=where, value=given) as caught:
        relative_patterns([given], "shop.example", where)
    assert str(caught.value) == f"{where} holds {given!r}, and {given.split()[1]!r} is no record type; {fix}"


@pytest.mark.parametrize(
    ("given", "code", "why"),
    [
        (
            "vpn.shop.example",
            "pattern",
            "could mean vpn.shop.example. or vpn.shop.example.shop.example.",
        ),
        ("shop.example", "pattern", ""),
        ("vpn.other.example.", "outside-zone", "outside of shop.example"),
        ("xshop.example.", "outside-zone", ""),
        ("mün*", "pattern", "xn--"),
    ],
)
def test_a_name_that_is_outside_or_unclear_is_refused(given: str, code: str, why: str) -> None:
    with refused(PatternError, code, field="protect", value=given, says=why):
        relative_patterns([given], "shop.example", "protect")


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        ("www", True),
        ("w*", True),
        ("www A", True),
        ("www AAAA", False),
        ("**", True),
        ("*", False),
        ("** A 192.0.2.*", True),
        ("www A 10.*", False),
    ],
)
def test_a_pattern_names_owner_type_and_value(pattern: str, named: bool) -> None:
    assert matches(pattern, Record("www", 60, "A", "192.0.2.1")) is named


_TEXT = (
    "@ 3600 MX 10 mail\n* 60 A 192.0.2.1\n*.dev 60 TXT x\na.dev 60 A 192.0.2.2\nwww 60 CNAME @\nwww-2 60 TXT www A \n"
)


@drawn(st.from_regex(r"[@*?wadev.\[\]-]{1,6}( [AMXT*?]{1,3})?", fullmatch=True))
def test_a_pattern_is_looked_up_in_text_as_it_covers_record_sets(pattern: str) -> None:
    records = from_text(_TEXT)
    names = {record.owner for record in records} | {record.subject for record in records}
    named = pattern in names or any(covers(pattern, record.subject) for record in records)
    assert names_any(pattern, _TEXT) is named
    assert names_any(pattern, "") is False

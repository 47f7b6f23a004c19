"""Patterns as people write them: they name what they were meant for, or are refused."""

import pytest

from sophia_infra.dns.patterns import PatternError, relative_patterns


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
    with pytest.raises(PatternError) as refused:
        relative_patterns([pattern], "shop.example", "protect")
    assert str(refused.value) == f"protect holds {pattern!r}, and takes no values; write '** TXT'"


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
    with pytest.raises(PatternError) as refused:
        relative_patterns([given], "shop.example", where)
    assert (refused.value.code, refused.value.field) == ("pattern", where)
    assert str(refused.value) == f"{where} holds {given!r}, and {given.split()[1]!r} is no record type; {fix}"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("vpn.shop.example", r"protect holds .*could mean vpn.shop.example. or vpn.shop.example.shop.example."),
        ("shop.example", "could mean"),
        ("vpn.other.example.", "outside of shop.example"),
        ("xshop.example.", "outside of shop.example"),
        ("mün*", "xn--"),
    ],
)
def test_a_name_that_is_outside_or_unclear_is_refused(given: str, why: str) -> None:
    with pytest.raises(PatternError, match=why):
        relative_patterns([given], "shop.example", "protect")

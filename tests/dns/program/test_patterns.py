"""Patterns as people write them: they name what they were meant for, or are refused."""

import pytest

from sophia_infra.dns.program.zone import PatternError, relative_patterns


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
        ('** TXT "heritage=External*', '** TXT "heritage=External*'),
        ("created", "created"),
    ],
)
def test_a_name_is_relative_to_the_zone(given: str, meant: str) -> None:
    assert relative_patterns([given], "shop.example", "protect") == [meant]


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

"""What a record costs to check is known without a message."""

import pytest

from sophia_infra.dns.spf.check import ENOUGH, Cost, cost
from sophia_infra.dns.spf.record import parse
from tests.dns.spf.world import world

ZONE = """
mail A 192.0.2.25
@ MX 10 mail
v6 AAAA 2001:db8::1
_two TXT "v=spf1 a:mail.shop.example mx:shop.example -all"
_gone TXT "v=spf1 a:gone.shop.example include:none.shop.example -all"
_round TXT "v=spf1 include:_trip.shop.example -all"
_trip TXT "v=spf1 include:_round.shop.example -all"
bare TXT "x"
"""


def cost_of(policy: str, domain: str = "shop.example") -> Cost:
    return cost(domain, parse(f"v=spf1 {policy}"), world(ZONE))


@pytest.mark.parametrize(
    ("policy", "lookups", "unknown"),
    [
        ("ip4:192.0.2.1 -all", 0, 0),
        ("mx a:v6.shop.example -all", 2, 0),
        ("include:_two.shop.example mx -all", 4, 0),
        ("include:_spf.elsewhere.test ptr exists:%{i}.shop.example -all", 3, 3),
        ("-all mx redirect=_two.shop.example", 0, 0),
        ("redirect=_two.shop.example", 3, 0),
    ],
)
def test_terms_that_ask_are_counted_up_to_all(policy: str, lookups: int, unknown: int) -> None:
    found = cost_of(policy)
    assert (found.lookups, found.unknown) == (lookups, unknown)
    assert (found.voids, found.missing, found.crowded, found.loops) == ((), (), (), False)


def test_what_finds_nothing_is_told_with_the_record_it_stands_in() -> None:
    found = cost_of("include:_gone.shop.example a:bare.shop.example -all")
    assert [(domain, str(term)) for domain, term in found.voids] == [
        ("shop.example", "a:bare.shop.example"),
        ("_gone.shop.example", "a:gone.shop.example"),
    ]
    assert [(domain, str(term)) for domain, term in found.missing] == [
        ("_gone.shop.example", "include:none.shop.example")
    ]


def test_counting_ends_in_a_circle_that_the_record_is_not_part_of() -> None:
    outside = cost_of("include:_round.shop.example -all")
    assert not outside.loops
    assert outside.lookups == ENOUGH + 1


def test_a_record_that_comes_back_to_itself_is_told() -> None:
    assert cost_of("include:_trip.shop.example -all", "_round.shop.example").loops


def test_more_mx_than_receivers_look_at_are_told() -> None:
    hosts = "".join(f"@ MX 10 m{number}\n" for number in range(11))
    [(domain, term)] = cost("shop.example", parse("v=spf1 mx -all"), world(hosts)).crowded
    assert (domain, str(term)) == ("shop.example", "mx")

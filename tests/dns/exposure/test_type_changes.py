"""A name that changes its type is one change, however many address sets give way or come."""

import pytest

from sophia_infra.changes import Exposure
from sophia_infra.dns.exposure import between
from tests.dns.exposure.shop import change

A, AAAA, TXT = "x 60 A 192.0.2.8", "x 60 AAAA 2001:db8::8", 'x 60 TXT "x"'
ALIAS, CNAME = "x 60 ALIAS cdn.example.", "x 60 CNAME cdn.example."


@pytest.mark.parametrize(
    ("old", "new", "creates", "type_changes", "deletes"),
    [
        ({A}, {CNAME}, 0, 1, 0),
        ({CNAME}, {A}, 0, 1, 0),
        ({A}, {ALIAS}, 0, 1, 0),
        ({ALIAS}, {CNAME}, 0, 1, 0),
        ({A, AAAA}, {CNAME}, 0, 2, 0),
        ({CNAME}, {A, AAAA}, 1, 1, 0),
        ({A, TXT}, {CNAME}, 0, 1, 1),
        ({A}, {AAAA}, 1, 0, 1),
        ({TXT}, {CNAME}, 1, 0, 1),
    ],
)
def test_a_type_change_is_one_update(
    old: set[str], new: set[str], creates: int, type_changes: int, deletes: int
) -> None:
    found = change(old, new, base=old)
    assert (found.creates, found.updates, found.deletes) == (creates, type_changes, deletes)
    assert (found.type_changes, found.ttl_only) == (type_changes, 0)
    assert found.after - found.before == len(new) - len(old)


@pytest.mark.parametrize("to", ["", "@ 60 TYPE cdn.other.example.\n"])
def test_an_alias_at_the_apex_weighs_no_less_than_an_address_there(to: str) -> None:
    def exposure(rtype: str, before: str, after: str) -> Exposure:
        base = f"@ 60 {rtype} {before}\n"
        desired = to.replace("TYPE", rtype).replace("cdn.other.example.", after)
        return between(base, desired, origin="shop.example").exposure

    alias = exposure("ALIAS", "cdn.example.", "cdn.other.example.")
    assert alias >= exposure("A", "192.0.2.8", "192.0.2.9")
    assert alias >= Exposure.HIGH


def test_two_names_that_change_at_once_are_told_apart() -> None:
    old = {A, A.replace("x ", "y ")}
    found = change(old, {CNAME, "y 60 A 192.0.2.9"}, base=old)
    assert {reason.split(":")[0] for reason in found.reasons} == {"medium x A replace", "low y A update"}


def test_a_set_is_protected_against_a_type_change_by_its_type_and_its_name_is_not() -> None:
    def protected(pattern: str) -> bool:
        return "protected" in change({A}, {CNAME}, base={A}, protect=[pattern]).reasons[0]

    assert protected("x A")
    assert protected("x *")
    assert not protected("x")
    assert not protected("x AAAA")

"""The order of changes: pure, on canonical text."""

from __future__ import annotations

import pytest

from sophia_infra.dns.backends.rfc2136.updates import steps
from tests.dns.backends.rfc2136.test_backend import zone_of


def order(before: list[str], after: list[str]) -> list[list[str]]:
    """The steps, each as its subjects with what they do."""
    deeds = {(False, True): "create", (True, True): "replace", (True, False): "delete"}
    return [
        sorted(f"{deeds[bool(one.old), bool(one.new)]} {one.owner} {one.type}" for one in step)
        for step in steps(zone_of(*before), zone_of(*after))
    ]


def test_what_is_added_comes_first_and_what_is_deleted_last() -> None:
    before = ["a 60 A 192.0.2.1", "b 60 A 192.0.2.1"]
    assert order(before, ["b 60 A 192.0.2.2", "c 60 A 192.0.2.1"]) == [["create c A"], ["replace b A"], ["delete a A"]]


@pytest.mark.parametrize(
    "naming", ["@ 60 MX 10 a", "z 60 NS a", "_x._tcp 60 SRV 1 1 1 a", "0 60 HTTPS 1 a", "0 60 CNAME a"]
)
def test_a_set_that_names_a_host_comes_after_it_and_goes_before_it(naming: str) -> None:
    owner, _, rtype, _ = naming.split(" ", 3)
    with_host = [naming, "a 60 A 192.0.2.1"]
    assert order([], with_host) == [["create a A"], [f"create {owner} {rtype}"]]
    assert order(with_host, []) == [[f"delete {owner} {rtype}"], ["delete a A"]]


def test_a_delegation_comes_after_its_glue_and_after_all_else() -> None:
    after = ["c 60 NS ns.c", "ns.c 60 A 192.0.2.1", "@ 60 MX 10 a", "a 60 A 192.0.2.1"]
    assert order([], after)[-1] == ["create c NS"]
    assert order(after, [])[0] == ["delete c NS"]


def test_an_alias_and_what_it_takes_the_place_of_are_one_step() -> None:
    data = ["a 60 A 192.0.2.1", "a 60 TXT x"]
    assert order(data, ["a 60 CNAME b"]) == [["create a CNAME", "delete a A", "delete a TXT"]]
    assert order(["a 60 CNAME b"], data) == [["create a A", "create a TXT", "delete a CNAME"]]


def test_a_dname_and_all_below_it_are_one_step_and_what_only_looks_like_it_is_not() -> None:
    below = ["x.b 60 A 192.0.2.1", "y.x.b 60 MX 10 a", "xb 60 A 192.0.2.1"]
    assert order(below, ["b 60 DNAME c.example."]) == [
        ["create b DNAME", "delete x.b A", "delete y.x.b MX"],
        ["delete xb A"],
    ]
    assert order(["b 60 DNAME c.example."], below) == [
        ["create xb A"],
        ["create x.b A", "create y.x.b MX", "delete b DNAME"],
    ]


def test_a_dname_at_the_apex_takes_the_whole_zone_with_it() -> None:
    assert order(["a 60 A 192.0.2.1"], ["@ 60 DNAME c.example."]) == [["create @ DNAME", "delete a A"]]


def test_a_set_holds_the_values_that_stay_as_well() -> None:
    (step,) = steps(zone_of("a 60 A 192.0.2.1", "a 60 A 192.0.2.2"), zone_of("a 60 A 192.0.2.2", "a 60 A 192.0.2.3"))
    (change,) = step
    assert sorted(record.rdata for record in change.old) == ["192.0.2.1", "192.0.2.2"]
    assert sorted(record.rdata for record in change.new) == ["192.0.2.2", "192.0.2.3"]


def test_equal_zones_and_other_serials_take_no_step() -> None:
    zone = zone_of("a 60 A 192.0.2.1")
    assert steps(zone, zone.replace(" 1 7200", " 9 7200")) == []

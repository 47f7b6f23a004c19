"""A pool's arguments: what they become, and what is refused with the way out."""

from typing import Any

import pytest

from sophia_infra.dns.arguments import ArgumentError
from sophia_infra.dns.pools.pool import Pool, PoolError, read_pools
from sophia_infra.dns.program.zone import inputs_of
from sophia_infra.dns.reader import ZoneTextError
from sophia_infra.probes.round import Check
from tests.support.refusals import refused

CHECK = {"kind": "tcp", "port": 22}


def pool(**fields: Any) -> Pool:
    given = {"name": "app", "targets": [["192.0.2.1"]], "check": CHECK, **fields}
    (found,) = read_pools([given], "shop.example")
    return found


def test_the_defaults_are_these() -> None:
    check = Check("tcp", 22, "app.shop.example", "/", (200,), "", 2.0)
    assert pool() == Pool("app", (("192.0.2.1",),), check, ttl=60, floor=0.5, fall=2, rise=2)


@pytest.mark.parametrize(("kind", "port"), [("http", 80), ("https", 443), ("dns", 53)])
def test_a_kind_has_its_usual_port(kind: str, port: int) -> None:
    assert pool(check={"kind": kind}).check.port == port


@pytest.mark.parametrize(
    ("name", "kind", "host"),
    [
        ("app", "https", "app.shop.example"),
        ("@", "http", "shop.example"),
        ("app", "dns", "shop.example"),
        ("*", "https", "shop.example"),
    ],
)
def test_a_check_asks_for_the_pools_name_and_by_dns_for_the_zone(name: str, kind: str, host: str) -> None:
    assert pool(name=name, check={"kind": kind}).check.host == host


def test_a_host_may_be_written_with_its_dot() -> None:
    assert pool(check={"kind": "https", "host": "lb.cdn.example."}).check.host == "lb.cdn.example"


def test_a_pool_survives_its_way_through_the_inputs_with_numbers_as_floats() -> None:
    one = pool(targets=[["192.0.2.1"], ["192.0.2.9"]], ttl=30, check={"kind": "https", "status": [200]})
    given = one.as_input()
    as_floats = {**given, "ttl": 30.0, "fall": 2.0, "check": {**given["check"], "port": 443.0, "status": [200.0]}}
    assert read_pools([as_floats], "shop.example") == [one]


def test_each_type_of_target_makes_a_set_of_its_own_with_its_own_ranks() -> None:
    mixed = pool(targets=[["192.0.2.1", "2001:DB8::1"], ["192.0.2.9", "2001:db8::9"]])
    assert [(one.subject, one.groups) for one in mixed.sets()] == [
        ("app A", (("192.0.2.1",), ("192.0.2.9",))),
        ("app AAAA", (("2001:db8::1",), ("2001:db8::9",))),
    ]
    (alias,) = pool(targets=[["lb1", "lb.cdn.example."]]).sets()
    assert (alias.subject, alias.targets, alias.most) == ("app CNAME", ["lb1.shop.example.", "lb.cdn.example."], 1)


def test_a_pool_with_a_target_that_is_not_known_yet_may_become_any_set_of_its_name() -> None:
    waiting = pool(targets=[["192.0.2.1", None]])
    assert waiting.is_pending
    assert waiting.subjects == ["app A", "app AAAA", "app CNAME"]
    assert waiting.all_targets == ["192.0.2.1"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"size": 3}, r"pools\[0\]\.size is no field; known are name, targets, check"),
        ({"targets": []}, r"pools\[0\]\.targets is \[\]; give groups of targets, best first"),
        ({"targets": ["192.0.2.1"]}, "give groups of targets, best first"),
        ({"targets": [[]]}, "give groups of targets, best first"),
        ({"targets": [["192.0.2.1"], ["192.0.2.1"]]}, "holds a target twice; name each once"),
        ({"targets": [["192.0.2.1"], ["192.0.2.2", "2001:db8::2"]]}, "only some groups have IPv6"),
        ({"targets": [["192.0.2.1", "lb1"]]}, "mixes addresses and host names; give one or the other"),
        ({"targets": [[7]]}, r"pools\[0\]\.targets\[0\]\[0\] is 7; give an address or a host name"),
        ({"check": None}, r"pools\[0\]\.check is None; give a mapping"),
        ({"check": {"kind": "icmp"}}, r"check\.kind is 'icmp'; known are tcp, http, https, dns"),
        ({"check": {"kind": "tcp"}}, r"check\.port is None; give a number from 1 to 65535"),
        ({"check": {**CHECK, "port": 0}}, r"check\.port is 0; give a number from 1 to 65535"),
        ({"check": {**CHECK, "port": 22.5}}, r"check\.port is 22\.5; give a whole number"),
        ({"check": {**CHECK, "timeout": 6}}, r"check\.timeout is 6; give a number from 0\.1 to 5"),
        ({"check": {"kind": "http", "path": "health"}}, r"check\.path is 'health'; give a path from /"),
        ({"check": {"kind": "http", "path": "/ HTTP/1.1\r\nX: y"}}, r"check\.path is .*; give a text on one line"),
        ({"check": {"kind": "http", "path": "/gr\u00fcn"}}, r"check\.path is '/grün'; write it in ASCII"),
        ({"check": {"kind": "http", "host": "a..b"}}, r"check\.host is 'a\.\.b'; give a host name"),
        ({"check": {"kind": "http", "host": "a b"}}, r"check\.host is 'a b'; write it in ASCII and without blanks"),
        ({"check": {"kind": "http", "host": "a\nb"}}, r"check\.host is .*; give a text on one line"),
        ({"check": {"kind": "http", "status": 200}}, r"check\.status is 200; give a list of HTTP statuses"),
        ({"check": {"kind": "http", "status": [99]}}, r"check\.status is 99; give a number from 100 to 599"),
        ({"floor": 1.5}, r"pools\[0\]\.floor is 1\.5; give a number from 0 to 1"),
        ({"floor": float("nan")}, r"floor is nan; give a number"),
        ({"fall": 0}, r"fall is 0; give a number from 1 to 100"),
        ({"rise": True}, r"rise is True; give a number from 1 to 100"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_by_name(fields: dict[str, Any], message: str) -> None:
    with refused(PoolError, says=message) as caught:
        pool(**fields)
    assert caught.value.field.startswith(f"pools[0].{next(iter(fields))}")
    assert str(caught.value).startswith(caught.value.field)


@pytest.mark.parametrize("fields", [{"name": "a..b"}, {"name": None}, {"ttl": -1}, {"targets": [["lb.cdn.example"]]}])
def test_names_ttls_and_hosts_are_read_as_those_of_records(fields: dict[str, Any]) -> None:
    with pytest.raises(ZoneTextError) as caught:
        pool(**fields)
    (problem,) = caught.value.problems
    assert problem.file.startswith("pools[0]")


@pytest.mark.parametrize("given", ["app", {"name": "app"}])
def test_pools_are_a_list(given: Any) -> None:
    with refused(PoolError, field="pools", says="give a list of pools"):
        read_pools(given, "shop.example")


def test_a_name_has_one_pool() -> None:
    one = {"name": "app", "targets": [["192.0.2.1"]], "check": CHECK}
    with refused(PoolError, field="pools", subject="app", says="put all its targets into one pool"):
        read_pools([one, {**one, "targets": [["2001:db8::1"]]}], "shop.example")


def test_a_set_is_a_record_or_a_pool_and_not_both() -> None:
    record = {"name": "app", "type": "A", "value": "192.0.2.1"}
    pools = [{"name": "app", "targets": [["192.0.2.1"]], "check": CHECK}]
    with refused(ArgumentError, field="pools", subject="app A", says="is both a record and a pool"):
        inputs_of({"domain": "shop.example", "records": [record], "pools": pools})
    assert inputs_of({"domain": "shop.example", "records": [{**record, "name": "www"}], "pools": pools})["pools"]

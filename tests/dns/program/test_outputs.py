"""Outputs among a zone's arguments: the shapes that they may turn out to have, and the places where they may stand."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pulumi
import pytest

from sophia_infra.dns.arguments import ArgumentError
from sophia_infra.dns.late_values import LateValues
from sophia_infra.dns.pools.pool import PoolError, read_pools
from sophia_infra.dns.program.zone import inputs_of
from sophia_infra.dns.reader import ZoneTextError
from sophia_infra.tls import spec as tls
from tests.support.tables import table

NOTHING_ASKED = "an output"
"""Stands for one in the tables below, since pytest asks every value for its name."""


class Unasked(pulumi.Output[Any]):
    """An output that nothing is ever asked of: refusing it needs no running program."""

    def __init__(self) -> None:
        pass


def with_outputs(given: Any) -> Any:
    if isinstance(given, dict):
        return {key: with_outputs(value) for key, value in given.items()}
    if isinstance(given, list):
        return list(map(with_outputs, given))
    return Unasked() if given == NOTHING_ASKED else given


CHECK = {"kind": "tcp", "port": 80}


def late_of(*entries: dict[str, Any], secret: bool = False) -> dict[str, Any]:
    """What the entries' outputs become in the `late` property."""

    async def program() -> dict[str, Any]:
        wrapped = pulumi.Output.secret if secret else pulumi.Output.from_input
        records = [
            {"name": "tok", "type": "TXT", **{field: wrapped(value) for field, value in entry.items()}}
            for entry in entries
        ]
        late = inputs_of({"domain": "shop.example", "records": records})["late"]
        return {key: await values.future() for key, values in late.items()}

    return asyncio.run(program())


@pytest.mark.parametrize(
    ("entry", "values"),
    [
        ({"values": ["a", "b"]}, ["a", "b"]),
        ({"values": ("a",)}, ["a"]),
        ({"value": "a"}, ["a"]),
    ],
)
@pytest.mark.parametrize("secret", [False, True])
def test_texts_are_taken_as_they_are(entry: dict[str, Any], values: list[str], secret: bool) -> None:
    assert late_of(entry, secret=secret) == {"tok TXT 3600": values}


def test_several_outputs_of_one_set_are_joined() -> None:
    assert late_of({"values": ["a"]}, {"value": "b"}) == {"tok TXT 3600": ["a", "b"]}


@pytest.mark.parametrize(
    ("entry", "field", "came"),
    [
        ({"values": "token"}, "records[0].values", "a text"),
        ({"values": {"token": "x"}}, "records[0].values", "a mapping"),
        ({"values": None}, "records[0].values", "nothing (None)"),
        ({"values": []}, "records[0].values", "an empty list"),
        ({"values": 7}, "records[0].values", "a number"),
        ({"values": ["a", None]}, "records[0].values[1]", "nothing (None)"),
        ({"values": [["token"]]}, "records[0].values[0]", "a list"),
        ({"values": [True]}, "records[0].values[0]", "true or false"),
        ({"value": ["token"]}, "records[0].value", "a list"),
        ({"value": None}, "records[0].value", "nothing (None)"),
        ({"value": {"token": "x"}}, "records[0].value", "a mapping"),
        ({"value": 7}, "records[0].value", "a number"),
    ],
)
@pytest.mark.parametrize("secret", [False, True])
def test_another_shape_is_refused_by_field_and_never_shown(
    entry: dict[str, Any], field: str, came: str, secret: bool
) -> None:
    late = LateValues(late_of(entry, secret=secret))
    with pytest.raises(ZoneTextError) as refused:
        late.records("shop.example")
    assert refused.value.field == field
    assert f"produced {came}," in str(refused.value)
    assert "token" not in str(refused.value)


def test_an_empty_list_beside_a_full_one_is_refused_as_it_is_without_an_output() -> None:
    with pytest.raises(ZoneTextError) as refused:
        LateValues(late_of({"values": ["a"]}, {"values": []})).records("shop.example")
    assert str(refused.value) == (
        "tok TXT: records[1].values: another resource produced an empty list, and it must be a list of at least one "
        "text; to delete the set take the record out of the program; to keep it give its values"
    )


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"records": NOTHING_ASKED}, "records"),
        ({"records": [NOTHING_ASKED]}, "records[0]"),
        ({"records": {"www": NOTHING_ASKED}}, "records['www']"),
        ({"records": [{"name": NOTHING_ASKED, "type": "A", "value": "192.0.2.1"}]}, "records[0].name"),
        ({"records": [{"name": "x", "type": NOTHING_ASKED, "value": NOTHING_ASKED}]}, "records[0].type"),
        ({"records": {"x": [{"type": "A", "value": "192.0.2.1", "ttl": NOTHING_ASKED}]}}, "records['x'][0].ttl"),
        ({"pools": NOTHING_ASKED}, "pools"),
        ({"pools": [NOTHING_ASKED]}, "pools[0]"),
        ({"pools": [{"name": NOTHING_ASKED, "targets": [["192.0.2.1"]], "check": CHECK}]}, "pools[0].name"),
        ({"pools": [{"name": "x", "targets": NOTHING_ASKED, "check": CHECK}]}, "pools[0].targets"),
        ({"pools": [{"name": "x", "targets": [NOTHING_ASKED], "check": CHECK}]}, "pools[0].targets[0]"),
        ({"pools": [{"name": "x", "targets": [[[NOTHING_ASKED]]], "check": CHECK}]}, "pools[0].targets[0][0][0]"),
        ({"pools": [{"name": "x", "targets": [], "check": {"port": NOTHING_ASKED}}]}, "pools[0].check.port"),
        *(
            ({name: given}, name)
            for name in ("domain", "zone_text", "zone_file", "default_ttl", "name_servers", "protect", "issuers")
            for given in (NOTHING_ASKED, [NOTHING_ASKED])
        ),
        *(
            ({name: given}, name)
            for name in ("manage", "ignore", "limits", "overrides", "backend", "staged")
            for given in (NOTHING_ASKED, [NOTHING_ASKED], {"kind": NOTHING_ASKED})
        ),
    ],
)
def test_an_output_elsewhere_is_refused_by_field_with_the_way_out(arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        inputs_of({"domain": "shop.example", **with_outputs(arguments)})
    assert refused.value.field == field
    assert "give a" in str(refused.value)


@pytest.mark.parametrize("both", [{"values": NOTHING_ASKED, "value": "a"}, {"values": ["a"], "value": NOTHING_ASKED}])
def test_a_record_has_value_or_values_also_where_one_comes_late(both: dict[str, Any]) -> None:
    with pytest.raises(ZoneTextError) as refused:
        inputs_of({"domain": "shop.example", "records": [{"name": "x", "type": "TXT", **with_outputs(both)}]})
    assert [problem.code for problem in refused.value.problems] == ["field-missing"]


def is_taken(entry: dict[str, Any]) -> bool:
    """Whether a record's late values are taken, as `check` reads them."""
    with suppress(ZoneTextError):
        return bool(LateValues(late_of(entry)).records("shop.example"))
    return False


def is_taken_as_target(came: Any) -> bool:
    """Whether a pool's late target is taken, as the program and then `check` read it."""

    async def program() -> Any:
        pool = {"name": "app", "targets": [["192.0.2.1", pulumi.Output.from_input(came)]], "check": CHECK}
        (given,) = inputs_of({"domain": "shop.example", "pools": [pool]})["pools"]
        (group,) = given["targets"]
        return {**given, "targets": [[group[0], await group[1].future()]]}

    with suppress(PoolError, ZoneTextError):
        (pool,) = read_pools([asyncio.run(program())], "shop.example")
        assert not pool.is_pending, "what is known must not wait for ever"
        return True
    return False


def is_taken_as_domains(came: Any) -> bool:
    with suppress(tls.ArgumentError):
        return bool(tls.CertificateSpec.from_inputs({"label": "demo/test/shop", "domains": came}).domains)
    return False


TAKES: dict[str, Callable[[Any], bool]] = {
    "`value` of a record": lambda came: is_taken({"value": came}),
    "`values` of a record": lambda came: is_taken({"values": came}),
    "one of the `values`": lambda came: is_taken({"values": ["other", came]}),
    "one target of a pool": is_taken_as_target,
    "`domains` of a certificate": is_taken_as_domains,
}
SHAPES: dict[str, list[Any]] = {
    "a text": ["app.shop.example"],
    "a list of texts": [["app.shop.example"]],
    "an empty list": [[]],
    "nothing (`None`)": [None],
    "a mapping, a number": [{"token": "app.shop.example"}, 7],
}
SAMPLES = {"one target of a pool": "192.0.2.2"}
"""The text to try where a name will not do: a pool's targets are all addresses, or all names."""


CELLS = table("late-values", "input")


@pytest.mark.parametrize(("given", "shape"), [(given, shape) for given in TAKES for shape in SHAPES])
def test_the_table_of_the_docs_holds(given: str, shape: str) -> None:
    for came in SHAPES[shape]:
        value = SAMPLES.get(given, came) if isinstance(came, str) else came
        assert ("taken" if TAKES[given](value) else "refused") == CELLS[given, shape]


def test_the_table_of_the_docs_has_every_input_and_shape() -> None:
    assert set(CELLS) == {(given, shape) for given in TAKES for shape in SHAPES}

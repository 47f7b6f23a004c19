"""Whole zones in the shape of public ones, in every format: each record comes back, or a line says why not."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sophia_infra.dns.importers import Imported, import_zone, zones_of
from sophia_infra.dns.reader.rdata import canonical_rdata
from sophia_infra.dns.rr.record import Record, to_text
from sophia_infra.dns.rr.rtype import ALIAS
from sophia_infra.dns.rr.txt import strings
from tests.dns.importers.rendering import RENDERINGS, ZONE, Entry
from tests.dns.importers.test_route53_alias import TOOLS, Told

SHAPES = Path(__file__).parent / "shapes"
ONE_A_NAME = {"octodns"}
"""The renderings that hold one record of a name only: zones in octoDNS' own form are in test_octodns_in_production."""


class Shape(NamedTuple):
    """A zone: its plain records, as master files have them, and its aliases of Route 53."""

    records: list[tuple[str, int, str, str]]
    aliases: list[Told]

    @property
    def text(self) -> str:
        """The plain records as canonical text."""
        return to_text([Record(owner, ttl, rtype, _rdata(rtype, value)) for owner, ttl, rtype, value in self.records])


def _rdata(rtype: str, value: str) -> str:
    return canonical_rdata(rtype, strings(value.encode()) if rtype == "TXT" else value, f"{ZONE}.", rtype)


def shape(name: str) -> Shape:
    found = json.loads((SHAPES / f"{name}.json").read_text())
    records = [(owner, ttl, rtype, value) for owner, ttl, rtype, values in found["sets"] for value in values]
    return Shape(records, [Told(*alias) for alias in found["aliases"]])


ZONES = {name: shape(name) for name in ("short", "middle", "long")}


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("form", sorted(RENDERINGS.keys() - ONE_A_NAME))
def test_every_record_of_a_whole_zone_comes_back(form: str, name: str) -> None:
    zone = ZONES[name]
    source = form.partition("+")[0]
    text = RENDERINGS[form]([Entry(*record) for record in zone.records])
    found = import_zone(text, ZONE, source, file="input")
    assert (found.problems, found.notes) == ((), ())
    assert to_text(found.records) == zone.text
    assert len(found.records) == len(zone.records)


def told(zone: Shape) -> list[Told]:
    """The plain sets and the aliases, as the writers of test_route53_alias take them."""
    sets: dict[tuple[str, str], list[str]] = {}
    for owner, _, rtype, value in zone.records:
        sets.setdefault((owner, rtype), []).append(value)
    return [*(Told(owner, rtype, values=tuple(values)) for (owner, rtype), values in sets.items()), *zone.aliases]


def quoted(given: list[Told]) -> list[Told]:
    """As Route 53's own export holds texts."""
    return [
        each._replace(values=tuple(strings(value.encode()) for value in each.values)) if each.type == "TXT" else each
        for each in given
    ]


def in_strings(given: list[Told]) -> list[Told]:
    """As a state holds texts: without the outermost quotes, several strings with two quotes between them."""
    return [
        each._replace(values=tuple(strings(value.encode())[1:-1] for value in each.values))
        if each.type == "TXT"
        else each
        for each in given
    ]


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("tool", ["route53", "terraform", "pulumi"])
def test_every_set_and_alias_of_a_zone_at_route_53_comes_back_or_is_named(tool: str, name: str) -> None:
    zone = ZONES[name]
    given = (quoted if tool == "route53" else in_strings)(told(zone))
    found = import_zone(TOOLS[tool](given), ZONE, tool, file="input")
    assert found.problems == ()
    plain = [record for record in found.records if record.type != ALIAS]
    assert {record._replace(ttl=0) for record in plain} == {
        Record(owner, 0, rtype, _rdata(rtype, value)) for owner, _, rtype, value in zone.records
    }
    assert_aliases(found, zone.aliases)


def assert_aliases(found: Imported, aliases: list[Told]) -> None:
    """Each name has its ALIAS, and one line says so."""
    names = {alias.name for alias in aliases}
    assert {record.owner for record in found.records if record.type == ALIAS} == names
    assert len([note for note in found.notes if " is an alias of " in note]) == len(names)
    assert len([note for note in found.notes if "EvaluateTargetHealth" in note]) == len(
        {alias.name for alias in aliases if alias.health}
    )


def _told_by_dnscontrol(entry: dict[str, Any]) -> tuple[Any, ...]:
    """What tells an entry from others: of an alias, the hosted zone of its target does not."""
    alias = entry.get("r53_alias") or {}
    return entry["name"], entry.get("type"), entry.get("target"), alias.get("type")


@pytest.mark.parametrize("file", sorted(path.name for path in SHAPES.glob("dnscontrol_*.json")))
def test_every_record_of_what_dnscontrol_prints_comes_back_or_is_named(file: str) -> None:
    text = (SHAPES / file).read_text()
    domains: list[dict[str, Any]] = json.loads(text)["domains"]
    names = zones_of(text, "dnscontrol")
    assert len(names) == len(domains) > 0
    for name, domain in zip(names, domains, strict=True):
        held = {_told_by_dnscontrol(entry) for entry in [*domain["records"], *(domain.get("nameservers") or [])]}
        found = import_zone(text, name, "dnscontrol", file="ir")
        left = [note for note in found.notes if note.endswith(" and is not carried over")]
        assert found.problems == ()
        assert len(found.records) + len(left) == len(held), name

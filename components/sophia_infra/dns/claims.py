"""Which resource wrote which part of a zone last, by the journal: a delete must know before it takes records away."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sophia_infra.advice.chain import Entry, Kind
from sophia_infra.advice.journal import Journal
from sophia_infra.dns.moved import plan_key
from sophia_infra.dns.ownership import CREATED, Ownership
from sophia_infra.dns.records import Record
from sophia_infra.engine_run import engine_run

_MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Claim:
    """The last word of one resource on a zone.

    Attributes:
        sequence: the journal's row; a later one is a later word.
        holder: names the resource, whatever it is called in the program.
        place: where it wrote.
        label, home: what the zone is called in the program, and which of its homes this is; empty for an only one.
        created: the subjects it wrote, where it manages what it created.
    """

    sequence: int
    holder: str
    place: str
    domain: str
    label: str
    home: str
    ownership: Ownership
    created: frozenset[str]

    def covers(self, record: Record) -> bool:
        """Whether a live record is this resource's."""
        return self.ownership.owns(record, self.created)

    def succeeds(self, place: str, props: Mapping[str, Any], journal: Journal) -> bool:
        """Whether this may be what became of a zone at `place`: the domain elsewhere, or another domain by its name.

        One place may have two spellings, and a name or a home two as well: what this run has planned is not on its way
        out, so it counts whatever it is called. Where runs can't be told apart, the names decide.
        """
        if self.place == place or not (self.domain == props["domain"] or self.label == props.get("label")):
            return False
        run = engine_run()
        if not run:
            home = props.get("home") or ""
            return self.label == props.get("label") and (self.home == home or not (self.home and home))
        planned = journal.find(Kind.PLAN, plan_key(self.place, self.ownership))
        return planned is not None and planned.value["run"] == run


def row(props: Mapping[str, Any], holder: str, written: Callable[[], Collection[str]]) -> dict[str, Any]:
    """Return what a row of the journal says of who writes which part of which zone."""
    manage = list(props.get("manage") or ())
    return {
        "run": engine_run(),
        "domain": props["domain"],
        "holder": holder,
        "label": props.get("label"),
        "home": props.get("home") or "",
        "manage": manage,
        "ignore": list(props.get("ignore") or ()),
        "created": sorted(written()) if manage == [CREATED] else [],
    }


def read(journal: Journal) -> dict[str, Claim]:
    """Return the last claim of each resource that still stands, by holder.

    Raises:
        JournalError: the journal can't be read.
    """
    last: dict[str, Entry] = {}
    for entry in journal.newest(Kind.OUTCOME, _MOST_ROWS):
        holder = entry.value.get("holder")
        if holder and entry.value.get("label"):
            last.setdefault(holder, entry)
    return {holder: _claim(entry) for holder, entry in last.items() if not entry.value.get("removed")}


def _claim(entry: Entry) -> Claim:
    body = entry.value
    return Claim(
        sequence=entry.sequence,
        holder=body["holder"],
        place=entry.key,
        domain=body["domain"],
        label=body["label"],
        home=body["home"],
        ownership=Ownership.from_inputs(body["manage"] or None, body["ignore"]),
        created=frozenset(body["created"]),
    )

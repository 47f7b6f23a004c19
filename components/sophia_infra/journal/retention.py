"""Which old rows a prune leaves where they are, whatever their age: those that a question is still answered from.

`SLOTS` has a say on each kind of row. Pure, and one pass: memory grows with resources, not with rows.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sophia_infra.journal.chain import Entry, Head, Kind

ALL_BEFORE = 100
"""Of what was published at a location so many rows are looked at which are older than a week; see docs/journal.md."""

Slots = Iterator[tuple[Hashable, ...]]


def _goes(_entry: Entry, _body: Mapping[str, Any]) -> Slots:
    """Such a row may go: after its run nobody asks for it, or what it says can be worked out again."""
    yield from ()


def _stays(entry: Entry, _body: Mapping[str, Any]) -> Slots:
    """Such a row stays: another release wrote it, and may ask for it. This one doesn't know its kind."""
    yield (entry.sequence,)


def _plan(entry: Entry, body: Mapping[str, Any]) -> Slots:
    """The newest one of each resource stays, since later advice is about it. So does the newest move of a zone.

    What a saved plan was made of may go.
    """
    location, found, _run = entry.key.rpartition(" run ")
    if found:
        yield (location,)
    if body.get("resource") == "move":
        yield "move", entry.key


def _newest(entry: Entry, body: Mapping[str, Any]) -> Slots:
    """The newest one of each key and resource."""
    yield entry.key, body.get("resource") or ""


def _approval(entry: Entry, body: Mapping[str, Any]) -> Slots:
    """The last word on each edit: a no holds until a yes. Of approvals all stay of a key of which one is in force."""
    if body.get("resource") == "edit":
        yield (entry.key,)


def _override(entry: Entry, body: Mapping[str, Any]) -> Slots:
    """The newest one of a location, which older rows have for their key."""
    yield (body.get("place") or entry.key,)


def _autonomy(entry: Entry, body: Mapping[str, Any]) -> Slots:
    """The level of a stack, and what is still to be verified; a slot counts for its day and its run."""
    if body.get("resource") != "slot":
        yield from _newest(entry, body)


def _intent(entry: Entry, body: Mapping[str, Any]) -> Slots:
    """The newest one of a key, and the newest one that set out to write a subject."""
    yield from _newest(entry, body)
    location = body.get("place") or entry.key
    yield from (("created", location, subject) for subject in body.get("created") or ())


def _outcome(entry: Entry, body: Mapping[str, Any]) -> Slots:
    """The newest one of a key, the last word of each owner, and the last one that says what it wrote."""
    yield from _newest(entry, body)
    if body.get("label") and (holder := body.get("holder")):  # a change by hand takes no zone on
        yield "holder", holder
    if body.get("written"):
        yield "written", entry.key


SLOTS: Mapping[str, Callable[[Entry, Mapping[str, Any]], Slots]] = {
    Kind.REQUEST: _goes,  # request and advice stay where an approval of the advice is in force
    Kind.ADVICE: _goes,
    Kind.PLAN: _plan,
    Kind.PROBE: _goes,
    Kind.INTENT: _intent,
    Kind.OUTCOME: _outcome,
    Kind.APPROVAL: _approval,
    Kind.OVERRIDE: _override,
    Kind.CALL: _goes,  # a model that had no say is asked again then
    Kind.AUTONOMY: _autonomy,
    Kind.EVENT: _newest,
    Kind.AGENT: _newest,  # a run's proposal, and the last step that it took
    Kind.PRUNE: _goes,  # each prune writes its own
    Kind.ACCEPT: _goes,  # the rows' seals say it
}
"""What places a row of each kind takes: the newest row in a place stays, and one that takes none may go."""


class _Published(NamedTuple):
    row: Head
    done: bool
    staged: bool


@dataclass(slots=True)
class Staying:
    """The rows that stay, of all that were seen, oldest first; `now` says which approvals are in force."""

    now: datetime
    _slots: dict[Hashable, Head] = field(default_factory=dict)
    _approvals: dict[str, list[Head]] = field(default_factory=dict)
    _in_force: set[str] = field(default_factory=set)
    _published: dict[str, deque[_Published]] = field(default_factory=dict)

    def see(self, entry: Entry) -> None:
        """Take the next row in."""
        body = entry.value
        for slot in SLOTS.get(entry.kind, _stays)(entry, body):
            self._slots[entry.kind, *slot] = entry.head
        if entry.kind == Kind.APPROVAL:
            self._approvals.setdefault(entry.key, []).append(entry.head)
            if _is_later(body.get("until"), self.now):
                self._in_force.add(entry.key)
        if entry.kind in (Kind.INTENT, Kind.OUTCOME) and body.get("resource", "zone") == "zone":
            found = _Published(entry.head, entry.kind == Kind.OUTCOME, bool(body.get("ttls")))
            self._published.setdefault(entry.key, deque(maxlen=ALL_BEFORE)).append(found)

    @property
    def advised(self) -> set[str]:
        """The fingerprints whose requests and advice stay."""
        return self._in_force

    def rows(self, more: Iterable[Head] = ()) -> list[Head]:
        """Return the rows that stay, oldest first, with `more` that do."""
        found = {*more, *self._slots.values()}
        found.update(row for key in self._in_force for row in self._approvals[key])
        found.update(row for published in self._published.values() for row in _staged(published))
        return sorted(found)


def _staged(published: Iterable[_Published]) -> Iterator[Head]:
    """What of a location's newest rows says how long resolvers may hold a staged set: see `dns/staging/caches.py`.

    An outcome that published staged sets ends what was published before it.
    """
    window = []
    for row in reversed([*published]):
        window.append(row)
        if row.done and row.staged:
            break
    yield from (row.row for row in window if any(each.staged for each in window))


def _is_later(time: Any, now: datetime) -> bool:
    """Whether a time is not over; one that can't be read is not known to be."""
    try:
        return time is not None and datetime.fromisoformat(time) >= now
    except (TypeError, ValueError):
        return True

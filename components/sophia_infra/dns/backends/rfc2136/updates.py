"""From one zone to another in steps, packed into updates (RFC 2136 section 2), with no lookup broken between two. Pure.

A server takes each message whole, or not at all. What is added comes first and what is deleted last, so that until then
a lookup finds the old set or the new one. What can't stand side by side goes in one step: the values of a set, a CNAME
and what it takes the place of (RFC 1034 section 3.6.2), a DNAME and what is below it (RFC 6672 section 2.4). A set that
names hosts comes after them and goes before them, so no delegation is ever without its glue.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from sophia_infra.dns.backends.base import BackendError
from sophia_infra.dns.backends.rfc2136.connection import MESSAGE_LIMIT
from sophia_infra.dns.backends.rfc2136.encoding import ANY, IN, NONE, Encoder
from sophia_infra.dns.rr.record import Record, record_of
from sophia_infra.dns.rr.rtype import rtype_of

ROOM = MESSAGE_LIMIT - 2_500
"""Octets of one message for its steps: the rest holds header, zone, two SOAs and signature, at their longest."""
_CREATES, _REPLACES, _DELETES = range(3)
_SERIAL, _EXPIRE = 2, 5
_MARKS = 2**16
_FEW, _SHORT = 20, 1_000
"""So few records of so many characters each fit any message."""
STAND_IN = "invalid."
"""A name that nothing has (RFC 2606 section 2)."""


class Change(NamedTuple):
    """A record set that changes: what it holds now and what it will hold; one of them may be empty."""

    owner: str
    type: str
    old: Sequence[Record]
    new: Sequence[Record]


Step = tuple[Change, ...]
"""Changes that a server must make together."""


def steps(live: str, desired: str) -> list[Step]:
    """Return the steps from one canonical zone text to another, in their order; the SOA is left out."""
    return sorted(_together(_changes(live, desired)), key=_order)


def _changes(live: str, desired: str) -> list[Change]:
    # Lines compared as sets stay fast where most of a large zone is new; `changes.changed_sets` is for the other case.
    before, after = live.split("\n")[:-1], desired.split("\n")[:-1]
    same = set(before).intersection(after)
    old, new = _sets([line for line in before if line not in same]), _sets([line for line in after if line not in same])
    subjects = {**old, **new}
    owners = {owner for owner, _ in subjects}
    for subject, kept in _sets([line for line in same if line[: line.index(" ")] in owners]).items():
        if subject in subjects:
            old.setdefault(subject, []).extend(kept)
            new.setdefault(subject, []).extend(kept)
    subjects.pop(("@", "SOA"), None)
    return [Change(*subject, old.get(subject, ()), new.get(subject, ())) for subject in subjects]


def _sets(lines: list[str]) -> dict[tuple[str, str], list[Record]]:
    sets: dict[tuple[str, str], list[Record]] = {}
    for line in lines:
        owner, ttl, rtype, rdata = line.split(" ", 3)
        record = record_of((owner, int(ttl), rtype, rdata))
        if (owner, rtype) in sets:
            sets[owner, rtype].append(record)
        else:
            sets[owner, rtype] = [record]
    return sets


def _together(changes: list[Change]) -> Iterable[Step]:
    """Group the changes that can't be made one after another."""
    come_or_go = [change for change in changes if not (change.old and change.new)]
    redirected = {change.owner for change in come_or_go if change.type == "DNAME"}
    aliased = {change.owner for change in come_or_go if change.type == "CNAME"}
    groups: dict[str, list[Change]] = {}
    for change in changes:
        above = _topmost(change.owner, redirected) if redirected else None
        if above is None and change.owner not in aliased:
            yield (change,)
        else:
            groups.setdefault(above or change.owner, []).append(change)
    yield from map(tuple, groups.values())


def _topmost(owner: str, names: set[str]) -> str | None:
    """Return the name highest above an owner, or the owner itself, that is one of these."""
    if "@" in names:
        return "@"
    labels = owner.split(".")
    above = (".".join(labels[start:]) for start in range(len(labels) - 1, -1, -1))
    return next((name for name in above if name in names), None)


def _order(step: Step) -> tuple[int, int]:
    creates, deletes, naming = True, True, 0
    for _, rtype, old, new in step:
        creates, deletes = creates and not old, deletes and not new
        naming = max(naming, 2 if rtype == "NS" else int(rtype_of(rtype).target is not None))
    if creates:
        return _CREATES, naming
    return (_DELETES, -naming) if deletes else (_REPLACES, naming)


class Guard(Enum):
    """What the server must find unchanged, so that it takes an update."""

    SERIAL = "the zone, by the serial that the message before it left"
    SETS = "each record set that the message changes"


@dataclass(frozen=True, slots=True)
class Update:
    """One message: how many prerequisites and updates stand in its body, and the steps that it makes."""

    prerequisites: int
    updates: int
    body: bytes
    steps: Sequence[Step]


class Packer:
    """Packs steps into as few messages as hold them.

    Under `Guard.SERIAL` each message asks for the SOA that the one before it left, and raises the serial itself: a
    writer that comes between makes every message behind it fail, whatever it wrote. The server must not be left to
    raise the serial, since Knot does that once for all updates that wait, and would take two that ask for the same.
    Nor is the serial enough: where one message fails, the writer in between may have made the serial that the next but
    one asks for. So until the last message the SOA's EXPIRE is one that nobody else would set.

    Under `Guard.SETS` writers of other sets pass; it is for zones whose serial moves by itself, as it does where the
    server signs them. An SOA takes a serial above the one that is live, so there it has a message of its own.
    """

    def __init__(self, encoder: Encoder, guard: Guard) -> None:
        self._encoder, self._guard = encoder, guard

    def updates(self, steps: Sequence[Step], live: Record, wanted: Record) -> Iterator[Update]:
        """Yield the messages that make these steps, and the SOA `wanted` of the `live` one, serial aside.

        Each is made when it is asked for, so that a server can work on the one before it meanwhile.
        """
        held: list[Step] = []
        asked: list[bytes] = []
        done: list[bytes] = []
        room = ROOM
        for step in steps:
            more, much = self._prerequisites(step), self._changes(step)
            octets = sum(map(len, more)) + sum(map(len, much))
            if octets > room and held:
                raised = _marked(_raised(live, wanted)) if self._guard is Guard.SERIAL else None
                yield self._framed(asked, done, held, live, raised)
                live = raised or live
                held, asked, done, room = [], [], [], ROOM
            held.append(step)
            asked += more
            done += much
            room -= octets
        if held or _raised(live, wanted) != _raised(live, live):
            is_known = self._guard is Guard.SERIAL or not steps
            yield self._framed(asked, done, held, live, _raised(live, wanted) if is_known else None)

    def refuse_too_large(self, steps: Sequence[Step], location: str) -> None:
        """Raise BackendError for a step that no message holds, before anything is written."""
        for step in [step for step in steps if not _is_small(step)]:
            octets = sum(map(len, self._prerequisites(step) + self._changes(step)))
            if octets > ROOM:
                raise BackendError(
                    f"{location}: what changes at {step[0].owner} ({step[0].type}) must stand in one message and takes "
                    f"{octets} octets, the limit is {ROOM}; change it in several runs",
                    code="too-large",
                    subject=f"{step[0].owner} {step[0].type}",
                    value=octets,
                    limit=ROOM,
                )

    def _framed(
        self, asked: list[bytes], done: list[bytes], held: list[Step], live: Record, raised: Record | None
    ) -> Update:
        if self._guard is Guard.SERIAL:
            asked = [self._encoder.value(live, IN), *asked]
        if raised:
            done = [*done, self._encoder.record(raised)]
        return Update(len(asked), len(done), b"".join(asked + done), held)

    def _prerequisites(self, step: Step) -> list[bytes]:
        if self._guard is Guard.SERIAL:
            return []
        freed = {change.owner for change in step if change.old}
        return [mark for change in step for mark in self._unchanged(change, change.owner not in freed)]

    def _unchanged(self, change: Change, is_new: bool) -> Iterator[bytes]:
        """Mark what a set holds, or that there is none."""
        encoder, owner = self._encoder, change.owner
        for record in change.old:
            yield encoder.value(record, IN)
        if not change.old:
            yield encoder.mark(owner, change.type, NONE)
        if is_new:
            # a server passes over what may not stand beside a CNAME in silence (RFC 2136 section 3.4.2.2)
            yield encoder.mark(owner, "ANY" if change.type == "CNAME" else "CNAME", NONE)

    def _changes(self, step: Step) -> list[bytes]:
        encoder = self._encoder
        # where a CNAME comes the whole name goes: beside the signatures of another set Knot passes over it
        aliased = {change.owner for change in step if change.type == "CNAME" and change.new} if len(step) > 1 else ()
        deleted, added, name_servers = [], [], []
        for owner, rtype, old, new in step:
            if old and (owner, rtype) == ("@", "NS"):
                name_servers = self._name_servers(old, new)
                continue
            if old:
                deleted.append(encoder.mark(owner, "ANY" if owner in aliased else rtype, ANY))
            for record in new:
                added.append(encoder.record(record))
        return deleted + added + name_servers

    def _name_servers(self, old: Sequence[Record], new: Sequence[Record]) -> list[bytes]:
        """Add before deleting: a server keeps the last NS of the apex, and takes no deletion of all (section 3.4.2.4).

        Knot passes over a record that differs in nothing but its TTL, so a stand-in comes with the new TTL, and goes.
        """
        before, after = {record.rdata for record in old}, {record.rdata for record in new}
        stand_in = [] if after - before else [new[0]._replace(rdata=STAND_IN)]
        gone = [record for record in old if record.rdata not in after]
        added = [self._encoder.record(record) for record in (*new, *stand_in)]
        return added + [self._encoder.value(record, NONE) for record in (*gone, *stand_in)]


def _is_small(step: Step) -> bool:
    """Whether a step is sure to fit: a look that costs little, since nearly all do."""
    if len(step) > 1:
        return False
    _, _, old, new = step[0]
    return len(old) + len(new) < _FEW and max([len(record.rdata) for record in (*old, *new)]) < _SHORT


def _raised(live: Record, wanted: Record) -> Record:
    """Return the SOA that is wanted with the serial that follows the live one (RFC 1982)."""
    fields, serial = wanted.rdata.split(" "), int(live.rdata.split(" ")[_SERIAL])
    fields[_SERIAL] = str((serial + 1) % 2**32 or 1)
    return wanted._replace(rdata=" ".join(fields))


def _marked(soa: Record) -> Record:
    """Return an SOA whose EXPIRE is off by less than a day: for a moment, and at random."""
    fields = soa.rdata.split(" ")
    expire, mark = int(fields[_EXPIRE]), secrets.randbelow(_MARKS) + 1
    fields[_EXPIRE] = str(expire + mark if expire <= _MARKS else expire - mark)
    return soa._replace(rdata=" ".join(fields))

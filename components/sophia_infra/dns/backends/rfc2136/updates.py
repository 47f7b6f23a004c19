"""Steps packed into updates (RFC 2136 section 2): each message is taken whole by the server, or not at all."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from sophia_infra.dns.backends.base import BackendError
from sophia_infra.dns.backends.rfc2136.connection import MESSAGE_LIMIT
from sophia_infra.dns.backends.rfc2136.encoding import ANY, IN, NONE, Encoder
from sophia_infra.dns.backends.rfc2136.steps import Change, Step
from sophia_infra.dns.rr.record import Record

ROOM = MESSAGE_LIMIT - 2_500
"""Octets of one message for its steps: the rest holds header, zone, two SOAs and signature, at their longest."""
_SERIAL, _EXPIRE = 2, 5
_MARKS = 2**16
_FEW, _SHORT = 20, 1_000
"""So few records of so many characters each fit any message."""
STAND_IN = "invalid."
"""A name that nothing has (RFC 2606 section 2)."""


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
                    f"{octets} octets, the limit is {ROOM}; change it in several runs"
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
        freed = {one.owner for one in step if one.old}
        return [mark for one in step for mark in self._unchanged(one, one.owner not in freed)]

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
        aliased = {one.owner for one in step if one.type == "CNAME" and one.new} if len(step) > 1 else ()
        deleted, added, name_servers = [], [], []
        for owner, kind, old, new in step:
            if old and (owner, kind) == ("@", "NS"):
                name_servers = self._name_servers(old, new)
                continue
            if old:
                deleted.append(encoder.mark(owner, "ANY" if owner in aliased else kind, ANY))
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

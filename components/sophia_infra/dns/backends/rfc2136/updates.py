"""Steps packed into updates (RFC 2136 section 2): each message is taken whole by the server, or not at all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import dns.rdataclass

from sophia_infra.dns.backends.base import BackendError
from sophia_infra.dns.backends.rfc2136.connection import MESSAGE_LIMIT
from sophia_infra.dns.backends.rfc2136.encoding import Encoder
from sophia_infra.dns.backends.rfc2136.steps import Change, Step
from sophia_infra.dns.records import Record

_FRAME = 2_500
"""Octets that a message keeps free for its header, the zone's name, two SOAs and the signature, at their longest."""
_SERIAL = 2
_SMALL = 10_000
STAND_IN = "invalid."
"""A name that nothing has (RFC 2606 section 2)."""
_IN, _NONE, _ANY = dns.rdataclass.IN, dns.rdataclass.NONE, dns.rdataclass.ANY


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

    Under `Guard.SERIAL` each message but the last raises the serial by one, and the next one asks for exactly that: a
    writer that comes between makes the next message fail, whatever it wrote. Under `Guard.SETS` writers of other sets
    pass; it is for zones whose serial the server moves by itself, as it does where it signs them.
    """

    def __init__(self, encoder: Encoder, guard: Guard, limit: int = MESSAGE_LIMIT - _FRAME) -> None:
        self._encoder, self._guard, self._limit = encoder, guard, limit

    def updates(self, steps: Sequence[Step], live: Record, wanted: Record) -> Iterator[Update]:
        """Yield the messages that make these steps, and the SOA `wanted` of the `live` one, serial aside.

        Each is made when it is asked for, so that a server can work on the one before it meanwhile.
        """
        held: list[Step] = []
        asked: list[bytes] = []
        done: list[bytes] = []
        room = self._limit
        for step in steps:
            more, much = self._prerequisites(step), self._changes(step)
            octets = sum(map(len, more)) + sum(map(len, much))
            if octets > room and held:
                raised = _raised(live, wanted) if self._guard is Guard.SERIAL else None
                yield self._framed(asked, done, held, live, raised)
                live = raised or live
                held, asked, done, room = [], [], [], self._limit
            held.append(step)
            asked += more
            done += much
            room -= octets
        raised = _raised(live, wanted)
        if held or raised != _raised(live, live):
            yield self._framed(asked, done, held, live, None if raised == _raised(live, live) else raised)

    def refuse_too_large(self, steps: Sequence[Step], place: str) -> None:
        """Raise BackendError for a step that no message holds, before anything is written."""
        for step in steps:
            if len(step) == 1 and _is_small(step[0]):
                continue
            octets = sum(map(len, self._prerequisites(step) + self._changes(step)))
            if octets > self._limit:
                raise BackendError(
                    f"{place}: what changes at {step[0].owner} ({step[0].type}) must stand in one message and takes "
                    f"{octets} octets, the limit is {self._limit}; change it in several runs"
                )

    def _framed(
        self, asked: list[bytes], done: list[bytes], held: list[Step], live: Record, raised: Record | None
    ) -> Update:
        if self._guard is Guard.SERIAL:
            asked = [self._encoder.mark("@", "SOA", _IN, self._encoder.rdata("SOA", live.rdata)), *asked]
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
            yield encoder.mark(owner, record.type, _IN, encoder.rdata(record.type, record.rdata))
        if not change.old:
            yield encoder.mark(owner, change.type, _NONE)
        if is_new:
            # a server passes over what may not stand beside a CNAME in silence (RFC 2136 section 3.4.2.2)
            yield encoder.mark(owner, "ANY" if change.type == "CNAME" else "CNAME", _NONE)

    def _changes(self, step: Step) -> list[bytes]:
        encoder, name_servers, marks = self._encoder, [], []
        for one in step:
            if one.owner == "@" and one.type == "NS":
                name_servers = self._name_servers(one)
            elif one.old:
                marks.append(encoder.mark(one.owner, one.type, _ANY))
        for one in step:
            if one.owner != "@" or one.type != "NS":
                marks += [encoder.record(record) for record in one.new]
        return marks + name_servers

    def _name_servers(self, change: Change) -> list[bytes]:
        """Add before deleting: a server keeps the last NS of the apex, and takes no deletion of all (section 3.4.2.4).

        Knot passes over a record that differs in nothing but its TTL, so a stand-in comes with the new TTL, and goes.
        """
        old, new = ({record.rdata for record in records} for records in (change.old, change.new))
        stand_in = change.new[0]._replace(rdata=STAND_IN)
        gone = [record for record in change.old if record.rdata not in new]
        added = [record for record in change.new if record.rdata not in old]
        return [
            *[self._encoder.record(record) for record in (*change.new, *(() if added else (stand_in,)))],
            *[self._gone(record) for record in (*gone, *(() if added else (stand_in,)))],
        ]

    def _gone(self, record: Record) -> bytes:
        return self._encoder.mark(record.owner, record.type, _NONE, self._encoder.rdata(record.type, record.rdata))


def _is_small(change: Change) -> bool:
    records = change.old or change.new
    return len(change.old) + len(change.new) == 1 and len(records[0].rdata) < _SMALL


def _raised(live: Record, wanted: Record) -> Record:
    """Return the SOA that is wanted with the serial that follows the live one (RFC 1982)."""
    fields, serial = wanted.rdata.split(" "), int(live.rdata.split(" ")[_SERIAL])
    fields[_SERIAL] = str((serial + 1) % 2**32 or 1)
    return wanted._replace(rdata=" ".join(fields))

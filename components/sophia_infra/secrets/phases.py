"""Where a rotation stands and what its next step is, from what is held and what is seen. Pure.

A secret has two slots, `a` and `b`, each a login of its own. One is published; the other one is free, is made ready as
the next one, or is still used by consumers that have not moved. No step rests on time alone:

    minted     the next value is in the state; its server knows nothing of it           -> stage
    staged     its login is there; it is shown to work on every instance                -> publish
    adopting   consumers move; the login of before still works                          -> suspend
    suspended  the login of before is refused, which `resume` undoes                    -> revoke
    steady     one login; the other slot is free                                        -> its next value is minted
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

SLOTS = ("a", "b")
OURS = "sophia"
"""What our own sessions call themselves: they show that a login works, and not that a consumer has it."""


class Phase(StrEnum):
    """Where a rotation stands between two runs, or what it has just passed."""

    STEADY = "steady"
    MINTED = "minted"
    STAGED = "staged"
    VERIFIED = "verified"
    PUBLISHED = "published"
    ADOPTING = "adopting"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class Step(StrEnum):
    """What one run does to a slot. `REVOKE` alone can't be undone."""

    STAGE = "stage"
    PUBLISH = "publish"
    SUSPEND = "suspend"
    RESUME = "resume"
    REVOKE = "revoke"


class SlotState(StrEnum):
    """How a server has a slot."""

    ABSENT = "absent"
    ISSUED = "issued"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot on its server: which generation it holds, and since when it is in its state; None where nobody knows."""

    state: SlotState = SlotState.ABSENT
    generation: int = 0
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A client that is connected by a slot's login, on one instance of the server."""

    slot: str
    application: str = ""
    address: str = ""
    instance: str = ""

    def __str__(self) -> str:
        return f"{self.application or 'a client without a name'} at {self.address or 'an unknown address'}"


@dataclass(frozen=True, slots=True)
class Block:
    """Why a step is not taken now: a stable code, whom it is about, and what gets people on."""

    code: str
    subject: str
    message: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a server shows, read at one time.

    Attributes:
        sessions: who is connected, on all instances.
        gaps: what could not be seen; each one blocks whatever rests on it.
        unverified: why the staged login is not shown to work; read only while it is staged.
        unread: why nothing could be read at all.
    """

    slots: Mapping[str, Slot] = field(default_factory=dict)
    sessions: tuple[Session, ...] = ()
    gaps: tuple[Block, ...] = ()
    unverified: tuple[Block, ...] = ()
    unread: str = ""

    def slot(self, name: str) -> Slot:
        """Return a slot."""
        return self.slots.get(name, Slot())

    def using(self, name: str) -> tuple[Session, ...]:
        """Return who is connected by a slot's login."""
        return tuple(session for session in self.sessions if session.slot == name)

    @property
    def newest(self) -> int:
        """The highest generation that the server has had."""
        return max(self.slot(name).generation for name in SLOTS)


@dataclass(frozen=True, slots=True)
class Held:
    """What the state has.

    Attributes:
        minted: the generation of each slot's value; 0 where it has none.
        published: the generation that consumers are given; 0 before the first.
        abandoned: a generation that is not to be used any more.
        phase: the one of the last run.
    """

    minted: Mapping[str, int]
    published: int = 0
    abandoned: int = 0
    phase: Phase = Phase.STEADY

    @property
    def wanted(self) -> str:
        """The slot that consumers should use in the end."""
        return max(SLOTS, key=lambda name: -1 if self._is_out(name) else self.minted.get(name, 0))

    def _is_out(self, name: str) -> bool:
        return bool(self.abandoned) and self.minted.get(name, 0) == self.abandoned


@dataclass(frozen=True, slots=True)
class Terms:
    """What a program asks of a rotation: how long a login stays refused before it is ended, and who uses it."""

    soak: timedelta
    consumers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The phase, the slot that should serve and the other one, the steps of this run, and what blocks the next."""

    phase: Phase
    slot: str
    other: str
    steps: tuple[Step, ...] = ()
    blocks: tuple[Block, ...] = ()


def other_of(slot: str) -> str:
    """Return the other slot."""
    return SLOTS[1 - SLOTS.index(slot)]


def next_generation(slot: str, own: int, seen: Seen, *, due: bool) -> int:
    """Return the generation that a slot's value should have; `own` is the one that it has in the state.

    A value that is not on its server yet is kept, so a run that was cut off goes on with the same one. A slot that is
    in use, or that a rotation is not through with, keeps its value too.
    """
    here, there = seen.slot(slot), seen.slot(other_of(slot))
    if seen.unread or own > here.generation:
        return own
    free = (SlotState.ABSENT, SlotState.REVOKED)
    if here.state not in free:
        return own
    is_first = there.state in free and slot == SLOTS[0] and own == 0
    is_next = there.state is SlotState.ISSUED and due
    return seen.newest + 1 if is_first or is_next else own


def decide(held: Held, seen: Seen, terms: Terms, adopted: frozenset[str], now: datetime) -> Decision:
    """Return where a rotation stands, and the steps of this run: at most one that can't be undone.

    `adopted` are the consumers that were seen with the published generation before.
    """
    slot, other = held.wanted, other_of(held.wanted)
    if seen.unread:
        unread = Block("unread", "", f"its server can't be read: {seen.unread}", "mend the login of `server`")
        return Decision(held.phase, slot, other, (), (unread,))
    generation, here, there = held.minted.get(slot, 0), seen.slot(slot), seen.slot(other)
    if not generation:
        lost = Block("value-lost", "", "the state has no value of it, and its server has logins in both slots")
        return Decision(held.phase, slot, other, (), (lost,))
    newest = max(here.generation, 0 if there.generation == held.abandoned else there.generation)
    if newest > generation:
        told = f"its server has generation {newest}, and the state {generation}"
        stale = Block("state-behind", "", told, "use the newest state; another stack or an old backup wrote this one")
        return Decision(held.phase, slot, other, (), (stale,))
    if here.generation < generation or here.state is not SlotState.ISSUED:
        return _minted(held, seen, slot, other)
    if held.published != generation:
        return Decision(Phase.STAGED, slot, other, () if seen.unverified else (Step.PUBLISH,), seen.unverified)
    if there.state is SlotState.ISSUED:
        blocks = (*seen.gaps, *_in_the_way(seen, terms, adopted, slot, other))
        return Decision(Phase.ADOPTING, slot, other, () if blocks else (Step.SUSPEND,), blocks)
    if there.state is SlotState.SUSPENDED:
        return _suspended(seen, terms, adopted, slot, other, now)
    return Decision(Phase.STEADY, slot, other)


def _minted(held: Held, seen: Seen, slot: str, other: str) -> Decision:
    """The value is in the state alone, or its login was altered by hand: it is set, again with the same value."""
    in_use = seen.using(slot) if seen.slot(slot).generation < held.minted[slot] else ()
    blocks = tuple(_late(session, "it is connected by the login that is to be set anew") for session in in_use)
    is_first = not held.published
    steps = () if blocks else (Step.STAGE, Step.PUBLISH) if is_first else (Step.STAGE,)
    return Decision(Phase.MINTED, slot, other, steps, blocks)


def _suspended(seen: Seen, terms: Terms, adopted: frozenset[str], slot: str, other: str, now: datetime) -> Decision:
    """The login of before is refused: who still has it open needs it back, and only proof ends it."""
    late = tuple(_late(session, "it still uses the login of before") for session in seen.using(other))
    if late:
        return Decision(Phase.SUSPENDED, slot, other, (Step.RESUME,), late)
    since = seen.slot(other).at
    if since is None:
        return Decision(Phase.SUSPENDED, slot, other, (Step.SUSPEND,))
    blocks = [*seen.gaps, *_in_the_way(seen, terms, adopted, slot, other)]
    if now < since + terms.soak:
        ends = f"{since + terms.soak:%Y-%m-%d %H:%M} UTC"
        blocks.append(Block("soak", "", f"its login of before stays refused until {ends} before it is ended"))
    return Decision(Phase.SUSPENDED, slot, other, () if blocks else (Step.REVOKE,), tuple(blocks))


def _in_the_way(seen: Seen, terms: Terms, adopted: frozenset[str], slot: str, other: str) -> tuple[Block, ...]:
    """Return what keeps the login of before in use: who has it open, and who was not seen with the new one."""
    found = [_late(session, "it still uses the login of before") for session in seen.using(other)]
    moved = adopted | {session.application for session in seen.using(slot)}
    for name in terms.consumers:
        if name not in moved:
            told = f"{name} was not seen with the new login yet"
            found.append(Block("consumer-unseen", name, told, "restart it, or have it read the secret anew"))
    if not terms.consumers:
        told = "nobody says who uses it, so that nobody is connected by the login of before proves nothing"
        found.append(Block("consumers-unknown", "", told, "name them: consumers, by their application_name"))
    return tuple(found)


def _late(session: Session, why: str) -> Block:
    on = f" on {session.instance}" if session.instance else ""
    fix = "restart it, or have it read the secret anew"
    return Block("consumer-late", session.application or session.address, f"{session}{on}: {why}", fix)

"""What a rotation is made of: its phases and steps, what the state holds, and what its server shows. Pure.

A secret has two slots, `a` and `b`, each a login of its own. One is published; the other one is free, is made ready as
the next one, or is still used by consumers that have not moved. No step rests on time alone:

    minted     the next value is in the state; its server knows nothing of it           -> stage
    staged     its login is there; it is shown to work on every instance                -> publish
    adopting   consumers move; the login of before still works                          -> suspend
    suspended  the login of before is refused, which `resume` undoes                    -> revoke
    steady     one login; the other slot is free                                        -> its next value is minted
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    GONE = "gone"
    """Absent, at a server that makes the values itself: one that the state has is worth nothing any more."""


FREE = frozenset({SlotState.ABSENT, SlotState.REVOKED, SlotState.GONE})
"""How a server has a slot by which nobody can log in, now or later."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot on its server: which generation it holds, and since when it is in its state; None where nobody knows.

    One that is absent has a generation where its server has made the value, and nothing takes it yet.
    `is_whole` is not set where one instance has it otherwise than another, or with other rights than those asked for.
    """

    state: SlotState = SlotState.ABSENT
    generation: int = 0
    at: datetime | None = None
    is_whole: bool = True


def merged(slots: Sequence[Slot]) -> Slot:
    """Return a slot as several instances have it that are told one by one: as the one that takes most logins by it."""
    alive = [SlotState.ISSUED, SlotState.SUSPENDED, SlotState.REVOKED, SlotState.ABSENT, SlotState.GONE]
    first = min(slots, key=lambda slot: (alive.index(slot.state), -slot.generation))
    alike = [slot for slot in slots if (slot.state, slot.generation) == (first.state, first.generation)]
    times = [slot.at for slot in alike]
    at = None if None in times else max(time for time in times if time)
    return replace(first, at=at, is_whole=len(alike) == len(slots) and all(slot.is_whole for slot in slots))


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
        unsure: what the server shows to nobody, such as refused logins; further evidence has to make up for it.
        cut_off: why the login that consumers have is not taken any more, though its server has it.
        unverified: why the staged login is not shown to work; read only while it is staged.
        astray: why a place where consumers look does not hold what is published.
        unread: why nothing could be read at all.
    """

    slots: Mapping[str, Slot] = field(default_factory=dict)
    sessions: tuple[Session, ...] = ()
    gaps: tuple[Block, ...] = ()
    unsure: tuple[Block, ...] = ()
    cut_off: tuple[Block, ...] = ()
    unverified: tuple[Block, ...] = ()
    astray: tuple[str, ...] = ()
    unread: str = ""

    def slot(self, name: str) -> Slot:
        """Return a slot."""
        return self.slots.get(name, Slot())

    def using(self, name: str) -> tuple[Session, ...]:
        """Return who is connected by a slot's login."""
        return tuple(session for session in self.sessions if session.slot == name)

    @property
    def newest(self) -> int:
        """The highest generation that the server has had, but for one that it has only made a value for."""
        slots = [self.slot(name) for name in SLOTS]
        return max((slot.generation for slot in slots if slot.state is not SlotState.ABSENT), default=0)


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

    @property
    def given(self) -> str:
        """The slot whose value consumers are given; empty where the state has it no more."""
        return next((name for name in SLOTS if self.published and self.minted.get(name) == self.published), "")

    @property
    def is_lost(self) -> bool:
        """Whether the state has lost the value that consumers are given, and no later one is made."""
        return max(self.minted.values(), default=0) < self.published

    @property
    def is_given_back(self) -> bool:
        """Whether the login of before is to be published again, and is not yet."""
        return bool(self.abandoned) and self.abandoned == self.published

    def _is_out(self, name: str) -> bool:
        return bool(self.abandoned) and self.minted.get(name, 0) == self.abandoned


@dataclass(frozen=True, slots=True)
class Terms:
    """What a program asks of a rotation: how long a login stays refused before it is ended, and who uses it.

    `broken` is set in an emergency alone: whom a person lets break, by the subjects of the blocks.
    """

    soak: timedelta
    consumers: tuple[str, ...] = ()
    broken: frozenset[str] | None = None


def other_of(slot: str) -> str:
    """Return the other slot."""
    return SLOTS[1 - SLOTS.index(slot)]

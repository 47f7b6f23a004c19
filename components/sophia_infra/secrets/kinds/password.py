"""Passwords that no server knows, such as a key that two programs share: both have to be given it.

What became of each slot stands in the journal, so the machines of one stack need one journal. Nobody can be seen using
a password: a consumer counts once a person has confirmed it (`sophia secrets confirm`).
"""

from dataclasses import dataclass
from typing import ClassVar

from sophia_infra.journal import Journal, Kind, Row
from sophia_infra.secrets.kinds import Login, moved
from sophia_infra.secrets.phases import SLOTS, Block, Seen, Slot, SlotState
from sophia_infra.secrets.spec import SecretSpec


@dataclass(frozen=True, slots=True)
class SlotRow(Row):
    """What was done to a slot of a secret that no server knows; the secret's label is the row's key."""

    KIND: ClassVar = Kind.EVENT
    RESOURCE: ClassVar = "secret-slot"

    slot: str
    generation: int
    state: SlotState


@dataclass(frozen=True, slots=True)
class Password:
    """The two values of a secret, of which the one of before counts until it is revoked."""

    spec: SecretSpec
    journal: Journal

    def login(self, slot: str) -> Login:
        """Return no login: it is a password alone."""
        return Login("", "", "")

    def observe(self) -> Seen:
        """Read what was done to both slots, by whichever machine. Who uses them nobody can see."""
        slots: dict[str, Slot] = {}
        for found in self.journal.back(SlotRow, self.spec.label, foreign=True):
            slots.setdefault(found.row.slot, Slot(found.row.state, found.row.generation, found.time))
            if len(slots) == len(SLOTS):
                break
        return Seen(slots)

    def issue(self, slot: str, value: str, generation: int) -> None:
        """Note that a slot has a value."""
        stands = self.observe().slot(slot)
        if stands.generation > generation:
            raise moved(self.spec.name, f"slot {slot}", stands.generation, generation)
        self._note(slot, SlotState.ISSUED, generation)

    def verify(self, slot: str, value: str) -> tuple[Block, ...]:
        """Find no fault: there is no server to try it at."""
        return ()

    def suspend(self, slot: str, *, force: bool = False) -> None:
        """Take the value out of what consumers are given as the one of before."""
        self._note(slot, SlotState.SUSPENDED)

    def resume(self, slot: str) -> None:
        """Give it as the one of before again."""
        self._note(slot, SlotState.ISSUED)

    def revoke(self, slot: str, *, force: bool = False) -> None:
        """Let the slot have another value."""
        self._note(slot, SlotState.REVOKED)

    def _note(self, slot: str, state: SlotState, generation: int | None = None) -> None:
        stands = self.observe().slot(slot).generation if generation is None else generation
        self.journal.write(self.spec.label, SlotRow(slot, stands, state))

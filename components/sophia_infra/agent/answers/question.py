"""A question that is understood, beside all that it can be answered from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from sophia_infra import clock
from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.understanding import Understood
from sophia_infra.agent.understanding.intent import Named
from sophia_infra.agent.understanding.names import resolve
from sophia_infra.agent.understanding.tokens import Kind
from sophia_infra.dns.rr.record import to_text
from sophia_infra.journal import Journal

if TYPE_CHECKING:
    from sophia_infra.agent.execution import Run
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent

Row = tuple[str, Any]
"""One thing that is found: a line for people, and the same as JSON has it."""
LATELY = timedelta(days=90)
"""What is asked of runs where no time is said is answered of those that were proposed since."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, of which stack."""

    agent: "SophiaInfrastructureAgent"
    asked: Understood

    @property
    def journal(self) -> Journal:
        """The journal of the stack."""
        return self.agent.runs.journal

    @property
    def inventory(self) -> Inventory:
        """The names of the stack."""
        return self.agent.inventory

    def hosts(self) -> Iterator[tuple[Named, str]]:
        """Yield the names that are asked for, each with the record type that is said; empty for all."""
        for subject in self.asked.subjects:
            name, _, rtype = subject.partition(" ")
            if found := self.host(name):
                yield found, rtype

    def host(self, name: str) -> Named | None:
        """Return a full name where it is in a zone of the stack."""
        return resolve(self.inventory, name, "host", new=True) if self.inventory.zone_of(name) else None

    def zones(self) -> list[str]:
        """Return the zones that are asked for; all where none is."""
        return list(dict.fromkeys(host.zone for host, _ in self.hosts())) or list(self.inventory.zones)

    def named(self, known: Iterable[str]) -> list[str]:
        """Return those of some names that are asked for; all where none is."""
        every = list(known)
        return [name for name in self.asked.subjects if name in every] or every

    def time(self, default: timedelta) -> timedelta:
        """Return the time that is said."""
        tokens = self.asked.heard.tokens if self.asked.heard else ()
        said = (timedelta(seconds=token.number) for token in tokens if token.kind in (Kind.DURATION, Kind.WHEN))
        return next(said, default)

    def since(self, default: timedelta = LATELY) -> datetime:
        """Return the moment from which on is told what happened."""
        return clock.now() - self.time(default)

    def older(self, command: str, default: timedelta = LATELY) -> Row:
        """Return which command tells what happened before `since`."""
        since = self.since(default)
        return f"of before {since:%Y-%m-%d}: {command}", {"since": since.isoformat()}

    def runs(self) -> "Iterator[Run]":
        """Yield the runs of the stack that were proposed in the time that is said, or `LATELY`; newest first."""
        since = self.since()
        return takewhile(lambda run: run.proposal.time >= since, self.agent.runs.of_stack(self.agent.stack))

    def text(self, zone: str, without: str = "") -> str:
        """Return a zone as canonical text, less all of an owner's records."""
        sets = (each for each in self.inventory.zones[zone] if each.owner != without)
        return to_text([record for each in sets for record in each.records])

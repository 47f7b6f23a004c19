"""What the loop has found out about a stack: each told, or proposed, once, by one row of the journal for all."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from sophia_infra.agent.execution.rows import AgentRow
from sophia_infra.agent.operations import Operation
from sophia_infra.changes import fingerprint
from sophia_infra.journal import Journal

_REMEMBERED = 20


@dataclass(frozen=True, slots=True)
class Detected:
    """One thing that is not as it should be.

    Attributes:
        detector: the name of the function that found it: `expiry`.
        subject: what it is about: `certificate web`.
        told: what is wrong, in a line.
        way_out: what a person does about it.
        mark: what makes it another thing than the last one of the same subject, such as a serial number; nothing that
            changes while it stays the same thing, such as an age.
        operations: what would mend it; none where only a person can.
    """

    detector: str
    subject: str
    told: str
    way_out: str = ""
    mark: str = ""
    operations: tuple[Operation, ...] = ()

    @property
    def key(self) -> str:
        """What stands for it as long as it lasts."""
        return fingerprint("\n".join((self.detector, self.subject, self.mark)))[:16]


@dataclass(frozen=True, slots=True)
class Noted:
    """What was told of a finding, and the run that was proposed for it, if one was."""

    key: str
    detector: str
    subject: str
    told: str
    run: str = ""


@dataclass(frozen=True, slots=True)
class FoundRow(AgentRow):
    """All that was found in a stack, whose name is the key, and lasts."""

    RESOURCE: ClassVar = "found"

    found: tuple[Noted, ...]


@dataclass(frozen=True, slots=True)
class WorkedRow(AgentRow):
    """Whether what a run did mended what its detector, which the key names, had found."""

    RESOURCE: ClassVar = "worked"

    run: str
    worked: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a stack: what was found and lasts, and what worked."""

    journal: Journal
    stack: str

    @property
    def found(self) -> tuple[Noted, ...]:
        """What was found and lasts."""
        last = self.journal.last(FoundRow, self.stack)
        return last.row.found if last else ()

    def note(self, found: Detected, told: str, run: str = "") -> None:
        """Note that it is told, or what is proposed for it."""
        noted = Noted(found.key, found.detector, found.subject, told, run)
        self.journal.write(self.stack, FoundRow((*(each for each in self.found if each.key != found.key), noted)))

    def clear(self, found: Collection[str]) -> list[Noted]:
        """Note that whatever is not among some keys is gone, and return it."""
        gone = [each for each in self.found if each.key not in found]
        if gone:
            self.journal.write(self.stack, FoundRow(tuple(each for each in self.found if each.key in found)))
        return gone

    def learn(self, noted: Noted, *, worked: bool) -> None:
        """Note whether a run mended what it was proposed for."""
        self.journal.write(f"{self.stack} {noted.detector}", WorkedRow(noted.run, worked))

    def share(self, detector: str) -> float:
        """Return the share of the last runs for a detector that mended what it had found; 1/2 where there were none."""
        rows = list(islice(self.journal.back(WorkedRow, f"{self.stack} {detector}"), _REMEMBERED))
        return (sum(row.row.worked for row in rows) + 1) / (len(rows) + 2)

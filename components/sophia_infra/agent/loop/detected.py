"""What the loop has found out about a stack: each told, or proposed, once, by a row of the journal."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import ClassVar

from sophia_infra.agent.operations import Operation
from sophia_infra.changes import fingerprint
from sophia_infra.journal import Journal, Kind, Row

_MOST = 1000
_REMEMBERED = 20


@dataclass(frozen=True, slots=True)
class Detected:
    """One thing that is not as it should be.

    Attributes:
        detector: the name of the file that found it: `expiry`.
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
class DetectedRow(Row):
    """That it was told, or the run that was proposed for it; `cleared` once it was no longer found."""

    KIND: ClassVar = Kind.AGENT
    RESOURCE: ClassVar = "detected"

    detector: str
    subject: str
    told: str
    run: str = ""
    cleared: bool = False


@dataclass(frozen=True, slots=True)
class WorkedRow(Row):
    """Whether what a run did mended what its detector, which the key names, had found."""

    KIND: ClassVar = Kind.AGENT
    RESOURCE: ClassVar = "worked"

    run: str
    worked: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a stack: what was found and lasts, and what worked."""

    journal: Journal
    stack: str

    def has(self, found: Detected) -> bool:
        """Return whether it was told or proposed, and has been there ever since."""
        last = self.journal.last(DetectedRow, self._key(found.key))
        return bool(last and not last.row.cleared)

    def note(self, found: Detected, run: str = "", told: str = "") -> None:
        """Note that it is told, or what is proposed for it."""
        row = DetectedRow(found.detector, found.subject, told or found.told, run)
        self.journal.write(self._key(found.key), row)

    def clear(self, found: Collection[str]) -> Iterator[DetectedRow]:
        """Note of whatever is known and not among some keys that it is gone, and yield it."""
        for key in self.journal.keys(DetectedRow, self._key(""), _MOST):
            last = self.journal.last(DetectedRow, key)
            if last and not last.row.cleared and key.rpartition(" ")[2] not in found:
                self.journal.write(key, replace(last.row, cleared=True))
                yield last.row

    def learn(self, row: DetectedRow, *, worked: bool) -> None:
        """Note whether a run mended what it was proposed for."""
        self.journal.write(self._key(row.detector), WorkedRow(row.run, worked))

    def share(self, detector: str) -> float:
        """Return the share of the last runs for a detector that mended what it had found; 1/2 where there were none."""
        rows = list(islice(self.journal.back(WorkedRow, self._key(detector)), _REMEMBERED))
        return (sum(row.row.worked for row in rows) + 1) / (len(rows) + 2)

    def _key(self, rest: str) -> str:
        return f"loop {self.stack} {rest}"

"""What the journal keeps of a run, whose id is the key: what is proposed, and each step of carrying it out."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from sophia_infra.agent.execution.bound import Bound
from sophia_infra.journal import Journal, Kind, Row
from sophia_infra.probes.round import Check
from sophia_infra.report.model import STOPPING

AGENT = "agent"
"""The advisor of the advice by which a run is approved."""
WAIT = 30.0
"""Seconds to wait for whoever writes at the same time."""


class AgentRow(Row):
    """A row of the agent."""

    KIND: ClassVar = Kind.AGENT


@dataclass(frozen=True, slots=True)
class Answers:
    """The record sets of a zone that change: canonical lines before and after, and the backend that serves them."""

    zone: str
    backend: Mapping[str, Any]
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Targets:
    """The targets of a pool, by its full name, that come (`after`) and go (`before`), and how each shows its health."""

    pool: str
    check: Check
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edited:
    """A file that changes: its path in the project, and SHA-256 of its text before and after."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the engine beside the files.

    Attributes:
        op: the operation's word: `renew` or `rotate`.
        name: of the certificate or the secret, in the program.
        label: what the journal and the state know it by.
        generation: the one that stands, so that it is asked for once.
    """

    op: str
    name: str
    label: str
    generation: int


@dataclass(frozen=True, slots=True)
class Proposal(AgentRow):
    """A change that the engine has previewed. Its files are in the run's folder.

    Attributes:
        stack: `project/stack`.
        advice: the id of the advice by which it is approved, with an edit for each file.
        operations: as `Operation.to_body` has them.
        bound: what an approval of it binds.
        standing, exposure: of the preview as a whole, as `sophia report` has them.
        created: the record sets and resources that are made, so that only these may go in a rollback.
        deletes: the resources of the engine that go.
        commands: the user's own checks, as `verification` reads them.
        changed: the resources of the engine that change, so that only these are changed by a rollback by itself.
        asked: the renewals and rotations that are asked for; no way back undoes them.
        targets: of pools, those that come and go.
        beyond: what changes besides and was not asked for: others' changes, which the apply takes along.
        certificates: the URNs of those that change and that the program says where to look for.
        release: that of the library which made the plan; empty in rows that are older than this field.
    """

    RESOURCE: ClassVar = "proposal"

    stack: str
    advice: str
    operations: tuple[Mapping[str, Any], ...]
    files: tuple[Edited, ...]
    bound: Bound
    standing: str
    exposure: str
    created: tuple[str, ...]
    deletes: tuple[str, ...]
    answers: tuple[Answers, ...]
    commands: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    asked: tuple[Asked, ...] = ()
    targets: tuple[Targets, ...] = ()
    certificates: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    release: str = ""

    @property
    def may_go(self) -> bool:
        """Whether the preview says neither that it is stopped nor that it is better not gone."""
        return self.standing not in STOPPING


@dataclass(frozen=True, slots=True)
class OfStack(AgentRow):
    """That a run was proposed for a stack, whose name is the key: a stack's runs are found by an index."""

    RESOURCE: ClassVar = "of-stack"

    run: str


@dataclass(frozen=True, slots=True)
class OpenRow(AgentRow):
    """What is open of a kind in a stack, by its ids; the key is such as `shop/dev runs`."""

    RESOURCE: ClassVar = "open"

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """What is open of a kind, so that nothing is lost, and it is found at one cost however old a journal becomes.

    Attributes:
        journal: where it stands.
        key: that of the row.
        older: all ids, newest first, for a journal of before there was such a row.
    """

    journal: Journal
    key: str
    older: Iterable[str]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids, oldest first; those that have ended since the last one was added are among them."""
        last = self.journal.last(OpenRow, self.key)
        return last.row.ids if last else tuple(dict.fromkeys(self.older))[::-1]

    def add(self, new: str, is_open: Callable[[str], bool]) -> None:
        """Add one, and leave out those that have ended.

        Whoever adds one MUST hold the stack's `steps_alone` until the rows are written by which it is open.
        """
        kept = [each for each in self.ids if each != new and is_open(each)]
        self.journal.write(self.key, OpenRow((*kept, new)))


def steps_alone(journal: Journal, stack: str) -> AbstractContextManager[None]:
    """Be the only one that takes a step of a run, or of a plan, of a stack."""
    return journal.locked(f"agent steps {stack}", WAIT)


class Word(StrEnum):
    """A step of a run, as the journal has it. Each is written before the next one begins."""

    REQUESTED = "requested"
    DECLINED = "declined"
    APPLYING = "applying"
    REPEATING = "repeating"
    APPLIED = "applied"
    PENDING = "pending"
    FAILED = "failed"
    VERIFYING = "verifying"
    VERIFIED = "verified"
    INCONCLUSIVE = "inconclusive"
    ROLLING_BACK = "rolling-back"
    UNDONE = "undone"
    ROLLED_BACK = "rolled-back"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Step(AgentRow):
    """A step that a run takes: on whose word, and why where that is not plain."""

    RESOURCE: ClassVar = "step"

    word: Word
    by: str = ""
    why: str = ""

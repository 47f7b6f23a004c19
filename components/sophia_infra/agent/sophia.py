"""The agent of one stack, as a program has it: understand, plan, request. A person's word alone approves.

    agent = SophiaInfrastructureAgent.for_stack("prod")
    strategies = agent.plan(Requirement("move mail to Google Workspace", zone="shop.example"))
    agent.request(strategies[0]).wait()

It is light: what plans and carries out is imported where it is first asked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from sophia_infra.agent.answers import Answer
    from sophia_infra.agent.editing import Places
    from sophia_infra.agent.execution import Driver, Run, Runs, State
    from sophia_infra.agent.inventory import Inventory
    from sophia_infra.agent.operations import Operation
    from sophia_infra.agent.strategies import Strategy
    from sophia_infra.agent.understanding import Understood
    from sophia_infra.agent.understanding.by_model import Heard
    from sophia_infra.dns.importers.state_files import Resource
    from sophia_infra.dns.rr.rrset import RRset

Tell = Callable[[str], None]


def silent(_: str) -> None:
    """Tell nobody."""


def _former(zone: str, day: str) -> "tuple[RRset, ...]":
    from sophia_infra.dns.backends.backup import kept_on  # few wishes ask for it

    return kept_on(zone, day)


@dataclass(frozen=True, slots=True)
class Requirement:
    """What is wanted: a sentence, whose names are those of `zone` where one is given, or operations."""

    text: str = ""
    zone: str = ""
    operations: "tuple[Operation, ...]" = ()


@dataclass(frozen=True, slots=True)
class Handle:
    """A run that was asked for; `left` says why it is left to a person, and is empty where it is not."""

    id: str
    driver: "Driver"
    left: str = ""

    @property
    def state(self) -> "State":
        """Where it stands now."""
        return self.driver.runs.at(self.id).state

    def wait(self) -> "Run":
        """Carry the run out as far as it goes by itself, and return it; one that waits for a person, as it stands.

        Raises:
            LeaseError, ApprovalMovedError, SophiaError, OSError: as `Driver.go_on`.
        """
        return self.driver.go_on(self.driver.runs.at(self.id))


@dataclass(frozen=True)
class SophiaInfrastructureAgent:
    """The agent of one stack.

    Attributes:
        stack: `project/stack`.
        places: the files of the stack.
        runs: the runs of its journal.
        tell: is told what takes its time.
        heard: what a model said of texts, so that it is asked once for each.
    """

    stack: str
    places: "Places"
    runs: "Runs"
    tell: Tell = silent
    heard: "Heard" = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def for_stack(
        cls, stack: str | None = None, folder: str | Path = ".", *, journal: str | None = None, tell: Tell = silent
    ) -> Self:
        """Return the agent of a stack.

        Args:
            stack: its name; None for the one that is selected in the project.
            folder: one of the project that the current folder is in.
            journal: a file, a folder or a URL; None for the stack's own.
            tell: is told what takes its time.

        Raises:
            StackError: no stack is selected, its settings can't be read, or the folder is another project's.
            SettingError, JournalError: a setting is not allowed, or the journal can't be opened.
        """
        from sophia_infra.agent.selection import opened

        return cls(*opened(stack, Path(folder), journal), tell)

    @property
    def driver(self) -> "Driver":
        """What carries runs out."""
        from sophia_infra.agent.execution import Driver

        return Driver(self.runs, self.places, tell=self.tell)

    @cached_property
    def exported(self) -> str:
        """The stack's state as the engine exports it, read once; StackError where it can't be read."""
        from sophia_infra.doctor.backend import exported

        self.tell("reading the state")
        return exported(self.places.folder, self.places.stack)

    @cached_property
    def resources(self) -> "Sequence[Resource]":
        """The resources of the stack's state; raises as `exported`."""
        from sophia_infra.dns.importers.state_files import pulumi

        return tuple(pulumi(self.exported))

    @cached_property
    def inventory(self) -> "Inventory":
        """The names that stand in the stack's state; raises as `resources`."""
        from sophia_infra.agent.state_inventory import inventory_of
        from sophia_infra.esc import Files

        found = inventory_of(self.resources, Files().names(), self.places.settings.values)
        return replace(found, former=_former)

    def understand(self, text: str, before: "Understood | None" = None, zone: str = "") -> "Understood":
        """Return what a sentence asks for, with the names of the stack, or of one zone of it.

        `no, www2` corrects what was `before`. What is not understood goes to a model where `sophia:understanding` names
        one, and comes back as a sentence that is understood, or as a question.

        Raises:
            ForeignError: an operation of it is none that its specialist may propose.
        """
        from sophia_infra.agent.specialists import judged
        from sophia_infra.agent.understanding import Kind, understand

        stack = self.inventory.within(zone) if zone else self.inventory
        found = understand(text, stack, before)
        if found.kind is Kind.NONE and (spec := self.runs.settings.understanding):
            from sophia_infra import clock
            from sophia_infra.advice.claude.exchange import Asking
            from sophia_infra.agent.understanding.by_model import said_anew

            asking = Asking(spec, f"agent {self.stack} {clock.now():%Y-%m-%d}", self.runs.journal)
            found = said_anew(text, stack, found, asking, self.heard)
        return judged(found)

    def answer(self, asked: "Understood") -> "Answer":
        """Return the answer to a question that `understand` has understood; docs/agent.md has what it may hold.

        Raises:
            SophiaError: the journal, the state or a file can't be read, or there is no such run or advice.
        """
        from sophia_infra.agent.answers import answer

        return answer(self, asked)

    def plan(
        self, what: "str | Requirement | Understood | Sequence[Operation]", checks: Sequence[str] = ()
    ) -> "tuple[Strategy, ...]":
        """Return the ways to do what is wanted, each previewed by the engine, the best first. Nothing is applied.

        Args:
            what: a sentence, a requirement, what `understand` understood, or operations.
            checks: commands that must pass after each run.

        Raises:
            StrategyError: it is not understood as a change, or nothing meets it; the message says why.
            SophiaError, OSError: as `execution.plan`.
        """
        from sophia_infra.agent.strategies import strategies_for

        return strategies_for(self, what, checks)

    def request(self, strategy: "Strategy | str", number: int = 1) -> Handle:
        """Ask for approval of a strategy's first run; the level of autonomy may give it.

        Args:
            strategy: one that `plan` returned, or the id of a plan or of a run.
            number: which one, where it is the id of a plan.

        Raises:
            StrategyError: it was begun already, or is a person's to carry out.
            RunError: it is not there, or what the preview says stands against it.
            JournalError: it can't be journaled.
        """
        from sophia_infra.agent.strategies.stages import asked_for

        key, number = (strategy, number) if isinstance(strategy, str) else (strategy.plan, strategy.number)
        run, why = asked_for(self, key, number)
        return Handle(run.id, self.driver, why)

    def resume(self, beginning: str) -> Handle:
        """Return the run whose id begins so; of a plan, the run that has not ended, or else that of its next stage.

        One that was stopped since something else had moved, before it changed anything, is planned anew and requested.

        Raises:
            StrategyError: the plan was not begun, or no stage of it is due.
            MovedError: SOPHIA_NOW moves the clock, so nobody knows what is due.
            RunError, SophiaError, OSError: as `find`, and as `plan`.
        """
        from sophia_infra import clock
        from sophia_infra.agent.strategies.plans import Plans
        from sophia_infra.agent.strategies.stages import anew, go_on

        plans = Plans(self.runs)
        if not (plan := plans.find(beginning)):
            run = self.find(beginning)
            if not run.may_be_anew:
                return Handle(run.id, self.driver)
            plan = plans.of_stage(run.id)
        clock.refuse_moved()
        run, why = go_on(self, plan, clock.now()) if plan else anew(self, run)
        return Handle(run.id, self.driver, why)

    def find(self, beginning: str) -> "Run":
        """Return the run of this stack whose id begins so, or the newest run of the plan whose id does.

        Raises:
            RunError: there is none, several begin so, or it is another stack's.
        """
        from sophia_infra.agent.strategies.stages import found

        return found(self, beginning)

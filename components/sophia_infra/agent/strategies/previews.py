"""Stages previewed by the engine, each on top of those before it: several at once, and what is alike once."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sophia_infra.agent.editing import FileEdit
from sophia_infra.agent.execution import Run, planning
from sophia_infra.agent.execution.asking import VARIABLES
from sophia_infra.agent.execution.bound import State, state_in
from sophia_infra.agent.execution.engine import Engine
from sophia_infra.agent.execution.planning import Begun
from sophia_infra.agent.execution.previewing import Previewed, begin_preview, end_preview
from sophia_infra.agent.execution.runs import PLAN
from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.operations import Operation
from sophia_infra.agent.reading import sets_of
from sophia_infra.agent.strategies.ways import touched
from sophia_infra.dns.exposure.sets import changed_sets
from sophia_infra.dns.rr.record import from_text
from sophia_infra.home import project_folder
from sophia_infra.report import Records

if TYPE_CHECKING:
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent

Outcome = tuple[tuple[FileEdit, ...], tuple[Operation, ...]]
"""What becomes of which files, and what the engine is asked for beside them."""
Texts = Mapping[str, str]
"""Canonical zone texts by domain."""
_SOON = 300
"""Seconds: what caches hold for longer than that outlasts a way back."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the engine says of the files as they are after a stage; `run` is the run of a first stage."""

    found: Previewed
    run: Run | None = None

    @property
    def texts(self) -> tuple[Texts, Texts]:
        """The zones that change: as they stand in the state, and as they become."""
        steps = [each for each in self.found.preview.steps if isinstance(each.new.get("text"), str)]
        zones = {str(each.new["domain"]): each for each in steps if "domain" in each.new}
        before = {domain: str(step.old.get("text") or "") for domain, step in zones.items()}
        return before, {domain: str(step.new["text"]) for domain, step in zones.items()}


@dataclass(slots=True)
class Previews:
    """The previews of one plan: `begin` them all, then `end`; as many engines are at work as there are cores.

    Those of first stages become runs that are proposed, whose ids begin with the plan's; the others say what they would
    come to.
    """

    agent: "SophiaInfrastructureAgent"
    checks: Sequence[str]
    key: str
    state: State = field(init=False)

    def __post_init__(self) -> None:
        self.state = state_in(self.agent.exported)

    def all(self, wanted: Mapping[Outcome, tuple[Operation, ...]]) -> dict[Outcome, Seen]:
        """Return what the engine says of each of some outcomes; those with operations are proposed as a run.

        Raises:
            PlanError, EngineError, ReportError, JournalError, OSError: one can't be previewed.
        """
        waiting, begun, seen = list(wanted), list[tuple[Outcome, Begun | Engine]](), dict[Outcome, Seen]()
        while waiting or begun:
            while waiting and len(begun) < (os.cpu_count() or 1):
                outcome = waiting.pop(0)
                begun.append((outcome, self._begin(outcome, wanted[outcome], len(seen) + len(begun))))
            outcome, work = begun.pop(0)
            seen[outcome] = self._end(work)
        return seen

    def _begin(self, outcome: Outcome, operations: tuple[Operation, ...], number: int) -> Begun | Engine:
        places, key = self.agent.places, f"{self.key}{number:02x}"
        if operations:
            return planning.begin(self.agent.runs, places, operations, lambda: self.state, key)
        engine = Engine(project_folder() / "agent" / key / "preview")
        begin_preview(places, engine, {edit.path: edit.after for edit in outcome[0]}, engine.folder / PLAN)
        return engine

    def _end(self, work: Begun | Engine) -> Seen:
        runs, places, tell = self.agent.runs, self.agent.places, self.agent.tell
        if isinstance(work, Begun):
            run, found = planning.end(runs, places, self.agent.stack, work, self.checks, tell)
            return Seen(found, run)
        found = end_preview(work, Records(runs.journal), tell)
        shutil.rmtree(work.folder.parent)
        return Seen(found)


def outlasting(before: Texts, after: Texts) -> int:
    """Return how many sets of zones change, or go, that caches hold for longer than five minutes."""
    return sum(
        change.lost > 0 and max(change.old.values()) > _SOON
        for domain, text in after.items()
        for change in changed_sets(before.get(domain, ""), text)
    )


def read(texts: Texts) -> Inventory:
    """Return zone texts as an inventory."""
    return Inventory({zone: sets_of(zone, from_text(text)) for zone, text in texts.items()})


def standing(stack: Inventory, operations: Sequence[Operation]) -> tuple[str, ...]:
    """Return the sets that operations are about as they stand, a line each."""
    sets = touched(stack, operations)
    return tuple(sorted(f"{each.owner} {each.rtype} {each.ttl} {' '.join(sorted(each.values))}" for each in sets))


def outcomes(agent: "SophiaInfrastructureAgent", stages: Sequence[tuple[Operation, ...]]) -> Iterator[Outcome]:
    """Yield what the stages so far come to, from where the files stand now; raises as `planning.edited`."""
    so_far: tuple[Operation, ...] = ()
    for operations in stages:
        so_far = (*so_far, *operations)
        asked = tuple(each for each in so_far if each.op in VARIABLES)
        yield planning.edited(agent.runs, agent.places, so_far), asked

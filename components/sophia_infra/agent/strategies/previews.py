"""Stages previewed by the engine, each on top of those before it: several at once, and what is alike once."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sophia_infra.agent.editing import FileEdit
from sophia_infra.agent.execution import Run, proposal
from sophia_infra.agent.execution.engine_requests import VARIABLES
from sophia_infra.agent.execution.preview import Previewed, begin_preview, end_preview
from sophia_infra.agent.execution.proposal import Begun
from sophia_infra.agent.execution.runs import PLAN
from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.operations import Operation, Operations
from sophia_infra.agent.strategies.ways import touched
from sophia_infra.dns.exposure.sets import changed_sets
from sophia_infra.dns.rr.record import from_text
from sophia_infra.dns.rr.rrset import rrsets
from sophia_infra.engine_process.engine import Engine
from sophia_infra.home import project_folder
from sophia_infra.report import Records

if TYPE_CHECKING:
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent as Agent

Outcome = tuple[tuple[FileEdit, ...], Operations]
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
    def reasons(self) -> tuple[str, ...]:
        """Why the preview stands as it does: what is refused, then what advice finds anew."""
        report = self.found.report
        found = (each for item in report.items if item.advice for each in item.advice.findings)
        return (*report.refusals, *(str(each) for each in found if not each.old))

    @property
    def texts(self) -> tuple[Texts, Texts]:
        """The zones that change: as they stand in the state, and as they become."""
        steps = [each for each in self.found.preview.steps if isinstance(each.new.get("text"), str)]
        zones = {str(each.new["domain"]): each for each in steps if "domain" in each.new}
        before = {domain: str(step.old.get("text") or "") for domain, step in zones.items()}
        return before, {domain: str(step.new["text"]) for domain, step in zones.items()}


def previewed(
    agent: "Agent",
    checks: Sequence[str],
    key: str,
    wanted: Iterable[Outcome],
    first: Mapping[Outcome, Operations],
) -> dict[Outcome, Seen]:
    """Preview the outcomes of one plan, as many at once as there are cores, and return what the engine says of each.

    Args:
        agent: the stack, whose state is read once.
        checks: the user's own, of the runs.
        key: the plan's id, with which those of the runs begin.
        wanted: the outcomes.
        first: those that are proposed as a run, with its operations; the others say what they would come to.

    Raises:
        PlanError, EngineError, ReportError, JournalError, OSError: one can't be previewed.
    """
    waiting, begun, seen = list(enumerate(wanted)), list[tuple[Outcome, Begun | Engine]](), dict[Outcome, Seen]()
    while waiting or begun:
        while waiting and len(begun) < (os.cpu_count() or 1):
            number, outcome = waiting.pop(0)
            begun.append((outcome, _begun(agent, outcome, first.get(outcome, ()), f"{key}{number:02x}")))
        outcome, work = begun.pop(0)
        if isinstance(work, Begun):
            run, found = proposal.end(agent, work, checks)
            seen[outcome] = Seen(found, run)
        else:
            seen[outcome] = Seen(end_preview(work, Records(agent.runs.journal), agent.tell))
            shutil.rmtree(work.folder.parent)
    return seen


def _begun(agent: "Agent", outcome: Outcome, operations: Operations, key: str) -> Begun | Engine:
    if operations:
        return proposal.begin(agent, operations, key)
    engine = Engine(project_folder() / "agent" / key / "preview")
    begin_preview(agent.places, engine, {edit.path: edit.after for edit in outcome[0]}, engine.folder / PLAN)
    return engine


def outlasting(before: Texts, after: Texts) -> int:
    """Return how many sets of zones change, or go, that caches hold for longer than five minutes."""
    return sum(
        change.lost > 0 and max(change.old.values()) > _SOON
        for domain, text in after.items()
        for change in changed_sets(before.get(domain, ""), text)
    )


def read(texts: Texts) -> Inventory:
    """Return zone texts as an inventory."""
    return Inventory({zone: rrsets(zone, from_text(text)) for zone, text in texts.items()})


def standing(stack: Inventory, operations: Sequence[Operation]) -> tuple[str, ...]:
    """Return the sets that operations are about as they stand, a line each."""
    sets = touched(stack, operations)
    return tuple(sorted(f"{each.owner} {each.rtype} {each.ttl} {' '.join(sorted(each.values))}" for each in sets))


def outcomes(agent: "Agent", stages: Sequence[Operations]) -> Iterator[Outcome]:
    """Yield what the stages so far come to, from where the files stand now; raises as `proposal.edited`."""
    so_far: Operations = ()
    for operations in stages:
        so_far = (*so_far, *operations)
        asked = tuple(each for each in so_far if each.op in VARIABLES)
        yield proposal.edited(agent, so_far), asked

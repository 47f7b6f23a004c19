"""Operations become a proposal: files edited in a copy, previewed there by the engine, judged, and journaled."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sophia_infra.advice.consult import counted
from sophia_infra.advice.model import Advice, Edit, Request, Verdict
from sophia_infra.agent.editing import FileEdit, edits_of
from sophia_infra.agent.execution.bound import TREE, State, bound_of, state_in, tree_of
from sophia_infra.agent.execution.cleanup import tidy
from sophia_infra.agent.execution.engine_requests import VARIABLES, as_records, asked_of, edit_of, variables
from sophia_infra.agent.execution.preview import Previewed, begin_preview, end_preview
from sophia_infra.agent.execution.reach import beyond
from sophia_infra.agent.execution.rows import AGENT, Asked, Edited, OfStack, Proposal
from sophia_infra.agent.execution.runs import AFTER, BEFORE, PLAN, PREVIEW, RUN, Run, Runs
from sophia_infra.agent.operations import Operation
from sophia_infra.changes import Exposure, fingerprint
from sophia_infra.engine_process.engine import Engine
from sophia_infra.errors import SophiaError
from sophia_infra.home import make_private, project_folder, write_whole
from sophia_infra.report import Records, Report
from sophia_infra.values import listed
from sophia_infra.version import VERSION

if TYPE_CHECKING:
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent as Agent

_REASON = 500
"""Characters of what stops a preview that a summary has."""


class PlanError(SophiaError):
    """Operations that change nothing, or a preview that can't be carried out."""

    code = "no-plan"


def plan(agent: "Agent", operations: Sequence[Operation], commands: Sequence[str] = ()) -> Run:
    """Propose what operations come to; nothing but the run's own folder and the journal is written.

    Args:
        agent: that of the stack, whose state is read anew.
        operations: what is to change.
        commands: the user's own checks, as `verification` reads them.

    Raises:
        PlanError: nothing would change.
        EditingError, ZoneTextError, EscError: the declared files can't be edited so.
        StackError, EngineError, ReportError, JournalError, OSError: it can't be previewed.
    """
    return end(agent, begin(replace(agent), operations), commands)[0]


@dataclass(frozen=True, slots=True)
class Begun:
    """A proposal whose preview is at work."""

    key: str
    operations: tuple[Operation, ...]
    edits: tuple[FileEdit, ...]
    asked: tuple[Asked, ...]
    tree: Mapping[str, str]
    state: State

    @property
    def folder(self) -> Path:
        """The folder of the run that it becomes."""
        return project_folder() / "agent" / self.key

    @property
    def engine(self) -> Engine:
        """The engine of its preview."""
        return Engine(self.folder / PREVIEW, variables(self.asked))


def edited(agent: "Agent", operations: Sequence[Operation]) -> tuple[FileEdit, ...]:
    """Return what becomes of which files by operations, those of advice included; raises as `plan`."""
    return edits_of(agent.places, declared(agent, operations))


def declared(agent: "Agent", operations: Sequence[Operation]) -> list[Operation]:
    """Return the operations on files that operations come to, those of advice included; raises as `plan`."""
    return [each for operation in operations for each in as_records(agent.runs.journal, operation)]


def begin(agent: "Agent", operations: Sequence[Operation], key: str = "") -> Begun:
    """Begin the preview of what operations come to, by the state as the agent has read it; raises as `plan`.

    `key` is the id of the run that it becomes; drawn where it is empty.
    """
    edits, places = edited(agent, operations), agent.places
    if not edits and not any(operation.op in VARIABLES for operation in operations):
        raise PlanError("the declared files say all of this already; nothing is to be changed", code="nothing-to-do")
    stands = state_in(agent.exported)
    asked = asked_of(operations, stands.resources)
    make_private(project_folder())
    tree = tree_of(places, {edit.path: edit.before for edit in edits})
    begun = Begun(key or secrets.token_hex(4), tuple(operations), edits, asked, tree, stands)
    begun.folder.mkdir(mode=0o700, parents=True)
    tidy(agent.runs, begun.folder.parent)
    keep(begun.folder, edits)
    write_whole(begun.folder / TREE, json.dumps(tree))
    begin_preview(places, begun.engine, {edit.path: edit.after for edit in edits}, begun.folder / PLAN)
    return begun


def end(agent: "Agent", begun: Begun, commands: Sequence[str]) -> tuple[Run, Previewed]:
    """Journal what was begun as a proposal, and return it with its preview; raises as `plan`."""
    runs, places = agent.runs, agent.places
    found = end_preview(begun.engine, Records(runs.journal), agent.tell)
    edits, asked = begun.edits, begun.asked
    stops = found.report.standing.stops
    if not stops and not found.report.items and not found.report.others:
        named = ", ".join([*(edit.path for edit in edits), *(each.name for each in asked)])
        told = f"the preview shows no change, so the program does not read what was edited or asked for: {named}"
        raise PlanError(told, subject=named)
    bound = bound_of(places, begun.tree, begun.state, begun.folder / PLAN)
    proposal = Proposal(
        stack=agent.stack,
        advice="",
        operations=tuple(operation.to_body() for operation in begun.operations),
        files=tuple(Edited(edit.path, fingerprint(edit.before), fingerprint(edit.after)) for edit in edits),
        bound=bound,
        standing=str(found.report.standing),
        exposure=str(max((item.exposure for item in found.report.items), default=Exposure.NONE)),
        created=found.made,
        deletes=found.deletes,
        changed=found.changed,
        asked=asked,
        targets=tuple(found.targets) if runs.settings.probe else (),
        certificates=found.certificates,
        beyond=beyond(found, places, declared(agent, begun.operations), edits, is_more=bool(asked)),
        answers=tuple(found.answers),
        commands=tuple(commands),
        release=VERSION,
    )
    record(runs, begun.key, proposal, edits, found.report)
    return runs.at(begun.key), found


def keep(folder: Path, edits: Sequence[FileEdit]) -> None:
    """Keep each file as it is and as it becomes, for the apply and for the way back."""
    for edit in edits:
        for name, text in ((BEFORE, edit.before), (AFTER, edit.after)):
            path = folder / name / edit.path
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, text)


def record(runs: Runs, key: str, proposal: Proposal, edits: Sequence[FileEdit], report: Report) -> None:
    """Journal the proposal, and the advice by which people approve it as any other."""
    facts = {"base": proposal.bound.digest, "stack": proposal.stack}
    request = Request(RUN, key, facts)
    changes = (*map(_edit, edits), *map(edit_of, proposal.asked))
    worst = max((item.advice.verdict for item in report.items if item.advice), default=Verdict.APPROVE)
    findings = tuple(found for item in report.items if item.advice for found in item.advice.findings)
    files = [f"{len(edits)} {'file' if len(edits) == 1 else 'files'} edited"] if edits else []
    told = ", ".join([*files, *(f"{each.op} {each.name}" for each in proposal.asked)])
    summary = f"{told}, exposure {proposal.exposure}, {counted(findings)}"
    if not proposal.may_go:
        summary += f"; {' '.join(report.against.split())[:_REASON]}"
    if proposal.beyond:
        summary += f"; takes along what others changed: {listed(proposal.beyond)}"
    advice = Advice(request.fingerprint, AGENT, worst, summary, findings[:20], changes)
    runs.journal.refuse_unsealed()
    runs.journal.write_once(advice.id, advice, request)
    runs.journal.write(key, replace(proposal, advice=advice.id))
    runs.journal.write(proposal.stack, OfStack(key))


def _edit(edit: FileEdit) -> Edit:
    """The change of one file as an edit that a person approves: its lines are those of the diff."""
    lines = [line for line in edit.diff.splitlines()[2:] if not line.startswith("@@")]
    before, after = (
        "\n".join([edit.path, *(line[1:] for line in lines if line[:1] in (" ", sign))]) for sign in ("-", "+")
    )
    return Edit("replace", edit.path, before, after, "proposed", "asked of the agent")

"""Operations become a proposal: files edited in a copy, previewed there by the engine, judged, and journaled."""

import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sophia_infra.advice.consult import counted
from sophia_infra.advice.model import Advice, Edit, Request, Verdict
from sophia_infra.agent.editing import FileEdit, Places, edits_of
from sophia_infra.agent.execution import shadow
from sophia_infra.agent.execution.bound import TREE, bound_of, state_of, tree_of
from sophia_infra.agent.execution.engine import Ended, Engine, EngineError
from sophia_infra.agent.execution.rows import AGENT, Answers, Edited, OfStack, Proposal
from sophia_infra.agent.execution.runs import AFTER, BEFORE, COPY, PLAN, RUN, Run, Runs
from sophia_infra.agent.operations import Operation
from sophia_infra.changes import Exposure, fingerprint
from sophia_infra.dns.rr.record import records_of, to_text
from sophia_infra.errors import SophiaError
from sophia_infra.home import make_private, project_folder, write_whole
from sophia_infra.report import Records, Report, gather
from sophia_infra.report.document import Preview, Step
from sophia_infra.report.gather import SAME
from sophia_infra.report.model import Standing
from sophia_infra.report.zones import sets

Tell = Callable[[str], None]
GONE = ("delete", "replace", "delete-replaced", "discard", "discard-replaced")


class PlanError(SophiaError):
    """Operations that change nothing, or a preview that can't be carried out."""

    code = "no-plan"


@dataclass(frozen=True, slots=True)
class Previewed:
    """What the engine would do, and what that is judged to be."""

    preview: Preview
    report: Report

    @property
    def deletes(self) -> tuple[str, ...]:
        """The URNs of the resources that go."""
        return tuple(dict.fromkeys(step.urn for step in self.preview.steps if step.op in GONE))

    @property
    def changed(self) -> tuple[str, ...]:
        """The URNs of the resources that do not stay as they are."""
        return tuple(dict.fromkeys(step.urn for step in self.preview.steps if step.op not in SAME))

    @property
    def made(self) -> tuple[str, ...]:
        """The URNs of the resources that are made, and the record sets, as `shop.example www A`."""
        urns = (step.urn for step in self.preview.steps if step.op == "create")
        return (*urns, *(subject for subject, before, _ in self.sets if not before))

    @property
    def lost(self) -> tuple[str, ...]:
        """The URNs of the resources that go, and the record sets, as in `made`."""
        return (*self.deletes, *(subject for subject, _, after in self.sets if not after))

    @property
    def sets(self) -> list[tuple[str, bool, bool]]:
        """The record sets that change: their names, and whether they are there before and after."""
        return [
            (f"{step.new.get('domain') or step.old.get('domain')} {change.subject}", bool(change.old), bool(change.new))
            for step in self.preview.steps
            for change in sets(step.old, step.new)
        ]


def previewed(
    places: Places, engine: Engine, texts: Mapping[str, str], records: Records, plan: Path, *words: str, tell: Tell
) -> Previewed:
    """Preview a copy of the project in which some files have other texts, and save the plan.

    Raises:
        EngineError: the engine was killed, or failed without a word that a report could show.
        ReportError: its events can't be read.
        OSError: the copy can't be made.
    """
    engine.wait()  # one that a driver before began, and that was killed over it
    copy = shadow.made(places.folder, engine.folder.parent / COPY, texts)
    engine.begin(copy, ["preview", "--stack", places.stack, "--save-plan", str(plan), *words])
    ended = engine.wait(tell, "previewing")
    shutil.rmtree(copy)
    found = engine.events
    report = gather(found, records)
    if ended is Ended.LOST or (ended is Ended.FAILED and report.standing is not Standing.STOPPED):
        raise EngineError(f"the preview did not come to its end: {engine.said}", subject=places.stack)
    return Previewed(found, report)


def plan(
    runs: Runs, places: Places, stack: str, operations: Sequence[Operation], commands: Sequence[str], tell: Tell
) -> Run:
    """Propose what operations come to; nothing but the run's own folder and the journal is written.

    Args:
        runs: the journal's, in which it is proposed.
        places: the files of the stack.
        stack: its name, `project/stack`.
        operations: what is to change.
        commands: commands that must pass afterwards, as a shell would split them; none has a shell.
        tell: is told what takes its time.

    Raises:
        PlanError: nothing would change.
        EditingError, ZoneTextError, EscError: the declared files can't be edited so.
        StackError, EngineError, ReportError, JournalError, OSError: it can't be previewed.
    """
    edits = edits_of(places, operations)
    if not edits:
        raise PlanError("the declared files say all of this already; nothing is to be changed", code="nothing-to-do")
    tell("reading the state")
    state = state_of(places)
    key = secrets.token_hex(4)
    make_private(project_folder())
    folder = project_folder() / "agent" / key
    keep(folder, edits)
    tree = tree_of(places, {edit.path: edit.before for edit in edits})
    write_whole(folder / TREE, json.dumps(tree))
    texts = {edit.path: edit.after for edit in edits}
    found = previewed(places, Engine(folder / "preview"), texts, Records(runs.journal), folder / PLAN, tell=tell)
    stops = found.report.standing >= Standing.BLOCK
    if not stops and not found.report.items and not found.report.others:
        named = ", ".join(edit.path for edit in edits)
        told = f"the preview shows no change, so the program does not read what was edited: {named}"
        raise PlanError(told, subject=named)
    bound = bound_of(places, tree, state, folder / PLAN)
    proposal = Proposal(
        stack=stack,
        advice="",
        operations=tuple(operation.to_body() for operation in operations),
        files=tuple(Edited(edit.path, fingerprint(edit.before), fingerprint(edit.after)) for edit in edits),
        bound=bound,
        standing=str(found.report.standing),
        exposure=str(max((item.exposure for item in found.report.items), default=Exposure.NONE)),
        created=found.made,
        deletes=found.deletes,
        changed=found.changed,
        answers=tuple(_answers(found.preview.steps)),
        commands=tuple(commands),
    )
    record(runs, key, proposal, edits, found.report)
    return runs.at(key)


def keep(folder: Path, edits: Sequence[FileEdit]) -> None:
    """Keep each file as it is and as it becomes, for the apply and for the way back."""
    for edit in edits:
        for name, text in ((BEFORE, edit.before), (AFTER, edit.after)):
            path = folder / name / edit.path
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, text)


def _answers(steps: Sequence[Step]) -> Iterator[Answers]:
    """What the name servers are to answer afterwards, of each zone that stays."""
    for step in steps:
        changed = {
            f"{change.owner} {rtype}"
            for change in sets(step.old, step.new)
            for rtype in (change.type, change.becomes or change.type)
            if rtype != "SOA"
        }
        domain: Any = step.new.get("domain")
        if changed and isinstance(domain, str):
            before, after = (
                to_text(records_of(str(inputs.get("text") or ""), changed)) for inputs in (step.old, step.new)
            )
            backend = step.new.get("backend") or {}
            known = backend if isinstance(backend, Mapping) else {"kind": "secret"}  # so its delegation's are asked
            yield Answers(domain, dict(known), before, after)


def record(runs: Runs, key: str, proposal: Proposal, edits: Sequence[FileEdit], report: Report) -> None:
    """Journal the proposal, and the advice by which people approve it as any other."""
    facts = {"base": proposal.bound.digest, "stack": proposal.stack}
    request = Request(RUN, key, facts)
    changes = tuple(_edit(edit) for edit in edits)
    worst = max((item.advice.verdict for item in report.items if item.advice), default=Verdict.APPROVE)
    findings = tuple(found for item in report.items if item.advice for found in item.advice.findings)
    files = f"{len(edits)} {'file' if len(edits) == 1 else 'files'} edited"
    summary = f"{files}, exposure {proposal.exposure}, {counted(findings)}"
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

"""A preview by the engine in a copy of the project: what it would do, what that is judged to be, what it promises."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution.rows import Answers, Targets
from sophia_infra.agent.execution.runs import COPY
from sophia_infra.dns.exposure import SetChange
from sophia_infra.dns.pools.pool import read_pools
from sophia_infra.dns.rr.record import records_of, to_text
from sophia_infra.engine_process import shadow
from sophia_infra.engine_process.engine import Ended, Engine, EngineError
from sophia_infra.report import Records, Report, gather
from sophia_infra.report.document import Preview, Step, Urn
from sophia_infra.report.gather import SAME
from sophia_infra.report.model import Standing
from sophia_infra.report.zones import sets

Tell = Callable[[str], None]
GONE = ("delete", "replace", "delete-replaced", "discard", "discard-replaced")


@dataclass(frozen=True)
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
        return (*urns, *(subject for subject, change in self.named if not change.old))

    @property
    def lost(self) -> tuple[str, ...]:
        """The URNs of the resources that go, and the record sets, as in `made`."""
        return (*self.deletes, *(subject for subject, change in self.named if not change.new))

    @property
    def answers(self) -> Iterator[Answers]:
        """What the name servers are to answer afterwards, of each zone that stays."""
        for step, changes in self.zones:
            changed = {
                f"{change.owner} {rtype}"
                for change in changes
                for rtype in (change.type, change.becomes or change.type)
                if rtype != "SOA"
            }
            domain: Any = step.new.get("domain")
            if changed and isinstance(domain, str):
                before, after = (
                    to_text(records_of(str(inputs.get("text") or ""), changed)) for inputs in (step.old, step.new)
                )
                yield Answers(domain, dict(backend_of(step.new)), before, after)

    @property
    def targets(self) -> Iterator[Targets]:
        """The targets of pools that come and go."""
        for step, changes in self.zones:
            domain = str(step.new.get("domain"))
            pools = {pool.name: pool for pool in read_pools(step.new.get("pools") or [], domain)}
            for change in changes:
                before = tuple(target for target in change.old if target not in change.new)
                after = tuple(target for target in change.new if target not in change.old)
                if change.owner in pools and before + after:
                    yield Targets(f"{change.owner}.{domain}", pools[change.owner].check, before, after)

    @property
    def certificates(self) -> tuple[str, ...]:
        """The URNs of certificates that change, and that the program says where to look for."""
        steps = (step for step in self.preview.steps if step.op not in (*SAME, *GONE) and step.new.get("endpoints"))
        return tuple(dict.fromkeys(step.urn for step in steps if Urn.parse(step.urn).kind == "Certificate"))

    @property
    def named(self) -> Iterator[tuple[str, SetChange]]:
        """The record sets that change, as `shop.example www A`, and how."""
        for step, changes in self.zones:
            for change in changes:
                yield f"{step.new.get('domain') or step.old.get('domain')} {change.subject}", change

    @cached_property
    def zones(self) -> list[tuple[Step, list[SetChange]]]:
        """The zones whose record sets change, and these."""
        return [(step, found) for step in self.preview.steps if (found := sets(step.old, step.new))]


def backend_of(inputs: Mapping[str, Any]) -> Mapping[str, object]:
    """Return where a zone is kept, by its inputs; no kind is the default one, and one that is secret is `secret`."""
    given = inputs.get("backend") or {}
    return given if isinstance(given, Mapping) else {"kind": "secret"}  # so the servers of its delegation are asked


def previewed(
    places: Places, engine: Engine, texts: Mapping[str, str], records: Records, plan: Path, *words: str, tell: Tell
) -> Previewed:
    """Preview a copy of the project in which some files have other texts, and save the plan.

    Raises:
        EngineError: the engine was killed, or failed without a word that a report could show.
        ReportError: its events can't be read.
        OSError: the copy can't be made.
    """
    begin_preview(places, engine, texts, plan, *words)
    return end_preview(engine, records, tell)


def begin_preview(places: Places, engine: Engine, texts: Mapping[str, str], plan: Path, *words: str) -> None:
    """Begin what `end_preview` waits for, so that several previews may be at work; raises as `previewed`."""
    engine.wait()  # one that a driver before began, and that was killed over it
    copy = shadow.made(places.folder, engine.folder.parent / COPY, texts)
    engine.begin(copy, ["preview", "--stack", places.stack, "--save-plan", str(plan), *words])


def end_preview(engine: Engine, records: Records, tell: Tell) -> Previewed:
    """Return what a preview that was begun says; raises as `previewed`."""
    ended = engine.wait(tell, "previewing")
    shutil.rmtree(engine.folder.parent / COPY, ignore_errors=True)  # another plan may be tidying up
    found = engine.events
    report = gather(found, records)
    if ended is Ended.LOST or (ended is Ended.FAILED and report.standing is not Standing.STOPPED):
        raise EngineError(f"the preview did not come to its end: {engine.said}")
    return Previewed(found, report)

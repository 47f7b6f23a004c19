"""From a preview, and what the journal knows of it, to a report. Pure, but for the journal's answers."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sophia_infra.advice.model import Advice, Edit
from sophia_infra.changes import Changes, Exposure, subject_of
from sophia_infra.codec import decode
from sophia_infra.report import zones
from sophia_infra.report.document import STREAM, Policy, Preview, Step, Urn
from sophia_infra.report.journaled import Known, Records
from sophia_infra.report.model import Item, Line, Report, Standing, Weighed

R = TypeVar("R")
SAME = ("same", "read", "refresh")
_HALVES = ("create-replacement", "delete-replaced")
"""The halves of a replacement, which has a step of its own."""
_REFUSED = re.compile(r"has a problem: (?P<refusal>(?P<title>\w+ [^\s:]+): .*)", re.DOTALL)
_ZONE = "ZoneRecords"
_GRAVE = Exposure.HIGH
_SIGNS = {"create": "+", "issue": "+", "delete": "-", "shrink": "-"}


def gather(preview: Preview, records: Records) -> Report:
    """Return the report of a preview."""
    urns = [Urn.parse(step.urn) for step in preview.steps] + [Urn.parse(line.urn) for line in preview.said]
    planned = [step for step in preview.steps if step.op not in (*SAME, *_HALVES)]
    plans = {step: changes for step in planned if (changes := _plan(step)) is not None}
    found = [
        *(_planned(step, changes, preview, records) for step, changes in plans.items()),
        *_refused(preview, records),
    ]
    items = sorted(found, key=lambda item: (-item.standing, -item.exposure, item.title))
    stopped = preview.failed or any(policy.stops for policy in preview.policies or ())
    others = [step for step in planned if step not in plans]
    worst = max((item.standing for item in items), default=Standing.APPROVE if others else Standing.UNCHANGED)
    if any(_is_unjudged(step) for step in others):
        worst = max(worst, Standing.CAUTION)
    return Report(
        stack=next((urn.stack for urn in urns if urn.stack), ""),
        standing=Standing.STOPPED if stopped else worst,
        items=tuple(items),
        others=_by_operation(others),
        unchanged=sum(step.op in SAME for step in preview.steps),
        policies=_elsewhere(preview, {step.urn for step in plans}),
        said=tuple(_said(preview, items)),
        notes=tuple(_notes(preview, others, records)),
    )


def _plan(step: Step) -> Changes | None:
    """What a resource would do; None where it does not say, or not as docs/contracts.md has it.

    The `changes` of one that leaves are those of an earlier run: what it holds goes.
    """
    try:
        if not step.new:
            return zones.gone(step.old)
        changes = Changes.of_resource(step.new)
        return changes if all(_reason(reason, changes, list) for reason in _named(changes)) else None
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _is_unjudged(step: Step) -> bool:
    """Whether a resource is one that says what it changes, and this one can't be read."""
    inputs = step.new or step.old
    return "changes" in inputs and "advice" in inputs


def _planned(step: Step, changes: Changes, preview: Preview, records: Records) -> Item:
    """One resource that the engine would change."""
    published = _published(step.new.get("advice"))
    known = records.about(published.id if published else "", _applied(step.new))
    advice = known.advice or published
    untold = published is None and "advice" in step.new  # advice that can't be read may well be to block
    grave = Standing.CAUTION if untold or changes.exposure >= _GRAVE else Standing.APPROVE
    policies = tuple(policy for policy in preview.policies or () if policy.urn == step.urn)
    sets = zones.sets(step.old, step.new)
    item = Item(
        title=_title(step, known),
        operation=step.op,
        standing=_stopped(policies) or Standing(advice.verdict if advice else grave),
        policies=policies,
        lines=zones.lines(sets, changes) or _details(step.new),
        hidden=zones.hidden(sets, step.new, changes),
    )
    return _weighed(item, changes, advice, known, zones.users(step.new))


def _stopped(policies: Iterable[Policy]) -> Standing | None:
    return Standing.STOPPED if any(policy.stops for policy in policies) else None


def _refused(preview: Preview, records: Records) -> Iterator[Item]:
    """The resources that `check` refused: the engine says nothing of them but the refusal."""
    for line in preview.said:
        if (found := _REFUSED.search(line.text)) and line.is_error:
            title = found["title"]
            known = records.refused(found["refusal"])
            facts = known.request.facts if known.request else None
            changes = Changes.from_inputs(facts) if facts else None
            item = Item(title, "", Standing.STOPPED, refusal=found["refusal"])
            yield _weighed(item, changes, known.advice, known, zones.users({})) if changes else item


def _weighed(item: Item, changes: Changes, advice: Advice | None, known: Known, users: zones.Users) -> Item:
    """Add how much hangs on it."""
    taken = [_reason(reason, changes, users) for reason in _named(changes)]
    more = next((reason for reason in changes.reasons[-1:] if not subject_of(reason)), "")
    # Where no text shows what changes (a refusal, drift), the reasons name it.
    named = tuple(Line(_SIGNS.get(reason.operation, "!"), f"{reason.subject}: {reason.why}") for reason in taken)
    return replace(
        item,
        changes=changes,
        advice=advice,
        reasons=tuple(taken),
        more=more,
        lines=item.lines or named,
        words=known.words,
    )


def _named(changes: Changes) -> list[str]:
    return [reason for reason in changes.reasons if subject_of(reason)]


def _reason(reason: str, changes: Changes, users: zones.Users) -> Weighed:
    head, _, why = reason.partition(": ")
    level, _, rest = head.partition(" ")
    subject = subject_of(reason)
    operation = rest.removeprefix(subject).strip()
    owner, _, rtype = subject.partition(" ")
    needed_by = () if rtype == "ANY" else tuple(users(owner))
    return Weighed(Exposure.parse(level), subject, operation, why, needed_by, subject in changes.accepted)


def _title(step: Step, known: Known) -> str:
    """What messages call a resource: by its request, else by its domain, else by its type and name."""
    if known.request:
        return f"{known.request.kind} {known.request.subject}"
    inputs, urn = step.new or step.old, Urn.parse(step.urn)
    return f"zone {inputs['domain']}" if urn.kind == _ZONE else str(urn)


def _published(advice: Any) -> Advice | None:
    """The advice as the inputs have it: a finding of each kind, and no edits but their subjects."""
    return _decoded(Advice, {**advice, "edits": (), "more": {}}) if isinstance(advice, Mapping) else None


def _applied(inputs: Mapping[str, Any]) -> tuple[Edit, ...]:
    """The approved edits that a zone's plan applies."""
    edits = inputs.get("edits")
    return tuple(filter(None, (_decoded(Edit, edit) for edit in edits))) if isinstance(edits, list) else ()


def _decoded(of: type[R], given: Any) -> R | None:
    try:
        found: R = decode(of, given)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return found


def _details(inputs: Mapping[str, Any]) -> tuple[Line, ...]:
    """What comes and goes in the first run of a zone."""
    details = inputs["changes"].get("details") if inputs else ()
    return tuple(Line(*line.split(" ", 1)) if line[:2] in ("+ ", "- ") else Line("!", line) for line in details or ())


def _said(preview: Preview, items: Iterable[Item]) -> Iterator[str]:
    """What the items do not tell, errors first."""
    told = tuple(f"sophia: {item.title}: " for item in items)
    for line in sorted(preview.said, key=lambda line: not line.is_error):
        if not (line.text.startswith(told) or _REFUSED.search(line.text)):
            yield line.text


def _elsewhere(preview: Preview, urns: set[str]) -> tuple[Policy, ...] | None:
    return None if preview.policies is None else tuple(each for each in preview.policies if each.urn not in urns)


def _by_operation(steps: Sequence[Step]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for step in steps:
        found[step.op].append(str(Urn.parse(step.urn)))
    return {operation: tuple(names) for operation, names in found.items()}


def _notes(preview: Preview, others: Iterable[Step], records: Records) -> Iterator[str]:
    for step in others:
        if "changes" in step.new:
            yield f"{Urn.parse(step.urn)} has `changes` that can't be read (docs/contracts.md)"
    if preview.policies is None:
        yield f"what policies say is not in this document; set {STREAM}=true beside `pulumi preview --json`"
    if records.failure:
        yield f"the journal can't be read: {records.failure}"

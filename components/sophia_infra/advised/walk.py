"""The walk through `check`, the same for every resource: nothing else judges a plan, journals it, tells or refuses it.

Around it a provider notes what it met (a secret's events, a zone's move), and refuses what nobody could accept.

plan -> level of autonomy -> advice -> approved edits: plan and advice again
     -> the journal's row, and whether the base moved -> overrides -> what people are told -> limits and verdict
     -> a saved plan that time has overtaken -> the inputs to publish
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sophia_infra import clock
from sophia_infra.advice import redaction
from sophia_infra.advice.approval import approved, proposed
from sophia_infra.advice.autonomy import level_of
from sophia_infra.advice.consult import consult
from sophia_infra.advice.model import Advice, Autonomy, Edit
from sophia_infra.advice.rejection import Rejection
from sophia_infra.advice.report import lines
from sophia_infra.advised.autonomy import Grants, in_force
from sophia_infra.advised.credentials import with_credentials
from sophia_infra.advised.limits import accept, counted, refuse_beyond
from sophia_infra.advised.overtaken_plan import DatedRow, is_saved, refuse_overtaken
from sophia_infra.advised.resource import About, Plan, Resource
from sophia_infra.advised.saved_plan import as_previewed
from sophia_infra.changes import BaseMovedError, Changes, Exposure
from sophia_infra.engine_run import engine_run
from sophia_infra.journal import Journal, JournalError, Kind, Recorded, Row
from sophia_infra.journal.seal import KEY
from sophia_infra.reporter import STDERR, Reporter

if TYPE_CHECKING:
    from sophia_infra.advice.claude.spec import ClaudeSpec

log = logging.getLogger(__name__)
GRAVE = tuple(str(level) for level in Exposure if level > Exposure.LOW)
REASONS_NAMED = 5
"""How many reasons that weigh more than low are told, beside the first."""
PLANNED = ("run", "place", "desired", "base", "edits")
"""The keys of a plan's row beside the claim, in every release."""
_WORDS = "words"


@dataclass(frozen=True, slots=True)
class PlanRow(Row):
    """What a run plans at a location.

    Attributes:
        run: the engine's run; None where it can't be told.
        desired, base: what stands for what is asked for, and for what it was planned against.
        edits: the digests of the approved edits that it applies.
        claim: the resource's own keys: who plans which part of the location.
        words: on whose word each of the edits is applied.
    """

    KIND: ClassVar = Kind.PLAN

    run: str | None
    location: str
    desired: str
    base: str
    edits: tuple[str, ...]
    claim: Mapping[str, Any]
    words: tuple[str, ...] = ()

    def to_body(self) -> dict[str, Any]:
        """Return the journal's row."""
        values = (self.run, self.location, self.desired, self.base, list(self.edits))
        words = {_WORDS: list(self.words)} if self.words else {}
        return {**self.claim, **dict(zip(PLANNED, values, strict=True)), **words}

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Self:
        """Read the journal's row."""
        claim = {key: value for key, value in body.items() if key not in (*PLANNED, _WORDS)}
        edits, words = (tuple(body.get(name) or ()) for name in ("edits", _WORDS))
        return cls(body["run"], body["place"], body["desired"], body["base"], edits, claim, words)


def check(resource: Resource, journal: Journal, reporter: Reporter = STDERR) -> dict[str, Any]:
    """Return what `check` publishes of a resource: what its plan does, `changes` and `advice`; see `saved_plan` too.

    Raises:
        BeyondLimitsError: the plan goes beyond the limits, or the advice is to block it.
        BaseMovedError: what the preview of this run planned against is no longer so.
        PlanOvertakenError: this applies a saved plan, and by now it would do something else.
        JournalError: an override is needed and can't be journaled, so that it must not be used.
        SettingError, OverrideError: what SOPHIA_ACCEPT holds can't be read.
        SophiaError: the resource has no plan, or a rival.
    """
    if told := clock.moved():
        reporter.say_once(told)
    about = resource.about
    plan = with_credentials(resource.plan(about.edits))
    log.debug("%s: planned %s against base %.12s", about, counted(plan.changes, about.unit), plan.changes.base)
    about = in_force(about, plan, journal, reporter)
    advice = advice_on(about, plan, journal, reporter)
    edits, rejected = _approved(Grants(resource, about, plan, advice, journal, reporter))
    if edits:
        plan = with_credentials(resource.plan([*plan.edits, *edits]))
        advice = advice_on(about, plan, journal, reporter)
        log.debug("%s: planned again with %d approved edits", about, len(edits))
    refuse_moved(about, plan, journal, reporter)
    _refuse_rivals(resource, journal, reporter)
    changes = accept(plan.changes, about, journal, reporter, advice)
    _tell(about, plan, advice, rejected, reporter)
    refuse_beyond(changes, advice, about)
    _refuse_overtaken(about, plan, changes, advice, journal, reporter)
    log.debug("%s: within the limits, verdict %s", about, advice.verdict)
    shown = changes.as_inputs() | ({"details": list(plan.details)} if plan.details else {})
    said = advice.as_inputs() | {"autonomy": str(about.autonomy)}
    published = {**plan.inputs, "changes": shown, "advice": said}
    if not plan.late:
        return published
    return as_previewed(published, about.location, journal, reporter, base_follows=plan.base_follows)


def _refuse_overtaken(
    about: About, plan: Plan, changes: Changes, advice: Advice, journal: Journal, reporter: Reporter
) -> None:
    """Refuse a saved plan that time has overtaken; it may rest on overrides and approvals too, which end."""
    accepted = () if changes.pending else changes.accepted  # what pends may bring more reasons, and more accepted ones
    holds = (
        *(f"the override that accepts {subject}" for subject in accepted),
        *(
            f"the approval of the edit of {edit.subject}" + (f" ({edit.word})" if edit.word else "")
            for edit in plan.edits
        ),
    )
    # What a level left to people in the preview, the apply of its plan leaves to them as well.
    left = about.autonomy.rank >= Autonomy.LIMITED.rank and bool(proposed(advice))
    keep = plan.dated is not None or bool(holds) or left
    if keep or about.overrides or proposed(advice):
        refuse_overtaken(str(about), DatedRow(plan.dated or (), holds), journal, reporter, keep=keep)


def _refuse_rivals(resource: Resource, journal: Journal, reporter: Reporter) -> None:
    """Refuse a rival; where the journal can't be read nobody knows, and an apply stops at its first row."""
    try:
        resource.refuse_rivals(journal)
    except JournalError as error:
        reporter.say_once(f"whether two resources want the same is not known: {error}")


def advice_on(about: About, plan: Plan, journal: Journal, reporter: Reporter) -> Advice:
    """The advice on a plan; the same plan under the same settings gets the same advice."""
    facts = {**plan.changes.as_inputs(), "autonomy": str(about.autonomy), **plan.facts}
    if about.claude and plan.changes:
        advice = _with_model(about, about.claude, plan, facts, journal, reporter)
    else:
        request = redaction.request(about.kind, about.subject, facts)
        advice = consult(request, plan.advisor, journal=journal, reporter=reporter)
    log.debug("%s: advice %.12s is to %s", about, advice.id, advice.verdict)
    return advice


def _with_model(
    about: About, spec: "ClaudeSpec", plan: Plan, facts: Mapping[str, Any], journal: Journal, reporter: Reporter
) -> Advice:
    """The advice of the rules, narrowed by that of a model."""
    from sophia_infra.advice.claude.advisor import ClaudeAdvisor, name_of, stands  # only where it is asked for

    asked = {**facts, "advisor": name_of(spec), "sets": plan.sets()}
    request = redaction.request(about.kind, about.subject, asked)
    advisor = ClaudeAdvisor(plan.advisor, spec, plan.admit, journal, reporter)
    advice = consult(request, advisor, journal=journal, reporter=reporter, stands=stands, turn=advisor.turn)
    advisor.keep(advice)
    return advice


def _approved(at: Grants) -> tuple[tuple[Edit, ...], Mapping[str, Rejection]]:
    """The edits that a person approved, or a level of autonomy, and those that a person rejected.

    A journal that can't be read approves nothing. What the preview of this run applied is applied again, though a value
    that has come since makes it another request, unless somebody rejects it meanwhile. A level grants nothing that a
    preview, of this run or of the saved plan, did not show.
    """
    about, advice, journal = at.about, at.advice, at.journal
    if not proposed(advice) and not about.approvals:  # as of most zones: no need to ask who approved what
        return (), {}
    try:
        given = approved(journal, advice, at.plan.changes.base)
        if foreign := [edit.subject for edit in given.foreign if not level_of(edit.word)]:
            at.reporter.say_once(
                f"{about}: the approval of {', '.join(foreign)} was not given on this machine and does not hold; "
                f"approve it here, or where it was given, with one {KEY} on both machines: "
                f"sophia advice approve {advice.id[:12]}"
            )
        preview = plan_of_run(about.location, about.part, journal)
        words = _words_of_file(at) | {edit.digest: edit.word for edit in given.ours}
        if preview:
            words |= dict(zip_longest(preview.row.edits, preview.row.words, fillvalue=""))
        standing = [
            replace(edit, word=words[name])
            for edit in proposed(advice)
            if (name := edit.digest) in words and name not in given.rejected
        ]
        is_first = preview is None and not is_saved(journal)
        granted = at.beside(standing, given.rejected) if is_first else ()
        edits = sorted((*standing, *granted), key=advice.edits.index)  # applied in the order of the advice
        return tuple(edits), given.rejected
    except JournalError as error:
        at.reporter.say_once(f"no edit is applied: {error}")
        return (), {}


def _words_of_file(at: Grants) -> dict[str, str]:
    """On whose word a file of the repository approves which edits now, by their digests."""
    about = at.about
    if not about.approvals:
        return {}
    from sophia_infra.advice.approvals_file import matched  # few stacks have one

    found = matched(about.approvals, str(about), about.stack, at.advice, at.plan.changes.base, about.edits)
    for line in found.stale:
        at.reporter.say_once(line)
    return dict(found.words)


def _tell(about: About, plan: Plan, advice: Advice, rejected: Mapping[str, Rejection], reporter: Reporter) -> None:
    if plan.changes:
        reporter.say_once(f"{about}: {counted(plan.changes, about.unit)}")
        reporter.say_each(str(about), _other_reasons(plan.changes, advice))
    if plan.edits:
        listed = ", ".join(f"{edit.subject} ({edit.word})" if edit.word else edit.subject for edit in plan.edits)
        reporter.say_once(f"{about}: approved edits stand in for what the program says: {listed}")
    if ended := [edit for edit in about.edits if edit not in plan.edits]:
        listed = ", ".join(edit.subject for edit in ended)
        reporter.say_once(f"{about}: edited no more, since what the edit was for has changed: {listed}")
    if closed := [edit for edit in proposed(advice) if edit.digest in rejected]:
        told = "; ".join(f"{edit.subject} ({rejected[edit.digest]})" for edit in closed)
        reporter.say_once(f"{about}: rejected: {told}; approved after all by: sophia advice approve {advice.id[:12]}")
    reporter.say_each(str(about), lines(advice, closed))
    reporter.say_each(str(about), plan.lines)


def _other_reasons(changes: Changes, advice: Advice) -> list[str]:
    """What weighs more than low beside the reason that weighs most, which is told with the counts."""
    grave = [reason for reason in changes.reasons[1:] if reason.partition(" ")[0] in GRAVE]
    left = len(grave) - REASONS_NAMED
    more = [f"and {left} more such reasons; see: sophia advice show {advice.id[:12]}"] if left > 0 else []
    return grave[:REASONS_NAMED] + more


def rivals(journal: Journal, location: str, name: str, mine: str) -> list[str]:
    """Return who else plans a location in this run, by what their rows claim under a name; `mine` is our own claim."""
    run = engine_run()
    rows = journal.of_run(PlanRow, run, location, foreign=True) if run and mine else []
    return sorted({str(row.row.claim.get(name) or mine) for row in rows} - {mine})


def plan_of_run(location: str, part: str, journal: Journal) -> Recorded[PlanRow] | None:
    """Return what this run planned of a location before, in its preview; None for the first time.

    Where runs can't be told apart (see `engine_run`) it is None always.

    Raises:
        JournalError: the journal can't be read.
    """
    run = engine_run()
    return journal.last(PlanRow, _key(location, part, run)) if run else None


def refuse_moved(about: About, plan: Plan, journal: Journal, reporter: Reporter) -> None:
    """Journal what a run plans; refuse where the same run planned against another base before.

    What others journal of the location in between, a preview or a change of theirs, says nothing of this run.

    Raises:
        BaseMovedError: what was previewed is not what would happen.
    """
    run, location = engine_run(), about.location
    key = _key(location, about.part, run)
    edits = tuple(edit.digest for edit in plan.edits)
    row = PlanRow(
        run, location, plan.digest, plan.changes.base, edits, plan.claim, tuple(edit.word for edit in plan.edits)
    )
    try:
        before = _planned_before(journal, key)
        if not before or before.row.to_body() != row.to_body():
            journal.write(key, row)
        if not run or not before or before.row.base == row.base:
            return
        if journal.wrote_since(run, location, before.sequence):
            return
    except JournalError as error:
        reporter.say_once(f"the plan is not journaled: {error}")
        return
    if before.row.desired == row.desired or not plan.base_follows:
        raise BaseMovedError(location)


def _planned_before(journal: Journal, key: str) -> Recorded[PlanRow] | None:
    """The newest plan of a key that is ours; another one where there is none: it can only refuse."""
    other = None
    for row in journal.back(PlanRow, key, foreign=True):
        if row.ours:
            return row
        other = other or row
    return other


def _key(location: str, part: str, run: str | None) -> str:
    return f"{location} {part} run {run or ''}"

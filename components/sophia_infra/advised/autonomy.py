"""What a level of autonomy does in the walk: it grants edits, and is lost where what it granted did not hold.

A grant is an approval like a person's, by `sophia:autonomy limited`: request, base and edits bind it, and it ends.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sophia_infra import clock
from sophia_infra.advice import autonomy
from sophia_infra.advice.approval import Approval, proposed
from sophia_infra.advice.autonomy import Bounds, GrantRow, SlotRow, below, level_of, slot, word_of
from sophia_infra.advice.model import OPERATIONS, Advice, Autonomy, Edit
from sophia_infra.advised.limits import violations
from sophia_infra.advised.resource import About, Plan, Resource
from sophia_infra.engine_run import engine_run
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal, JournalError, Kind
from sophia_infra.journal.seal import SealError
from sophia_infra.reporter import Reporter
from sophia_infra.values import listed

LASTS = timedelta(days=1)
"""How long a grant holds at most: an `up` may follow its preview on another machine."""
SHOWN = 5


def in_force(about: About, plan: Plan, journal: Journal, reporter: Reporter) -> About:
    """Return who a resource is, with the level that is in force: lower than its settings say after a failure.

    What a level granted is verified here, once its apply is over. Where that can't be known, nothing is granted.
    """
    if about.autonomy.rank < Autonomy.LIMITED.rank:
        return about
    try:
        for_now = _verify(about, plan, journal)
        last = autonomy.standing(journal, about.stack)
    except JournalError as error:
        reporter.say_once(f"{about}: sophia:autonomy goes by suggest, since the journal does not tell more: {error}")
        return replace(about, autonomy=Autonomy.SUGGEST)
    if last and last.row.level.rank < about.autonomy.rank:
        reporter.say_once(
            f"sophia:autonomy is {about.autonomy}, and {about.stack or 'this stack'} goes by {last.row.level} since "
            f"{last.time:%Y-%m-%d %H:%M}: {last.row.why}; once that is understood: sophia advice raise {about.stack}"
        )
        about = replace(about, autonomy=last.row.level)
    if for_now and for_now.rank < about.autonomy.rank:
        why = f"an apply of edits that {word_of(about.autonomy)} granted is not over"
        reporter.say_once(f"{about}: goes by {for_now} for now, since {why}")
        about = replace(about, autonomy=for_now)
    return about


def _verify(about: About, plan: Plan, journal: Journal) -> Autonomy | None:
    """Lower the level where what it granted failed; return that to go by for now, where only an apply will know."""
    key = _key(about)
    grant = journal.last(GrantRow, key, foreign=True)  # it can only lower the level
    if grant is None or grant.row.found:
        return None
    applied = [edit for edit in about.edits if level_of(edit.word) and edit.digest in grant.row.edits]
    if applied:
        lost = [edit.subject for edit in applied if not plan.holds(edit)]
        found = f"the edit of {listed(lost, SHOWN)} is not live after its apply" if lost else "held"
    elif not _is_unfinished(about, grant.sequence, grant.row.base, journal):
        return None  # no apply so far
    elif about.applies:
        found = "the apply of its edits was not finished"
    else:
        return below(grant.row.level)  # it may be running beside this preview
    if found != "held":
        autonomy.lower(journal, about.stack, grant.row.level, f"{about}: {found}")
    journal.write(key, replace(grant.row, found=found))
    return None


def _is_unfinished(about: About, since: int, base: str, journal: Journal) -> bool:
    """Whether an apply of this stack, and of another run, went from a base after a row, and has not ended."""
    intent = journal.storage.last(Kind.INTENT, about.location)
    if intent is None or intent.sequence <= since or intent.value.get("base") != base:
        return False
    run = engine_run()
    is_ours = intent.value.get("stack", about.stack) == about.stack and (run is None or intent.value.get("run") != run)
    return is_ours and journal.is_unfinished(about.location)


def _key(about: About) -> str:
    return f"autonomy {about.location} {about.part}"


@dataclass(frozen=True, slots=True)
class Grants:
    """What a level may grant a resource, beside what is approved already."""

    resource: Resource
    about: About
    plan: Plan
    advice: Advice
    journal: Journal
    reporter: Reporter

    def beside(self, approved: Sequence[Edit], rejected: Collection[str]) -> tuple[Edit, ...]:
        """Return the edits that the level grants now, each journaled as an approval.

        None of a model, and none that a person rejected (their digests).

        Raises:
            JournalError: they can't be journaled, so they don't hold.
        """
        if self.about.autonomy.rank < Autonomy.LIMITED.rank:
            return ()
        waiting = [edit for edit in proposed(self.advice) if edit not in approved and edit.digest not in rejected]
        if not waiting:
            return ()
        try:
            edits, why = self._granted([edit for edit in waiting if not edit.by], approved)
        except (SealError, clock.MovedError) as error:
            edits, why = (), str(error)
        why = why or ("what a model proposes does always" if any(edit.by for edit in waiting) else "")
        if why:
            left = [edit.subject for edit in waiting if edit not in edits]
            shown = f"sophia:autonomy {self.about.autonomy} leaves {listed(left, SHOWN)} to a person: {why}"
            self.reporter.say_once(f"{self.about}: {shown}; see: sophia advice show {self.advice.id[:12]}")
        return edits

    def _granted(self, edits: Sequence[Edit], approved: Sequence[Edit]) -> tuple[tuple[Edit, ...], str]:
        """The edits that are granted, and why others are not."""
        if self.about.applies:
            return (), "no preview of this `pulumi up` showed them, so run it without --skip-preview"
        clock.refuse_moved()
        self.journal.refuse_unsealed()
        bounds = self.about.bounds if self.about.autonomy is Autonomy.LIMITED else None
        kinds = bounds.kinds if bounds else OPERATIONS
        given = [edit for edit in edits if edit.kind in kinds]
        why = "" if given == [*edits] else f"sophia:autonomyLimits.kinds is {', '.join(kinds)}"
        given, stopped = self._fitting(given, approved, bounds)
        if bounds and not stopped and (taken := [edit for edit in given if self._has_slot(edit, bounds)]) != given:
            numbers = f"per_run is {bounds.per_run}, per_day is {bounds.per_day}"
            why = f"{why}{why and '; '}sophia:autonomyLimits.{numbers}, and one is reached"
            given, stopped = self._fitting(taken, approved, bounds)
        if stopped or not given:
            return (), stopped or why
        self._record(given, approved, bounds)
        return tuple(replace(edit, word=word_of(self.about.autonomy)) for edit in given), why

    def _fitting(
        self, edits: Sequence[Edit], approved: Sequence[Edit], bounds: Bounds | None
    ) -> tuple[list[Edit], str]:
        """Those edits that a plan with them applies, and why none of them may be granted."""
        if not edits:
            return [], ""
        now = clock.now()
        if bounds and bounds.hours and not bounds.closes(now):
            hours = "-".join(f"{each:%H:%M}" for each in bounds.hours)
            return [], f"sophia:autonomyLimits.hours is {hours} UTC, and it is {now:%H:%M}"
        try:
            planned = self.resource.plan([*self.plan.edits, *approved, *edits])
        except JournalError:
            raise
        except SophiaError as error:
            return [], f"with them there is no plan: {error}"
        exposure, applied = planned.changes.exposure, {edit.digest for edit in planned.edits}
        if bounds and exposure > bounds.max_exposure:
            return [], f"sophia:autonomyLimits.max_exposure is {bounds.max_exposure}, and with them it is {exposure}"
        if beyond := violations(planned.changes, self.about):
            return [], f"with them the change is beyond the limits: {beyond[0]}"
        return [edit for edit in edits if edit.digest in applied], ""

    def _has_slot(self, edit: Edit, bounds: Bounds) -> bool:
        """Whether the run, and the day, may be given this edit; where runs can't be told apart, a day is one."""
        mine = SlotRow(self.advice.id, edit.digest)
        day = f"{self.about.stack} {clock.now():%Y-%m-%d}"
        run = f"{self.about.stack} run {engine_run() or f'unknown {day}'}"
        return slot(self.journal, run, bounds.per_run, mine) and slot(self.journal, day, bounds.per_day, mine)

    def _record(self, edits: Sequence[Edit], approved: Sequence[Edit], bounds: Bounds | None) -> None:
        """Journal the grant, and that it is to be verified."""
        now, level, base = clock.now().replace(microsecond=0), self.about.autonomy, self.plan.changes.base
        until = min(now + LASTS, (bounds and bounds.closes(now)) or now + LASTS)
        granted = Approval(base, tuple(edit.digest for edit in edits), until, word_of(level))
        before = [edit for edit in approved if level_of(edit.word)]
        row = GrantRow(self.advice.id, base, level, tuple(edit.digest for edit in [*before, *edits]))
        self.journal.write(_key(self.about), row)
        self.journal.write(self.advice.id, granted)

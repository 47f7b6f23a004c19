"""What `check` does for a zone: it makes the zone a resource that walks as every other one does (see `advised`)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sophia_infra import advised, clock
from sophia_infra.advice.consult import RuleAdvisor, by_turns
from sophia_infra.advice.model import Edit, Finding
from sophia_infra.advised import About, Plan
from sophia_infra.changes import covers, fingerprint
from sophia_infra.dns.aliases import taken_in
from sophia_infra.dns.backends import Backend, credentials_of, has_alias
from sophia_infra.dns.desired.desired import World
from sophia_infra.dns.exposure import changed_sets
from sophia_infra.dns.lifecycle.model_view import sets_shown
from sophia_infra.dns.lifecycle.owners import refuse_second, take_over
from sophia_infra.dns.lifecycle.plan import ZonePlan, drifted, is_held, plan
from sophia_infra.dns.lifecycle.world import look
from sophia_infra.dns.lint import IN_VAIN
from sophia_infra.dns.ownership import CREATED
from sophia_infra.dns.patterns import names_any, refuse_no_type
from sophia_infra.dns.renewals.renewal import Renewal, digest, known
from sophia_infra.dns.rows import Owner
from sophia_infra.dns.rr.record import Record, from_text, subjects_of, without
from sophia_infra.dns.spec import HOME, RESOLVE, ZoneSpec
from sophia_infra.dns.staging.staged import switch_findings
from sophia_infra.dns.state import ZoneState
from sophia_infra.journal import Journal
from sophia_infra.reporter import STDERR, Reporter
from sophia_infra.values import listed
from sophia_infra.version import VERSION

if TYPE_CHECKING:
    from sophia_infra.dns.zone.index import Zone

_ALL = "every name is '**', and '* *' says that the wildcard is meant"
FOREIGN_SHOWN = 5
"""How many of the record sets that others manage are named."""


def check(
    spec: ZoneSpec, state: ZoneState, journal: Journal, backend: Backend, reporter: Reporter = STDERR
) -> dict[str, Any]:
    """Return the inputs that `check` publishes: `text`, `changes`, `advice`, and more where the zone needs it.

    Of a zone with staged sets `late` is among them, without the sets that a step holds; None stands for what is not
    known.

    Raises:
        BackendError: the live zone can't be read, or keeps what would have to go.
        PatternError: an override names a record type that is none.
        OwnershipError: a record is asked for that is not this stack's to write.
        ClaimError: another resource of this run manages the same zone.
        AliasError: an ALIAS can't be looked up.
        ZoneTextError: no name server would load the zone.
        BaseMovedError, BeyondLimitsError: as `advised.check`.
    """
    for override in spec.overrides:
        for pattern in override.names:
            refuse_no_type(pattern, "overrides")
    if spec.alias == RESOLVE:
        spec = replace(spec, alias=HOME) if has_alias(backend) else taken_in(spec)
    return advised.check(resource(spec, state, journal, backend), journal, reporter)


def resource(spec: ZoneSpec, state: ZoneState, journal: Journal, backend: Backend) -> advised.Resource:
    """Return a zone as `advised` has it walk."""
    return _Zone(spec, state, journal, backend)


@dataclass
class _Zone:
    """A zone as a resource that `advised.check` walks."""

    spec: ZoneSpec
    state: ZoneState
    journal: Journal
    backend: Backend

    @property
    def about(self) -> About:
        spec = self.spec
        return About(
            kind="zone",
            subject=spec.domain,
            location=self.backend.location,
            part=spec.ownership.part,
            unit="record sets",
            stack=spec.stack or "",
            autonomy=spec.settings.autonomy,
            bounds=spec.settings.bounds,
            approvals=spec.settings.approvals,
            limits=spec.limits,
            overrides=spec.overrides,
            edits=self.state.edits,
            applies=spec.applies,
            claude=spec.settings.claude,
        )

    @cached_property
    def me(self) -> Owner:
        return Owner.of(self.spec, self.state.holder, tuple)

    @cached_property
    def world(self) -> World:
        return look(self.spec, self.state, self.journal, self.backend)

    def plan(self, edits: Sequence[Edit]) -> Plan:
        planned = plan(self.world, edits)
        renewals = self._renewals(planned)
        judged = _Judged(self.world, planned, renewals)
        return Plan(
            changes=planned.changes,
            digest=planned.digest,
            facts=self._facts(planned) | ({"renewals": digest(renewals)} if renewals else {}),
            advisor=RuleAdvisor(lambda: judged.findings, lambda: judged.edits, in_vain=IN_VAIN),
            inputs=self._inputs(planned),
            claim=Owner.of(
                self.spec, self.state.holder, lambda: subjects_of(planned.text).union(self.spec.late.subjects)
            ).to_body(),
            edits=planned.edits,
            details=planned.details if self.state.text is None else (),
            lines=(
                *take_over(self.world, self.me, self.journal, self.backend.location, planned.adopted),
                *([drifted(planned.details)] if planned.details and self.state.text is not None else ()),
                *_idle(self.world, planned),
                *_left_alone(planned.foreign),
                *_unplannable(self.spec, planned),
                *planned.aliased.lines,
                *planned.staged.lines,
                *self.world.pools.lines,
            ),
            credentials=credentials_of(self.backend),
            sets=lambda: sets_shown(self.world, planned),
            admit=judged.admit,
            holds=lambda edit: is_held(edit, self.world),
            base_follows=self.spec.ownership.manage == (CREATED,),
            late=bool(self.spec.late.values or self.spec.pools or self.spec.backend == "cloudflare"),  # see with_zone
            dated=tuple(planned.staged.lines) if self.spec.staged else None,
        )

    def refuse_rivals(self, journal: Journal) -> None:
        refuse_second(journal, self.backend.location, self.me)

    def _renewals(self, planned: ZonePlan) -> tuple[Renewal, ...]:
        """The certificates that renew by this zone; others than the program's own are looked for where it changes."""
        if not planned.changes:
            return self.spec.renewals
        return known(self.spec.renewals, self.spec.domain, self.journal, clock.now())

    def _facts(self, planned: ZonePlan) -> dict[str, Any]:
        spec = self.spec
        return {
            "rules": VERSION,
            "desired": fingerprint(planned.shown),
            "backend": spec.backend,
            "protected": list(spec.protect),
            "stack": spec.stack,
            "label": spec.label,
            "home": spec.target or "",
            **({"issuers": list(spec.issuers)} if spec.issuers else {}),
        }

    def _inputs(self, planned: ZonePlan) -> dict[str, Any]:
        inputs: dict[str, Any] = {"text": planned.text, "edits": [edit.as_inputs() for edit in planned.edits]}
        if self.spec.pools:
            inputs["health"] = self.world.pools.health
        if self.spec.alias == RESOLVE:
            inputs["aliases"] = dict(planned.aliased.targets)
        if self.spec.staged or self.spec.alias == RESOLVE:
            # What a step publishes, or an ALIAS led to, stands in the text, and so no longer among what comes late.
            inputs["late"] = dict(self.spec.late.without(planned.staged.held).values)
        if self.spec.staged:
            inputs["stages"] = dict(planned.staged.stages)
        return inputs


def _idle(world: World, planned: ZonePlan) -> list[str]:
    """Say which patterns do nothing, or less than they look like; nothing where the zone is not known yet."""
    spec = world.spec
    if spec.source is None or not (spec.protect or spec.staged):
        return []
    beside = "".join(f"{subject} \n".replace(" ", " 0 ", 1) for subject in (*spec.late.subjects, *spec.pooled))
    lines = []
    for field, patterns in (("protect", spec.protect), ("staged", spec.staged)):
        for pattern in patterns:
            named = any(names_any(pattern, text) for text in (planned.shown, world.live.text, beside))
            if pattern == "*":
                lines.append(
                    f"{field} '*' is the wildcard record alone{'' if named else ', which is not there'}; {_ALL}"
                )
            elif not named:
                lines.append(f"{field} {pattern!r} names no record of the zone, and does nothing")
    return lines


def _unplannable(spec: ZoneSpec, planned: ZonePlan) -> list[str]:
    """Say where a saved plan can't hold: what pools, steps and ALIAS publish stands in the text."""
    pending = [
        subject
        for subject in planned.changes.pending
        if subject in spec.pooled
        or (spec.alias == RESOLVE and subject.endswith(" ALIAS"))
        or any(covers(pattern, subject) for pattern in spec.staged)
    ]
    if not pending:
        return []
    what = "pooled, staged or looked up"
    return [f"a plan that is saved now will not hold, since what is known at apply is {what}: {pending[0]}"]


def _left_alone(foreign: Sequence[Record]) -> list[str]:
    subjects = list(dict.fromkeys(record.subject for record in foreign))
    if not subjects:
        return []
    named = listed(subjects, FOREIGN_SHOWN)
    return [f"{len(subjects)} record sets are not this stack's and stay as they are: {named}"]


@dataclass
class _Judged:
    """A planned zone as the rules see it, worked out only when an advisor asks.

    A set whose value is secret counts as one that is not known yet, so no finding and no edit can quote it.
    """

    world: World
    plan: ZonePlan
    renewals: tuple[Renewal, ...] = ()

    @cached_property
    def unseen(self) -> tuple[str, ...]:
        """The sets whose data is not known, or not for rules to see."""
        return (*self.plan.changes.pending, *self.world.spec.late.secret)

    @cached_property
    def zone(self) -> "Zone":
        from sophia_infra.dns.zone.index import Zone  # a replay, and the program's own process, need no rules

        spec = self.world.spec
        return Zone(from_text(self.plan.shown), spec.domain, self.unseen, issuers=spec.issuers, before=self._before)

    @cached_property
    def findings(self) -> list[Finding]:
        from sophia_infra.dns.lint.linter import judge_change

        plan, live, pooled = self.plan, self.world.live.text, self.world.spec.pooled
        switches = switch_findings(live, plan.shown, plan.changes, self.unseen, pooled)
        return [*judge_change(self.zone, self._touched), *switches, *self._broken]

    @property
    def _broken(self) -> list[Finding]:
        if not self.renewals:
            return []
        from sophia_infra.dns.renewals.rules import renewal_findings
        from sophia_infra.dns.zone.names import LazyNames

        sides = (without(self.world.live.text, self.unseen), self.plan.shown)
        before, after = (LazyNames(text, self.world.spec.domain, self.unseen) for text in sides)
        return renewal_findings(before, after, self.renewals)

    def _before(self) -> list[Record]:
        return from_text(without(self.world.live.text, self.unseen))

    @cached_property
    def _touched(self) -> frozenset[str]:
        """The sets that the change is about, and those whose data is not known: nobody can say that they stay."""
        return frozenset([*self._changed, *self.plan.changes.pending])

    @cached_property
    def _changed(self) -> tuple[str, ...]:
        return tuple(change.subject for change in changed_sets(self.world.live.text, self.plan.shown))

    def _is_due(self, finding: Finding) -> bool:
        """Whether its edit may be proposed: of an older finding, where nothing changes that a preview knows for sure.

        What comes late, of a pool or by steps may differ by the time of the apply, which proposes the same.
        """
        spec = self.world.spec
        moving = {*spec.late.subjects, *spec.pooled, *self.plan.aliased.subjects}
        sure = (subject for subject in self._changed if subject not in moving)
        return not finding.old or all(any(covers(pattern, subject) for pattern in spec.staged) for subject in sure)

    @cached_property
    def edits(self) -> list[Edit]:
        """The edits of what the program gives as text, within what this stack manages.

        Beside a change, those of what it brings or touches; those of older findings where nothing changes.
        """
        if not self.findings:
            return []
        from sophia_infra.dns.lint.edits import proposals

        return self._within(proposals(by_turns(self.findings), self.zone, self.editable, self._is_due))

    @cached_property
    def editable(self) -> set[str]:
        """The lines that an edit may be about: what the program gives as text."""
        ours = {*self.world.spec.pooled, *self.plan.aliased.subjects}
        return {str(record) for record in from_text(self.plan.editable) if record.subject not in ours}

    def admit(self, edits: Sequence[Edit]) -> list[Edit]:
        """Return those edits of others that hold to what holds for the edits of the rules."""
        from sophia_infra.dns.lint.edits import admitted

        return self._within(admitted(edits, self.findings, self.zone, self.editable))

    def _within(self, edits: Sequence[Edit]) -> list[Edit]:
        """Those that add nothing outside of what this stack manages."""
        added = ((edit, from_text("".join(f"{line}\n" for line in edit.new))) for edit in edits)
        return [edit for edit, records in added if all(map(self.world.spec.ownership.admits, records))]

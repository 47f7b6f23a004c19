"""What the rules say of a planned zone, and the edits that would mend it; worked out only when an advisor asks."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sophia_infra.advice.model import Edit, Finding
from sophia_infra.advice.rules import RuleAdvisor
from sophia_infra.dns.desired.desired import World
from sophia_infra.dns.lifecycle.plan import ZonePlan
from sophia_infra.dns.rr.record import from_text
from sophia_infra.dns.staging.switches import switch_findings

if TYPE_CHECKING:
    from sophia_infra.dns.zone.index import Zone


def advisor_on(world: World, plan: ZonePlan) -> RuleAdvisor:
    """Return the advisor that says what the rules find in a planned zone."""
    planned = _Planned(world, plan)
    return RuleAdvisor(lambda: planned.findings, lambda: planned.edits)


@dataclass
class _Planned:
    """A planned zone as the rules see it.

    A set whose value is secret counts as one that is not known yet, so no finding and no edit can quote it.
    """

    world: World
    plan: ZonePlan

    @cached_property
    def unseen(self) -> tuple[str, ...]:
        """The sets whose data is not known, or not for rules to see."""
        return (*self.plan.changes.pending, *self.world.spec.late.secret)

    @cached_property
    def zone(self) -> "Zone":
        from sophia_infra.dns.zone.index import Zone  # a replay, and the program's own process, need no rules

        spec = self.world.spec
        return Zone(from_text(self.plan.shown), spec.domain, self.unseen, issuers=spec.issuers)

    @cached_property
    def findings(self) -> list[Finding]:
        from sophia_infra.dns.lint.linter import judge

        plan, pooled = self.plan, self.world.spec.pooled
        switches = switch_findings(self.world.live.text, plan.shown, plan.changes, self.unseen, pooled)
        return [*judge(self.zone), *switches]

    @cached_property
    def edits(self) -> list[Edit]:
        """The edits of what the program gives as text, within what this stack manages."""
        if not self.findings:
            return []
        from sophia_infra.dns.lint.edits import proposals

        spec = self.world.spec
        lines = {str(record) for record in from_text(self.plan.editable) if record.subject not in spec.pooled}
        found = proposals(self.findings, self.zone, lines)
        added = ((edit, from_text("".join(f"{line}\n" for line in edit.new))) for edit in found)
        return [edit for edit, records in added if all(map(spec.ownership.admits, records))]

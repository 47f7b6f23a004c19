"""Advice on a zone: the facts that may leave, and the rules that judge the planned records."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sophia_infra.advice import redaction
from sophia_infra.advice.consult import consult
from sophia_infra.advice.journal import Journal
from sophia_infra.advice.model import Advice, Edit, Finding
from sophia_infra.advice.rules import RuleAdvisor
from sophia_infra.changes import Changes, fingerprint
from sophia_infra.dns.rr.record import from_text
from sophia_infra.dns.staging.switches import switch_findings
from sophia_infra.dns.zone_inputs import Wanted
from sophia_infra.version import VERSION

if TYPE_CHECKING:
    from sophia_infra.dns.zone.index import Zone


def advise(
    wanted: Wanted, live: str, shown: str, text: str, changes: Changes, olds: Mapping[str, Any], journal: Journal
) -> Advice:
    """Return the advice on a planned zone; the same plan under the same settings gets the same advice.

    `live` is the zone as it is served; `shown` is the whole zone without its secret values: all that may be judged.
    `text` is what of it the program gives as text: all that may be edited.
    """
    facts = {
        **changes.as_inputs(),
        "autonomy": str(wanted.settings.autonomy),
        "rules": VERSION,
        "desired": fingerprint(shown),
        "backend": wanted.kind,
        "protected": list(wanted.protect),
        **{name: wanted.named.get(name) for name in ("stack", "label", "home")},
        **({"issuers": list(wanted.issuers)} if wanted.issuers else {}),
    }
    request = redaction.request("zone", wanted.domain, facts)
    opinion = _Opinion(wanted, live, shown, text, changes)
    advisor = RuleAdvisor(lambda: opinion.findings, lambda: opinion.edits)
    return consult(request, advisor, previous=olds.get("advice"), journal=journal)


@dataclass
class _Opinion:
    """What the rules say of a planned zone; worked out when an advisor asks, which a replay never does.

    A set whose value is secret counts as one that is not known yet, so no finding and no edit can quote it.
    """

    wanted: Wanted
    live: str
    shown: str
    text: str
    changes: Changes

    @cached_property
    def unseen(self) -> tuple[str, ...]:
        """The sets whose data is not known, or not for rules to see."""
        return (*self.changes.pending, *self.wanted.late_secret)

    @cached_property
    def zone(self) -> "Zone":
        """The planned zone, as the rules see it."""
        from sophia_infra.dns.zone.index import Zone  # a replay, and the program's own process, need no rules

        return Zone(from_text(self.shown), self.wanted.domain, self.unseen, issuers=self.wanted.issuers)

    @cached_property
    def findings(self) -> list[Finding]:
        """What the rules find."""
        from sophia_infra.dns.lint.linter import judge

        switches = switch_findings(self.live, self.shown, self.changes, self.unseen, self.wanted.pooled)
        return [*judge(self.zone), *switches]

    @cached_property
    def edits(self) -> list[Edit]:
        """The edits that mend findings mechanically, of what the program gives as text, within what it manages."""
        if not self.findings:
            return []
        from sophia_infra.dns.lint.edits import proposals

        lines = {str(record) for record in from_text(self.text) if record.subject not in self.wanted.pooled}
        found = proposals(self.findings, self.zone, lines)
        new = ((edit, from_text("".join(f"{line}\n" for line in edit.new))) for edit in found)
        return [edit for edit, records in new if all(map(self.wanted.ownership.admits, records))]

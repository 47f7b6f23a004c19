"""Advice on a zone: the facts that may leave, and the rules that judge the planned records."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sophia_infra.advice import redaction
from sophia_infra.advice.consult import consult
from sophia_infra.advice.journal import Journal
from sophia_infra.advice.model import Advice, Edit, Finding
from sophia_infra.advice.rules import RuleAdvisor
from sophia_infra.changes import Changes, fingerprint
from sophia_infra.dns.desired import subjects_of
from sophia_infra.dns.records import Record, from_text
from sophia_infra.dns.switches import switch_findings
from sophia_infra.dns.zone_inputs import Wanted
from sophia_infra.version import VERSION


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
    def records(self) -> list[Record]:
        """The planned zone's records."""
        return from_text(self.shown)

    @cached_property
    def findings(self) -> list[Finding]:
        """What the rules find."""
        from sophia_infra.dns.lint import lint  # a replay, and the program's own process, need no rules

        unseen = (*self.changes.pending, *self.wanted.late_secret)
        elsewhere = (*unseen, *subjects_of(self.wanted.late), *self.wanted.pooled)
        switches = switch_findings(self.live, self.shown, self.changes, elsewhere)
        return [*lint(self.records, self.wanted.domain, unseen), *switches]

    @cached_property
    def edits(self) -> list[Edit]:
        """The edits that mend findings mechanically."""
        from sophia_infra.dns.lint.edits import proposals

        found = proposals(self.findings, self.records, self.wanted.domain) if self.findings else []
        lines = set(self.text.splitlines()) if found else ()
        return [edit for edit in found if not edit.before or edit.before in lines]

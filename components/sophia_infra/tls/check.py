"""What `check` does for a certificate: it makes it a resource that walks as every other one does (see `advised`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sophia_infra import advised, clock
from sophia_infra.advice.model import Advice, Autonomy, Edit, Verdict
from sophia_infra.advice.rules import RuleAdvisor
from sophia_infra.advised import About
from sophia_infra.changes import Changes, Exposure
from sophia_infra.journal import Journal
from sophia_infra.tls import certificates, lint
from sophia_infra.tls.facts import Facts
from sophia_infra.tls.issuers import Issued, open_issuer
from sophia_infra.tls.plan import Plan
from sophia_infra.tls.renewal import next_renewal
from sophia_infra.tls.spec import CertificateSpec
from sophia_infra.tls.state import CertificateState


def check(spec: CertificateSpec, state: CertificateState, journal: Journal, autonomy: Autonomy) -> dict[str, Any]:
    """Decide what is due and why, and have it judged; return what `check` publishes. Nothing is ordered.

    Raises:
        IssuerError: the issuer can't be asked, or would refuse the order.
        BeyondLimitsError: the advice is to block.
        BaseMovedError: as `advised.check`.
    """
    return advised.check(_Certificate(spec, state, autonomy, clock.now()), journal)


def pending(state: CertificateState, waiting: tuple[str, ...]) -> dict[str, Any]:
    """Return what `check` publishes while some inputs are unknown: that the certificate waits for them."""
    why = f"waits for {', '.join(waiting)}, not known before the apply"
    before = int(state.exists)
    changes = Changes(
        creates=1 - before,
        before=before,
        after=1,
        source=(before, 1),
        pending=waiting,
        exposure=Exposure.LOW,
        reasons=(f"low certificate issue: {why}",),
    )
    advice = Advice("", "rules", Verdict.APPROVE, why)
    return {"changes": changes.as_inputs(), "advice": advice.as_inputs()}


@dataclass
class _Certificate:
    """A certificate as a resource that `advised.check` walks.

    The stack's limits count record sets, and are none for it: a renewal that is held back is an outage. The verdict of
    the rules holds.
    """

    spec: CertificateSpec
    state: CertificateState
    autonomy: Autonomy
    now: datetime

    @property
    def about(self) -> About:
        spec, state = self.spec, self.state
        return About("certificate", spec.subject, spec.label, autonomy=self.autonomy, advice=state.advice)

    @cached_property
    def renewal(self) -> Plan:
        return Plan.make(self.spec, open_issuer(self.spec.issuer).latest(self.spec.label), self.now)

    def plan(self, edits: Sequence[Edit]) -> advised.Plan:
        spec, changes = self.spec, self.renewal.changes(self.state)
        if changes:
            open_issuer(spec.issuer).preflight(spec.domains, spec.lifetime)
        facts = gather(self.renewal, self.now)
        return advised.Plan(
            changes=changes,
            digest=facts.digest,
            facts=_told(self.renewal, facts),
            advisor=RuleAdvisor(findings=lambda: lint.judge(facts), blocking=lint.BLOCKING),
            inputs=self.renewal.as_inputs(),
            claim={"label": ""},
            lines=changes.reasons[1:] if changes.updates else (),
        )

    def refuse_rivals(self, journal: Journal) -> None:
        """Two certificates of one label are one to the issuer, which refuses the second order."""


def gather(plan: Plan, now: datetime) -> Facts:
    """Return the facts about what is wanted, and about the certificate that stands now."""
    facts = Facts.of(plan.spec, now)
    if plan.held is None or plan.held.facts is None:
        return facts
    return facts.beside(plan.held.facts, _chain_ends(plan.held), plan.spec.window, now)


def _chain_ends(held: Issued) -> datetime | None:
    try:
        return min(certificates.read(pem).not_after for pem in (held.chain_pem, held.root_pem))
    except certificates.UnreadableError:
        return None


def _told(plan: Plan, facts: Facts) -> dict[str, Any]:
    spec = plan.spec
    told: dict[str, Any] = {
        "rules": lint.VERSION,
        "desired": facts.digest,
        "domains": list(spec.domains),
        "key_type": str(spec.key_type),
        "lifetime_days": facts.lifetime_hours // 24,
        "window_days": int(facts.window_hours // 24),
        "issuer": str(spec.issuer.kind),
        "due": bool(plan.due),
        "why": [reason.why for reason in plan.due],
    }
    held = plan.held.facts if plan.held else None
    if held:
        renewal = next_renewal(held.not_before, held.not_after, spec.window)
        told |= {
            "serial": held.serial_number,
            "not_after": held.not_after.isoformat(),
            "renewal": renewal.isoformat(),
        }
    return told

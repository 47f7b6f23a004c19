"""What is told of a certificate's plan: to an advisor, to a saved plan, and while inputs are not known. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sophia_infra.advice.model import Advice, Verdict
from sophia_infra.changes.model import Changes, Exposure, Reason
from sophia_infra.tls import lint
from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.facts import Facts, State
from sophia_infra.tls.issuer_settings import IssuerKind
from sophia_infra.tls.plan import Plan
from sophia_infra.tls.state import CertificateState


def pending(state: CertificateState, waiting: tuple[str, ...]) -> dict[str, Any]:
    """Return what `check` publishes while some inputs are unknown: that the certificate waits for them."""
    why = f"waits for {', '.join(waiting)}, not known before the apply"
    reason = Reason(Exposure.LOW, "certificate", "issue", why)
    changes = replace(Changes.of_one([reason], pending=waiting, exists=state.exists), updates=0)
    advice = Advice("", "rules", Verdict.APPROVE, why)
    return {"changes": changes.as_inputs(), "advice": advice.as_inputs()}


def dated(plan: Plan, now: datetime) -> tuple[str, ...]:
    """Return what time alone brings to a plan, or to the advice on it, a phrase each.

    For example `its renewal (...)`: a preview before the renewal's time has no such phrase, and one after it has.
    """
    facts = Facts.of(plan, now)
    late = ["more than half of its renewal window has passed"] if facts.state is State.LATE else []
    lists = [f"its authority's revocation list (it ends on {facts.list_ends})"] if facts.list_ends else []
    if facts.waits:
        late.append(f"its renewal (it waits for maintenance until {facts.waits})")
    says = facts.fault or facts.explanation
    advised = [f"what its CA says of renewals ({says})"] if says else []
    due = [f"what it waits for ({plan.waits})"] if plan.waits else [f"its renewal ({why.why})" for why in plan.due]
    return (*due, *late, *lists, *advised)


def to_advisor(plan: Plan, facts: Facts) -> dict[str, Any]:
    """Return what an advisor sees."""
    spec, held = plan.spec, plan.held.facts if plan.held else None
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
    if spec.issuer.directory:
        told |= {"directory": spec.issuer.directory, "profile": spec.issuer.profile}
    if spec.challenge:
        told["challenge"] = str(spec.challenge.kind)
    if spec.zone:
        told["zone"] = spec.zone
    return told | (_served(held, plan) if held else {})


def _served(held: Certificate, plan: Plan) -> dict[str, Any]:
    """Return what an advisor sees of the certificate that is in use."""
    served: dict[str, Any] = {
        "serial": held.serial_number,
        "served_names": list(held.domains),
        "served_issuer": held.issuer_name,
        "served_key_type": held.key_type,
        "not_before": held.not_before.isoformat(),
        "not_after": held.not_after.isoformat(),
        "withdrawn": plan.held.withdrawn if plan.held else "",
    }
    if plan.opening and plan.spec.issuer.kind is not IssuerKind.ACME:  # what a CA suggests may change on any day
        served["renewal"] = plan.opening.at.isoformat()
    return {name: value for name, value in served.items() if value}

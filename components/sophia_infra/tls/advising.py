"""Advice on a certificate: the facts that may leave, and the rules that judge them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sophia_infra.advice import redaction
from sophia_infra.advice.consult import consult
from sophia_infra.advice.journal import Journal
from sophia_infra.advice.model import Advice, Autonomy
from sophia_infra.advice.rules import RuleAdvisor
from sophia_infra.changes.model import Changes
from sophia_infra.tls import certificates, lint
from sophia_infra.tls.facts import Facts
from sophia_infra.tls.issuers import Issued
from sophia_infra.tls.plan import Plan
from sophia_infra.tls.renewal import next_renewal


def advise(
    plan: Plan,
    changes: Changes,
    news: Mapping[str, Any],
    previous: Any,
    now: datetime,
    autonomy: Autonomy,
) -> Advice:
    """Return the advice on a plan; the same plan under the same facts gets the same advice.

    `news` may carry `zone`, a domain, and `caa`, its CAA records as canonical lines; `previous` is the `advice` of
    the old inputs.
    """
    facts = gather(plan, news, now)
    asked = redaction.request("certificate", plan.wanted.subject, _told(plan, changes, facts, autonomy))
    rules = RuleAdvisor(findings=lambda: lint.judge(facts), blocking=lint.BLOCKING)
    return consult(asked, rules, previous=previous, journal=Journal.open())


def gather(plan: Plan, news: Mapping[str, Any], now: datetime) -> Facts:
    """Return the facts about what is wanted, its zone where that is known, and the certificate that stands now."""
    zone, caa = news.get("zone"), news.get("caa")
    known_zone = zone.rstrip(".").lower() if isinstance(zone, str) else ""
    lines = tuple(line for line in caa if isinstance(line, str)) if isinstance(caa, list) else ()
    facts = Facts.of(plan.wanted, now, zone=known_zone, caa=lines)
    if plan.held is None or plan.held.facts is None:
        return facts
    return facts.beside(plan.held.facts, _chain_ends(plan.held), plan.wanted.window, now)


def _chain_ends(held: Issued) -> datetime | None:
    try:
        return min(certificates.read(pem).not_after for pem in (held.chain_pem, held.root_pem))
    except certificates.UnreadableError:
        return None


def _told(plan: Plan, changes: Changes, facts: Facts, autonomy: Autonomy) -> dict[str, Any]:
    wanted = plan.wanted
    told = {
        **changes.as_inputs(),
        "autonomy": str(autonomy),
        "rules": lint.VERSION,
        "desired": facts.digest,
        "domains": list(wanted.domains),
        "key_type": str(wanted.key_type),
        "lifetime_days": facts.lifetime_hours // 24,
        "window_days": int(facts.window_hours // 24),
        "issuer": str(wanted.issuer.kind),
        "due": bool(plan.due),
        "why": [reason.why for reason in plan.due],
    }
    held = plan.held.facts if plan.held else None
    if held:
        renewal = next_renewal(held.not_before, held.not_after, wanted.window)
        told |= {
            "serial": held.serial_number,
            "not_after": held.not_after.isoformat(),
            "renewal": renewal.isoformat(),
        }
    return told

"""Years of `up` once a day, by key and certificate as the engine calls them, at a CA with a clock of its own."""

import sys
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.issuers import Issued, IssuerError, Order
from sophia_infra.tls.issuers.embedded import EmbeddedCa
from sophia_infra.tls.key_resource import CertificateKeyProvider
from sophia_infra.tls.when.suggestion import NO_SUGGESTION, Suggestion
from tests.tls.orders import DOMAINS, NOW

DAY = timedelta(days=1)
REVOKES = 50
PAGE = "https://ca.example/incident"


@dataclass
class Stack:
    """One certificate in a stack, and what a CA has seen of it."""

    lifetime: str
    folder: Path
    key: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[dict[str, Any], dict[str, Any]] = ({}, {})

    def up(self) -> None:
        """Check, and apply what the check plans, as the engine does; raises what an apply raises."""
        issuer = {"folder": str(self.folder)}
        shared = {"label": "demo/test/shop", "domains": list(DOMAINS), "lifetime": self.lifetime, "issuer": issuer}
        key, certificate = CertificateKeyProvider(), CertificateProvider()
        wanted = _checked(key.check(self.inputs[0], dict(shared)))
        if not self.key or key.diff("id", self.key, wanted).changes:
            self.key = (key.update("id", self.key, wanted) if self.key else key.create(wanted)).outs or {}
        asked = {**shared, "csr_pem": self.key["csr_pem"], "resource": "demo/test/shop"}
        planned = _checked(certificate.check(self.inputs[1], asked))
        if not self.outputs or certificate.diff("id", self.outputs, planned).changes:
            applied = certificate.update("id", self.outputs, planned) if self.outputs else certificate.create(planned)
            self.outputs = applied.outs or {}
        self.inputs = (wanted, planned)

    @property
    def served(self) -> Certificate:
        return Certificate.read(self.outputs["certificate_pem"])


def _checked(result: Any) -> dict[str, Any]:
    assert [failure.reason for failure in result.failures] == []
    inputs: dict[str, Any] = result.inputs
    return inputs


def lives(
    monkeypatch: pytest.MonkeyPatch, folder: Path, lifetime: str, days: int, fails: range
) -> tuple[list[int], list[int]]:
    """Return the days on which the CA signed, and those on which it was asked and refused."""
    signed: list[int] = []
    refused: list[int] = []
    today, issue = 0, EmbeddedCa.issue

    def issued(ca: EmbeddedCa, order: Order) -> Issued:
        if today in fails:
            refused.append(today)
            raise IssuerError("it is down", code="unreachable", subject="ca.example")
        signed.append(today)
        return issue(ca, order)

    def suggested(_ca: EmbeddedCa, _label: str, held: Issued) -> Suggestion:
        assert held.facts
        if today >= REVOKES and held.facts.not_before < moment(REVOKES) - DAY / 2:
            return Suggestion((moment(REVOKES) - DAY / 24, moment(REVOKES) - DAY / 48), PAGE)
        return NO_SUGGESTION

    monkeypatch.setattr(EmbeddedCa, "issue", issued)
    monkeypatch.setattr(EmbeddedCa, "suggested", suggested)
    stack = Stack(lifetime, folder)
    for today in range(days):
        monkeypatch.setenv("SOPHIA_NOW", moment(today).isoformat())
        monkeypatch.setenv("SOPHIA_RUN", f"{lifetime} {today}")
        with suppress(IssuerError):
            stack.up()
        assert stack.served.not_before <= moment(today) < stack.served.not_after, f"not good on day {today}"
    return signed, refused


def moment(day: int) -> datetime:
    return NOW + day * DAY


def test_a_short_lived_certificate_is_renewed_by_half_and_on_the_day_of_a_revocation(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    signed, refused = lives(monkeypatch, folder, "6d", 60, range(20, 23))
    assert refused
    assert 23 in signed, "the first day on which it is asked again"
    assert REVOKES in signed
    assert len(signed) == 1 + 20 // 3 + (REVOKES - 23) // 3 + 1 + (59 - REVOKES) // 3


@pytest.mark.soak
@pytest.mark.parametrize(("days", "fails"), [(90, range(395, 425)), (45, range(393, 421)), (6, range(404, 406))])
def test_three_years_of_runs(monkeypatch: pytest.MonkeyPatch, folder: Path, days: int, fails: range) -> None:
    signed, refused = lives(monkeypatch, folder, f"{days}d", 3 * 365, fails)
    least, clock = 3 * 365 // days + 1, 3 * 365 // (days // 2 if days <= 10 else days * 2 // 3) + 1
    told = f"{days} days: {len(signed)} orders, {len(refused)} refused; {clock} by the clock, {least} without overlap"
    sys.stdout.write(f"{told}\n")
    assert refused
    assert REVOKES in signed
    assert not set(signed) & set(fails)
    assert least <= len(signed) <= clock + 1

"""A saved plan that time has overtaken is refused by the key, which the engine asks first, and by the certificate."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic import ResourceProvider

from sophia_infra.advised import overtaken_plan
from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.issuers.embedded import EmbeddedCa
from sophia_infra.tls.key_resource import CertificateKeyProvider
from tests.support.tables import table
from tests.tls.orders import DOMAINS, NOW, csr, issue

NAMED = {what: cell.split("`")[1] for (what, _), cell in table("saved-plans", "what time changes").items()}
"""What docs/saved-plans.md says that a refusal names, by what time changes."""
CASES = {
    "a certificate's renewal became due, or it expired": (0, 61),
    "more than half of its renewal window passed: the advice warns of it": (61, 76),
    "a revocation list of its authority is to be signed anew": (0, 21),
}
"""The days on which a plan is saved, and applied."""


@pytest.fixture(params=[CertificateKeyProvider, CertificateProvider])
def provider(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ResourceProvider:
    monkeypatch.setattr(overtaken_plan, "plan_seed", lambda: "one")
    provider: ResourceProvider = request.param()
    return provider


@pytest.fixture
def news(folder: Path) -> dict[str, Any]:
    other = issue(folder, label="other")
    assert other.facts
    EmbeddedCa.at(str(folder)).revoke(other.facts.serial_number, "keyCompromise")
    issue(folder)
    return {"label": "demo/test/shop", "domains": list(DOMAINS), "issuer": {"folder": str(folder)}, "csr_pem": csr()}


def test_each_row_of_the_docs_that_is_about_no_zone_has_a_case() -> None:
    assert list(CASES) == [what for what in NAMED if "](" not in what]


@pytest.mark.parametrize("what", CASES)
def test_what_became_due_since_is_named_as_the_docs_say(
    provider: ResourceProvider, news: dict[str, Any], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved, applied = CASES[what]
    for days in (saved, saved + 1):
        monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=days)).isoformat())
        assert not provider.check({}, news).failures, "it fits for as long as nothing else is due"
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=applied)).isoformat())
    (failure,) = provider.check({}, news).failures
    assert failure.reason.startswith("certificate shop.example: the saved plan fits no more. Due since it was saved: ")
    assert NAMED[what] in failure.reason

"""Renewals that no clock brings: a person asks for one, or another profile is asked for."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.issuers.embedded import EmbeddedCa
from sophia_infra.tls.key_resource import CertificateKeyProvider
from sophia_infra.tls.memory import NOTHING, Remembered
from tests.tls.orders import DOMAINS, NOW
from tests.tls.test_current import ISSUER, NEWS, in_books, state
from tests.tls.test_embedded import issued_files

__all__ = ["state"]


@dataclass
class Stack:
    """One certificate of the embedded CA in a stack."""

    folder: Path
    key: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[dict[str, Any], dict[str, Any]] = ({}, {})

    def up(self) -> None:
        """Check, and apply what the check plans, as the engine does; raises what an apply raises."""
        shared = {"label": "demo/test/shop", "domains": list(DOMAINS), "issuer": {"folder": str(self.folder)}}
        key, certificate = CertificateKeyProvider(), CertificateProvider()
        wanted = key.check(self.inputs[0], dict(shared)).inputs
        self.inputs = (wanted, self.inputs[1])
        if not self.key or key.diff("id", self.key, wanted).changes:
            self.key = (key.update("id", self.key, wanted) if self.key else key.create(wanted)).outs or {}
        of_key = {"csr_pem": self.key["csr_pem"], "remembered": self.key.get("remembered")}
        planned = certificate.check(self.inputs[1], {**shared, **of_key}).inputs
        if not self.outputs or certificate.diff("id", self.outputs, planned).changes:
            applied = certificate.update("id", self.outputs, planned) if self.outputs else certificate.create(planned)
            self.outputs = applied.outs or {}
        self.inputs = (wanted, planned)

    @property
    def serves(self) -> str:
        """The hash of the key of its certificate."""
        return Certificate.read(self.outputs["certificate_pem"]).public_key_sha256


@pytest.fixture
def stack(folder: Path) -> Stack:
    return Stack(folder)


def begin(monkeypatch: pytest.MonkeyPatch, run: int, renew: str) -> None:
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(hours=run)).isoformat())
    monkeypatch.setenv("SOPHIA_RUN", f"run {run}")
    monkeypatch.setenv("SOPHIA_RENEW", renew)


def test_a_certificate_that_a_person_names_is_renewed_once_however_long_the_variable_stays_set(
    stack: Stack, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = []
    renew = ["", "", "shop.example", "other, demo/test/shop", "shop.example", "", "other.example", "demo/test/shop"]
    for run, named in enumerate(renew):
        begin(monkeypatch, run, named)
        stack.up()
        orders.append(len(issued_files(folder)))
        if orders[-1] > 1 and orders[-1] > orders[-2]:
            assert stack.outputs["changes"]["reasons"] == [
                "medium shop.example certificate renew: SOPHIA_RENEW names it"
            ]
    assert orders == [1, 1, 2, 2, 2, 2, 2, 3]


def test_a_generation_that_is_named_is_renewed_while_it_stands_and_no_other(
    stack: Stack, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = []
    for run, named in enumerate(["", "shop.example@1", "shop.example@1", "demo/test/shop@2", "shop.example@7"]):
        begin(monkeypatch, run, named)
        stack.up()
        orders.append(len(issued_files(folder)))
    assert orders == [1, 2, 2, 3, 3]


def test_a_variable_that_is_set_from_the_first_run_on_renews_nothing(
    stack: Stack, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run in range(3):
        begin(monkeypatch, run, "shop.example")
        stack.up()
    assert len(issued_files(folder)) == 1


def test_an_order_that_fails_is_tried_again_with_its_key_and_one_that_nobody_wants_any_more_is_not(
    stack: Stack, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_ca: EmbeddedCa, _order: Any) -> Any:
        raise IssuerError("it is down")

    begin(monkeypatch, 0, "")
    stack.up()
    first, issue = stack.key["public_key_sha256"], EmbeddedCa.issue
    named_down, named_up = ("shop.example", down, False), ("shop.example", issue, False)
    runs = [named_down, ("", issue, True), named_down, named_up]
    for run, (named, issues, is_first) in enumerate(runs, 1):
        monkeypatch.setattr(EmbeddedCa, "issue", issues)
        begin(monkeypatch, run, named)
        if issues is down:
            with pytest.raises(IssuerError):
                stack.up()
        else:
            stack.up()
        assert (stack.key["public_key_sha256"] == first) == is_first
        assert stack.serves == (first if run < 4 else stack.key["public_key_sha256"])
    assert len(issued_files(folder)) == 2


def test_another_profile_is_ordered_at_once_until_a_certificate_has_it(state: dict[str, Any]) -> None:
    provider = CertificateKeyProvider()

    def planned(olds: dict[str, Any], profile: str) -> dict[str, Any]:
        issuer = {**ISSUER, "profile": profile} if profile else ISSUER
        result = provider.check(olds, {**NEWS, "issuer": issuer})
        assert result.failures == []
        return result.inputs

    in_books(state)
    first = planned({**NEWS, "generation": 1.0}, "")
    assert first["generation"] == 1
    changed = planned(first, "tlsserver")
    assert (changed["generation"], changed["remembered"]["profiles"]) == (2, {ISSUER["directory"]: ""})
    assert planned({**changed, "generation": 1}, "shortlived")["generation"] == 2, "the order has failed"
    assert planned({**changed, "generation": 1}, "")["generation"] == 1, "it is taken back"
    in_books(state, generation=2)
    done = planned(changed, "tlsserver")
    assert (done["generation"], done["remembered"]["profiles"]) == (2, {ISSUER["directory"]: "tlsserver"})
    assert planned(done, "tlsserver")["generation"] == 2
    assert planned(done, "classic")["generation"] == 3


def test_what_another_release_remembered_is_nothing() -> None:
    for told in (None, "x", {"generation": 1}, {"profiles": "x"}):
        assert Remembered.from_inputs({"remembered": told}) == NOTHING
    known = Remembered(2, {"https://ca.example/dir": "classic"}, 1)
    assert Remembered.from_inputs({"remembered": known.as_input()}) == known

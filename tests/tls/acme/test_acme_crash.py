"""An order is killed with SIGKILL after each of its steps; the next run ends with one certificate and no proof left."""

import json
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from acme.messages import Order as AcmeOrder

from sophia_infra import clock
from sophia_infra.journal import Journal
from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.challenge_settings import ChallengeKind, ChallengeSettings
from sophia_infra.tls.challenges import leftovers
from sophia_infra.tls.challenges.webroot import Webroot
from sophia_infra.tls.issuers import IssuerError, Order
from sophia_infra.tls.issuers.acme import AcmeIssuer, ordering
from sophia_infra.tls.issuers.acme.ordering import Ordering
from sophia_infra.tls.issuers.acme.session import Session
from sophia_infra.tls.issuers.books import Books
from sophia_infra.tls.issuers.store import Store
from tests.support.pebble import Pebble
from tests.support.ports import free_port
from tests.support.refusals import refused
from tests.tls.acme.conftest import Make
from tests.tls.orders import issue, order, run

NAMES = ("shop.example", "www.shop.example")
STEPS = {
    "placed": (Session, "place", ""),
    "noted": (Store, "write", ordering.ORDERED),
    "proofs noted": (leftovers, "note", ""),
    "proofs shown": (Webroot, "present", ""),
    "answered": (Session, "answer", ""),
    "proofs removed": (leftovers, "forget", ""),
    "finalised": (Session, "finalize", ""),
    "handed out": (Session, "certificate", ""),
    "recorded": (Books, "add", ""),
}


def issue_and_die(issuer: AcmeIssuer, asked: Order, step: str) -> None:
    """Issue, and be killed right after a step."""
    owner, name, about = STEPS[step]
    real = getattr(owner, name)

    def last(self: Any, *given: Any, **named: Any) -> Any:
        done = real(self, *given, **named)
        if not about or about in given:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    setattr(owner, name, last)
    issuer.issue(asked)


def killed(issuer: AcmeIssuer, asked: Order, step: str) -> None:
    assert run(issue_and_die, issuer, asked, step) == -signal.SIGKILL


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_after_any_step_ends_with_one_certificate(step: str, make: Make, pebble: Pebble) -> None:
    issuer, asked, before = make(), order(domains=NAMES), pebble.issued
    killed(issuer, asked, step)
    assert bool(pebble.shown) == (step in ("proofs shown", "answered"))
    issued = issuer.issue(asked)
    assert issued.facts is not None
    assert set(issued.facts.domains) == set(NAMES)
    assert pebble.issued == before + 1
    assert issuer.latest(asked.label) == issued


def test_an_order_that_the_ca_gives_up_after_a_kill_is_placed_anew(
    make: Make, pebble: Pebble, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    issuer, asked, before = make(), order(domains=NAMES), pebble.issued
    unserved = ChallengeSettings(ChallengeKind.HTTP_01, str(tmp_path))
    killed(replace(issuer, challenge=unserved), asked, "answered")

    def given_up(self: Ordering, _meant: object) -> str:
        url = str(json.loads(self.store.read(ordering.ORDERED))["url"])
        self.session.look(url, AcmeOrder, until=lambda found: found.status.name == "invalid")
        return url  # as where the CA decides right after the look

    monkeypatch.setattr(Ordering, "_under_way", given_up)
    assert issuer.issue(asked).generation == 1
    assert pebble.issued == before + 1


def renote(issuer: AcmeIssuer, asked: Order, **changed: Any) -> None:
    """Change what stands in the note of the order that is under way."""
    store = issuer._store(asked.label)
    store.write(ordering.ORDERED, json.dumps({**json.loads(store.read(ordering.ORDERED)), **changed}))


@pytest.mark.parametrize("where", ["no page", "no host", "another account"])
def test_an_order_that_the_ca_does_not_show_any_more_is_placed_anew(where: str, make: Make, pebble: Pebble) -> None:
    issuer, asked, before = make(), order(domains=NAMES), pebble.issued
    killed(issuer, asked, "noted")
    root = pebble.directory.removesuffix("/dir")
    gone = {"no page": f"{root}/gone/1", "no host": f"https://127.0.0.1:{free_port()}/1"}
    renote(issuer, asked, url=gone.get(where, f"{root}/my-order/another"))
    assert issuer.issue(asked).generation == 1
    assert pebble.issued == before + 1


@pytest.mark.parametrize(("age", "orders"), [(0.0, 1), (86000.0, 1), (86500.0, 2), (-86500.0, 2), (None, 2)])
def test_an_order_is_gone_on_with_for_a_day(age: float | None, orders: int, make: Make, pebble: Pebble) -> None:
    issuer, asked, before = make(), order(domains=NAMES), pebble.orders
    killed(issuer, asked, "noted")
    renote(issuer, asked, at=None if age is None else clock.now().timestamp() - age)
    issuer.issue(asked)
    assert pebble.orders == before + orders


def test_an_order_that_brought_another_certificate_is_over(
    make: Make, pebble: Pebble, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer, asked, before = make(), order(domains=NAMES), pebble.orders
    with monkeypatch.context() as patched:
        patched.setattr(Session, "certificate", lambda *_: issue(pebble.webroot.parent / "ca").certificate_pem)
        with refused(IssuerError, "acme-answer", says="other names or another key"):
            issuer.issue(asked)
    assert issuer.issue(asked).generation == 1
    assert pebble.orders == before + 2


def test_proofs_of_a_killed_run_go_with_the_certificate(make: Make, pebble: Pebble) -> None:
    issuer, asked = make(), order(domains=NAMES)
    killed(issuer, asked, "answered")
    assert pebble.shown
    CertificateProvider().delete("", {"label": asked.label, "domains": list(NAMES)})
    assert pebble.shown == []


def test_proofs_of_a_killed_run_are_removed_whatever_the_challenge_is_now(make: Make, pebble: Pebble) -> None:
    issuer, asked = make(), order(domains=NAMES)
    killed(issuer, asked, "proofs shown")
    assert pebble.shown
    assert len(leftovers.left(Journal.open(), asked.label)) == len(NAMES)
    elsewhere = ChallengeSettings(ChallengeKind.HTTP_01, str(pebble.webroot / "elsewhere"))
    with refused(IssuerError, "challenge", field="challenge.webroot"):
        replace(issuer, challenge=elsewhere).issue(asked)
    assert pebble.shown == []
    assert leftovers.left(Journal.open(), asked.label) == ()

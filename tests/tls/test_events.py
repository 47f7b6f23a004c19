"""What became of certificates stands in the journal: written by the provider, found by label and by time."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.dns.renewals.renewal import Renewal
from sophia_infra.journal import Journal
from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.events import CertificateEvent, Event, events, note, registered
from sophia_infra.tls.issuers import IssuerError
from tests.tls.orders import DOMAINS, NOW, csr, wanted

LABEL = "demo/test/shop"


def inputs(folder: Path, **changed: Any) -> dict[str, Any]:
    news = {"label": LABEL, "domains": list(DOMAINS), "issuer": {"folder": str(folder)}, "csr_pem": csr(), **changed}
    result = CertificateProvider().check({}, news)
    assert [failure.reason for failure in result.failures] == []
    return result.inputs


def told() -> list[CertificateEvent]:
    return [recorded.row for recorded in events(Journal.open(), LABEL)]


def test_what_is_issued_and_renewed_stands_there_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = inputs(folder)
    outs = CertificateProvider().create(asked).outs
    assert outs is not None
    CertificateProvider().update("id", outs, asked)  # as where the state is healed: the same is handed out
    (first,) = told()
    assert (first.what, first.issuer, first.generation) == (Event.ISSUED, ("embedded", str(folder)), 1)
    assert (first.serial_number, first.domains) == (outs["serial_number"], ("shop.example",))
    assert (first.code, first.tries, first.until) == ("", 0, None)

    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=61)).isoformat())
    monkeypatch.setenv("SOPHIA_RUN", "another")
    due = CertificateProvider().check(asked, {**asked, "csr_pem": csr()}).inputs
    renewed = CertificateProvider().update("id", outs, due).outs
    assert renewed is not None
    second, first_again = told()
    assert (second.what, second.generation, second.serial_number) == (Event.RENEWED, 2, renewed["serial_number"])
    assert (second.run, first_again) == ("another", first)

    monkeypatch.setenv("SOPHIA_RUN", "a third")
    others = {**due, "domains": ["other.example"], "csr_pem": csr(("other.example",))}
    CertificateProvider().update("id", renewed, CertificateProvider().check(due, others).inputs)
    assert told()[0].what is Event.ISSUED, "to a CA it replaces nothing, so that its rate limits count it"


def test_an_order_that_issues_nothing_stands_there_with_its_cause(folder: Path) -> None:
    asked = inputs(folder)
    with pytest.raises(IssuerError):
        CertificateProvider().create({**asked, "csr_pem": "no request"})
    (failed,) = told()
    assert (failed.what, failed.code, failed.subject) == (Event.FAILED, "request-unreadable", LABEL)
    assert failed.names == CertificateEvent.of(Event.ISSUED, wanted(domains=DOMAINS[::-1]), 1).names


def test_events_are_found_by_time_across_certificates_and_end_there(monkeypatch: pytest.MonkeyPatch) -> None:
    journal, hours = Journal.open(), 0
    for hours in range(5):
        monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(hours=hours)).isoformat())
        note(
            journal, f"{LABEL}{hours}", CertificateEvent.of(Event.FAILED, wanted(), 1, IssuerError(value="rateLimited"))
        )
    found = journal.since(CertificateEvent, NOW + timedelta(hours=2))
    assert [event.key for event in found] == [f"{LABEL}{hours}" for hours in (4, 3, 2)]
    assert {event.row.problem for event in found} == {"rateLimited"}
    monkeypatch.setattr("sophia_infra.journal.journal._PAGE", 1)
    assert journal.since(CertificateEvent, NOW + timedelta(hours=2)) == found
    assert len(journal.since(CertificateEvent, NOW)) == 5


def test_rows_of_other_types_among_them_hide_no_event() -> None:
    journal = Journal.open()
    for number in range(60):
        note(journal, f"{LABEL}{number}", CertificateEvent.of(Event.FAILED, wanted(), 1, IssuerError(value="x")))
        journal.write(f"shop.example {number}", Renewal(f"web/prod/{number}"))
    assert len(journal.since(CertificateEvent, NOW)) == 60


def test_names_count_by_what_a_ca_counts_by() -> None:
    assert registered(("*.shop.co.uk", "www.shop.co.uk", "192.0.2.1", "a.b.example")) == (
        "192.0.2.1",
        "b.example",
        "shop.co.uk",
    )


def test_a_journal_that_fails_stops_nothing_and_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").write_text("no folder")
    note(Journal.open(tmp_path / "taken" / "journal.db"), LABEL, CertificateEvent.of(Event.DEPLOYED, wanted(), 1))
    assert f"certificate of {LABEL}: deployed is not in the journal" in capsys.readouterr().err

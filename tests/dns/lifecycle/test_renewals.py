"""What would break the next renewal of a certificate stands in the advice on the zone's change, whoever's it is."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.advice.model import Advice
from sophia_infra.dns.lifecycle import check
from sophia_infra.dns.renewals.renewal import Renewal, known, note
from sophia_infra.journal import Journal
from tests.dns.stack import FRAME, START, ZoneStack

ZONE = f"{FRAME}@ 300 A 192.0.2.1\n_acme-challenge 300 CNAME shop.auth.example.\n"
GONE = ZONE.replace("_acme-challenge 300 CNAME shop.auth.example.\n", "")
CERTIFICATE = Renewal(
    certificate="other/prod/shop",
    names=("shop.example",),
    directory="https://ca.example/dir",
    issuers=("ca.example",),
    method="dns-01",
    zones=("auth.example",),
    ends=START + timedelta(days=60),
)
SAID: dict[str, Any] = {
    "certificate": "acme/prod/mine",
    "names": ["shop.example"],
    "directory": CERTIFICATE.directory,
    "method": "dns-01",
    "zones": ["auth.example"],
}


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ZoneStack:
    stack = ZoneStack(tmp_path, monkeypatch)
    stack.run({"text": ZONE})
    stack.begin()
    return stack


def told(stack: ZoneStack, text: str, **inputs: Any) -> list[str]:
    """The certificates that a change breaks, by its advice."""
    found = Journal.open().last(Advice, stack.plan({"text": text, **inputs})["advice"]["id"])
    assert found
    broken = [finding for finding in found.row.findings if finding.code == "renewal-breaks"]
    assert (str(found.row.verdict) == "caution") == bool(broken)
    return [finding.message.split(" ")[2] for finding in broken]


def test_a_certificate_of_another_program_is_known_by_the_journal(stack: ZoneStack) -> None:
    note(Journal.open(), CERTIFICATE)
    assert told(stack, GONE) == ["other/prod/shop"]
    assert told(stack, f"{ZONE}zoo 300 A 192.0.2.9\n") == []
    note(Journal.open(), replace(CERTIFICATE, stands=False))
    assert told(stack, GONE) == []


def test_a_certificate_of_this_program_is_known_before_its_first_order(stack: ZoneStack) -> None:
    assert told(stack, GONE, renewals=[SAID]) == ["acme/prod/mine"]
    forbidden = ZONE.replace("_acme", '@ 300 CAA 0 issue "other.example"\n_acme')
    assert told(stack, forbidden, renewals=[SAID]) == [], "its CA has not said what it is called"
    note(Journal.open(), replace(CERTIFICATE, certificate="acme/prod/mine"))
    assert told(stack, forbidden, renewals=[SAID]) == ["acme/prod/mine"]


def test_a_zone_that_does_not_change_asks_the_journal_for_no_certificates(
    stack: ZoneStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(check, "known")
    assert not stack.plan({"text": ZONE, "renewals": [SAID]})["changes"]["updates"]


def test_many_certificates_that_are_gone_hide_none_and_a_cut_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    journal = Journal.open(tmp_path)
    for number in range(150):
        note(journal, replace(CERTIFICATE, certificate=f"other/pr-{number:03}/shop", stands=False))
    note(journal, CERTIFICATE)
    assert known((), "shop.example", journal, START) == (CERTIFICATE,)
    assert "is not looked at" not in capsys.readouterr().err
    monkeypatch.setattr("sophia_infra.dns.renewals.renewal.MOST", 150)
    assert known((), "shop.example", journal, START) == ()
    assert "more than 150 certificates have renewed by shop.example" in capsys.readouterr().err

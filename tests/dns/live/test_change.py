"""Deciding on a change of a live zone, without a terminal: what an agent or another program calls."""

from pathlib import Path

import pytest

from sophia_infra.changes import Limits
from sophia_infra.dns.backends import Backend, BaseMovedError, open_backend
from sophia_infra.dns.live.change import LiveChangeError, Outcome, Proposal, added, carry_out, decide, propose, removed
from sophia_infra.dns.rr.record import from_text
from sophia_infra.journal import Journal, Kind
from tests.support.refusals import refused

DOMAIN = "shop.example"
ZONE = """\
$TTL 3600
@ SOA ns1 hostmaster 7 7200 900 1209600 300
@ NS ns1
@ NS ns2.dns-host.test.
@ MX 10 mail
mail A 192.0.2.25
ns1 A 192.0.2.53
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))
    (tmp_path / "zone").write_text(ZONE)
    return tmp_path / "zone"


@pytest.fixture
def backend(file: Path) -> Backend:
    return open_backend({"kind": "file", "path": str(file)}, DOMAIN)


def adding(backend: Backend, address: str = "192.0.2.7") -> Proposal:
    live = backend.read()
    return propose(backend, live, added(from_text(live.text), "api", "A", [address], 300, DOMAIN), DOMAIN, Limits())


def without_mail(backend: Backend) -> Proposal:
    live = backend.read()
    return propose(backend, live, removed(from_text(live.text), "@", "MX", [], DOMAIN), DOMAIN, Limits())


def never() -> bool:
    raise AssertionError("nobody is to be asked")


def test_somebody_is_asked_only_where_the_answer_counts(backend: Backend) -> None:
    live = backend.read()
    nothing = propose(backend, live, from_text(live.text), DOMAIN, Limits())
    assert decide(nothing, never) is Outcome.NOTHING
    assert decide(without_mail(backend), never) is Outcome.REFUSED
    assert decide(without_mail(backend), never, dry_run=True) is Outcome.REFUSED
    assert decide(adding(backend), never, dry_run=True) is Outcome.DRY_RUN
    assert decide(adding(backend), lambda: False) is Outcome.DECLINED
    assert decide(adding(backend), lambda: True) is Outcome.APPLIED


def test_what_is_carried_out_leaves_a_copy_and_says_the_serial(backend: Backend, file: Path) -> None:
    before = backend.read()
    applied = carry_out(adding(backend), backend, Journal.open())
    assert "api 300 A 192.0.2.7" in file.read_text()
    assert applied.serial == backend.read().serial != before.serial
    assert applied.backup is not None
    assert applied.backup.read_text() == f"$ORIGIN {DOMAIN}.\n{before.text}"


def test_beyond_the_limits_nothing_is_carried_out_whoever_calls(backend: Backend, file: Path) -> None:
    with refused(LiveChangeError, "beyond-limits", subject="@ MX"):
        carry_out(without_mail(backend), backend, Journal.open())
    assert file.read_text() == ZONE
    assert Journal.open().storage.newest(Kind.INTENT, 100) == []


def test_an_error_after_the_copy_says_where_the_copy_is(backend: Backend) -> None:
    stale = adding(backend, "192.0.2.8")
    carry_out(adding(backend), backend, Journal.open())
    with pytest.raises(BaseMovedError) as error:
        carry_out(stale, backend, Journal.open())
    assert any("the zone as it was is kept in " in note for note in error.value.__notes__)

"""When a real ACME server suggests to renew, and the order that says what it replaces."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from sophia_infra import clock
from sophia_infra.tls.issuers import Issued
from sophia_infra.tls.issuers.acme import renewal_info
from sophia_infra.tls.issuers.acme.renewal_info import ASKED, PAUSE, PAUSES, identifier
from sophia_infra.tls.when.renewal import opening
from sophia_infra.tls.when.schedule import Schedule
from tests.support.pebble import Pebble
from tests.tls.acme.conftest import Make
from tests.tls.orders import order

NAMES = ("shop.example", "www.shop.example")
# Appendix A of RFC 9773.
OF_THE_RFC = """-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
"""
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> None:
    renewal_info._address.cache_clear()
    monkeypatch.setenv("SOPHIA_RUN", "")


def later(monkeypatch: pytest.MonkeyPatch, ahead: timedelta) -> None:
    monkeypatch.setattr(clock, "machine_time", lambda: datetime.now(UTC) + ahead)


def answer(start: datetime, end: datetime, **beside: str) -> str:
    return json.dumps({"suggestedWindow": {"start": start.isoformat(), "end": end.isoformat()}, **beside})


def window(issued: Issued, first_day: int, last_day: int) -> tuple[datetime, datetime]:
    assert issued.facts
    return issued.facts.not_before + first_day * DAY, issued.facts.not_before + last_day * DAY


def test_a_certificate_is_called_as_the_rfc_shows_it() -> None:
    assert identifier(OF_THE_RFC) == "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"
    assert identifier("") == ""


def test_the_ca_is_asked_as_often_as_it_says_and_once_in_a_run(
    make: Make, pebble: Pebble, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, before = order(domains=NAMES), pebble.looks
    issued = make().issue(asked)
    pebble.suggest(issued.certificate_pem, answer(*window(issued, 40, 42), explanationURL="https://ca.example/why"))
    found = make().suggested(asked.label, issued)
    assert (found.window, found.explanation, found.fault) == (window(issued, 40, 42), "https://ca.example/why", "")
    opens = opening(replace(issued, suggestion=found), Schedule())
    assert opens
    assert window(issued, 40, 42)[0] <= opens.at <= window(issued, 40, 42)[1]
    assert make().suggested(asked.label, issued) == found
    assert pebble.looks == before + 1

    pebble.suggest(issued.certificate_pem, answer(*window(issued, 50, 52)))
    later(monkeypatch, timedelta(hours=5))  # it says six
    assert make().suggested(asked.label, issued) == found
    monkeypatch.setenv("SOPHIA_RUN", "one")
    later(monkeypatch, timedelta(hours=7))
    moved = make().suggested(asked.label, issued)
    assert (moved.window, moved.explanation) == (window(issued, 50, 52), "")
    pebble.suggest(issued.certificate_pem, answer(*window(issued, 60, 62)))
    later(monkeypatch, timedelta(days=2))
    assert make().suggested(asked.label, issued) == moved, "within a run, the plan and the apply of it agree"
    monkeypatch.setenv("SOPHIA_RUN", "another")
    assert make().suggested(asked.label, issued).window == window(issued, 60, 62)
    assert pebble.looks == before + 3
    assert len(list(home.rglob(ASKED))) == 1


@pytest.mark.parametrize(
    "body",
    [
        "no JSON",
        "[]",
        "{}",
        '{"suggestedWindow": [1, 2]}',
        '{"suggestedWindow": {"start": "2026-12-01T00:00:00Z"}}',
        '{"suggestedWindow": {"start": "2026-12-01T00:00:00", "end": "2026-12-02T00:00:00"}}',
        '{"suggestedWindow": {"start": "2036-12-02T00:00:00Z", "end": "2036-12-02T00:00:00Z"}}',
        '{"suggestedWindow": {"start": "1970-01-01T00:00:00Z", "end": "1970-01-02T00:00:00Z"}}',
        '{"suggestedWindow": {"start": "soon\\u001b[2J", "end": 7}}',
        "[" * 60_000,
    ],
)
def test_an_answer_that_makes_no_sense_is_told_and_the_window_before_it_holds(
    body: str, make: Make, pebble: Pebble, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = order(domains=NAMES)
    issued = make().issue(asked)
    good = make().suggested(asked.label, issued)
    assert good.window
    pebble.suggest(issued.certificate_pem, body)
    later(monkeypatch, DAY)
    found = make().suggested(asked.label, issued)
    assert found.window == good.window
    assert found.fault
    assert found.fault.isprintable()
    pebble.suggest(issued.certificate_pem, answer(*window(issued, 40, 42)))
    later(monkeypatch, 2 * DAY)
    assert make().suggested(asked.label, issued).fault == ""


def test_a_ca_that_does_not_answer_or_does_not_know_it_suggests_nothing_and_is_left_alone(
    make: Make, pebble: Pebble, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = order(domains=NAMES)
    issued, foreign = make().issue(asked), replace(make().issue(asked), certificate_pem=OF_THE_RFC)
    before = pebble.looks
    for _ in range(2):
        assert make().suggested("demo/test/foreign", foreign).window is None
    assert pebble.looks == before + 1
    nobody = make(directory="https://127.0.0.1:1/dir")
    assert nobody.suggested(asked.label, issued).window is None
    later(monkeypatch, 91 * DAY)
    assert make().suggested(asked.label, issued).window is None, "one that has ended is not asked about"
    assert pebble.looks == before + 1


def test_a_clock_that_was_set_back_or_a_ca_that_is_busy_changes_when_it_is_asked(
    make: Make, pebble: Pebble, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = order(domains=NAMES)
    issued, before = make().issue(asked), pebble.looks
    later(monkeypatch, 30 * DAY)
    good = make().suggested(asked.label, issued)
    later(monkeypatch, timedelta())
    assert make().suggested(asked.label, issued) == good
    assert pebble.looks == before + 2

    busy = SimpleNamespace(ok=False, headers={"Retry-After": "43200"})
    for hours, answers, looks in ((7, busy, 2), (18, None, 2), (20, None, 3)):
        later(monkeypatch, timedelta(hours=hours))
        with monkeypatch.context() as patched:
            if answers:
                patched.setattr(renewal_info, "_get", lambda *_: busy)
            assert make().suggested(asked.label, issued) == good
        assert pebble.looks == before + looks


def test_one_of_six_days_is_renewed_within_its_cas_window_and_before_the_last_two(make: Make) -> None:
    asked = order(domains=NAMES)
    issued = make(profile="shortlived").issue(asked)
    opens = opening(replace(issued, suggestion=make().suggested(asked.label, issued)), Schedule())
    assert issued.facts
    assert opens
    assert 3 * DAY <= opens.at - issued.facts.not_before <= 4 * DAY


@pytest.mark.parametrize(
    ("told", "pause"),
    [
        ("21600", PAUSE),
        ("0", PAUSES[0]),
        ("99999999", PAUSES[1]),
        ("9" * 40, PAUSE),
        ("", PAUSE),
        ("-5", PAUSE),
        ("Sun, 06 Nov 1994 08:49:37 GMT", PAUSES[0]),
        ("soon", PAUSE),
    ],
)
def test_the_pause_that_a_ca_asks_for_has_limits(told: str, pause: timedelta) -> None:
    assert renewal_info._pause(SimpleNamespace(headers={"Retry-After": told})) == pause


def test_an_order_for_other_names_alone_replaces_nothing(
    make: Make, pebble: Pebble, capsys: pytest.CaptureFixture[str]
) -> None:
    issued, orders, before = make().issue(order(domains=NAMES[:1])), pebble.orders, pebble.replacements
    make().issue(order(domains=NAMES[1:], generation=2, base=issued.base))
    assert (pebble.orders, pebble.replacements) == (orders + 1, before)
    assert "ordered again" not in capsys.readouterr().err


def test_a_renewal_says_what_it_replaces_and_is_ordered_without_where_that_is_refused(
    make: Make, pebble: Pebble, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, before = order(domains=NAMES), pebble.replacements
    issued = make().issue(first)
    assert pebble.replacements == before
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "another machine"))
    make().issue(replace(first, standing=issued))
    make().issue(order(domains=NAMES, generation=2, base=issued.base))
    assert pebble.replacements == before + 1
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))  # it does not know of the second
    assert make().issue(order(domains=NAMES, generation=3, base=issued.base)).generation == 3
    assert pebble.replacements == before + 1
    assert "ordered again, and not as a replacement" in capsys.readouterr().err
    latest = make().latest(first.label)
    assert latest
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "a third machine"))
    make().issue(order(domains=NAMES, generation=4, replaced_pem=latest.certificate_pem))
    assert pebble.replacements == before + 2

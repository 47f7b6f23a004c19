"""Calls made again: how often, after which pauses, and which failure is raised in the end."""

from __future__ import annotations

import logging

import pytest

from sophia_infra.retries import again


class LostError(Exception):
    """What is tried again here."""


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What would have been waited; nothing is waited for."""
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    return waited


def call(failures: list[Exception]) -> str:
    if failures:
        raise failures.pop(0)
    return "done"


def test_pauses_double_and_no_two_clients_have_the_same(pauses: list[float]) -> None:
    for _ in range(20):
        failures: list[Exception] = [LostError() for _ in range(3)]
        assert again(LostError, lambda: call(failures), attempts=4, pause=0.5) == "done"  # noqa: B023  # called before the next round
    for number, shortest in enumerate((0.5, 1.0, 2.0)):
        same_try = pauses[number::3]
        assert all(shortest <= pause <= shortest + 0.25 for pause in same_try)
        assert len(set(same_try)) > 1, "jitter"


def test_the_last_failure_is_raised_at_once(pauses: list[float]) -> None:
    failures: list[Exception] = [LostError(str(number)) for number in range(9)]
    last = failures[3]
    with pytest.raises(LostError) as raised:
        again(LostError, lambda: call(failures), attempts=4, pause=0.5)
    assert raised.value is last
    assert len(pauses) == 3


def test_another_failure_is_not_tried_again(pauses: list[float]) -> None:
    failures: list[Exception] = [KeyError("x")]
    with pytest.raises(KeyError):
        again(LostError, lambda: call(failures), attempts=4, pause=0.5)
    assert not pauses


def test_the_pause_that_a_server_asks_for_is_kept(pauses: list[float]) -> None:
    failures: list[Exception] = [LostError()]
    assert again(lambda _: 42.0, lambda: call(failures), attempts=4, pause=0.5) == "done"
    assert pauses == [42.0]


def test_a_retry_writes_nothing_to_stderr(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    failures: list[Exception] = [LostError()]
    again(LostError, lambda: call(failures), attempts=4, pause=0.5)
    assert capfd.readouterr().err == ""

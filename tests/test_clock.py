from datetime import UTC, datetime, timedelta

import pytest

from sophia_infra import clock
from sophia_infra.errors import SophiaError
from tests.support.refusals import refused


def test_without_the_variable_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(clock.VARIABLE, raising=False)
    assert datetime.now(UTC) - clock.now() < timedelta(minutes=1)


def test_the_variable_moves_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(clock.VARIABLE, "2030-01-01T02:00:00+02:00")
    assert clock.now() == datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("told", ["tomorrow", "2030-01-01T00:00:00"])
def test_a_time_that_can_not_be_told_is_refused(monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    monkeypatch.setenv(clock.VARIABLE, told)
    with refused(SophiaError, "no-time", field="SOPHIA_NOW", value=told):
        clock.now()


def test_nothing_is_applied_by_a_moved_clock_unless_a_second_variable_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(clock.REHEARSAL)
    clock.refuse_moved()
    monkeypatch.setenv(clock.VARIABLE, "2026-11-20T12:00:00+00:00")
    with refused(clock.MovedError, field="SOPHIA_NOW") as caught:
        clock.refuse_moved()
    assert str(caught.value) == (
        "SOPHIA_NOW moves the clock of this run to 2026-11-20 12:00:00 UTC, which is for previews: unset it, or say "
        "SOPHIA_REHEARSAL=apply where this is a rehearsal"
    )
    monkeypatch.setenv(clock.REHEARSAL, "preview")
    with pytest.raises(clock.MovedError):
        clock.refuse_moved()
    monkeypatch.setenv(clock.REHEARSAL, clock.APPLY)
    clock.refuse_moved()

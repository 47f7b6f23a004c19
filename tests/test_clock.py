from datetime import UTC, datetime, timedelta

import pytest

from sophia_infra import clock
from sophia_infra.errors import SophiaError


def test_without_the_variable_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(clock.VARIABLE, raising=False)
    assert datetime.now(UTC) - clock.now() < timedelta(minutes=1)


def test_the_variable_moves_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(clock.VARIABLE, "2030-01-01T02:00:00+02:00")
    assert clock.now() == datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("told", ["tomorrow", "2030-01-01T00:00:00"])
def test_a_time_that_can_not_be_told_is_refused(monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    monkeypatch.setenv(clock.VARIABLE, told)
    with pytest.raises(SophiaError, match="write it like"):
        clock.now()

"""SOPHIA_LOG=debug shows the trail, and nothing else does."""

import logging
from collections.abc import Iterator

import pytest

from sophia_infra import trail

LOG = logging.getLogger("sophia_infra.advised.walk")


@pytest.fixture(autouse=True)
def logger(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(trail.LOGGER, "handlers", [])
    level = trail.LOGGER.level
    yield
    trail.LOGGER.setLevel(level)


def test_the_trail_is_shown_once_where_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOPHIA_LOG", "debug")
    trail.switch_on()
    trail.switch_on()
    LOG.debug("zone %s: planned\n2 updates", "shop.example")
    assert capsys.readouterr().err == "sophia debug: advised.walk: zone shop.example: planned\\u000a2 updates\n"


@pytest.mark.parametrize("value", [None, "", "off"])
def test_it_is_quiet_otherwise(
    value: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SOPHIA_LOG", raising=False)
    if value is not None:
        monkeypatch.setenv("SOPHIA_LOG", value)
    trail.switch_on()
    LOG.debug("zone shop.example: planned")
    assert capsys.readouterr().err == ""

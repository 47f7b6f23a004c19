"""A key that may write a part of the zone only: BIND's update-policy, Knot's update-owner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sophia_infra.dns.backends import Backend, BackendError, BaseMovedError, Live, for_part
from sophia_infra.dns.backends.rfc2136 import updates
from tests.dns.backends.rfc2136.conftest import opened
from tests.dns.backends.rfc2136.test_backend import zone_of
from tests.support import bind, knot
from tests.support.primary import FRAME, Primary
from tests.support.refusals import refused

SERVERS = {"knot": (knot.installed, knot.updatable_below_app), "bind": (bind.installed, bind.updatable_below_app)}


@pytest.fixture(params=SERVERS)
def primary(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Primary]:
    installed, updatable = SERVERS[request.param]
    if not installed():
        pytest.skip(f"{request.param} is not installed; python -m engine.debian gets it")
    with updatable(tmp_path / request.param) as running:
        yield running


def test_a_part_is_written_changed_and_taken_away_and_the_soa_is_the_servers(
    primary: Primary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "ROOM", 300)
    part = for_part(opened(primary))
    hosts = [f"h{number}.app 300 A 192.0.2.{number}" for number in range(20)]
    for asked in ([*hosts, 'app 60 TXT "v"'], [*hosts[1:], "h0.app 300 CNAME h1.app.shop.example."], []):
        written(part, zone_of(*asked))
        assert rest(opened(primary).read().text) == rest(zone_of(*asked))
    assert opened(primary).read().text.splitlines()[0].split(" ")[7:] == FRAME.splitlines()[0].split(" ")[7:]
    assert (opened(primary).read().serial or 0) > 1


def test_the_whole_zone_is_refused_and_says_that_the_key_may_not_write(primary: Primary) -> None:
    with refused(BackendError, "refused", value=0, says=r"REFUSED .*update-policy|BADKEY .*update-owner"):
        opened(primary).apply(lambda _: zone_of("h.app 300 A 192.0.2.1"))
    with refused(BackendError, "refused", value=0):
        for_part(opened(primary)).apply(lambda _: zone_of("h 300 A 192.0.2.1"))
    assert rest(opened(primary).read().text) == rest(FRAME)


def test_a_set_that_another_writer_changed_meanwhile_is_planned_again(primary: Primary) -> None:
    lives: list[str] = []

    def decide(live: Live) -> str:
        lives.append(live.text)
        if len(lives) == 1:
            primary.update(lambda message: message.add("h.app", 60, "A", "192.0.2.200"))
        if len(lives) == 2:
            raise BaseMovedError("there")
        return zone_of("h.app 300 A 192.0.2.1")

    with pytest.raises(BaseMovedError):
        for_part(opened(primary)).apply(decide)
    assert len(lives) == 2
    assert "h.app 60 A 192.0.2.200\n" in opened(primary).read().text


def written(part: Backend, desired: str) -> None:
    part.apply(lambda _: desired)


def rest(text: str) -> list[str]:
    """A zone without its SOA."""
    return text.splitlines()[1:]

"""Rows that somebody forged in a journal's file make no zone this stack's, and cut no wait short."""

from dataclasses import replace
from pathlib import Path

import pytest

from sophia_infra.dns.aliases import AnswerRow
from sophia_infra.dns.backends import Live, base_of
from sophia_infra.dns.lifecycle.departure import RemovalError
from sophia_infra.dns.lifecycle.owners import BEGUN, known_writing, others, was_left
from sophia_infra.dns.pools.publish import ProbeRow
from sophia_infra.dns.rows import Owner, ZoneIntent, ZoneMove, ZoneOutcome
from sophia_infra.dns.staging.caches import cached
from sophia_infra.dns.state import ZoneState
from sophia_infra.guard.stops import Stop, Stops
from sophia_infra.journal import Journal, Row
from tests.dns.stack import FRAME, ZoneStack
from tests.support import foreign
from tests.support.refusals import refused

HERE = "/zones/shop"
ME = Owner("r9", "shop.example", "me", "acme/prod", "shop")
OTHER = replace(ME, holder="other", label="store")
OURS = "www 60 A 192.0.2.1\n"
STATE = ZoneState("shop.example", OURS, stack="acme/prod", label="shop", holder="me", written="")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path / "j")


def wrote(owner: Owner, written: str | None = "w", *, removed: bool = False) -> tuple[str, Row]:
    return HERE, ZoneOutcome(ZoneIntent(owner, removed=removed), 1, written)


def begun(owner: Owner) -> tuple[str, Row]:
    return HERE, ZoneIntent(owner)


def elsewhere(journal: Journal, row: tuple[str, Row]) -> None:
    foreign.forge(journal, row)


def here(journal: Journal, row: tuple[str, Row]) -> None:
    journal.write(*row)


WRITERS = [(here, True), (elsewhere, False)]


@pytest.mark.parametrize(("write", "counts"), WRITERS)
def test_a_stack_wrote_what_its_own_rows_say(journal: Journal, write: object, counts: bool) -> None:
    assert callable(write)
    write(journal, wrote(ME))
    assert known_writing(journal, HERE, ME) == ("w" if counts else "")
    write(journal, begun(ME))
    assert known_writing(journal, HERE, ME) == (BEGUN if counts else "")


@pytest.mark.parametrize(("write", "counts"), WRITERS)
def test_a_resource_is_known_by_its_own_rows_and_others_by_any(journal: Journal, write: object, counts: bool) -> None:
    assert callable(write)
    for row in (wrote(ME), wrote(OTHER)):
        write(journal, row)
    found = others(journal, HERE, replace(ME, run=None), forced=False)
    assert found.known is counts
    assert [owner.holder for owner in found.owners] == ["other"]
    write(journal, (HERE, ZoneMove(None, "/zones/new")))
    write(journal, ("/zones/new", ZoneOutcome(ZoneIntent(replace(OTHER, holder="new")))))
    assert others(journal, HERE, ME, forced=False).elsewhere


@pytest.mark.parametrize(("write", "counts"), WRITERS)
def test_a_zone_was_left_by_who_says_so_here(journal: Journal, write: object, counts: bool) -> None:
    assert callable(write)
    live = Live(FRAME + OURS, 1)
    part = base_of(STATE.ownership.split(live.text, lambda: STATE.subjects).own)
    here(journal, wrote(OTHER, part))
    assert not was_left(STATE, live, journal, HERE)
    write(journal, wrote(OTHER, None, removed=True))
    assert was_left(STATE, live, journal, HERE) is counts


def test_that_nobody_stands_for_a_zone_does_not_say_that_it_was_left(journal: Journal) -> None:
    """As if somebody took the last word of its owner out of the file."""
    live = Live(FRAME + OURS, 1)
    part = base_of(STATE.ownership.split(live.text, lambda: STATE.subjects).own)
    here(journal, wrote(replace(OTHER, label=None), part))
    assert journal.owners(ZoneOutcome, "location", HERE) == []
    assert not was_left(STATE, live, journal, HERE)


@pytest.mark.parametrize(("write", "counts"), WRITERS)
def test_what_resolvers_hold_is_what_was_published_here(journal: Journal, write: object, counts: bool) -> None:
    assert callable(write)
    here(journal, (HERE, ZoneOutcome(ZoneIntent(ME, ttls={"www A": 86_400}))))
    here(journal, (HERE, ZoneIntent(ME, ttls={"www A": 60})))
    before = cached(journal, HERE)["www A"].until
    write(journal, (HERE, ZoneOutcome(ZoneIntent(ME, ttls={"www A": 60}))))
    assert (cached(journal, HERE)["www A"].until < before) is counts


def test_a_stop_holds_whoever_wrote_it(journal: Journal) -> None:
    foreign.forge(journal, ("guard acme/prod", Stop(5, "urn")))
    assert Stops(lambda: journal, "acme/prod", 5, applies=True).spent() == 5


def test_a_run_asks_the_world_itself(journal: Journal) -> None:
    for row in (ProbeRow({"www 192.0.2.1": ""}), AnswerRow({})):
        foreign.forge(journal, ("key", row))
        asked: list[int] = []
        journal.once(["key"], type(row), lambda row=row, asked=asked: (asked.append(1), row)[1], lambda _: None)  # type: ignore[misc]
        assert asked == [1]


def test_a_zone_is_not_removed_by_what_a_forged_row_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = ZoneStack(tmp_path, monkeypatch)
    with foreign.machine():
        stack.run({"text": OURS})
    assert stack.file.exists()
    with refused(RemovalError, "writer-unknown"):
        stack.delete()
    assert stack.file.exists()
    journal = Journal.open()
    monkeypatch.delenv("SOPHIA_NOW")
    journal.accept(journal.storage.newest(None, 1)[0].head, "ops")
    stack.delete()
    assert not stack.file.exists()

"""SOPHIA_NOW and the journal: rows tell of it, acts are refused, and `verify` remarks on time that can't be trusted."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from sophia_infra.clock import MovedError
from sophia_infra.journal import Journal, Kind, Row
from sophia_infra.journal.chain import EMPTY, Entry, Head, follow, walk

NOON = "2026-11-23T12:00:00+00:00"


@dataclass(frozen=True, slots=True)
class Plan(Row):
    KIND: ClassVar = Kind.PLAN

    place: str


@dataclass(frozen=True, slots=True)
class Intent(Row):
    KIND: ClassVar = Kind.INTENT

    place: str


@dataclass(frozen=True, slots=True)
class Approval(Row):
    KIND: ClassVar = Kind.APPROVAL

    place: str


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path)


def test_a_row_under_a_moved_clock_holds_the_machines_time_as_well(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.write("here", Plan("here"))
    monkeypatch.setenv("SOPHIA_NOW", "2019-01-01T00:00:00+00:00")
    journal.write("here", Plan("here"))
    moved, honest = journal.entries(None, None, 2)
    assert moved.time.startswith("2019-01-01")
    assert moved.value["machine_time"] >= honest.time
    assert "machine_time" not in honest.value
    assert journal.newest(Plan, 1)[0].row == Plan("here")
    assert journal.verify().remarks == ("the clock was moved (SOPHIA_NOW) in 1 rows, first in row 2",)


@pytest.mark.parametrize("act", [Intent("here"), Approval("here")])
def test_no_act_is_journaled_under_a_moved_clock(journal: Journal, monkeypatch: pytest.MonkeyPatch, act: Row) -> None:
    monkeypatch.delenv("SOPHIA_REHEARSAL")
    monkeypatch.setenv("SOPHIA_NOW", NOON)
    with pytest.raises(MovedError):
        journal.write("here", act)
    journal.write("here", Plan("here"))
    assert journal.verify().rows == 1


def chain(*times: str) -> list[Entry]:
    entries: list[Entry] = []
    for time in times:
        head = Head(entries[-1].sequence, entries[-1].hash) if entries else EMPTY
        entries.append(follow(head, time, Kind.PLAN, "here", {}))
    return entries


def test_time_that_runs_backwards_is_remarked_on_and_a_clock_that_was_set_is_not() -> None:
    entries = chain(NOON, "2026-11-23T11:59:00+00:00", "2026-11-20T12:00:00+00:00", "2026-11-23T12:00:01+00:00")
    found = walk(entries)
    assert found.ok
    why = "row 3 is of 2026-11-20 12:00:00+00:00, and a row before it of 2026-11-23 12:00:00+00:00"
    assert found.remarks == (f"time runs backwards in 1 rows: {why}",)


def test_a_time_that_is_none_breaks_no_walk() -> None:
    assert walk(chain("yesterday", "2026-11-23T12:00:00", NOON)).remarks == ()

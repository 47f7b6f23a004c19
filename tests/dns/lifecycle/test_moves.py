"""A zone that moved stays where it was, whatever its resource is called, and whichever run deletes the old one."""

from pathlib import Path

import pytest

from sophia_infra.dns.lifecycle.owners import note_move, others
from sophia_infra.dns.rows import Owner, ZoneIntent, ZoneOutcome
from sophia_infra.journal import Journal

OLD, NEW = "/zones/old", "/zones/new"


def owner(run: str | None, holder: str, label: str) -> Owner:
    return Owner(run, f"{label}.example", holder, "acme/prod", label)


def write(journal: Journal, location: str, run: str, holder: str, label: str) -> None:
    journal.write(location, ZoneOutcome(ZoneIntent(owner(run, holder, label))))


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    journal = Journal.open(tmp_path)
    write(journal, OLD, "r0", "h1", "shop")
    monkeypatch.setenv("SOPHIA_RUN", "r1")
    note_move(journal, OLD, NEW)
    return journal


def is_elsewhere(journal: Journal, run: str | None) -> bool:
    return others(journal, OLD, owner(run, "h1", "shop"), forced=False).elsewhere


def test_in_its_own_run_and_in_a_later_one_once_it_was_written_there(journal: Journal) -> None:
    assert is_elsewhere(journal, "r1")
    assert not is_elsewhere(journal, "r2"), "the move was only previewed"
    assert not is_elsewhere(journal, None)
    write(journal, NEW, "r1", "h2", "store")
    assert is_elsewhere(journal, "r2")
    assert is_elsewhere(journal, None)


def test_a_move_counts_no_more_once_the_zone_is_written_where_it_was(journal: Journal) -> None:
    write(journal, NEW, "r1", "h2", "store")
    write(journal, OLD, "r2", "h1", "shop")
    assert not is_elsewhere(journal, "r3")


def test_a_move_is_noted_once_a_run(journal: Journal) -> None:
    before = journal.verify().head
    note_move(journal, OLD, NEW)
    assert journal.verify().head == before

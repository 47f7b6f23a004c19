"""A file says of no row that this machine wrote it, but by a seal: what is forged or copied lets nothing through."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from sophia_infra.journal import Head, Journal, JournalError, Kind, Row, Storage, chain, seal
from sophia_infra.journal.seal import KEY, OLD, SealError
from sophia_infra.journal.sqlite import SqliteStorage
from tests.support import foreign
from tests.support.refusals import refused

SHARED = "a shared key of thirty-two octets or more"


@dataclass(frozen=True, slots=True)
class Word(Row):
    KIND: ClassVar = Kind.OUTCOME
    RESOURCE: ClassVar = "word"

    said: str
    holder: str = ""
    label: str = ""
    run: str = ""


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path)


def said(journal: Journal, key: str = "x", *, of: bool = False) -> str:
    found = journal.last(Word, key, foreign=of)
    return found.row.said if found else ""


def test_what_another_machine_wrote_is_passed_over_and_told_once(
    journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    journal.write("y", Word("mine"))
    assert said(journal, "y") == "mine"
    assert capsys.readouterr().err == ""
    foreign.forge(journal, ("x", Word("theirs", "h", "l", "1")))
    assert said(journal) == "" != said(journal, of=True)
    assert [*journal.back(Word, "x")] == [*journal.owners(Word, "holder", "h")] == journal.of_run(Word, "1", "x") == []
    assert len([*journal.back(Word, "x", foreign=True)]) == 1
    assert len(journal.owners(Word, "location", "x", foreign=True)) == 1
    assert len(journal.of_run(Word, "1", "x", foreign=True)) == 1
    assert not journal.wrote_since("1", "x", 0)
    assert capsys.readouterr().err == (
        f"sophia: journal {journal.name} has rows that let nothing through here (no approval, no word on who wrote a "
        "zone): they were sealed by a key that is not known here, another machine's or a former SOPHIA_ADVICE_KEY; "
        "give all machines one SOPHIA_ADVICE_KEY and a former one as SOPHIA_ADVICE_KEY_OLD, or look (sophia audit "
        "list) and take them on: sophia audit accept\n"
    )


def test_the_newest_word_decides_though_an_older_one_is_ours(journal: Journal) -> None:
    journal.write("x", Word("mine"))
    foreign.forge(journal, ("x", Word("theirs")))
    assert said(journal) == ""


def test_the_first_wins_among_what_is_ours(journal: Journal) -> None:
    foreign.forge(journal, ("x", Word("theirs")))
    assert journal.write_once("x", Word("mine")).said == "mine"
    assert journal.write_once("x", Word("again")).said == "mine"


@pytest.mark.parametrize(
    ("there", "here", "holds"), [("", "", False), (SHARED, SHARED, True), (SHARED, "", False), ("", "x" * 32, False)]
)
def test_machines_with_one_key_know_each_other(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, there: str, here: str, holds: bool
) -> None:
    with foreign.machine(there):
        journal.write("x", Word("theirs"))
    monkeypatch.setenv(KEY, here)
    assert bool(said(journal)) is holds


def test_what_a_machine_wrote_before_it_shared_a_key_is_still_its_own(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.write("x", Word("mine"))
    monkeypatch.setenv(KEY, SHARED)
    assert said(journal) == "mine"


OTHER = "another shared key of thirty-two octets or more"


def test_rows_of_a_former_key_count_while_it_is_given_and_from_then_on_once_they_are_sealed_anew(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, SHARED)
    journal.write("x", Word("mine"))
    foreign.forge(journal, ("y", Word("theirs")))
    monkeypatch.setenv(KEY, OTHER)
    assert said(journal) == ""
    monkeypatch.setenv(OLD, SHARED)
    assert said(journal) == "mine"
    assert journal.rekey("ops") == 1
    assert journal.rekey("ops") == 0
    monkeypatch.delenv(OLD)
    assert (said(journal), said(journal, "y")) == ("mine", "")
    assert journal.entry(3).value == {"by": "ops", "rekeyed": True, "rows": 1}
    assert journal.verify().foreign == (f"1 rows let nothing through here: {seal.lack(b'x')}",)


def test_no_row_is_sealed_anew_in_a_database(storage: Storage) -> None:
    journal = Journal(storage)
    journal.write("x", Word("mine"))
    assert journal.rekey("ops") == 0
    assert len(storage.newest(None, 9)) == 1


@pytest.mark.parametrize("name", [KEY, OLD])
def test_a_shared_key_that_is_too_short_is_found_before_anything_is_written(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    seal.check()
    monkeypatch.setenv(name, "short")
    with refused(SealError, field=name, value=5, limit=32):
        seal.check()


@pytest.mark.parametrize("home", ["hangs", "is gone"])
def test_a_key_that_can_not_be_read_for_a_while_seals_what_a_run_began(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    journal.write("x", Word("begun"))
    key = tmp_path / "state" / "sophia" / "journal.key"
    (tmp_path / "state").rename(tmp_path / "kept")
    if home == "hangs":
        key.mkdir(parents=True)  # whoever runs the tests, it can't be read
    journal.write("x", Word("ended"))
    assert said(journal) == "ended"
    if home == "hangs":
        shutil.rmtree(tmp_path / "state")
    assert not (tmp_path / "state").exists()
    (tmp_path / "kept").rename(tmp_path / "state")
    assert said(journal) == "ended"
    assert journal.verify().foreign == ()


def test_what_a_run_writes_that_never_could_read_the_key_counts_once_it_is_accepted(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    key = tmp_path / "state" / "sophia" / "journal.key"
    key.mkdir(parents=True)
    with refused(SealError, field=KEY, says="can't be read"):
        seal.check()
    journal.write("x", Word("mine"))
    key.rmdir()
    assert said(journal) == ""
    assert journal.verify().foreign == (f"1 rows let nothing through here: {seal.lack(b'')}",)
    journal.accept(journal.entry(1).head, "ops")
    assert said(journal) == "mine"


COLUMNS = {"time": "2026-01-01T00:00:00+00:00", "kind": "plan", "key": "z", "body": '{"said":"forged"}'}


@pytest.mark.parametrize("column", COLUMNS)
def test_a_row_that_is_changed_and_hashed_anew_is_not_ours(journal: Journal, column: str) -> None:
    """As one does who has a file that was sealed here, and rewrites a row in its middle."""
    for _ in range(3):
        journal.write("x", Word("mine"))
    assert isinstance(journal.storage, SqliteStorage)
    with closing(sqlite3.connect(journal.storage.path)) as db, db:
        db.execute("DROP TRIGGER no_update")
        old = journal.entry(2)
        row = {"time": old.time, "kind": old.kind, "key": old.key, "body": old.body, column: COLUMNS[column]}
        values = (*row.values(), chain._hash(2, *row.values(), old.previous))
        db.execute("UPDATE entries SET time = ?, kind = ?, key = ?, body = ?, hash = ? WHERE sequence = 2", values)
    entry = journal.entry(2)
    assert entry.sound
    assert not entry.ours
    assert journal.entry(1).ours


@pytest.mark.parametrize("mark", [None, "", b"", b"\0" * 32, "text", 7], ids=repr)
def test_a_seal_that_is_none_holds_for_nothing(journal: Journal, mark: object) -> None:
    journal.write("x", Word("mine"))
    assert isinstance(journal.storage, SqliteStorage)
    with closing(sqlite3.connect(journal.storage.path)) as db, db:
        db.execute("DELETE FROM seals")
        if mark is not None:
            db.execute("INSERT INTO seals VALUES (1, ?)", (mark,))
    assert said(journal) == ""


def test_a_database_vouches_for_its_rows(storage: Storage) -> None:
    journal = Journal(storage)
    with foreign.machine():
        journal.write("x", Word("theirs"))
    assert bool(said(journal)) is storage.vouched
    assert len([*storage.foreign()]) == (0 if storage.vouched else 1)


def test_accepted_rows_are_ours_up_to_the_one_that_was_looked_at(journal: Journal) -> None:
    foreign.forge(journal, ("x", Word("theirs")), ("x", Word("theirs too")))
    looked = journal.entry(2).head
    foreign.forge(journal, ("y", Word("since then")))
    assert journal.accept(looked, "ops") == 2
    assert (said(journal), said(journal, "y")) == ("theirs too", "")
    accepted = journal.entry(4)
    assert (accepted.kind, accepted.ours, accepted.value) == (
        "accept",
        True,
        {"by": "ops", "head": str(looked), "rows": 2},
    )
    assert journal.verify().ok


def test_nothing_of_a_broken_chain_is_accepted(journal: Journal) -> None:
    foreign.forge(journal, ("x", Word("theirs")), ("x", Word("theirs too")))
    with refused(JournalError, says="is broken, so nothing of it is accepted: row 2 is not the one"):
        journal.accept(Head(2, "0" * 64), "ops")
    assert isinstance(journal.storage, SqliteStorage)
    with closing(sqlite3.connect(journal.storage.path)) as db, db:
        db.execute("UPDATE newest SET sequence = 1")
    with refused(JournalError, says="the table newest says something else"):
        journal.accept(journal.entry(2).head, "ops")
    assert said(journal) == ""


def test_a_machine_that_can_keep_no_key_goes_on_and_its_rows_count_for_nothing(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    journal.write("x", Word("mine"))
    journal.write("x", Word("mine"))
    assert capsys.readouterr().err.count("will not be known as this machine's") == 1
    assert said(journal) == ""
    with pytest.raises(SealError):
        journal.accept(journal.entry(2).head, "ops")


def test_a_shared_key_that_is_too_short_stops_what_would_be_written(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, "short")
    with refused(SealError, field=KEY, value=5, limit=32):
        journal.write("x", Word("mine"))
    assert journal.last(Word, "x", foreign=True) is None


@pytest.mark.parametrize("left", ["", "short"])
def test_a_key_that_is_there_is_never_written_over(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    key = tmp_path / "state" / "sophia" / "journal.key"
    key.parent.mkdir(parents=True)
    key.write_text(left)
    journal.write("x", Word("mine"))
    assert key.read_text() == left
    assert said(journal) == ""

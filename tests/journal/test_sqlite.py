import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from sophia_infra.journal import Head, Journal, JournalError, Kind, schema
from sophia_infra.journal.connection import connection
from sophia_infra.journal.sql import Append
from sophia_infra.journal.sqlite import SqliteStorage
from tests.support.refusals import refused

WRITER = """
import sys
from sophia_infra.journal import Journal, Kind
journal = Journal.open(sys.argv[1]).storage
for number in range(25):
    journal.append(Kind.OUTCOME, sys.argv[2], {"n": number})
    journal.append_once(f"fingerprint-{number}", (Kind.ADVICE, {"writer": sys.argv[2]}))
"""

KILLED = """
import os, sys
from sophia_infra.journal import Journal, Kind, sql
insert = sql.SqlStorage._insert
def die(*row):
    insert(*row)
    os.kill(os.getpid(), 9)
sql.SqlStorage._insert = die
Journal.open(sys.argv[1]).storage.append(Kind.PLAN, "zone", {})
"""


@pytest.fixture
def journal(tmp_path: Path) -> SqliteStorage:
    return SqliteStorage(tmp_path / ".sophia" / "journal.db")


@contextmanager
def tampering(journal: SqliteStorage) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as db:
        db.execute("DROP TRIGGER no_delete")
        db.execute("DROP TRIGGER no_update")
        yield db


def fill(journal: SqliteStorage, rows: int) -> None:
    for number in range(rows):
        journal.append(Kind.OUTCOME, "zone", {"n": number})


def test_opening_and_looking_touch_nothing(journal: SqliteStorage) -> None:
    assert journal.last(Kind.ADVICE, "none") is None
    assert not journal.path.parent.exists()


def test_what_was_appended_is_found_again_with_its_time(
    journal: SqliteStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_NOW", "2026-11-23T12:00:00+00:00")
    journal.append(Kind.PLAN, "zone", {"b": [1, None, "ü"], "a": True})
    found = SqliteStorage(journal.path).last(Kind.PLAN, "zone")
    assert found is not None
    assert found.value == {"a": True, "b": [1, None, "ü"]}
    assert found.body == '{"a":true,"b":[1,null,"\\u00fc"]}'
    assert found.time == "2026-11-23T12:00:00+00:00"


def test_find_returns_the_newest_of_a_kind_and_key(journal: SqliteStorage) -> None:
    fill(journal, 3)
    journal.append(Kind.OUTCOME, "other zone", {"n": 8})
    journal.append(Kind.PLAN, "zone", {"n": 9})
    found = journal.last(Kind.OUTCOME, "zone")
    assert found is not None
    assert found.value == {"n": 2}


def test_append_once_lets_the_first_writer_win(journal: SqliteStorage) -> None:
    first = journal.append_once("fingerprint", (Kind.REQUEST, {}), (Kind.ADVICE, {"says": "one"}))
    assert [entry.kind for entry in first] == ["request", "advice"]
    assert journal.append_once("fingerprint", (Kind.ADVICE, {"says": "two"})) == first[1:]
    assert journal.verify().rows == 2


def test_an_apply_is_unfinished_until_its_outcome(journal: SqliteStorage) -> None:
    typed = Journal(journal)
    assert not typed.is_unfinished("zone")
    journal.append(Kind.INTENT, "zone", {"plan": 1})
    assert typed.is_unfinished("zone")
    assert not typed.is_unfinished("other")
    journal.append(Kind.OUTCOME, "zone", {"plan": 1})
    assert not typed.is_unfinished("zone")
    journal.append(Kind.INTENT, "zone", {"plan": 2})
    assert typed.is_unfinished("zone")


def test_threads_and_processes_share_one_unbroken_chain(journal: SqliteStorage) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(journal.path.parent), name], env=_environment())
        for name in ("one", "two")
    ]
    with ThreadPoolExecutor(4) as threads:
        for name in range(4):
            threads.submit(fill, SqliteStorage(journal.path), 10 + name)
    assert [writer.wait(60) for writer in writers] == [0, 0]
    found = journal.verify()
    assert (found.ok, found.why) == (True, "")
    assert found.rows == 2 * 25 + 25 + (10 + 11 + 12 + 13)


def test_rows_that_wait_for_the_same_commit_share_the_next(
    journal: SqliteStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(journal, 1)
    commits: list[int] = []
    write = SqliteStorage.write

    def counted(storage: SqliteStorage, rows: list[Append]) -> None:
        commits.append(len(rows))
        write(storage, rows)

    monkeypatch.setattr(SqliteStorage, "write", counted)
    with ThreadPoolExecutor(8) as threads:
        with journal.queue.turn:  # as a commit that is under way would
            waiting = [threads.submit(fill, journal, 1) for _ in range(8)]
            while len(journal.queue.waiting) < 8:
                time.sleep(0.001)
        for thread in waiting:
            thread.result()
    assert commits == [8]
    assert journal.verify().rows == 9


def test_a_row_that_can_not_be_written_does_not_stop_the_others(journal: SqliteStorage) -> None:
    rows = [Append(Kind.PLAN, "zone", {"n": value}, once=False) for value in (1, object(), 3)]
    journal.write(rows)
    assert [bool(row.entry) for row in rows] == [True, False, True]
    with pytest.raises(TypeError):
        journal.append(Kind.PLAN, "zone", {"n": object()})
    assert journal.verify().rows == 2


def test_what_could_not_be_written_is_not_written_later(
    journal: SqliteStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(journal, 1)
    monkeypatch.setattr("sophia_infra.journal.sqlite.BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError):
            journal.append(Kind.INTENT, "zone", {})
    with monkeypatch.context() as patch:
        patch.setattr("sophia_infra.journal.connection._identity", never)
        with pytest.raises(JournalError):
            journal.append(Kind.INTENT, "zone", {})
    fill(journal, 1)
    assert journal.last(Kind.INTENT, "zone") is None


def never(path: Path) -> tuple[int, ...]:
    raise PermissionError(path)


def test_a_journal_that_took_the_place_of_another_is_the_one_that_is_read(
    journal: SqliteStorage, tmp_path: Path
) -> None:
    other = SqliteStorage(tmp_path / "other" / "journal.db")
    fill(journal, 1)
    fill(other, 3)
    for name in ("journal.db", "journal.head"):
        (other.path.parent / name).replace(journal.path.parent / name)
    assert journal.verify().rows == 3
    fill(journal, 1)
    assert journal.verify().rows == 4


def test_a_forked_process_opens_a_connection_of_its_own(journal: SqliteStorage) -> None:
    fill(journal, 1)
    mine = connection(journal.path, os.getpid())
    child = os.fork()
    if not child:
        fill(journal, 1)
        os._exit(int(connection(journal.path, os.getpid()) is mine))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    fill(journal, 1)
    assert journal.verify().rows == 3


def test_a_writer_killed_before_its_commit_leaves_nothing(journal: SqliteStorage) -> None:
    fill(journal, 1)
    run = subprocess.run([sys.executable, "-c", KILLED, str(journal.path.parent)], env=_environment(), check=False)
    assert run.returncode == -9
    assert journal.last(Kind.PLAN, "zone") is None
    fill(journal, 1)
    assert journal.verify().rows == 2


def test_rows_can_not_be_changed_or_deleted_by_accident(journal: SqliteStorage) -> None:
    fill(journal, 2)
    with closing(sqlite3.connect(journal.path)) as db:
        for statement in ("DELETE FROM entries", "UPDATE entries SET body = '{}'"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                db.execute(statement)
    assert journal.verify().rows == 2


def test_verify_names_a_row_changed_behind_its_back(journal: SqliteStorage) -> None:
    fill(journal, 3)
    with tampering(journal) as db:
        db.execute("UPDATE entries SET body = '{\"n\":7}' WHERE sequence = 2")
    found = journal.verify()
    assert (found.ok, found.first_bad) == (False, 2)


INDEX_DAMAGE = {
    "runs": "DELETE FROM runs",
    "owners": "UPDATE owners SET holder = 'somebody'",
    "created": "INSERT INTO created VALUES ('x', 'b A')",
    "newest": "UPDATE newest SET sequence = 1 WHERE kind = 'outcome'",
}


def test_there_is_a_test_of_damage_to_every_index() -> None:
    assert set(INDEX_DAMAGE) == set(schema.DERIVED)


@pytest.mark.parametrize("table", INDEX_DAMAGE)
def test_verify_names_an_index_that_says_something_else_than_the_rows(journal: SqliteStorage, table: str) -> None:
    body = {"run": "1", "holder": "a", "label": "a"}
    journal.append(Kind.INTENT, "x", {**body, "created": ["a A"]})
    journal.append(Kind.OUTCOME, "x", body)
    assert journal.verify().ok
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as db:
        db.execute(INDEX_DAMAGE[table])
    found = journal.verify()
    assert (found.ok, found.rows, found.first_bad) == (False, 2, None)
    assert f"the table {table} says" in found.why
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as db:
        db.execute("PRAGMA user_version = 1")  # the way out that docs/journal.md gives
    assert [entry.sequence for entry in journal.owners("holder", "a")] == [2]
    assert journal.verify().ok


@pytest.mark.parametrize("value", [b"\xff\xfe", 5])
def test_verify_survives_a_field_of_the_wrong_type(journal: SqliteStorage, value: object) -> None:
    fill(journal, 3)
    with tampering(journal) as db:
        db.execute("UPDATE entries SET body = ? WHERE sequence = 2", (value,))
    assert journal.verify().first_bad == 2


def test_a_changed_row_is_never_replayed(journal: SqliteStorage) -> None:
    journal.append(Kind.ADVICE, "fingerprint", {"verdict": "block"})
    with tampering(journal) as db:
        db.execute('UPDATE entries SET body = \'{"verdict":"approve"}\'')
    with pytest.raises(JournalError) as refused:
        journal.last(Kind.ADVICE, "fingerprint")
    assert refused.value.code == "journal-row-changed"


def test_a_tail_cut_off_shows_and_stops_the_next_write(journal: SqliteStorage) -> None:
    fill(journal, 4)
    with tampering(journal) as db:
        db.execute("DELETE FROM entries WHERE sequence > 2")
    found = journal.verify()
    assert (found.ok, found.rows) == (False, 2)
    assert "row 4 was written" in found.why
    with pytest.raises(JournalError) as refused:
        fill(journal, 1)
    assert refused.value.code == "journal-lost-rows"
    assert not journal.verify().ok


def test_a_journal_replaced_by_an_empty_file_shows(journal: SqliteStorage) -> None:
    fill(journal, 2)
    journal.path.write_bytes(b"")
    assert "row 2 was written" in journal.verify().why
    with pytest.raises(JournalError) as refused:
        fill(journal, 1)
    assert refused.value.code == "journal-lost-rows"


def test_a_deleted_journal_whose_pin_is_left_is_not_begun_anew(journal: SqliteStorage) -> None:
    fill(journal, 2)
    journal.path.unlink()
    with pytest.raises(JournalError) as refused:
        fill(journal, 1)
    assert refused.value.code == "journal-lost-rows"


@pytest.mark.parametrize("mangle", [Path.unlink, lambda pin: pin.write_text("rubbish\n")])
def test_a_lost_or_mangled_pin_shows(journal: SqliteStorage, mangle: object) -> None:
    fill(journal, 2)
    assert callable(mangle)
    mangle(journal.pin)
    found = journal.verify()
    assert (found.ok, found.rows) == (False, 2)
    assert "journal.head is missing" in found.why


def test_a_pin_that_lags_behind_is_no_fault(journal: SqliteStorage) -> None:
    fill(journal, 1)
    lagging = journal.pin.read_text()
    fill(journal, 2)
    journal.pin.write_text(lagging)
    assert journal.verify().ok
    fill(journal, 1)
    assert journal.pin.read_text() == f"{journal.verify().head}\n"


def test_plans_are_pinned_with_the_next_row_of_another_kind(journal: SqliteStorage) -> None:
    journal.append(Kind.INTENT, "x", {})
    journal.append(Kind.PLAN, "x", {})
    entry = journal.at(1)
    assert entry
    assert journal.pinned() == entry.head
    journal.append(Kind.OUTCOME, "x", {})
    assert journal.pinned() == journal.verify().head


def test_a_head_noted_elsewhere_catches_a_whole_journal_written_anew(journal: SqliteStorage) -> None:
    fill(journal, 2)
    noted = journal.verify().head
    for file in journal.path.parent.iterdir():
        file.unlink()
    fill(journal, 3)
    assert journal.verify().ok
    assert not journal.verify(noted).ok
    assert not journal.verify(Head(9, "0" * 64)).ok


def test_verify_needs_a_journal(journal: SqliteStorage) -> None:
    with refused(JournalError, "no-journal", says=r"no journal at .*journal\.db.*SOPHIA_HOME"):
        journal.verify()


def test_a_file_that_is_no_journal_is_refused_and_left_alone(journal: SqliteStorage) -> None:
    journal.path.parent.mkdir()
    journal.path.write_text("not a database, but long enough to look at " * 40)
    before = journal.path.read_bytes()
    for use in (lambda: fill(journal, 1), lambda: journal.last(Kind.PLAN, "zone"), journal.verify):
        with pytest.raises(JournalError) as refused:
            use()
        assert refused.value.code == "journal-unusable"
    assert journal.path.read_bytes() == before


def test_somebody_else_s_database_is_refused_and_left_alone(journal: SqliteStorage) -> None:
    journal.path.parent.mkdir()
    with closing(sqlite3.connect(journal.path)) as db:
        db.execute("CREATE TABLE theirs (x)")
    with pytest.raises(JournalError) as refused:
        fill(journal, 1)
    assert refused.value.code == "not-a-journal"
    with closing(sqlite3.connect(journal.path)) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]


def test_a_journal_of_a_newer_release_is_refused(journal: SqliteStorage) -> None:
    fill(journal, 1)
    with closing(sqlite3.connect(journal.path)) as db:
        db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    with refused(
        JournalError, "journal-schema", says=f"has schema {schema.VERSION + 1}, not {schema.VERSION}: upgrade"
    ):
        fill(journal, 1)


def test_a_folder_that_can_not_be_made_is_a_journal_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    journal = SqliteStorage(tmp_path / "file" / ".sophia" / "journal.db")
    with refused(JournalError, "journal-unusable", says=r"can't be used .*SOPHIA_HOME"):
        journal.append(Kind.INTENT, "zone", {})


def test_a_journal_held_by_another_process_is_waited_for_and_then_refused(
    journal: SqliteStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(journal, 1)
    monkeypatch.setattr("sophia_infra.journal.sqlite.BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        with refused(JournalError, "journal-unusable", says="locked"):
            fill(journal, 1)
    assert journal.verify().rows == 1


def test_a_new_folder_is_private_and_ignores_itself_in_git(journal: SqliteStorage) -> None:
    fill(journal, 1)
    folder = journal.path.parent
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / ".gitignore").read_text() == "*\n"
    assert sorted(os.listdir(folder)) == [".gitignore", "journal.db", "journal.head"]


def test_a_folder_that_was_there_gets_no_gitignore(tmp_path: Path) -> None:
    fill(SqliteStorage(tmp_path / "journal.db"), 1)
    assert not (tmp_path / ".gitignore").exists()


def test_the_folder_is_the_argument_or_the_variable_or_the_project_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    program = tmp_path / "infra" / "program"
    program.mkdir(parents=True)
    monkeypatch.chdir(program)
    monkeypatch.delenv("SOPHIA_HOME", raising=False)
    assert Path(Journal.open().name) == tmp_path / ".sophia" / "journal.db"
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))
    assert Path(Journal.open().name) == tmp_path / "home" / "journal.db"
    assert Path(Journal.open("here").name) == program / "here" / "journal.db"


def test_importing_the_journal_does_not_import_sqlite() -> None:
    code = "import sys; import sophia_infra.advice.consult; print('sqlite3' in sys.modules, 'pulumi' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], env=_environment(), capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False False"


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}

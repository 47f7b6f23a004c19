"""A journal of release 0.1.0 becomes one of this release: once, and whole or not at all."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from sophia_infra.journal import Head, JournalError, Kind, schema
from sophia_infra.journal.sqlite import SqliteStorage
from tests.support import history
from tests.support.refusals import refused
from tests.support.workspace import REPO

RELEASE = REPO / "tests" / "fixtures" / "release_0_1"

# Each says which schema it found, and goes on when it is told to.
WAITS = """
import sys
from pathlib import Path
from sophia_infra.journal import Kind
from sophia_infra.journal.sqlite import SqliteStorage
look = SqliteStorage._version
def wait(self, db):
    found = look(self, db)
    SqliteStorage._version = look
    print(found, flush=True)
    sys.stdin.readline()
    return found
SqliteStorage._version = wait
print(len(SqliteStorage(Path(sys.argv[1])).newest(Kind.PLAN, 100)))
"""

# A cache of one page: what is written reaches the file long before the commit.
KILLED = """
import os, signal, sys
from pathlib import Path
from sophia_infra.journal import Kind, schema
from sophia_infra.journal.sqlite import SqliteStorage
upgrade, index, last = schema.upgrade, schema.index, int(sys.argv[2])
def spill(db, version):
    db.execute("PRAGMA cache_size = 1")
    upgrade(db, version)
def die(db, entry):
    index(db, entry)
    if entry.sequence == last:
        os.kill(os.getpid(), signal.SIGKILL)
schema.upgrade, schema.index = spill, die
SqliteStorage(Path(sys.argv[1])).newest(Kind.PLAN, 1)
"""


@pytest.fixture
def journal(tmp_path: Path) -> SqliteStorage:
    """A copy of the journal that the release wrote."""
    for name in ("journal.db", "journal.head"):
        shutil.copyfile(RELEASE / name, tmp_path / name)
    return SqliteStorage(tmp_path / "journal.db")


HEAD = Head.parse((RELEASE / "journal.head").read_text())
PLANS = 20


def version(journal: SqliteStorage) -> int:
    with closing(sqlite3.connect(journal.path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def derived(journal: SqliteStorage) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(journal.path)) as db:
        selects = {table: f"SELECT * FROM {table} ORDER BY 1, 2" for table in schema.DERIVED}  # noqa: S608  # our own names
        return {table: db.execute(select).fetchall() for table, select in selects.items()}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    """What the indexes hold where this release writes the same rows itself."""
    written = SqliteStorage(tmp_path_factory.mktemp("written") / "journal.db")
    with closing(sqlite3.connect(RELEASE / "journal.db")) as db:
        rows = db.execute("SELECT kind, key, body FROM entries ORDER BY sequence").fetchall()
    history.write(written, [history.Past(Kind(kind), key, json.loads(body)) for kind, key, body in rows])
    found = derived(written)
    assert all(found.values()), "the release wrote something for each index"
    return found


def is_whole(journal: SqliteStorage, expected: dict[str, list[tuple[object, ...]]]) -> bool:
    assert version(journal) == schema.VERSION
    assert derived(journal) == expected
    return journal.verify(HEAD).ok


def test_two_processes_that_upgrade_at_once_both_succeed(
    journal: SqliteStorage, expected: dict[str, list[tuple[object, ...]]]
) -> None:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", WAITS, str(journal.path)]
    processes = [
        subprocess.Popen(command, env=environment(), stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in "ab"
    ]
    found = [process.stdout.readline() for process in processes if process.stdout]
    assert found == ["1\n", "1\n"], "both have seen an old journal before one of them upgrades it"
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate() for process in processes]
    assert [out for out, _ in said] == [f"{PLANS}\n"] * 2
    assert "Traceback" not in "".join(err for _, err in said)
    assert is_whole(journal, expected)


@pytest.mark.parametrize("row", [1, 50, HEAD.sequence])
def test_an_upgrade_that_is_killed_leaves_the_old_journal_and_the_next_one_upgrades_it(
    journal: SqliteStorage, expected: dict[str, list[tuple[object, ...]]], row: int
) -> None:
    before = journal.path.read_bytes()
    command = [sys.executable, "-c", KILLED, str(journal.path), str(row)]
    run = subprocess.run(command, env=environment(), check=False)
    assert run.returncode == -signal.SIGKILL
    assert journal.path.read_bytes() != before, "it was killed with half of it on disk"
    assert version(journal) == 1
    assert journal.path.read_bytes() == before
    assert len(journal.newest(Kind.PLAN, 100)) == PLANS
    assert is_whole(journal, expected)


def test_a_journal_whose_upgrade_was_killed_is_carried_on(journal: SqliteStorage) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(journal.path), "50"], env=environment(), check=False)
    added = journal.append(Kind.PLAN, "zone", {"run": "1"})
    assert added.sequence == HEAD.sequence + 1
    assert journal.of_run(Kind.PLAN, "1", "zone") == [added]
    assert journal.verify(HEAD).ok


def test_a_journal_with_a_changed_row_is_not_upgraded(journal: SqliteStorage) -> None:
    with closing(sqlite3.connect(journal.path)) as db, db:
        db.execute("DROP TRIGGER no_update")
        (row,) = db.execute("SELECT max(sequence) FROM entries WHERE kind = 'outcome'").fetchone()
        db.execute("UPDATE entries SET body = replace(body, 'holder', 'folder') WHERE sequence = ?", (row,))
    before = journal.path.read_bytes()
    for use in (lambda: journal.owners("label", "shop"), lambda: journal.append(Kind.PLAN, "zone", {})):
        with refused(JournalError, "journal-row-changed", says=f"row {row} was changed"):
            use()
    assert journal.path.read_bytes() == before
    assert journal.verify().first_bad == row


def test_looking_at_the_chain_upgrades_nothing(journal: SqliteStorage) -> None:
    before = journal.path.read_bytes()
    assert journal.verify(HEAD).ok
    assert journal.path.read_bytes() == before


def test_the_release_refuses_a_journal_that_was_upgraded(
    journal: SqliteStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert journal.newest(Kind.PLAN, 1)
    upgraded = journal.path.read_bytes()
    monkeypatch.setattr(schema, "VERSION", version(SqliteStorage(RELEASE / "journal.db")))
    for use in (
        lambda: journal.append(Kind.PLAN, "zone", {}),
        lambda: journal.last(Kind.PLAN, "zone"),
        journal.verify,
    ):
        with refused(JournalError, "journal-schema", value=5, limit=1):
            use()
    assert journal.path.read_bytes() == upgraded


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}

"""What every storage of a journal must do, and that its answers cost the same however old it is."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.journal import Journal, JournalError, Kind, Storage, schema
from sophia_infra.journal.connection import connection
from sophia_infra.journal.postgresql import PostgresStorage
from sophia_infra.journal.sql import SqlStorage
from sophia_infra.journal.sqlite import SqliteStorage
from tests.support import history
from tests.support.refusals import refused

NEWEST_ROW = "SELECT sequence, hash FROM entries ORDER BY sequence DESC LIMIT 1"
"""It ends the transaction of a write, and reads that row only."""


def apply(storage: Storage, location: str, holder: str, **more: object) -> None:
    body = {"run": f"run of {holder}", "holder": holder, "label": holder, **more}
    storage.append(Kind.INTENT, location, {**body, "created": [f"{holder} A"]})
    storage.append(Kind.OUTCOME, location, body)


def other(kind: Kind, number: int) -> history.Past:
    name = f"other {number}"
    return history.Past(kind, f"other {number % 7}", {"run": f"run of {name}", "holder": name, "label": name})


ABOUT: list[tuple[str, ...]] = [("x",), ("y.example",), ("shop",), ("z", "x.example"), ()]


def keys_of(storage: Storage, location: str) -> list[str]:
    return [entry.value["holder"] for entry in storage.owners("location", location)]


def test_the_last_word_of_each_owner_stands(storage: Storage) -> None:
    for location, holder in (("x", "a"), ("x", "b"), ("y", "a"), ("x", "c")):
        apply(storage, location, holder)
    apply(storage, "x", "c", removed=True)
    assert keys_of(storage, "x") == ["b"]
    assert [entry.key for entry in storage.owners("holder", "a")] == ["y"]
    assert storage.owners("label", "c") == []


def test_rows_of_a_run_are_found_by_location_and_plans_by_domain_and_label(storage: Storage) -> None:
    for place in ("x", "y", "z"):
        names = {"domain": f"{place}.example", "label": "shop"}
        storage.append(Kind.PLAN, f"{place} all", {"run": "1", "place": place, **names})
    storage.append(Kind.PLAN, "x all", {"run": "2", "place": "x", "domain": "x.example", "label": "shop"})
    storage.append(Kind.OUTCOME, "x", {"run": "1", "domain": "x.example", "label": "shop"})
    found = {about: [row.sequence for row in storage.of_run(Kind.PLAN, "1", *about)] for about in ABOUT}
    assert found == {("x",): [1], ("y.example",): [2], ("shop",): [1, 2, 3], ("z", "x.example"): [1, 3], (): []}
    assert [len(storage.of_run(Kind.OUTCOME, "1", about)) for about in ("x", "x.example", "shop")] == [1, 0, 0]


def test_keys_of_a_resource_are_those_that_say_so_or_say_none(storage: Storage) -> None:
    for key, body in (
        ("a", {"resource": "zone"}),
        ("b", {"resource": "secret"}),
        ("c", {}),
        ("a", {"resource": "zone"}),
    ):
        storage.append(Kind.EVENT, key, body)
    found = {resource: storage.keys(Kind.EVENT, "", 5, resource) for resource in (None, "zone", "secret", "")}
    assert found == {None: ["a", "b", "c"], "zone": ["a", "c"], "secret": ["b", "c"], "": ["c"]}


def test_keys_and_pages(storage: Storage) -> None:
    for key in ("ab", "ac", "b", "ab"):
        storage.append(Kind.ADVICE, key, {})
    assert storage.keys(Kind.ADVICE, "a", 5) == ["ab", "ac"]
    assert storage.keys(Kind.ADVICE, "a", 1) == ["ab"]
    assert [entry.sequence for entry in storage.before(Kind.ADVICE, "ab", None, 1)] == [4]
    assert [entry.sequence for entry in storage.before(Kind.ADVICE, "ab", 4, 9)] == [1]
    storage.append(Kind.PLAN, "z", {})
    assert [entry.sequence for entry in storage.newest(Kind.ADVICE, 2)] == [4, 3]
    assert [entry.sequence for entry in storage.newest(None, 2)] == [5, 4]
    assert [found.key if found else None for found in map(storage.at, (3, 6))] == ["b", None]


def test_rows_that_mention_a_text_come_newest_first_and_stop_when_nobody_asks_for_more(storage: Storage) -> None:
    for number, domain in enumerate(["a.example", "b.example", "a.example", "b%_\\\u00e9.example", "a.example"]):
        storage.append(Kind.PLAN, f"k{number}", {"domain": domain})
    with storage.mentioning('"a.example"', 1) as rows:
        assert [row.sequence for row in rows] == [5, 3]
    with storage.mentioning('"a.example"', 0) as rows:
        assert next(rows).sequence == 5
    with storage.mentioning(json.dumps("b%_\\\u00e9.example"), 0) as rows:
        assert [row.sequence for row in rows] == [4]
    assert storage.append(Kind.PLAN, "k", {}).sequence == 6, "nothing is locked"


def test_the_newest_row_of_a_resource_is_found_below_those_of_others(storage: Storage) -> None:
    def last(resource: str | None = None) -> int | None:
        found = storage.last(Kind.OUTCOME, "x", resource)
        return found.sequence if found else None

    storage.append(Kind.OUTCOME, "x", {"resource": "zone"})
    assert (last("certificate"), last("zone")) == (None, 1)
    for _ in range(3):
        storage.append(Kind.OUTCOME, "x", {"resource": "certificate"})
    assert (last(), last("zone"), last("certificate"), last("")) == (4, 1, 4, None)
    storage.append(Kind.OUTCOME, "x", {})  # as before rows said what they are about
    assert (last("zone"), last("certificate"), last("")) == (5, 5, 5)


def test_a_journal_of_schema_2_is_brought_up_to_date(tmp_path: Path) -> None:
    storage = SqliteStorage(tmp_path / "journal.db")
    apply(storage, "x", "a", resource="zone")
    with closing(sqlite3.connect(storage.path, isolation_level=None)) as db:
        db.execute("DROP TABLE newest")
        db.execute("PRAGMA user_version = 2")
    assert storage.verify().ok
    assert storage.last(Kind.OUTCOME, "x", "zone")
    assert storage.verify().ok


def test_what_was_set_out_to_be_written_is_known_by_location(storage: Storage) -> None:
    apply(storage, "x", "a")
    assert storage.created("x", ["a A", "b A"]) == {"a A"}
    assert storage.created("y", ["a A"]) == set()


def test_a_run_reads_no_more_rows_of_an_older_journal(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    sound = schema.sound

    def counted(row: tuple[object, ...]) -> object:
        read.append(row)
        return sound(row)

    monkeypatch.setattr(schema, "sound", counted)

    def rows_read() -> int:
        read.clear()
        storage.of_run(Kind.OUTCOME, "run of me", "x")
        storage.owners("location", "x")
        storage.last(Kind.OUTCOME, "x")
        storage.created("x", ["me A"])
        return len(read)

    apply(storage, "x", "me")
    young = rows_read()
    assert isinstance(storage, SqlStorage)
    history.write(storage, [other(kind, number) for number in range(1_000) for kind in (Kind.INTENT, Kind.OUTCOME)])
    assert rows_read() == young


@pytest.mark.parametrize("rows", [10_000, pytest.param(1_000_000, marks=pytest.mark.soak)])
def test_no_question_takes_more_steps_in_an_old_journal(
    rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = SqliteStorage(tmp_path / "journal.db")
    steps, connect = [0], sqlite3.connect

    def stepping(*args: Any, **options: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*args, **options)
        db.set_progress_handler(lambda: steps.__setitem__(0, steps[0] + 1), 1)
        return db

    def taken() -> dict[str, int]:
        found = {}
        for name, asks in QUESTIONS.items():
            steps[0] = 0
            for ask in asks:
                ask(storage)
            found[name] = steps[0]
        return found

    apply(storage, "x", "me")
    monkeypatch.setattr(sqlite3, "connect", stepping)
    connection.cache_clear()
    young = taken()
    monkeypatch.undo()
    connection.cache_clear()
    kinds = (Kind.PLAN, Kind.INTENT, Kind.OUTCOME)
    history.write(storage, (other(kind, number) for number in range(rows // len(kinds)) for kind in kinds))
    monkeypatch.setattr(sqlite3, "connect", stepping)
    connection.cache_clear()
    assert {name: count for name, count in taken().items() if count > 2 * young[name] + 100} == {}


def test_a_journal_of_schema_1_is_read_and_its_chain_holds(tmp_path: Path) -> None:
    storage = SqliteStorage(tmp_path / "journal.db")
    apply(storage, "x", "a")
    head = storage.verify().head
    with closing(sqlite3.connect(storage.path, isolation_level=None)) as db:
        for table in schema.DERIVED:
            db.execute(f"DROP TABLE {table}")
        db.execute("DROP INDEX entries_by_kind")
        db.execute("PRAGMA user_version = 1")
    assert storage.verify().head == head
    assert keys_of(storage, "x") == ["a"]
    assert storage.created("x", ["a A"]) == {"a A"}
    assert storage.verify(head).ok


QUESTIONS: dict[str, list[Callable[[Storage], object]]] = {
    "last": [
        lambda storage: storage.last(Kind.OUTCOME, "x"),
        lambda storage: storage.last(Kind.OUTCOME, "x", "zone"),
    ],
    "before": [
        lambda storage: storage.before(Kind.OUTCOME, "x", None, 5),
        lambda storage: storage.before(Kind.OUTCOME, "x", 9, 5),
    ],
    "at": [lambda storage: storage.at(1)],
    "newest": [lambda storage: storage.newest(Kind.OUTCOME, 5), lambda storage: storage.newest(None, 5)],
    "keys": [lambda storage: storage.keys(Kind.OUTCOME, "x", 5)],
    "of_run": [
        lambda storage: storage.of_run(Kind.OUTCOME, "run of me", "x"),
        lambda storage: storage.of_run(Kind.OUTCOME, "run of me", "x", "me"),
    ],
    "owners": [
        lambda storage: storage.owners("holder", "me"),
        lambda storage: storage.owners("label", "me"),
        lambda storage: storage.owners("location", "x"),
    ],
    "created": [lambda storage: storage.created("x", ["me A", "you A"])],
    "cut": [lambda storage: storage.cut()],
    "append_once": [lambda storage: storage.append_once("x", (Kind.OUTCOME, {}))],
}
NOT_ASKED = {
    "accept",
    "rekey",
    "mentioning",
    "foreign",
    "name",
    "vouched",
    "append",
    "verify",
    "rows",
    "prune",
    "locked",
    "inherited",
}
"""They find no rows, or walk them all."""


def test_there_is_a_test_of_the_cost_of_every_question() -> None:
    assert {name for name in vars(Storage) if not name.startswith("_")} == {*QUESTIONS, *NOT_ASKED}


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_is_answered_by_an_index(question: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = SqliteStorage(tmp_path / "journal.db")
    apply(storage, "x", "me")
    asked: list[str] = []
    connect = sqlite3.connect

    def traced(*args: Any, **options: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*args, **options)
        db.set_trace_callback(asked.append)
        return db

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", traced)
        connection.cache_clear()
        for ask in QUESTIONS[question]:
            assert ask(storage)
    selects = [text for text in asked if text.startswith("SELECT") and text != NEWEST_ROW]
    assert len(selects) >= len(QUESTIONS[question])
    with closing(sqlite3.connect(storage.path)) as db:
        for text in selects:
            steps = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {text}")]
            assert [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE" in step] == [], text
            assert any(step.startswith("SEARCH") for step in steps)


HOLDER = """
import sys, time
from tests.journal.test_storage import opened
with opened(sys.argv[1]).locked("the order", 10):
    print("held", flush=True)
    time.sleep(600)
"""


def opened(where: str) -> Storage:
    return Journal.open(where).storage


def test_a_name_is_held_by_one_at_a_time_and_let_go_of_by_a_holder_that_is_killed(
    storage: Storage, tmp_path: Path
) -> None:
    where = storage.url if isinstance(storage, PostgresStorage) else str(tmp_path / "journal.db")
    with subprocess.Popen([sys.executable, "-c", HOLDER, where], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with refused(JournalError, "journal-locked", subject="the order", limit=0.2), storage.locked("the order", 0.2):
            storage.append(Kind.PLAN, "two hold it", {})
        with refused(JournalError, "journal-locked", limit=0), storage.locked("the order", 0):
            storage.append(Kind.PLAN, "two hold it", {})
        with storage.locked("another", 0.2):
            storage.append(Kind.PLAN, "x", {})  # who holds a name may write
        holder.kill()
    with storage.locked("the order", 30):
        pass
    with storage.locked("the order", 0.2):
        pass

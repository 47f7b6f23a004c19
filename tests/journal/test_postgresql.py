"""What only a journal in PostgreSQL can meet: other machines, lost connections, databases of somebody else."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sophia_infra.agent.execution.lease import LeaseError, leased
from sophia_infra.journal import Journal, JournalError, Kind, schema
from sophia_infra.journal import postgresql as postgres_storage
from sophia_infra.journal.postgresql import PostgresStorage, _server
from tests.dns.stack import ZoneStack
from tests.support.ports import free_port
from tests.support.refusals import refused

TEXT = "www 300 A 192.0.2.1\n"

psycopg = pytest.importorskip("psycopg")

WRITER = """
import sys
from sophia_infra.journal import Journal, Kind
journal = Journal.open(sys.argv[1]).storage
for number in range(25):
    journal.append(Kind.OUTCOME, sys.argv[2], {"n": number})
    journal.append_once(f"fingerprint-{number}", (Kind.ADVICE, {"writer": sys.argv[2]}))
"""


@pytest.fixture
def url(make_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "one"))
    return make_database()


def test_two_processes_that_begin_a_journal_at_once_share_one_unbroken_chain(url: str) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, url, name]) for name in ("one", "two")]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    found = PostgresStorage(url).verify()
    assert (found.why, found.rows) == ("", 2 * 25 + 25)


def test_asking_makes_nothing(url: str) -> None:
    storage = PostgresStorage(url)
    assert storage.last(Kind.PLAN, "zone") is None
    with psycopg.connect(url) as db:
        assert db.execute("SELECT to_regnamespace('sophia')").fetchone() == (None,)
    with pytest.raises(JournalError):
        storage.verify()


def test_another_machine_goes_on_where_the_first_one_stopped(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = PostgresStorage(url)
    storage.append(Kind.PLAN, "zone", {})
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "two"))
    storage.append(Kind.PLAN, "zone", {})
    assert storage.verify().rows == 2


def test_rows_that_somebody_took_away_show_and_stop_the_next_write(url: str) -> None:
    storage = PostgresStorage(url)
    for _ in range(3):
        storage.append(Kind.OUTCOME, "zone", {})
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("ALTER TABLE sophia.entries DISABLE TRIGGER append_only")
        db.execute("DELETE FROM sophia.entries WHERE sequence = 3")
    assert "row 3 was written" in storage.verify().why
    with pytest.raises(JournalError):
        storage.append(Kind.OUTCOME, "zone", {})


def test_rows_can_not_be_changed_by_accident(url: str) -> None:
    PostgresStorage(url).append(Kind.PLAN, "zone", {})
    with psycopg.connect(url, options="-c search_path=sophia") as db:
        for statement in (
            "DELETE FROM sophia.entries",
            "UPDATE sophia.entries SET key = ''",
            "TRUNCATE sophia.entries",
        ):
            with pytest.raises(psycopg.errors.RaiseException), db.transaction():
                db.execute(statement)


def test_a_connection_that_was_lost_while_nobody_needed_it_is_made_anew(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = PostgresStorage(url)
    storage.append(Kind.PLAN, "zone", {})
    cut(url)
    monkeypatch.setattr("sophia_infra.journal.postgresql._IDLE_SECONDS", 0)
    storage.append(Kind.PLAN, "zone", {})
    assert storage.verify().rows == 2


def test_a_connection_that_is_lost_in_use_is_an_error_and_the_next_use_connects(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = PostgresStorage(url)
    storage.append(Kind.PLAN, "zone", {})
    monkeypatch.setattr("sophia_infra.journal.postgresql._IDLE_SECONDS", 3600)
    cut(url)
    with pytest.raises(JournalError):
        storage.append(Kind.INTENT, "zone", {})
    storage.append(Kind.PLAN, "zone", {})
    assert storage.last(Kind.INTENT, "zone") is None


def test_a_connection_that_failed_is_not_used_again_though_libpq_takes_it_for_open(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = PostgresStorage(url)
    storage.append(Kind.PLAN, "zone", {})
    before = _server(url, os.getpid()).connection.info.backend_pid

    def failing(*_: object) -> None:
        raise psycopg.OperationalError("sending query failed: another command is already in progress")

    with monkeypatch.context() as patch:
        patch.setattr(postgres_storage._Server, "execute", failing)
        with pytest.raises(JournalError):
            storage.append(Kind.PLAN, "zone", {})
    storage.append(Kind.PLAN, "zone", {})
    assert _server(url, os.getpid()).connection.info.backend_pid != before


def test_a_name_stays_held_however_short_the_server_keeps_idle_transactions(url: str) -> None:
    storage = PostgresStorage(url)
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(f"ALTER DATABASE {db.info.dbname} SET idle_in_transaction_session_timeout = '200ms'")
        with storage.locked("the order", 1):
            db.execute("SELECT pg_sleep(0.6)")
            with refused(JournalError, "journal-locked"), storage.locked("the order", 0.2):
                pass


def test_a_name_that_was_let_go_of_with_its_connection_is_told_and_what_was_done_stands(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    storage, done = PostgresStorage(url), []
    with storage.locked("the order", 1), psycopg.connect(url) as db:
        db.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory'")
        done.append("ordered")
    assert done == ["ordered"]
    assert "let go of 'the order' early, and another run may have done the same" in capsys.readouterr().err
    with storage.locked("the order", 1):
        pass
    assert capsys.readouterr().err == ""


def test_a_name_is_held_as_long_as_a_process_that_inherited_it_and_no_longer(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with leased("shop/prod", Journal(PostgresStorage(url))) as locks:
        engine = subprocess.Popen(wait, stdin=subprocess.PIPE, pass_fds=locks)
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "another machine"))
    with pytest.raises(LeaseError), leased("shop/prod", Journal(PostgresStorage(url))):
        pass
    with leased("shop/dev", Journal(PostgresStorage(url))):
        pass
    engine.kill()
    engine.wait()
    with leased("shop/prod", Journal(PostgresStorage(url))), psycopg.connect(url) as db:
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database IS NOT NULL"
        assert db.execute(held).fetchone() == (1,)
    assert engine.stdin
    engine.stdin.close()


def test_a_forked_process_opens_a_connection_of_its_own_and_ends_none_of_its_parent(url: str) -> None:
    storage = PostgresStorage(url)
    storage.append(Kind.PLAN, "zone", {})
    mine = _server(url, os.getpid()).connection.info.backend_pid
    child = os.fork()
    if not child:
        storage.append(Kind.PLAN, "zone", {})
        _server.cache_clear()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    storage.append(Kind.PLAN, "zone", {})
    assert _server(url, os.getpid()).connection.info.backend_pid == mine
    assert storage.verify().rows == 3


def test_a_schema_of_somebody_else_is_refused_and_left_alone(url: str) -> None:
    with psycopg.connect(url) as db:
        db.execute("CREATE SCHEMA sophia")
        db.execute("CREATE TABLE sophia.version (application BIGINT, version BIGINT)")
    with pytest.raises(JournalError):
        PostgresStorage(url).append(Kind.PLAN, "zone", {})


def test_a_journal_of_a_newer_release_is_refused(url: str) -> None:
    storage = PostgresStorage(url)
    storage.append(Kind.PLAN, "zone", {})
    with psycopg.connect(url) as db:
        db.execute("UPDATE sophia.version SET version = 99")
    with refused(JournalError, "journal-schema", value=99, limit=schema.INDEXED):
        storage.append(Kind.PLAN, "zone", {})


def test_no_error_and_no_name_holds_the_password() -> None:
    url = "postgresql://sophia:hunter2@127.0.0.1:1/audit?password=hunter3"
    journal = Journal.open(url)
    assert journal.name == "postgresql://127.0.0.1:1/audit"
    with pytest.raises(JournalError) as caught:
        journal.storage.append(Kind.PLAN, "zone", {})
    assert "hunter" not in f"{caught.value!r} {journal!r}"


def test_a_colon_in_the_password_is_read() -> None:
    assert Journal.open("postgresql://sophia:hunter:2@127.0.0.1:1/audit").name == "postgresql://127.0.0.1:1/audit"


def test_the_variable_names_the_journal_of_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_JOURNAL", "postgresql://db.example/audit")
    assert Journal.open().name == "postgresql://db.example/audit"


def test_the_stack_s_setting_names_the_journal_of_its_zones(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = ZoneStack(tmp_path, monkeypatch, journal=url)
    stack.run({"text": TEXT})
    storage = PostgresStorage(url)
    assert storage.last(Kind.OUTCOME, stack.backend.location)
    assert not (tmp_path / "journal" / "journal.db").exists()


def test_a_database_that_is_gone_leaves_the_advice_and_stops_the_apply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = f"postgresql://127.0.0.1:{free_port()}/audit"
    stack = ZoneStack(tmp_path, monkeypatch, journal=nobody)
    planned = stack.plan({"text": TEXT})
    assert planned["advice"]["summary"].endswith("(not journaled)")
    with refused(JournalError, "journal-unusable"):
        stack.carry_out(planned)
    assert not stack.file.exists()


def cut(url: str) -> None:
    with psycopg.connect(url) as db:
        me = _server(url, os.getpid()).connection.info.backend_pid
        db.execute("SELECT pg_terminate_backend(%s, 10000)", (me,))  # it waits until that has ended


def test_who_waits_for_the_lock_of_all_writers_is_told_for_whom(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(postgres_storage, "TOLD_AFTER", 0.05)
    monkeypatch.setattr(postgres_storage, "LOCK_SECONDS", 1)
    with psycopg.connect(url, application_name="sophia of another run", autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (schema.APPLICATION,))
        with pytest.raises(JournalError):
            PostgresStorage(url).append(Kind.PLAN, "zone", {})
    assert "which sophia of another run uses" in capsys.readouterr().err

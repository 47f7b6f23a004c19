"""A secret of a real PostgreSQL: what each step does there, what it refuses, and what is left after a kill."""

import json
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sophia_infra.errors import SophiaError
from sophia_infra.secrets.events import Ask, SecretWish
from sophia_infra.secrets.inventory import ask, pick
from sophia_infra.secrets.kinds import SecretError
from sophia_infra.secrets.kinds.postgres import Postgres
from sophia_infra.secrets.lifecycle_resource import SecretLifecycleProvider
from sophia_infra.secrets.phases import SlotState
from tests.secrets.stack import LABEL, RefusedError, Stack, logins
from tests.support import postgresql

NOW = "2026-11-29T12:00:00+00:00"
THREE_DAYS_ON = "2026-12-02T12:00:00+00:00"
LATER = "2026-12-30T12:00:00+00:00"
SOAKED = "2027-01-02T12:00:00+00:00"


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_NOW", NOW)


@pytest.fixture
def stack(server: str, group: str) -> Stack:
    """A secret with its first login."""
    made = Stack(server=server, group=group)
    made.up()
    return made


def client(url: str, name: str = "api") -> psycopg.Connection[Any]:
    return psycopg.connect(url, application_name=name, autocommit=True)


def admin(server: str, statement: str) -> None:
    with psycopg.connect(server, autocommit=True) as db:
        db.execute(statement)


def test_age_alone_begins_a_rotation_and_no_time_ends_it(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stack.up()["phase"] == "steady"
    old = stack.url
    monkeypatch.setenv("SOPHIA_NOW", LATER)
    assert [stack.up()["phase"] for _ in range(3)] == ["staged", "adopting", "adopting"]
    with client(stack.url):
        assert stack.up()["phase"] == "suspended"
        assert stack.up()["phase"] == "suspended"
    monkeypatch.setenv("SOPHIA_NOW", SOAKED)
    assert stack.up()["phase"] == "steady"
    with pytest.raises(psycopg.OperationalError):
        client(old)


def test_an_abort_gives_the_login_of_before_back_and_ends_the_new_one(stack: Stack) -> None:
    first = stack.url
    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    stack.up()
    assert stack.up()["published"] == 2
    stack.journal.write(LABEL, SecretWish(Ask.ABORT, 2, "a person"))
    assert (stack.up()["published"], stack.url) == (1, first)
    with client(first):
        assert stack.up()["phase"] == "suspended"


def test_an_abort_takes_back_the_wish_that_began_the_rotation(stack: Stack) -> None:
    stack.args["soak"] = "0s"
    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    assert stack.up()["phase"] == "staged"
    stack.journal.write(LABEL, SecretWish(Ask.ABORT, 2, "a person"))
    with client(stack.url):
        assert [stack.up()["phase"] for _ in range(4)] == ["suspended", "steady", "steady", "steady"]
    assert stack.stored["b"]["generation"] == 2


def test_a_value_that_its_server_refuses_is_given_up_by_an_abort_and_the_next_rotation_makes_another(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def weak(*_: object) -> None:
        raise SecretError("password is too weak", code="secret-server")

    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    with monkeypatch.context() as patched:
        patched.setattr(Postgres, "issue", weak)
        for _ in range(2):
            with pytest.raises(SecretError, match="too weak"):
                stack.up()
            client(stack.url).close()
    assert stack.stored["b"]["generation"] == 2
    ask(stack.journal, pick(stack.journal, "app-db"), SecretWish(Ask.ABORT, 2, "a person"))
    assert (stack.up()["phase"], stack.up()["phase"]) == ("steady", "steady")
    ask(stack.journal, pick(stack.journal, "app-db"), SecretWish(Ask.ROTATE, 2, "a person"))
    assert (stack.up()["phase"], stack.stored["b"]["generation"]) == ("staged", 3)


def test_a_session_that_was_open_all_the_while_gets_the_login_of_before_back(stack: Stack, server: str) -> None:
    old = stack.url
    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    stack.up()
    stack.up()
    with client(stack.url):
        stack.up()
        admin(server, f"ALTER ROLE {stack.spec.group}_a LOGIN")
        with client(old):
            admin(server, f"ALTER ROLE {stack.spec.group}_a NOLOGIN")
            assert stack.up()["phase"] == "adopting"
            client(old).close()


def test_a_login_within_the_race_of_suspending_is_not_cut(stack: Stack) -> None:
    with client(stack.url), pytest.raises(SecretError) as refused:
        Postgres(stack.spec).suspend("a")
    assert refused.value.code == "secret-in-use"
    client(stack.url).close()


def test_a_server_that_takes_any_password_gets_no_login_published(server: str, group: str, files: Path) -> None:
    rules = files / "data" / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(f"host all {group}_a 127.0.0.1/32 trust\n{before}")
    try:
        admin(server, "SELECT pg_reload_conf()")
        with pytest.raises(SophiaError) as refused:
            Stack(server=server, group=group).up()
        assert refused.value.code == "secret-unverified"
        assert "any password" in str(refused.value)
    finally:
        rules.write_text(before)
        admin(server, "SELECT pg_reload_conf()")


def test_an_admin_who_may_not_see_the_sessions_proves_nothing(stack: Stack, server: str) -> None:
    role = f"{stack.spec.group}_admin"
    admin(server, f"CREATE ROLE {role} LOGIN CREATEROLE PASSWORD 'canary-admin'")
    seeing = Stack(server=server.replace("postgres@", f"{role}:canary-admin@", 1), group=stack.spec.group)
    with client(stack.url):
        (gap,) = Postgres(seeing.spec).observe().gaps
    assert gap.code == "sessions-hidden"


@pytest.mark.parametrize("delay", ["2s", pytest.param("4s", marks=pytest.mark.soak)])
def test_a_standby_that_is_behind_is_waited_for_and_who_uses_the_old_login_there_is_named(
    server: str, group: str, delay: str
) -> None:
    """Whoever logs in by what is published, on either of both, is never refused."""
    folder = postgresql.programs()
    assert folder
    with tempfile.TemporaryDirectory(prefix="sophia-standby-") as parent:
        Path(parent).chmod(0o755)
        with postgresql.standby(Path(parent) / "standby", folder, server, delay) as standby:
            stack = Stack(server=server, group=group, standbys=[standby])
            while "lifecycle" not in stack.stored:
                with suppress(SecretError):
                    stack.up()  # which waits for the standby a while
            there = standby.replace("postgres@", f"{group}_a:{stack.current[1]}@", 1)
            stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))

            def log_in() -> None:
                login, value = stack.current
                for url in (server, standby):
                    client(url.replace("postgres@", f"{login.username}:{value}@", 1)).close()

            with logins(log_in) as refused, client(there):
                stack.up()
                assert codes(stack.up()) == ["secret-login-refused"]
                while (found := stack.up())["phase"] == "staged":
                    time.sleep(0.2)
                with client(stack.url):
                    late, _ = stack.up()["advice"]["findings"]  # and that it is moving
            assert refused == []
            assert late["code"] == "secret-consumer-late"
            assert standby.rpartition("@")[2].partition("/")[0] in late["message"]
            stack.args["standbys"] = []
            assert codes(stack.up()) == ["secret-consumer-unseen", "secret-instance-unasked"]
            stack.args["standbys"] = [standby]
        found = stack.up()
        assert (found["phase"], codes(found)) == ("adopting", ["secret-consumer-unseen", "secret-instance-unread"])


def codes(published: dict[str, Any]) -> list[str]:
    return [finding["code"] for finding in published["advice"]["findings"]]


def test_a_role_of_somebody_else_is_refused_and_left_as_it_is(server: str, group: str) -> None:
    admin(server, f"CREATE ROLE {group}_a LOGIN PASSWORD 'canary-theirs'")
    with pytest.raises(RefusedError, match=f"the role {group}_a was not made for this secret"):
        Stack(server=server, group=group).up()
    client(server.replace("postgres@", f"{group}_a:canary-theirs@", 1)).close()


def test_a_server_that_can_not_be_read_changes_nothing(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_NOW", LATER)
    stack.args["server"] = "postgresql://postgres@127.0.0.1:1/postgres"
    found = stack.up()
    assert (found["phase"], found["published"], found["accepted"]) == ("steady", 1, ["a"])
    assert [finding["code"] for finding in found["advice"]["findings"]] == ["secret-unread"]


def test_a_lost_login_of_the_admin_changes_nothing_and_the_next_run_goes_on(
    server: str, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin(server, f"CREATE ROLE {group}_admin LOGIN SUPERUSER PASSWORD 'canary-admin'")
    stack = Stack(server=server.replace("postgres@", f"{group}_admin:canary-admin@", 1), group=group)
    stack.up()
    admin(server, f"ALTER ROLE {group}_admin PASSWORD 'canary-other'")
    monkeypatch.setenv("SOPHIA_NOW", LATER)
    found = stack.up()
    (finding,) = found["advice"]["findings"]
    assert (finding["code"], finding["fix"]) == ("secret-unread", "mend the login of `server`")
    assert "password authentication failed" in finding["message"]
    client(stack.url).close()
    admin(server, f"ALTER ROLE {group}_admin PASSWORD 'canary-admin'")
    assert stack.up()["phase"] == "staged"


def test_an_address_that_can_not_be_reached_is_not_given_to_consumers(stack: Stack, server: str) -> None:
    before = stack.stored["lifecycle"]
    stack.args |= {"server": "postgresql://postgres@127.0.0.1:1/postgres", "standbys": [server]}
    found = stack.up()
    assert [found[name] for name in ("address", "server")] == [before[name] for name in ("address", "server")]
    assert not SecretLifecycleProvider().diff("id", before, found).changes
    stack.args |= {"server": f"{server}?application_name=moved", "standbys": []}
    assert stack.up()["server"] == stack.args["server"]


def test_a_secret_keeps_its_group_and_leaves_no_login_behind(stack: Stack) -> None:
    stack.args["group"] = "another"
    with pytest.raises(RefusedError, match="group is 'another', and the logins were made with"):
        stack.up()


def test_a_destroy_asks_the_server_that_the_program_named_last(stack: Stack, server: str) -> None:
    before = stack.stored["lifecycle"]
    stack.args["server"] = f"{server}?application_name=moved"
    stored = stack.up()
    assert SecretLifecycleProvider().diff("id", before, stored).changes  # else the engine would keep what it had
    with client(stack.url), pytest.raises(SecretError) as refused:
        SecretLifecycleProvider().delete(stored["id"], stored)
    assert (refused.value.code, refused.value.subject) == ("secret-in-use", "app-db")
    client(stack.url).close()


def test_two_runs_at_once_are_told_apart(stack: Stack, server: str) -> None:
    with psycopg.connect(server) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"sophia {LABEL}"])
        with pytest.raises(SecretError) as refused:
            Postgres(stack.spec).resume("a")
    assert refused.value.code == "secret-busy"


def test_an_older_state_writes_over_no_later_generation(stack: Stack) -> None:
    kind = Postgres(stack.spec)
    kind.issue("b", "x" * 40, 7)
    with pytest.raises(SecretError) as refused:
        kind.issue("b", "y" * 40, 6)
    assert refused.value.code == "secret-moved"
    assert kind.verify("b", "x" * 40) == ()


def test_the_url_may_be_a_reference_of_which_the_state_keeps_the_reference(
    server: str, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_ADMIN", server)
    stack = Stack(server="env:DB_ADMIN", group=group)
    assert stack.up()["server"] == "env:DB_ADMIN"
    client(stack.url).close()


def test_no_value_stands_in_the_journal_or_in_the_servers_log(
    stack: Stack, server: str, home: Path, files: Path
) -> None:
    admin(server, "ALTER SYSTEM SET log_statement = 'all'")
    admin(server, "SELECT pg_reload_conf()")
    try:
        stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
        stack.up()
        stack.up()
    finally:
        admin(server, "ALTER SYSTEM RESET log_statement")
        admin(server, "SELECT pg_reload_conf()")
    values = [str(stack.stored[slot]["value"]).encode() for slot in ("a", "b")]
    paths = [path for folder in (home, files / "data") for path in folder.rglob("*") if path.is_file()]
    assert b"SCRAM-SHA-256$" in (files / "data" / "log").read_bytes()
    assert [path.name for path in paths for value in values if value in path.read_bytes()] == []
    assert not any(value in Path(f"/proc/{os.getpid()}/cmdline").read_bytes() for value in values)


def test_a_state_of_before_a_rotation_ends_nothing_and_revives_nothing(stack: Stack) -> None:
    with client(stack.url):
        stack.up()
    backup, first = stack.file.read_bytes(), stack.url
    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    stack.up()
    stack.up()
    second = stack.url
    stack.file.write_bytes(backup)
    with pytest.raises(RefusedError, match="the advice is to block"):
        stack.up()
    client(first).close()
    client(second).close()


def test_a_first_run_that_can_not_reach_its_server_gives_no_login_out(
    server: str, group: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = Stack(server="postgresql://postgres@127.0.0.1:1/postgres", group=group)
    with pytest.raises(RefusedError, match="the advice is to block"):
        stack.up()
    assert "error secret-unread" in capsys.readouterr().err
    stack.args["server"] = server
    assert stack.up()["published"] == 1
    client(stack.url).close()


def test_a_state_that_is_lost_while_its_server_is_away_is_gone_on_with_as_well(stack: Stack, server: str) -> None:
    stack.file.unlink()
    stack.args["server"] = "postgresql://postgres@127.0.0.1:1/postgres"
    with pytest.raises(RefusedError):
        stack.up()
    stack.args["server"] = server
    assert stack.up()["published"] == 2
    stack.journal.write(LABEL, SecretWish(Ask.ABORT, 2, "a person"))  # the state has no value to go back to
    assert stack.up()["phase"] == "adopting"
    client(stack.url).close()


def test_a_value_in_use_that_the_state_has_lost_is_followed_by_the_next_login(
    stack: Stack, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As by `pulumi up --replace` of the resource of a slot."""
    first = stack.url
    stack.file.write_text(json.dumps({name: both for name, both in stack.resources.items() if name != "a"}))
    with pytest.raises(RefusedError, match="the advice is to block"):
        stack.up()
    assert "secret-value-lost" in capsys.readouterr().err
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOPHIA_ACCEPT", "secret app-db: max_verdict=block")
        with pytest.raises(RefusedError, match="the state has lost the value"):  # or an empty password went out
            stack.again()
    assert stack.up()["published"] == 2
    client(stack.url).close()
    with client(first):
        assert codes(stack.up()) == ["secret-consumer-late", "secret-consumer-unseen"]


def test_a_group_that_is_a_superuser_is_refused(server: str, group: str) -> None:
    admin(server, f"CREATE ROLE {group} SUPERUSER")
    with pytest.raises(RefusedError, match=f"the role {group} may do more than a login should"):
        Stack(server=server, group=group).up()


@pytest.mark.parametrize("above", ["SUPERUSER", "pg_execute_server_program"])
def test_a_group_that_may_become_more_than_a_login_is_refused(server: str, group: str, above: str) -> None:
    admin(server, f"CREATE ROLE {group}")
    if above == "SUPERUSER":
        admin(server, f"CREATE ROLE {group}_above SUPERUSER")
    admin(server, f"GRANT {above if above.islower() else f'{group}_above'} TO {group}")
    with pytest.raises(RefusedError, match="may do more than a login should"):
        Stack(server=server, group=group).up()


def test_a_name_that_postgresql_keeps_for_itself_is_refused(server: str) -> None:
    with pytest.raises(RefusedError, match="pg_ is PostgreSQL's own"):
        Stack(server=server, group="pg_monitor").up()


def test_a_secret_that_was_renamed_is_told_its_name_of_before(stack: Stack) -> None:
    stack.args["label"] = "demo/test/renamed"
    stack.file.unlink()
    with pytest.raises(RefusedError, match=f"but for {LABEL}; if that one was renamed, .*Alias"):
        stack.up()


@pytest.mark.parametrize("shut", ["VALID UNTIL '2020-01-01'", "CONNECTION LIMIT 0", "NOLOGIN"])
def test_a_login_in_use_that_is_shut_by_hand_is_opened_again(server: str, group: str, shut: str) -> None:
    stack = Stack(server=server.replace("postgres@", f"{group}_admin:canary@", 1), group=group)
    admin(server, f"CREATE ROLE {group}_admin LOGIN CREATEROLE PASSWORD 'canary'")
    stack.up()
    admin(server, f"ALTER ROLE {group}_a {shut}")
    found = stack.up()
    assert (found["phase"], found["changes"]["updates"]) == ("steady", 1)
    client(stack.url).close()
    assert stack.up()["changes"]["updates"] == 0


@pytest.mark.parametrize("name", ["prüfung", "x" * 64, "", "sophia"])
def test_a_consumer_whose_name_the_server_does_not_keep_is_refused(server: str, group: str, name: str) -> None:
    with pytest.raises(RefusedError, match="names of consumers"):
        Stack(server=server, group=group, consumers=[name]).up()


def test_who_follows_a_standby_is_missed_too(server: str, group: str) -> None:
    folder = postgresql.programs()
    assert folder
    with tempfile.TemporaryDirectory(prefix="sophia-standby-") as parent:
        Path(parent).chmod(0o755)
        with (
            postgresql.standby(Path(parent) / "first", folder, server, "0s") as first,
            postgresql.standby(Path(parent) / "second", folder, first, "0s") as second,
        ):
            stack = Stack(server=server, group=group, standbys=[first])
            (gap,) = Postgres(stack.spec).observe().gaps
            assert gap.code == "instance-unasked"
            stack.args["standbys"] = [first, second]
            assert Postgres(stack.spec).observe().gaps == ()


def test_an_abort_that_stands_in_the_inputs_alone_is_gone_on_with_after_a_kill(stack: Stack) -> None:
    """A run without a step stores inputs and no outputs; `check` is given those, and `update` these."""
    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    stack.up()
    Postgres(stack.spec).suspend("b")  # by an aborting run, which was killed before its state was stored
    outputs = stack.stored["lifecycle"]
    made = {f"{word}_{slot}": stack.stored[slot][word] for word in ("generation", "value") for slot in ("a", "b")}
    provider = SecretLifecycleProvider()
    with client(stack.url):
        news = provider.check({**outputs, "abandoned": 2}, {**stack.args, **made, "soak": "0s"}).inputs
        assert news is not None
        assert (news["phase"], news["published"]) == ("steady", 1)
        provider.update("id", outputs, news)
    assert Postgres(stack.spec).observe().slot("b").state is SlotState.REVOKED

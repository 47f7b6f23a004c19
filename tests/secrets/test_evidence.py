"""What does not prove that nobody uses a login any more: none of it may end one. On a real PostgreSQL and PgBouncer."""

import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from sophia_infra import clock
from sophia_infra.secrets import inventory
from sophia_infra.secrets.events import ADOPTED, Ask, SecretEvent, SecretIntent, SecretWish
from sophia_infra.secrets.kinds import SecretError
from sophia_infra.secrets.kinds.postgres import Postgres
from sophia_infra.secrets.phases import Held, SlotState, Step
from sophia_infra.secrets.steps import Walk, end
from tests.secrets.stack import LABEL, Stack
from tests.support import pgbouncer

NOON = "2026-11-29T12:00:00+00:00"
MONTHS_ON = "2027-03-29T12:00:00+00:00"


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_NOW", NOON)


@pytest.fixture
def stack(server: str, group: str) -> Stack:
    """A secret whose next login is published: consumers are to move."""
    made = Stack(server=server, group=group)
    made.up()
    ask(made)
    assert [made.up()["phase"] for _ in range(2)] == ["staged", "adopting"]
    return made


def ask(stack: Stack, *broken: str, generation: int = 1) -> None:
    until = clock.now() + timedelta(days=9) if broken else None
    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, generation, "a person", "it leaked", broken, until))


def client(url: str, name: str = "api", **more: Any) -> psycopg.Connection[Any]:
    return psycopg.connect(url, application_name=name, autocommit=True, **more)


def codes(published: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in published["advice"]["findings"]}


def stands(stack: Stack) -> SlotState:
    return Postgres(replace(stack.spec, standbys=(), poolers=())).observe().slot("a").state


@contextmanager
def bouncer(server: str) -> Iterator[str]:
    if not pgbouncer.program():
        pytest.skip("pgbouncer is not installed; python -m engine.debian gets it")
    with tempfile.TemporaryDirectory(prefix="sophia-pooler-") as parent:
        Path(parent).chmod(0o755)
        with pgbouncer.pooler(Path(parent), server) as console:
            yield console


def test_a_client_of_a_pooler_that_holds_no_connection_of_the_server_keeps_the_login_of_before(
    stack: Stack, server: str
) -> None:
    with bouncer(server) as console:
        place = urlsplit(console).netloc.rpartition("@")[2]
        old, new = (str(stack.stored[slot]["value"]) for slot in ("a", "b"))
        with (
            client(f"postgresql://{stack.spec.group}_a:{old}@{place}/postgres", prepare_threshold=None) as waiting,
            client(f"postgresql://{stack.spec.group}_b:{new}@{place}/postgres", prepare_threshold=None) as moved,
        ):
            waiting.execute("SELECT 1")
            moved.execute("SELECT 1")
            while Postgres(stack.spec).observe().using("a"):
                time.sleep(0.2)  # until the pooler lets go of the server's connection, a second later
            stack.args["poolers"] = [console]
            found = stack.up()
            assert codes(found) >= {"secret-consumer-late"}
            assert place in str(found["advice"]["findings"])
            waiting.close()
            assert stack.up()["phase"] == "suspended"
    stack.args["soak"] = "0s"
    assert "secret-instance-unread" in codes(stack.up())
    assert stands(stack) is SlotState.SUSPENDED


def test_a_new_login_has_to_work_through_the_pooler_too(stack: Stack, server: str) -> None:
    value = str(stack.stored["b"]["value"])
    with bouncer(server) as console:
        stack.args["poolers"] = [console]
        assert Postgres(stack.spec).verify("b", value) == ()
    assert [block.code for block in Postgres(stack.spec).verify("b", value)] == ["login-refused"]


def test_consumers_that_are_stopped_end_no_login(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_NOW", MONTHS_ON)
    assert codes(stack.up()) >= {"secret-consumer-unseen"}
    assert stands(stack) is SlotState.ISSUED


def test_a_consumer_that_comes_back_while_it_is_suspended_is_missed_before_the_end(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL shows no refused login: who was seen with the new one before has to be seen once more."""
    with client(stack.url):
        assert stack.up()["phase"] == "suspended"
    monkeypatch.setenv("SOPHIA_NOW", MONTHS_ON)
    assert codes(stack.up()) >= {"secret-refusals-unseen", "secret-consumer-unseen"}
    with client(stack.url):
        assert stack.up()["phase"] == "steady"


def test_a_consumer_that_went_back_to_the_login_of_before_has_not_moved(stack: Stack) -> None:
    new, (old, value) = stack.url, (f"{stack.spec.group}_a", str(stack.stored["a"]["value"]))
    before = stack.args["server"].replace("postgres@", f"{old}:{value}@", 1)
    with client(before):
        with client(new):
            assert stack.up()["phase"] == "adopting"
        assert stack.up()["phase"] == "adopting"
    assert "secret-consumer-unseen" in codes(stack.up())  # seen with both at once shows nothing
    with client(before), client(new, "other"):
        stack.journal.write(LABEL, SecretEvent(ADOPTED, 2, "app-db", "api"))
        assert stack.up()["phase"] == "adopting"
    assert "secret-consumer-unseen" in codes(stack.up())
    with client(new):
        assert stack.up()["phase"] == "suspended"


def test_an_abort_has_each_consumer_seen_with_the_login_of_before_once_more(stack: Stack) -> None:
    first = f"{stack.spec.group}_a:{stack.stored['a']['value']}"
    stack.journal.write(LABEL, SecretEvent(ADOPTED, 1, "app-db", "api"))
    stack.journal.write(LABEL, SecretEvent(ADOPTED, 2, "app-db", "api"))
    stack.journal.write(LABEL, SecretWish(Ask.ABORT, 2, "a person"))
    assert stack.up()["published"] == 1
    assert "secret-consumer-unseen" in codes(stack.up())
    with client(stack.args["server"].replace("postgres@", f"{first}@", 1)):
        assert stack.up()["phase"] == "suspended"


@pytest.mark.parametrize("journal", ["of this machine", "of another one"])
def test_a_run_that_is_killed_once_it_has_suspended_leaves_no_dead_end(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, journal: str
) -> None:
    with client(stack.url):
        if journal == "of another one":
            Postgres(stack.spec).suspend("a")
        else:
            with monkeypatch.context() as patched, suppress(KeyboardInterrupt):
                patched.setattr(Walk, "_note", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
                stack.up()
    assert stands(stack) is SlotState.SUSPENDED
    assert "secret-consumer-unseen" in codes(stack.up())
    monkeypatch.setenv("SOPHIA_NOW", MONTHS_ON)
    inventory.confirm(stack.journal, inventory.pick(stack.journal, "app-db"), "api", "a person", "it is stopped")
    assert stack.up()["phase"] == "steady"


def test_a_login_between_the_look_and_the_commit_of_suspending_is_not_cut(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, value = f"{stack.spec.group}_a", str(stack.stored["a"]["value"])
    before, plain, late = stack.args["server"].replace("postgres@", f"{old}:{value}@", 1), Postgres._mark, []

    def mark(self: Postgres, db: Any, slot: str, state: SlotState, generation: int = 0) -> None:
        if state is SlotState.SUSPENDED:
            late.append(client(before))
        plain(self, db, slot, state, generation)

    monkeypatch.setattr(Postgres, "_mark", mark)
    with client(stack.url), pytest.raises(SecretError) as refused:
        stack.up()
    assert refused.value.code == "secret-in-use"
    (session,) = late
    assert session.execute("SELECT 1").fetchone() == (1,)
    session.close()
    client(before).close()


def test_an_admin_who_may_not_see_sessions_ends_no_login(stack: Stack, server: str) -> None:
    role = f"{stack.spec.group}_admin"
    with psycopg.connect(server, autocommit=True) as db:
        db.execute(f"CREATE ROLE {role} LOGIN CREATEROLE PASSWORD 'canary-admin'")
    stack.args["server"] = server.replace("postgres@", f"{role}:canary-admin@", 1)
    with client(stack.url):
        assert codes(stack.up()) == {"secret-sessions-hidden"}
    assert stands(stack) is SlotState.ISSUED


def test_a_destroy_ends_no_login_where_it_can_not_see_who_uses_it(stack: Stack, server: str) -> None:
    stack.args["standbys"] = ["postgresql://postgres@127.0.0.1:1/postgres"]
    with pytest.raises(SecretError) as refused:
        end(stack.spec, Held({"a": 1, "b": 2}, 2), {}, stack.journal)
    assert refused.value.code == "secret-in-use"
    assert "127.0.0.1:1" in str(refused.value)
    assert {row.row.step for row in stack.journal.back(SecretIntent, LABEL)} == {Step.STAGE, Step.PUBLISH}
    assert stands(stack) is SlotState.ISSUED


def test_a_wrong_password_that_fails_for_another_reason_shows_nothing(stack: Stack, server: str) -> None:
    """Behind what cuts the second connection, a server that checks no password would pass for one that does."""
    with _cutting_after(1, server) as url:
        stack.args["server"] = url
        blocks = Postgres(stack.spec).verify("b", str(stack.stored["b"]["value"]))
    assert [block.code for block in blocks] == ["login-untried"]


@contextmanager
def _cutting_after(good: int, server: str) -> Iterator[str]:
    """Pass on so many connections to a server, and cut further ones once the client has sent something."""
    parts = urlsplit(server)

    def copy(source: socket.socket, to: socket.socket) -> None:
        with suppress(OSError), to:  # either side may be gone
            while data := source.recv(65536):
                to.sendall(data)

    def serve() -> None:
        for number in range(good + 1):
            taken, _ = listening.accept()
            if number == good:
                taken.recv(1)
                taken.close()
                return
            there = socket.create_connection((str(parts.hostname), parts.port or 0))
            threading.Thread(target=copy, args=(there, taken), daemon=True).start()
            threading.Thread(target=copy, args=(taken, there), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield server.replace(parts.netloc, f"postgres@127.0.0.1:{listening.getsockname()[1]}", 1) + "?sslmode=disable"


def test_a_rotation_that_is_asked_for_by_an_outdated_journal_is_begun(
    server: str, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = Stack(server=server, group=group)
    stack.up()
    Postgres(stack.spec).issue("a", str(stack.stored["a"]["value"]), 5)
    stack.file.write_text(stack.file.read_text().replace('"generation": 1', '"generation": 5'))
    stack.file.write_text(stack.file.read_text().replace('"published": 1', '"published": 5'))
    monkeypatch.setenv("SOPHIA_NOW", "2026-11-29T13:00:00+00:00")
    ask(stack, generation=2)
    assert stack.up()["phase"] == "staged"


def test_in_an_emergency_who_is_named_breaks_and_who_is_not_still_blocks(server: str, group: str) -> None:
    stack = Stack(server=server, group=group, consumers=["api", "reports"])
    stack.up()
    first = stack.url
    ask(stack, "reports", "app-db")
    assert stack.up()["phase"] == "staged"
    with client(first, "reports") as reports:
        with client(first):
            found = stack.up()
            assert (found["phase"], found["published"]) == ("adopting", 2)
            assert codes(found) >= {"secret-consumer-late", "secret-breaks"}
        with client(stack.url):
            found = stack.up()
            assert found["phase"] == "suspended"
            assert found["changes"]["exposure"] == "critical"
            with pytest.raises(psycopg.OperationalError):
                reports.execute("SELECT 1")
            assert stack.up()["phase"] == "steady"  # without a soak


def test_in_an_emergency_the_login_of_before_is_refused_in_the_run_that_publishes_the_next(
    server: str, group: str
) -> None:
    stack = Stack(server=server, group=group)
    stack.up()
    ask(stack, "api")
    assert [stack.up()["phase"] for _ in range(3)] == ["staged", "suspended", "steady"]


def test_an_override_that_has_ended_lets_nothing_break(
    server: str, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = Stack(server=server, group=group)
    stack.up()
    ask(stack, "api")
    monkeypatch.setenv("SOPHIA_NOW", MONTHS_ON)
    assert [stack.up()["phase"] for _ in range(3)] == ["staged", "adopting", "adopting"]
    assert codes(stack.up()) >= {"secret-override-ended", "secret-consumer-unseen"}

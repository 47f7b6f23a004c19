"""A password in use that somebody sets by hand at the server: it is seen, and nobody's login is ended by it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from sophia_infra import clock
from sophia_infra.secrets import inventory
from sophia_infra.secrets.events import Ask, SecretWish
from sophia_infra.secrets.kinds.postgres import Postgres
from sophia_infra.secrets.phases import Block
from tests.secrets.stack import LABEL, Stack

redis = pytest.importorskip("redis")
BY_HAND = "canary-by-hand"


def postgres(stack: Stack, slot: str = "a") -> Callable[[str], Any]:
    with psycopg.connect(stack.args["server"], autocommit=True) as db:
        db.execute(f"ALTER ROLE {stack.spec.group}_{slot} PASSWORD '{BY_HAND}'")
    return lambda url: psycopg.connect(url, application_name="a person", autocommit=True)


def of_redis(stack: Stack, slot: str = "a") -> Callable[[str], Any]:
    redis.Redis.from_url(stack.args["server"]).acl_setuser(
        f"{stack.spec.group}_{slot}", enabled=True, reset_passwords=True, passwords=[f"+{BY_HAND}"]
    )

    def log_in(url: str) -> Any:
        made = redis.Redis.from_url(url, client_name="a-person", single_connection_client=True)
        made.acl_whoami()
        return made

    return log_in


def codes(found: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in found["advice"]["findings"] if finding["level"] == "warning"}


OF_EACH = pytest.mark.parametrize(
    ("kind", "server_of", "change"),
    [("postgres", "server", postgres), ("redis", "redis_server", of_redis)],
    ids=["postgres", "redis"],
)


@OF_EACH
def test_a_password_in_use_that_is_set_by_hand_is_told_and_followed_by_the_next_login_and_ends_nobodys(
    kind: str, server_of: str, change: Callable[[Stack], Callable[[str], Any]], group: str, request: Any
) -> None:
    stack = Stack(kind=kind, server=request.getfixturevalue(server_of), group=group)
    stack.up()
    assert "secret-cut-off" not in codes(stack.up())
    by_hand = stack.url.replace(stack.current[1], BY_HAND)
    log_in = change(stack)

    found = stack.up()
    assert codes(found) == {"secret-cut-off"}
    assert (found["phase"], found["changes"]["updates"]) == ("steady", 0)
    assert inventory.pick(stack.journal, "app-db").phase == "steady"
    assert [row["what"] for row in inventory.history(stack.journal, LABEL)].count("cut-off") == 1

    found = stack.up()
    assert (found["published"], found["changes"]["exposure"]) == (2, "high")
    log_in(stack.url).close()
    theirs = log_in(by_hand)
    assert codes(found := stack.up()) == {"secret-consumer-late", "secret-consumer-unseen"}
    assert found["phase"] == "adopting"
    theirs.close()


def test_a_login_that_has_all_the_sessions_it_may_is_not_taken_for_a_changed_one(server: str, group: str) -> None:
    stack = Stack(server=server, group=group)
    stack.up()
    with psycopg.connect(server, autocommit=True) as db:
        db.execute(f"ALTER ROLE {group}_a CONNECTION LIMIT 1")
    with psycopg.connect(stack.url, application_name="api"):
        assert codes(stack.up()) == set()


def test_a_login_that_the_next_run_may_suspend_is_not_tried(
    server: str, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session of ours would look like one of a consumer that has not moved."""
    tried, plain = [], Postgres.cut_off

    def cut_off(self: Postgres, slot: str, value: str) -> tuple[Block, ...]:
        tried.append(slot)
        return plain(self, slot, value)

    monkeypatch.setattr(Postgres, "cut_off", cut_off)
    stack = Stack(server=server, group=group)
    stack.up()
    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    for phase, slots in (("staged", {"a"}), ("adopting", set()), ("adopting", {"b"})):
        tried.clear()
        assert (stack.up()["phase"], set(tried)) == (phase, slots)


def test_an_apply_makes_no_login_that_its_own_preview_has_not_shown(server: str, group: str) -> None:
    stack = Stack(server=server, group=group)
    stack.up()
    postgres(stack)
    stack.up()
    stack.again()  # the apply of the same command
    assert (stack.stored["b"]["generation"], stack.stored["lifecycle"]["published"]) == (0, 1)
    stack.up()
    assert stack.stored["lifecycle"]["published"] == 2


def test_a_new_login_that_is_refused_while_consumers_move_ends_no_login_of_before(server: str, group: str) -> None:
    stack = Stack(server=server, group=group, soak="0s")
    stack.up()
    postgres(stack)
    assert [stack.up()["phase"] for _ in range(2)] == ["steady", "adopting"]
    with (
        psycopg.connect(stack.url, application_name="api"),
        psycopg.connect(stack.args["server"], autocommit=True) as db,
    ):
        db.execute(f"ALTER ROLE {group}_b PASSWORD '{BY_HAND}'")
        found = stack.up()
    assert (found["phase"], codes(found)) == ("adopting", {"secret-cut-off"})
    assert stack.up()["phase"] == "adopting"


@OF_EACH
def test_where_both_logins_were_changed_an_emergency_leads_to_the_next_one(
    kind: str, server_of: str, change: Callable[..., Callable[[str], Any]], group: str, request: Any
) -> None:
    stack = Stack(kind=kind, server=request.getfixturevalue(server_of), group=group)
    stack.up()
    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    assert [stack.up()["phase"] for _ in range(2)] == ["staged", "adopting"]
    for slot in ("a", "b"):
        log_in = change(stack, slot)
    stack.up()  # which sees that the new one is refused
    assert stack.up()["phase"] == "staged", "the one of before does not work either, so it is not published"
    for _ in range(2):  # nobody is locked out for good without a person's word
        found = stack.up()
        assert (found["phase"], found["published"]) == ("adopting", 2)
        assert "--override app-db --override api --until" in str(found["advice"])
    wish = SecretWish(Ask.ROTATE, 2, "a person", "", ("app-db", "api"), clock.now() + timedelta(days=1))
    inventory.ask(stack.journal, inventory.pick(stack.journal, "app-db"), wish)
    assert [stack.up()["phase"] for _ in range(2)] == ["suspended", "steady"]
    assert stack.up()["published"] == 3
    log_in(stack.url).close()


def test_in_an_emergency_the_login_of_before_is_not_taken_again_for_a_new_one_that_is_refused(
    server: str, group: str
) -> None:
    stack = Stack(server=server, group=group)
    stack.up()
    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    assert [stack.up()["phase"] for _ in range(2)] == ["staged", "adopting"]
    postgres(stack, "b")
    stack.up()
    wish = SecretWish(Ask.ROTATE, 2, "a person", "it leaked", ("app-db", "api"), clock.now() + timedelta(days=1))
    inventory.ask(stack.journal, inventory.pick(stack.journal, "app-db"), wish)
    assert [stack.up()["phase"] for _ in range(2)] == ["suspended", "steady"]
    assert stack.up()["published"] == 3

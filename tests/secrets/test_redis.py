"""A secret of a real Redis: its whole cycle, what it refuses, and what is left after a kill."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sophia_infra import clock
from sophia_infra.secrets.events import Ask, SecretWish
from sophia_infra.secrets.kinds import SecretError
from sophia_infra.secrets.kinds.redis import Redis
from sophia_infra.secrets.phases import SlotState
from tests.secrets.stack import LABEL, RefusedError, Stack
from tests.support import redis as servers

redis = pytest.importorskip("redis")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not servers.program():
        pytest.skip("redis-server is not installed; python -m engine.debian gets it")
    with servers.server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def stack(server: str, group: str) -> Stack:
    """A secret with its first login, of which the next one is asked for."""
    made = Stack(kind="redis", server=server, group=group)
    made.up()
    made.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    return made


def client(url: str, name: str = "api") -> Any:
    made = redis.Redis.from_url(url, client_name=name, single_connection_client=True)
    made.acl_whoami()
    return made


def test_a_rotation_ends_the_user_of_before_once_its_consumer_has_moved(stack: Stack) -> None:
    first = stack.url
    assert [stack.up()["phase"] for _ in range(2)] == ["staged", "adopting"]
    old, new = client(first), client(stack.url)
    late, _ = stack.up()["advice"]["findings"]  # and that it is moving
    assert (late["code"], late["subject"]) == ("secret-consumer-late", "api")
    old.close()
    assert [stack.up()["phase"] for _ in range(2)] == ["suspended", "suspended"]
    stack.args["soak"] = "0s"
    assert stack.up()["phase"] == "steady"
    with pytest.raises(redis.AuthenticationError):
        client(first)
    new.set("app:key", "1")


def test_a_refused_login_while_it_is_suspended_takes_the_user_of_before_into_use_again(stack: Stack) -> None:
    first = stack.url
    stack.up()
    stack.up()
    with client(stack.url):
        assert [stack.up()["phase"] for _ in range(2)] == ["suspended", "suspended"]
        with pytest.raises(redis.AuthenticationError):
            client(first)
        assert stack.up()["phase"] == "adopting"
    client(first).close()


def test_a_user_without_a_password_is_not_published(stack: Stack, server: str) -> None:
    stack.up()
    redis.Redis.from_url(server).execute_command("ACL SETUSER", f"{stack.spec.group}_b", "nopass")
    (found,) = stack.up()["advice"]["findings"]
    assert (stack.stored["lifecycle"]["phase"], found["code"]) == ("staged", "secret-login-unchecked")


def test_a_login_within_the_race_of_suspending_is_not_cut(stack: Stack) -> None:
    with client(stack.url), pytest.raises(SecretError) as refused:
        Redis(stack.spec).suspend("a")
    assert refused.value.code == "secret-in-use"
    client(stack.url).close()


def test_a_login_between_the_look_and_the_turning_off_is_not_cut(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    first, plain, late = stack.url, Redis._set_there, []

    def set_there(self: Redis, db: Any, slot: str, words: Any, mark: Any) -> None:
        if tuple(words) == ("off",):
            late.append(client(first))
        plain(self, db, slot, words, mark)

    assert [stack.up()["phase"] for _ in range(2)] == ["staged", "adopting"]
    monkeypatch.setattr(Redis, "_set_there", set_there)
    with client(stack.url), pytest.raises(SecretError) as refused:
        stack.up()
    assert refused.value.code == "secret-in-use"
    assert late[0].acl_whoami() == f"{stack.spec.group}_a"
    client(first).close()


def test_a_user_of_somebody_else_is_refused(server: str, group: str) -> None:
    redis.Redis.from_url(server).execute_command("ACL SETUSER", f"{group}_a", "on", ">canary-theirs")
    with pytest.raises(RefusedError, match="was not made for this secret"):
        Stack(kind="redis", server=server, group=group).up()


def test_a_flush_of_all_keys_takes_no_mark_with_it(stack: Stack, server: str) -> None:
    redis.Redis.from_url(server).flushall()
    assert [stack.up()["phase"] for _ in range(2)] == ["staged", "adopting"]
    client(stack.url).close()


def test_users_that_a_restart_lost_are_set_again_with_the_same_values(stack: Stack, server: str) -> None:
    before = stack.url
    redis.Redis.from_url(server).execute_command("ACL DELUSER", f"{stack.spec.group}_a")
    stack.up()
    assert stack.url == before
    client(before).close()


def test_a_replica_is_told_and_who_uses_the_old_user_there_is_named(server: str, group: str, tmp_path: Path) -> None:
    with servers.server(tmp_path, server) as replica:
        stack = Stack(kind="redis", server=server, group=group, standbys=[replica])
        stack.up()
        there = client(stack.url.replace(server.removeprefix("redis://"), replica.removeprefix("redis://")))
        stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
        assert [stack.up()["phase"] for _ in range(2)] == ["staged", "adopting"]
        with client(stack.url):
            late, _ = stack.up()["advice"]["findings"]  # and that it is moving
        assert replica.removeprefix("redis://") in late["message"]
        there.close()


def test_a_replica_that_has_lost_its_users_is_told_again_with_the_same_values(
    server: str, group: str, tmp_path: Path
) -> None:
    with servers.server(tmp_path, server) as replica:
        stack = Stack(kind="redis", server=server, group=group, standbys=[replica])
        stack.up()
        there = stack.url.replace(server.removeprefix("redis://"), replica.removeprefix("redis://"))
        redis.Redis.from_url(replica).execute_command("ACL DELUSER", f"{group}_a")
        assert Redis(stack.spec).observe().slot("a").is_whole is False
        assert (stack.up()["phase"], stack.up()["changes"]["updates"]) == ("steady", 0)
        client(there).close()


def test_who_is_suspended_on_one_node_only_and_still_used_is_let_in_there_again(
    server: str, group: str, tmp_path: Path
) -> None:
    """As a run leaves it that was killed between two nodes."""
    with servers.server(tmp_path, server) as replica:
        stack = Stack(kind="redis", server=server, group=group, standbys=[replica])
        stack.up()
        there = stack.url.replace(server.removeprefix("redis://"), replica.removeprefix("redis://"))
        stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
        assert [stack.up()["phase"] for _ in range(2)] == ["staged", "adopting"]
        stack.args["standbys"] = []
        Redis(replace(stack.spec, server=replica))._set("a", ("off",), SlotState.SUSPENDED)
        stack.args["standbys"] = [replica]
        assert stack.up()["phase"] == "adopting"
        client(there).close()


def test_other_rules_are_given_to_the_user_in_use_at_once(stack: Stack) -> None:
    stack.args["acl"] = ["~app:*", "+@read"]
    before = stack.stored["lifecycle"]
    with client(stack.url) as db:
        stack.up()
        with pytest.raises(redis.exceptions.NoPermissionError):
            db.set("app:key", "1")
    assert stack.stored["lifecycle"]["published"] == before["published"]


def test_a_log_of_refused_logins_that_is_cut_makes_the_soak_begin_later(stack: Stack, server: str) -> None:
    stack.up()
    stack.up()
    with client(stack.url):
        assert stack.up()["phase"] == "suspended"
    suspended = Redis(stack.spec).observe().slot("a").at
    db = redis.Redis.from_url(server)
    db.config_set("acllog-max-len", 2)
    try:
        for name in ("somebody", "else", "again"):
            with pytest.raises(redis.AuthenticationError):
                client(stack.url.replace(f"{stack.spec.group}_b", name))
        begins = Redis(stack.spec).observe().slot("a").at
    finally:
        db.config_set("acllog-max-len", 128)
    assert suspended is not None
    assert begins is not None
    assert begins > suspended


def test_an_emergency_cuts_who_is_named_off(stack: Stack) -> None:
    first, until = stack.url, clock.now() + timedelta(days=1)
    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person", "it leaked", ("api",), until))
    stack.up()
    old = client(first)
    assert [stack.up()["phase"] for _ in range(2)] == ["suspended", "steady"]
    with pytest.raises(redis.RedisError):
        old.acl_whoami()


def test_in_an_emergency_a_node_that_is_gone_may_be_named_too(server: str, group: str, tmp_path: Path) -> None:
    until = clock.now() + timedelta(days=1)
    with servers.server(tmp_path, server) as replica:
        stack = Stack(kind="redis", server=server, group=group, standbys=[replica])
        stack.up()
        gone = replica.removeprefix("redis://")
        stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person", "it leaked", ("api", gone), until))
        assert [stack.up()["phase"] for _ in range(2)] == ["staged", "suspended"]
    stack.args["soak"] = "2d"
    assert stack.up()["phase"] == "steady"


def test_a_soak_that_began_later_is_gone_on_with_once_it_is_over(stack: Stack, server: str) -> None:
    """The log's age is reckoned anew in each look, and the step still follows from what was planned."""
    stack.args["soak"] = "1s"
    stack.up()
    stack.up()
    db = redis.Redis.from_url(server)
    db.execute_command("ACL LOG", "RESET")
    db.config_set("acllog-max-len", 1)
    try:
        with client(stack.url):
            assert stack.up()["phase"] == "suspended"
            with pytest.raises(redis.AuthenticationError):
                client(stack.url.replace(f"{stack.spec.group}_b", "somebody"))
            while stack.up()["phase"] == "suspended":
                time.sleep(0.3)
    finally:
        db.config_set("acllog-max-len", 128)
    assert stack.stored["lifecycle"]["phase"] == "steady"


def test_no_value_is_told_journaled_or_left_in_a_file(
    stack: Stack, home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(home))
    told = [str(stack.up()["advice"]) for _ in range(2)]
    with client(stack.url) as db:
        told += [str(stack.up()["changes"]), str(redis.Redis.from_url(stack.args["server"]).acl_list())]
        db.close()
    told += [*capfd.readouterr(), Path("/proc/self/cmdline").read_text()]
    told += [path.read_bytes().decode("latin-1") for path in home.rglob("*") if path.is_file()]
    values = [str(stack.stored[slot]["value"]) for slot in ("a", "b")]
    assert all(values)
    assert [text[:80] for text in told for value in values if value in text] == []


def test_rules_that_allow_little_let_the_user_be_shown_to_work(server: str, group: str) -> None:
    stack = Stack(kind="redis", server=server, group=group, acl=["~app:*", "+@read"])
    assert stack.up()["phase"] == "steady"
    with client(stack.url) as db, pytest.raises(redis.exceptions.NoPermissionError):
        db.set("app:key", "1")


def test_who_follows_a_replica_is_missed_too(server: str, group: str, tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    with servers.server(tmp_path / "first", server) as first, servers.server(tmp_path / "second", first) as second:
        _wait_for_replica(server)
        _wait_for_replica(first)
        stack = Stack(kind="redis", server=server, group=group, standbys=[first])
        (gap,) = Redis(stack.spec).observe().gaps
        assert gap.code == "instance-unasked"
        stack.args["standbys"] = [first, second]
        assert Redis(stack.spec).observe().gaps == ()


def _wait_for_replica(url: str) -> None:
    for _ in range(200):
        if redis.Redis.from_url(url).info("replication")["connected_slaves"]:
            return
        time.sleep(0.05)
    raise AssertionError(f"nobody follows {url}")

"""A password that no server knows: its whole cycle by the words of people, and never by time."""

from typing import Any

import pytest

from sophia_infra.advice.approval import user
from sophia_infra.secrets import inventory
from sophia_infra.secrets.events import Ask, SecretWish
from sophia_infra.secrets.kinds import SecretError
from sophia_infra.secrets.kinds.password import Password
from sophia_infra.secrets.phases import SlotState
from tests.secrets.stack import LABEL, RefusedError, Stack, killed_at

YEARS_ON = "2036-11-29T12:00:00+00:00"


@pytest.fixture
def stack() -> Stack:
    """A secret with its first value."""
    made = Stack(kind="password", consumers=["shop", "partner"], soak="0s")
    made.up()
    return made


def confirm(stack: Stack, consumer: str) -> None:
    secret = inventory.pick(stack.journal, "app-db")
    inventory.confirm(stack.journal, secret, consumer, user(), "its calls are taken")


def unseen(found: dict[str, Any]) -> str:
    findings = found["advice"]["findings"]
    return ", ".join(each["subject"] for each in findings if each["code"] == "secret-consumer-unseen")


def test_the_value_of_before_ends_once_each_consumer_is_confirmed_and_never_by_time(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stack.current[1]
    assert (stack.up()["phase"], stack.stored["lifecycle"]["accepted"]) == ("steady", ["a"])
    monkeypatch.setenv("SOPHIA_NOW", YEARS_ON)
    staged = stack.up()
    assert (staged["phase"], staged["accepted"], stack.current[1]) == ("staged", ["a", "b"], first)
    assert stack.up()["phase"] == "adopting"
    assert stack.current[1] != first
    found = stack.up()
    assert (found["phase"], unseen(found)) == ("adopting", "2 times: shop, partner")
    confirm(stack, "shop")
    assert unseen(stack.up()) == "partner"
    confirm(stack, "partner")
    suspended = stack.up()
    assert (suspended["phase"], suspended["accepted"]) == ("suspended", ["b"])
    assert stack.up()["phase"] == "steady"


def test_a_consumer_is_confirmed_only_while_consumers_move(stack: Stack) -> None:
    with pytest.raises(SecretError) as refused:
        confirm(stack, "shop")
    assert refused.value.code == "secret-phase"


def test_a_run_that_is_killed_before_or_after_any_write_is_gone_on_with(stack: Stack) -> None:
    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    kind, point, kills = Password(stack.spec, stack.journal), 0, 0
    for _ in range(150):
        if (before := kind.observe().slots)["a"].state is SlotState.REVOKED:
            break
        if before.get("b") and stack.stored["lifecycle"]["published"] == 2:
            for name in ("shop", "partner"):
                confirm(stack, name)
        was_killed = killed_at(point, stack.up, {Password: ("issue", "suspend", "revoke")})
        kills += was_killed
        point = point + 1 if was_killed and kind.observe().slots == before else 0
    assert stack.up()["phase"] == "steady"
    assert kills >= 3


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"server": "postgresql://canary@db.example/x"}, "server"),
        ({"group": "app"}, "group"),
        ({"key": "canary-key"}, "key"),
        ({"kind": "postgres"}, "server"),
        ({"kind": "cloudflare", "server": "https://api.example", "group": "app"}, "key"),
        ({"kind": "postgres", "server": "env:DB", "group": "app", "acl": ["+@read"]}, "acl"),
        (
            {"kind": "postgres", "server": "env:DB", "group": "app", "standbys": "postgresql://me:canary@x/y"},
            "standbys",
        ),
    ],
)
def test_an_argument_that_a_kind_has_no_use_for_or_lacks_is_refused_and_not_shown(
    given: dict[str, Any], field: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        Stack(**{"kind": "password", **given}).up()
    assert field in str(refused.value)
    assert "canary" not in str(refused.value)

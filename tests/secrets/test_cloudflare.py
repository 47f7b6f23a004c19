"""API tokens at the stand-in of Cloudflare: their whole cycle, what is told of uses, and what goes wrong."""

from collections.abc import Iterator
from typing import Any

import pytest

from sophia_infra.journal import Journal
from sophia_infra.secrets import inventory
from sophia_infra.secrets.events import Ask, SecretWish
from sophia_infra.secrets.kinds import SecretError
from sophia_infra.secrets.kinds.cloudflare import Cloudflare
from sophia_infra.secrets.lifecycle_resource import SecretLifecycleProvider
from sophia_infra.secrets.phases import SlotState
from tests.secrets.stack import LABEL, RefusedError, Stack, killed_at
from tests.support.cloudflare_server import CloudflareServer, Fault, serving

POLICIES = [{"effect": "allow", "resources": {"com.cloudflare.api.account.zone.x": "*"}, "permission_groups": []}]
HOURS_ON = "2099-11-30T12:00:00+00:00"


@pytest.fixture
def api() -> Iterator[CloudflareServer]:
    with serving(CloudflareServer()) as made:
        yield made


@pytest.fixture
def stack(api: CloudflareServer) -> Stack:
    """A secret with its first token, of which the next one is asked for."""
    server = f"{api.endpoint}/accounts/0123"
    made = Stack(kind="cloudflare", server=server, key=api.token, group="app", policies=POLICIES, soak="0s")
    made.up()
    made.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    return made


def confirm(stack: Stack) -> None:
    inventory.confirm(stack.journal, inventory.pick(stack.journal, "app-db"), "api", "a person", "its calls are taken")


def codes(found: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in found["advice"]["findings"] if finding["level"] == "warning"}


def test_the_token_of_before_is_deleted_once_it_is_quiet_and_its_consumer_confirmed(
    stack: Stack, api: CloudflareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stack.current[1]
    assert [stack.up()["phase"] for _ in range(2)] == ["staged", "adopting"]
    assert stack.current[1] in api.tokens.values.values()
    api.tokens.use(first)
    confirm(stack)
    assert codes(stack.up()) == {"secret-consumer-late"}
    monkeypatch.setenv("SOPHIA_NOW", HOURS_ON)
    assert stack.up()["phase"] == "suspended"
    assert api.tokens.named("app_a")["status"] == "disabled"
    assert "secret-consumer-unseen" in codes(stack.up())  # that it was confirmed before counts no more
    confirm(stack)
    assert stack.up()["phase"] == "steady"
    assert first not in api.tokens.values.values()
    assert len(api.tokens.made) == 1


def rotated(stack: Stack, monkeypatch: pytest.MonkeyPatch, generation: int) -> None:
    """Rotate to a generation, hours after the last use of any token."""
    monkeypatch.setenv("SOPHIA_NOW", f"{2098 + generation}-11-30T12:00:00+00:00")
    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, generation - 1, "a person"))
    for phase in ("staged", "adopting", "suspended", "steady"):
        if phase in ("suspended", "steady"):
            confirm(stack)
        assert stack.up()["phase"] == phase


def test_the_slots_take_turns_though_an_ended_token_is_deleted(
    stack: Stack, api: CloudflareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for generation, name in ((2, "app_b"), (3, "app_a"), (4, "app_b")):
        rotated(stack, monkeypatch, generation)
        assert stack.current[1] == api.tokens.values[api.tokens.named(name)["id"]]
        assert len(api.tokens.made) == 1


@pytest.mark.parametrize(("runs", "name"), [(0, "app_a"), (1, "app_a"), (2, "app_b")], ids=["steady", "staged", "new"])
def test_a_token_in_use_that_is_deleted_by_hand_is_followed_by_the_next_one_at_once(
    stack: Stack, api: CloudflareServer, runs: int, name: str
) -> None:
    for _ in range(runs):
        stack.up()
    gone, lost = api.tokens.named(name), stack.current[1]
    assert api.tokens.values[gone["id"]] == lost
    del api.tokens.made[gone["id"]], api.tokens.values[gone["id"]]
    found = stack.up()
    assert stack.current[1] in api.tokens.values.values()
    assert (found["changes"]["exposure"], found["published"]) == ("high", max(2, runs + 1))
    assert "secret-cut-off" in codes(found)
    assert "secret-cut-off" not in codes(stack.up())


def test_a_destroy_leaves_no_token_behind_that_was_only_made(stack: Stack, api: CloudflareServer) -> None:
    Cloudflare(stack.spec).mint("b", 2)
    stored = stack.stored["lifecycle"]
    SecretLifecycleProvider().delete(stored["id"], stored)
    assert api.tokens.made == {}


def test_time_alone_ends_no_token(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.up()
    stack.up()
    monkeypatch.setenv("SOPHIA_NOW", HOURS_ON)
    found = stack.up()
    assert (found["phase"], codes(found) & {"secret-consumer-unseen"}) == ("adopting", {"secret-consumer-unseen"})


def test_a_run_that_is_killed_before_or_after_any_write_is_gone_on_with(stack: Stack, api: CloudflareServer) -> None:
    """Killed before the value is in the state too, which Cloudflare tells once: no token is left over."""
    kind, point, kills, runs = Cloudflare(stack.spec), 0, 0, 0

    def stands() -> list[tuple[str, SlotState, int]]:
        return sorted((name, slot.state, slot.generation) for name, slot in kind.observe().slots.items())

    writes: dict[type, tuple[str, ...]] = {Cloudflare: ("mint", "issue", "suspend", "revoke")}
    while (before := stands())[0][1] is not SlotState.GONE:
        if stack.stored["lifecycle"]["published"] == 2:
            confirm_if_due(stack)
        was_killed = killed_at(point, stack.up, writes)
        kills += was_killed
        point = point + 1 if was_killed and stands() == before else 0
        assert (runs := runs + 1) < 100
    assert stack.up()["phase"] == "steady"
    assert kills >= 6
    assert [one["status"] for one in api.tokens.made.values()] == ["active"]
    assert stack.current[1] in api.tokens.values.values()


def test_a_run_that_is_killed_while_it_replaces_a_deleted_token_is_gone_on_with(
    stack: Stack, api: CloudflareServer
) -> None:
    gone = api.tokens.named("app_a")["id"]
    del api.tokens.made[gone], api.tokens.values[gone]
    writes: dict[type, tuple[str, ...]] = {Cloudflare: ("mint", "issue"), Journal: ("write",), Stack: ("_store",)}
    kind, point, kills = Cloudflare(stack.spec), 0, 0
    while stack.stored["lifecycle"]["published"] != 2:
        before = kind.observe().slots, stack.stored
        kills += killed_at(point, stack.up, writes)
        point = point + 1 if before == (kind.observe().slots, stack.stored) else 0
        assert kills < 60
    assert stack.up()["phase"] == "steady"
    assert [api.tokens.values[id_] for id_ in api.tokens.made] == [stack.current[1]]
    assert kills > 6


def confirm_if_due(stack: Stack) -> None:
    if inventory.pick(stack.journal, "app-db").phase in ("adopting", "suspended"):
        confirm(stack)


def test_the_token_by_which_all_is_done_is_not_ended_by_itself(stack: Stack, api: CloudflareServer) -> None:
    api.own_id = api.tokens.named("app_a")["id"]
    for end in (Cloudflare(stack.spec).suspend, Cloudflare(stack.spec).revoke):
        with pytest.raises(SecretError) as refused:
            end("a")
        assert (refused.value.code, refused.value.field) == ("secret-own", "key")
    assert api.tokens.named("app_a")["status"] == "active"


def test_the_longest_group_fits_into_the_name_of_a_token(api: CloudflareServer) -> None:
    stack = Stack(kind="cloudflare", server=f"{api.endpoint}/user", key=api.token, group="g" * 61, policies=POLICIES)
    stack.up()
    Cloudflare(stack.spec).suspend("a")
    Cloudflare(stack.spec).issue("a", "", 99999)
    assert Cloudflare(stack.spec).observe().slot("a").generation == 99999


def test_a_token_of_somebody_else_is_refused_and_stays(api: CloudflareServer) -> None:
    api.tokens.answer("POST", "", {"name": "app_a", "policies": POLICIES}, "")
    stack = Stack(kind="cloudflare", server=f"{api.endpoint}/user", key=api.token, group="app", policies=POLICIES)
    with pytest.raises(RefusedError, match="was not made for this secret"):
        stack.up()
    assert len(api.tokens.made) == 1


@pytest.mark.parametrize("status", [0, 403, 500])
def test_an_api_that_fails_leaves_the_token_in_use_as_it_is_and_shows_no_token(
    stack: Stack, api: CloudflareServer, status: int
) -> None:
    stack.up()
    first = stack.current[1]
    api.faults.append(Fault("PUT .*/tokens/", status))
    with pytest.raises(SecretError) as refused:
        Cloudflare(stack.spec).suspend("a")
    assert refused.value.code == "secret-server"
    assert not any(text in str(refused.value) for text in (api.token, first))
    assert stack.current[1] == first
    assert stack.up()["phase"] == "adopting"


def test_a_key_that_is_not_allowed_to_says_what_it_needs(stack: Stack) -> None:
    stack.args["key"] = "canary-of-no-rights-0123456789"
    with pytest.raises(SecretError, match="edit API tokens") as refused:
        Cloudflare(stack.spec).observe()
    assert "canary" not in str(refused.value)

"""A rotation that is taken back, and what comes after it: it leaves nothing behind that a later one would act on."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sophia_infra import clock
from sophia_infra.secrets import inventory, observation
from sophia_infra.secrets.events import Ask, SecretWish
from sophia_infra.secrets.kinds import SecretError
from sophia_infra.secrets.kinds import changed as changed_there
from sophia_infra.secrets.kinds.password import Password
from sophia_infra.secrets.observation import Looked
from sophia_infra.secrets.phases import Block, Held, Seen, Slot, SlotState, Step
from tests.secrets.stack import LABEL, Stack


@pytest.fixture
def stack() -> Stack:
    """A secret with its first value."""
    made = Stack(kind="password", soak="0s")
    made.up()
    return made


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has somebody set the password of a slot by hand, as a server would show it."""
    slots: set[str] = set()

    def cut_off(_self: Password, slot: str, _value: str) -> tuple[Block, ...]:
        return changed_there("db:5432", f"app_{slot}") if slot in slots else ()

    monkeypatch.setattr(Password, "cut_off", cut_off, raising=False)
    return slots.add


def ask(stack: Stack, wish: Ask, **more: Any) -> None:
    secret = inventory.pick(stack.journal, "app-db")
    inventory.ask(stack.journal, secret, SecretWish(wish, secret.generation, "a person", **more))


def confirm(stack: Stack) -> None:
    inventory.confirm(stack.journal, inventory.pick(stack.journal, "app-db"), "api", "a person", "")


def to_steady(stack: Stack) -> None:
    """Go on until the rotation is through; its consumer has read what it is given."""
    for _ in range(6):
        if (phase := stack.up()["phase"]) == "steady":
            return
        if phase == "adopting":
            confirm(stack)
    raise AssertionError(phase)


def aborted(stack: Stack) -> None:
    """Begin a rotation, and take it back once it is published."""
    ask(stack, Ask.ROTATE)
    assert [stack.up()["phase"] for _ in range(2)] == ["staged", "adopting"]
    ask(stack, Ask.ABORT)
    to_steady(stack)


def test_an_emergency_that_was_aborted_cuts_nobody_off_in_a_later_rotation(stack: Stack) -> None:
    aborted(stack)
    ask(stack, Ask.ROTATE, broken=("api", "app-db"), until=clock.now() + timedelta(days=60))
    assert stack.up()["phase"] == "staged"
    ask(stack, Ask.ABORT)
    to_steady(stack)
    stack.args["soak"] = "2d"
    ask(stack, Ask.ROTATE)
    assert [stack.up()["phase"] for _ in range(2)] == ["staged", "adopting"]
    confirm(stack)
    assert stack.up()["phase"] == "suspended"
    assert "secret-soak" in {finding["code"] for finding in stack.up()["advice"]["findings"]}


def test_a_password_that_is_set_by_hand_after_an_abort_is_followed_by_the_next_login(
    stack: Stack, changed: Callable[[str], None]
) -> None:
    aborted(stack)
    changed("a")
    assert stack.up()["published"] == 1
    assert stack.up()["published"] == 3


def test_the_run_that_aborts_compares_the_places_with_the_login_that_it_gives_back(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Taken for one that stands astray, it would be published without being shown to work."""

    class Server(Password):
        def observe(self) -> Seen:
            return Seen({"a": Slot(SlotState.ISSUED, 1, is_whole=False), "b": Slot(SlotState.SUSPENDED, 2)})

    stack.args["publish"] = {"file": str(tmp_path / "published")}
    monkeypatch.setattr(observation, "open_kind", Server)
    stack.journal.write(LABEL, SecretWish(Ask.ABORT, 2, "a person"))
    values = {"a": "canary-a", "b": "canary-b"}
    found = Looked.at(stack.spec, Held({"a": 1, "b": 2}, 2), values, stack.journal, clock.now())
    assert (found.decision.steps, found.seen.astray) == ((Step.STAGE, Step.PUBLISH), ())


def test_an_abort_while_it_is_staged_goes_on_once_consumers_are_confirmed(stack: Stack) -> None:
    ask(stack, Ask.ROTATE)
    assert stack.up()["phase"] == "staged"
    ask(stack, Ask.ABORT)
    assert (inventory.pick(stack.journal, "app-db").phase, stack.up()["phase"]) == ("staged", "adopting")
    shown = inventory.pick(stack.journal, "app-db")
    assert (shown.phase, shown.published, shown.asked) == ("adopting", 1, ())
    confirm(stack)
    assert [stack.up()["phase"] for _ in range(2)] == ["suspended", "steady"]
    assert stack.stored["lifecycle"]["published"] == 1


@pytest.mark.parametrize("phase", ["adopting", "suspended"])
def test_where_the_new_login_is_refused_the_one_of_before_is_published_again(
    stack: Stack, changed: Callable[[str], None], phase: str
) -> None:
    ask(stack, Ask.ROTATE)
    assert [stack.up()["phase"] for _ in range(2)] == ["staged", "adopting"]
    if phase == "suspended":
        confirm(stack)
        assert stack.up()["phase"] == "suspended"
    changed("b")
    assert (stack.up()["phase"], stack.stored["lifecycle"]["published"]) == ("adopting", 2)
    assert stack.up()["published"] == 1
    to_steady(stack)
    assert stack.stored["lifecycle"]["published"] == 1


def test_in_an_emergency_a_new_login_that_is_refused_lets_nobody_in_by_the_one_of_before(
    stack: Stack, changed: Callable[[str], None]
) -> None:
    ask(stack, Ask.ROTATE, broken=("api", "app-db"), until=clock.now() + timedelta(days=60))
    assert [stack.up()["phase"] for _ in range(2)] == ["staged", "suspended"]
    changed("b")
    assert stack.up()["phase"] == "steady"
    assert stack.up()["published"] == 3


def test_where_a_run_can_not_be_told_from_another_a_person_asks_for_the_next_login(
    stack: Stack, changed: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A preview and its apply would make different plans of what the preview has seen."""
    monkeypatch.setattr("sophia_infra.secrets.material_resource.engine_run", lambda: None)
    changed("a")
    assert [stack.up()["published"] for _ in range(3)] == [1, 1, 1]
    ask(stack, Ask.ROTATE)
    assert stack.up()["published"] == 2


def test_a_value_that_its_server_never_had_shows_as_given_up_and_then_as_steady(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise SecretError("it is too short")

    with monkeypatch.context() as patched:
        patched.setattr(Password, "issue", refuse)
        ask(stack, Ask.ROTATE)
        with pytest.raises(SecretError, match="too short"):
            stack.up()
    ask(stack, Ask.ABORT)
    shown = inventory.pick(stack.journal, "app-db")
    assert (shown.phase, shown.asked, "given up" in shown.next) == ("minted", (Ask.ABORT,), True)
    for _ in range(2):
        stack.up()
        shown = inventory.pick(stack.journal, "app-db")
        assert (shown.phase, shown.published, shown.asked) == ("steady", 1, ())
    ask(stack, Ask.ROTATE)
    assert (stack.up()["phase"], inventory.pick(stack.journal, "app-db").generation) == ("staged", 3)


def test_an_abort_gives_no_login_back_that_was_changed_by_hand(stack: Stack, changed: Callable[[str], None]) -> None:
    changed("a")
    assert [stack.up()["published"] for _ in range(2)] == [1, 2]
    ask(stack, Ask.ABORT)
    assert (stack.up()["phase"], stack.stored["lifecycle"]["published"]) == ("adopting", 2)
    confirm(stack)
    assert [stack.up()["phase"] for _ in range(2)] == ["suspended", "steady"]

"""What a chat replies, what it keeps, and that nothing that is said in it approves."""

import stat
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.agent.chat import Chat, Session
from sophia_infra.agent.chat.chat import COMMANDS, ChatError
from sophia_infra.agent.execution import State
from sophia_infra.agent.operations import RemoveRecords
from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from sophia_infra.agent.strategies.model import Plan, Stage, Strategy, StrategyError
from sophia_infra.agent.understanding import Understood
from sophia_infra.errors import SophiaError
from tests.agent.answers.stack import stack
from tests.agent.execution.proposals import proposed
from tests.support.refusals import refused

PLAN, RUN = "0a1b2c3d", "0a1b2c3d01"
OLD = RemoveRecords("shop.example", "old", "ANY")


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SophiaInfrastructureAgent:
    monkeypatch.chdir(tmp_path)
    return stack(tmp_path)


@pytest.fixture
def planned(agent: SophiaInfrastructureAgent, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was given to `plan`, which has a run without an engine."""
    asked: list[Any] = []

    def plan(_: SophiaInfrastructureAgent, what: Understood) -> tuple[Strategy, ...]:
        asked.append(what)
        if what.intent == "records.ttl":
            raise StrategyError("nothing meets it")
        run = proposed(agent.runs, RUN) if len(asked) == 1 else agent.runs.at(RUN)
        found = (
            Strategy(PLAN, 1, "at once", (Stage("remove", (OLD,), diff="- old\n+ new", run=run.id),), "approve", "low"),
            Strategy(PLAN, 2, "by hand", (), not_done=("what only the program can do",)),
        )
        agent.runs.journal.write(PLAN, Plan(agent.stack, "delete old", found))
        return found

    monkeypatch.setattr(SophiaInfrastructureAgent, "plan", plan)
    return asked


def talk(agent: SophiaInfrastructureAgent, *, is_new: bool = True) -> Chat:
    return Chat(agent, Session.of(agent.stack, is_new=is_new))


def test_a_question_is_answered_at_once(agent: SophiaInfrastructureAgent) -> None:
    reply = talk(agent).say("what does www point to?")
    assert (reply.kind, reply.intent, reply.data["found"][0]["name"]) == ("read", "records.show", "www.shop.example")


def test_a_chat_knows_what_came_into_the_stack_since_it_began(agent: SophiaInfrastructureAgent) -> None:
    chat = talk(agent)
    assert chat.say("what does fresh point to?").kind == "none"
    state = agent.places.folder / ".pulumi" / "stacks" / "shop" / "dev.json"
    state.write_text(state.read_text().replace("www2 3600 A", "fresh 3600 A"))
    assert chat.say("what does fresh point to?").data["found"][0]["name"] == "fresh.shop.example"


def test_a_change_is_planned_and_nothing_is_asked_for_until_request_is_said(
    agent: SophiaInfrastructureAgent, planned: list[Any]
) -> None:
    chat = talk(agent)
    reply = chat.say("delete old")
    assert (reply.kind, reply.intent, reply.waits) == ("change", "records.remove", "")
    assert [each.operations for each in planned] == [(OLD,)]
    assert "- old" in reply.text.splitlines()
    assert "not done: what only the program can do" in reply.text
    assert reply.text.endswith("`request`, or `request 2`")
    assert agent.runs.at(RUN).state is State.PROPOSED
    asked = chat.say("request")
    assert (asked.waits, agent.runs.at(RUN).state) == (RUN, State.WAITING)


@pytest.mark.parametrize("text", ["yes", "ok, approve it", "approve 0a1b2c3d", "go ahead", "I approve", "/approve-how"])
def test_nothing_that_is_said_approves(agent: SophiaInfrastructureAgent, planned: list[Any], text: str) -> None:
    chat = talk(agent)
    chat.say("delete old")
    chat.say("request")
    chat.say(text)
    assert agent.runs.at(RUN).state is State.WAITING


def test_a_correction_is_planned_with_what_it_puts_in_place(
    agent: SophiaInfrastructureAgent, planned: list[Any]
) -> None:
    chat = talk(agent)
    chat.say("delete wwww")
    reply = chat.say("no, old")
    assert reply.intent == "records.remove"
    assert [each.operations for each in planned] == [(OLD,)]


def test_a_correction_of_what_a_plan_works_out_is_planned(agent: SophiaInfrastructureAgent, planned: list[Any]) -> None:
    chat = talk(agent)
    chat.say("move mail of shop.example to Google")
    chat.say("no, to Microsoft")
    assert [each.subjects for each in planned] == [("shop.example", "google"), ("shop.example", "microsoft")]


@pytest.mark.parametrize(
    ("text", "error"),
    [("request 2", "by-hand"), ("request 3", "no-such-strategy"), ("/request x", "no-plan-said")],
)
def test_a_request_of_what_can_not_be_carried_out_is_refused(
    agent: SophiaInfrastructureAgent, planned: list[Any], text: str, error: str
) -> None:
    chat = talk(agent)
    chat.say("delete old")
    with pytest.raises(SophiaError) as refusal:
        chat.say(text)
    assert refusal.value.code == error


def test_after_a_plan_that_failed_there_is_none_to_be_requested(
    agent: SophiaInfrastructureAgent, planned: list[Any]
) -> None:
    chat = talk(agent)
    chat.say("delete old")
    with refused(StrategyError, "no-strategy"):
        chat.say("lower the ttl of www2 to 300")
    with refused(ChatError, "no-plan-said"):
        chat.say("request")


def test_to_ask_for_a_certificate_is_no_request_of_a_plan(agent: SophiaInfrastructureAgent, planned: list[Any]) -> None:
    talk(agent).say("request a certificate for blog.shop.example")
    assert [each.intent for each in planned] == ["certificates.request"]


@pytest.mark.parametrize("text", ["stop run 7f3a", "roll back 7f3a"])
def test_to_stop_and_to_take_back_are_told_as_the_commands_of_a_person(
    agent: SophiaInfrastructureAgent, planned: list[Any], text: str
) -> None:
    reply = talk(agent).say(text)
    assert "sophia agent " in reply.text
    assert (reply.kind, planned) == ("none", [])


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_replied_to(agent: SophiaInfrastructureAgent, planned: list[Any], command: str) -> None:
    chat = talk(agent)
    chat.say("delete old")
    reply = chat.say(command)
    assert reply.text or reply.ends
    intents = {"/status": "agent.status", "/approve-how": "agent.approve-how", "/cost": "agent.cost"}
    assert reply.intent == intents.get(command, reply.intent)


def test_a_command_that_there_is_not_is_answered_with_those_there_are(agent: SophiaInfrastructureAgent) -> None:
    with refused(ChatError, "chat", field="/nope"):
        talk(agent).say("/nope")


def test_a_session_goes_on_with_what_was_said_and_planned(agent: SophiaInfrastructureAgent, planned: list[Any]) -> None:
    first = talk(agent)
    first.say("delete old")
    first.session.keep()
    again = talk(agent, is_new=False)
    assert again.say("request").waits == RUN
    assert again.say("no, blog").intent == "records.remove"
    assert talk(agent).session.said == ()


def test_one_sentence_alone_is_told_no_word_that_needs_a_session(
    agent: SophiaInfrastructureAgent, planned: list[Any]
) -> None:
    assert "say `request`" in talk(agent).say("delete old").text
    alone = Chat(agent, Session.of(agent.stack, is_new=True), goes_on=False)
    assert "say `request`" not in alone.say("delete old").text


def test_a_session_is_one_users_alone_and_holds_nothing_that_was_not_understood(
    agent: SophiaInfrastructureAgent, planned: list[Any]
) -> None:
    chat = talk(agent)
    for text in (
        "what does www point to?",
        "set app.password in sophia/dev to hunter2",
        "my token is hunter2",
        "token hunter2",
    ):
        chat.say(text)
    chat.session.keep()
    assert stat.S_IMODE(chat.session.path.stat().st_mode) == 0o600
    kept = chat.session.path.read_text()
    assert "what does www point to?" in kept
    assert "hunter2" not in kept


@pytest.mark.parametrize(
    "text",
    [
        "status? my token is google",
        "what does www point to and my password is swordfish",
        "list the secrets token=swordfish",
        "renew web because the password is swordfish",
    ],
)
def test_a_sentence_that_says_a_secret_is_not_kept(
    agent: SophiaInfrastructureAgent, planned: list[Any], text: str
) -> None:
    chat = talk(agent)
    chat.say(text)
    assert chat.session.said == ()


def test_a_cleared_session_forgets_what_was_said_and_planned(
    agent: SophiaInfrastructureAgent, planned: list[Any]
) -> None:
    chat = talk(agent)
    chat.say("delete old")
    chat.say("/clear")
    assert (chat.session.said, chat.session.plan) == ((), "")
    assert chat.say("no, www2").kind == "none"


def test_a_first_chat_makes_a_folder_that_only_its_user_may_enter_and_git_ignores(
    agent: SophiaInfrastructureAgent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "fresh"))
    talk(agent).session.keep()
    assert stat.S_IMODE((tmp_path / "fresh").stat().st_mode) == 0o700
    assert (tmp_path / "fresh" / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("text", ["", "[]", '{"said": 1}', '{"said": null}', "{"])
def test_a_file_of_a_session_that_is_none_is_a_new_session(agent: SophiaInfrastructureAgent, text: str) -> None:
    fresh = talk(agent).session
    fresh.keep()
    fresh.path.write_text(text)
    assert Session.of(agent.stack, is_new=False) == fresh

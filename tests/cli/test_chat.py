"""`sophia chat`: one sentence from a script, and a person on a terminal, whose keys are given by a pipe."""

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from sophia_infra.agent.execution import Driver, Run, State, apply
from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from sophia_infra.agent.strategies.model import Plan, Stage, Strategy
from tests.agent.answers.stack import stack
from tests.agent.execution.proposals import proposed
from tests.cli.conftest import Sophia
from tests.support.workspace import REPO

PLAN, RUN = "0a1b2c3d", "0a1b2c3d01"


@pytest.fixture(autouse=True)
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SophiaInfrastructureAgent:
    monkeypatch.chdir(tmp_path)
    found = stack(tmp_path)
    run = proposed(found.runs, RUN)
    strategies = (Strategy(PLAN, 1, "at once", (Stage("remove", (), diff="- old", run=run.id),), "approve", "low"),)
    found.runs.journal.write(PLAN, Plan(found.stack, "delete old", strategies))
    monkeypatch.setattr(SophiaInfrastructureAgent, "plan", lambda *_: strategies)
    monkeypatch.setattr(SophiaInfrastructureAgent, "for_stack", lambda *_, **__: found)
    return found


@pytest.mark.parametrize(
    ("text", "code", "kind"),
    [("which zones do we have?", 0, "read"), ("delete old", 0, "change"), ("delete everything", 1, "none")],
)
def test_a_script_says_one_sentence_and_is_told_by_json_and_exit_code(
    sophia: Sophia, text: str, code: int, kind: str
) -> None:
    ran = sophia("chat", "-p", text, "--json")
    assert (ran.code, ran.json("chat")["kind"]) == (code, kind)


def test_a_script_is_told_that_a_run_waits_for_a_person_and_is_never_asked(
    sophia: Sophia, agent: SophiaInfrastructureAgent
) -> None:
    assert sophia("chat", "--continue", "-p", "delete old").code == 0
    ran = sophia("chat", "--continue", "-p", "request", "--json")
    assert (ran.code, ran.json("chat")["waits"], agent.runs.at(RUN).state) == (3, RUN, State.WAITING)


def test_without_a_terminal_there_is_no_talk(sophia: Sophia) -> None:
    ran = sophia("chat", "--json")
    assert (ran.code, ran.json("error")["error"]["field"]) == (2, "-p")


def test_what_a_script_is_told_has_no_colours(sophia: Sophia) -> None:
    assert "\x1b" not in sophia("chat", "-p", "delete old").out


@pytest.fixture
def keys() -> Iterator[PipeInput]:
    """What a person types at the prompt."""
    with create_pipe_input() as typed, create_app_session(input=typed, output=DummyOutput()):
        yield typed


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Have a terminal, on which a person types this where a yes is asked for."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    screen = io.StringIO(text)
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", screen)


def test_a_person_asks_and_leaves(sophia: Sophia, keys: PipeInput, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "")
    keys.send_text("which zones do we have?\n/nope\n\x04")
    ran = sophia("chat")
    assert ran.code == 0
    assert "shop.example  13 record sets" in ran.out
    assert "there is no /nope" in ran.err


def test_a_no_at_the_terminal_ends_the_run(
    sophia: Sophia, keys: PipeInput, monkeypatch: pytest.MonkeyPatch, agent: SophiaInfrastructureAgent
) -> None:
    answer(monkeypatch, "n\n")
    keys.send_text("delete old\nrequest\n/exit\n")
    assert sophia("chat").code == 0
    assert agent.runs.at(RUN).state is State.DECLINED


def test_a_yes_is_asked_for_on_the_terminal_and_carries_the_run_out(
    sophia: Sophia, keys: PipeInput, monkeypatch: pytest.MonkeyPatch, agent: SophiaInfrastructureAgent
) -> None:
    seen: list[State] = []
    agent.runs.at(RUN).folder.mkdir(parents=True)  # it was planned on this machine

    def go_on(_: Driver, run: Run) -> Run:
        seen.append(run.state)
        return run

    monkeypatch.setattr(Driver, "go_on", go_on)
    monkeypatch.setattr(apply, "refuse_stale", lambda *_: None)
    answer(monkeypatch, "yes\n")
    keys.send_text("delete old\nrequest\n/exit\n")
    assert sophia("chat").code == 0
    assert seen == [State.WAITING, State.APPROVED]


def test_an_interrupt_ends_the_thought_and_not_the_session(
    sophia: Sophia, keys: PipeInput, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    answer(monkeypatch, "")
    monkeypatch.setattr(SophiaInfrastructureAgent, "plan", interrupted)
    keys.send_text("delete old\n\x03which zones do we have?\n\x04")
    ran = sophia("chat")
    assert ran.code == 0
    assert "stopped" in ran.err
    assert "park.example  4 record sets" in ran.out


def test_what_was_said_is_there_when_a_session_goes_on(
    sophia: Sophia, keys: PipeInput, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, "")
    keys.send_text("what does blog point to?\n\x04")
    sophia("chat")
    keys.send_text("\x1b[A\n\x04")  # the key up
    assert "hosting.example." in sophia("chat", "--continue").out


def test_a_library_that_is_missing_is_named_with_the_line_that_installs_it(
    sophia: Sophia, keys: PipeInput, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, "")
    monkeypatch.setitem(sys.modules, "prompt_toolkit", None)
    ran = sophia("chat")
    assert ran.code == 2
    assert "pip install" in ran.err
    assert "[agent]" in ran.err


def test_a_sentence_of_a_script_loads_no_library_of_terminals_engines_or_models() -> None:
    told = "import sys; print(sorted({name.partition('.')[0] for name in sys.modules}))"
    lines = (
        f"from sophia_infra.cli import main; main(['chat', '-p', 'which zones do we have?', '--stack', 'dev']); {told}"
    )
    env = {"PYTHONPATH": str(REPO / "components"), "PATH": ""}
    ran = subprocess.run([sys.executable, "-c", lines], env=env, capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.splitlines()[-1].strip("[]").replace("'", "").split(", "))
    assert not loaded & {"prompt_toolkit", "anthropic", "mcp", "dbos", "redis", "grpc", "starlette", "pulumi"}

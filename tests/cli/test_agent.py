"""`sophia agent understand`, and what the agent costs where it is not asked for."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Sophia
from tests.support import messages_server
from tests.support.workspace import REPO

STATE = str(REPO / "tests" / "fixtures" / "release_0_1" / "rfc2136" / "state.json")


@pytest.mark.parametrize(
    ("text", "code", "kind"),
    [
        ("delete www", 0, "change"),
        ("what does www point to?", 0, "read"),
        ("delete everything", 1, "none"),
        ("show www and rotate nothing", 1, "none"),
    ],
)
def test_what_is_understood_is_told_as_json_and_by_the_exit_code(
    sophia: Sophia, text: str, code: int, kind: str
) -> None:
    ran = sophia("agent", "understand", text, "--state", STATE, "--json")
    assert (ran.code, ran.json("agent-understand")["kind"]) == (code, kind)


@pytest.mark.parametrize(
    ("text", "code", "found"), [("what does www point to?", 0, True), ("delete www", 1, False), ("hm", 1, False)]
)
def test_a_question_is_answered_as_json_and_nothing_else_is(
    sophia: Sophia, text: str, code: int, found: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sophia_infra.doctor.backend.exported", lambda *_: Path(STATE).read_text())
    ran = sophia("agent", "ask", text, "--stack", "dev", "--json")
    assert (ran.code, bool(ran.json("agent-ask")["found"])) == (code, found)


SAID = {"say": "what does www point to?", "ask": ""}


@pytest.mark.parametrize(("command", "calls", "code"), [("ask", 1, 0), ("understand", 0, 1)])
def test_where_a_stack_names_a_model_a_question_is_said_anew_by_it_and_understand_asks_none(
    sophia: Sophia, command: str, calls: int, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  sophia:understanding: claude\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path))
    monkeypatch.setattr("sophia_infra.doctor.backend.exported", lambda *_: Path(STATE).read_text())
    with messages_server.running(lambda _: SAID) as model:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", model.endpoint)
        monkeypatch.setenv("ANTHROPIC_API_KEY", messages_server.KEY)
        of = ("--stack", "dev") if command == "ask" else ("--state", STATE)
        ran = sophia("agent", command, "hath www a home?", *of)
        assert (ran.code, model.calls) == (code, calls)
        assert ("claude-sonnet-5-5 reads it as `what does www point to?`" in ran.out) == (command == "ask")


def test_operations_are_shown_to_people(sophia: Sophia) -> None:
    ran = sophia("agent", "understand", "point www in shop.example at 192.0.2.5")
    assert ran.code == 0
    assert "set-records  zone=shop.example  owner=www  rtype=A" in ran.out


def test_a_state_that_can_not_be_read_exits_with_2(sophia: Sophia) -> None:
    ran = sophia("agent", "understand", "delete www", "--state", __file__, "--json")
    assert (ran.code, ran.json("error")["error"]["code"]) == (2, "state-unreadable")


@pytest.mark.parametrize("line", ["import sophia_infra", "from sophia_infra.cli import main; main(['--help'])"])
def test_nothing_of_the_agent_is_loaded_where_it_is_not_asked_for(line: str) -> None:
    told = "import sys; print([name for name in sys.modules if name.startswith('sophia_infra.agent')], file=sys.stderr)"
    env = {"PYTHONPATH": str(REPO / "components")}
    ran = subprocess.run([sys.executable, "-c", f"{line}\n{told}"], env=env, capture_output=True, text=True, check=True)
    assert ran.stderr == "[]\n"

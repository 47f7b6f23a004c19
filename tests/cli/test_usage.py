from importlib import import_module
from pathlib import Path

import pytest

from sophia_infra.advice.claude.budget import Call
from sophia_infra.advice.claude.prices import Usage
from sophia_infra.journal import Journal
from tests.cli.conftest import Sophia


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path))
    return Journal.open()


def test_what_each_run_used_is_summed_newest_run_first(sophia: Sophia, journal: Journal) -> None:
    journal.write("a", Call("first", "", "claude-sonnet-5-5", "", 1.5, Usage(100, 20, 3, 4), 0.25))
    journal.write("b", Call("second", "", "claude-sonnet-5-5", "", 1.0, Usage(1), None))
    journal.write("b", Call("second", "", "claude-opus-5-5", "timeout", 30.0))
    second, first = sophia("advice", "usage", "--json").json("advice-usage")["runs"]
    assert (first["calls"], first["tokens"], first["seconds"], first["cost"]) == (1, 127, 1.5, 0.25)
    assert (second["calls"], second["unanswered"], second["cost"]) == (2, 1, 0)
    assert second["models"] == ["claude-sonnet-5-5", "claude-opus-5-5"]
    told = sophia("advice", "usage")
    assert told.code == 0
    assert "2 calls (1 without an answer), 1 tokens, 31.0 s, $0.0000" in told.out.splitlines()[0]


def test_a_stack_that_asks_no_model_used_nothing(sophia: Sophia, journal: Journal) -> None:
    assert sophia("advice", "usage", "--json").json("advice-usage")["runs"] == []
    assert "no model was asked" in sophia("advice", "usage").out


def test_calls_beyond_the_newest_are_told_to_be_left_out(
    sophia: Sophia, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("sophia_infra.cli.usage"), "MOST_LISTED", 2)
    call = Call("run", "", "claude-sonnet-5-5", "", 1.5)
    for asked in (call, call.repeated, call):
        journal.write("a", asked)
    assert "only the newest 2 calls are counted" in sophia("advice", "usage").out

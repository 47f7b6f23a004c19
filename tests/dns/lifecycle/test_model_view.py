"""What a model is shown of a zone's change, and which of its edits are let through."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.advice.claude.budget import Call
from sophia_infra.advice.model import Advice
from sophia_infra.journal import Journal
from tests.dns.stack import FRAME, ZoneStack
from tests.support import messages_server
from tests.support.messages_server import KEY, Messages

ZONE = f"{FRAME}@ 300 A 192.0.2.1\nwww 300 CNAME shop.example.\n"
CANARY = "canary-44c1-late"


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Messages]:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    with messages_server.running() as state:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", state.endpoint)
        yield state


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Messages) -> ZoneStack:
    stack = ZoneStack(tmp_path, monkeypatch)
    stack.run({"text": ZONE})
    stack.configure(advisor="claude")
    stack.begin()
    return stack


def shown(model: Messages) -> list[dict[str, Any]]:
    facts = json.loads(model.requests[-1]["messages"][0]["content"])["request"]["facts"]
    sets: list[dict[str, Any]] = facts["sets"]
    return sets


def says(model: Messages, **edit: Any) -> None:
    edits = [{"op": "replace", "subject": "@ A", "why": "mistyped", **edit}]
    answer = {"verdict": "approve", "summary": "one edit", "findings": [], "edits": edits}
    model.character = lambda _body: answer


def test_a_model_is_shown_the_sets_that_change_and_what_needs_them_and_no_other(
    stack: ZoneStack, model: Messages
) -> None:
    stack.plan({"text": ZONE.replace("192.0.2.1\n", "192.0.2.9\n")})
    assert shown(model) == [
        {
            "subject": "@ A",
            "before": ["@ 300 A 192.0.2.1"],
            "after": ["@ 300 A 192.0.2.9"],
            "needed_by": ["www CNAME"],
        }
    ]


def test_a_model_is_shown_twenty_sets_at_most_those_first_that_weigh_most(stack: ZoneStack, model: Messages) -> None:
    many = "".join(f"a{number:03} 300 A 192.0.2.1\n" for number in range(300))
    stack.plan({"text": ZONE.replace("192.0.2.1\n", "192.0.2.9\n") + many})
    sets = shown(model)
    assert (len(sets), sets[0]["subject"]) == (20, "@ A")
    assert len(model.bodies[-1]) < 20_000


def test_no_value_that_comes_from_elsewhere_is_shown(stack: ZoneStack, model: Messages) -> None:
    stack.plan({"text": ZONE.replace("192.0.2.1\n", "192.0.2.9\n"), "late": {"key TXT 300": [CANARY]}})
    assert model.calls == 1
    assert CANARY not in "".join(map(str, model.requests))


@pytest.mark.parametrize(
    ("edit", "state"),
    [
        ({"before": ["@ 300 A 192.0.2.9"], "after": ["@ 300 A 192.0.2.1"]}, "proposed"),
        ({"before": ["@ 300 A 192.0.2.9"], "after": ["@ 60 A 192.0.2.9"]}, "proposed"),
        ({"before": ["@ 300 A 192.0.2.9"], "after": ["@ -1 A 192.0.2.1"]}, "rejected"),
        ({"before": ["@ 300 A 192.0.2.9"], "after": ["@ 0300 A 192.0.2.1"]}, "rejected"),
        ({"before": ["@ 300 A 192.0.2.9"], "after": ["@ 300 A 192.0.2.10"]}, "rejected"),
        ({"before": ["@ 300 A 192.0.2.9"], "after": ["@ 300 A 192.0.2.1\n@ 300 A 6.6.6.6"]}, "rejected"),
        ({"before": ["@ 300 A 192.0.2.7"], "after": ["@ 300 A 192.0.2.1"]}, "rejected"),
        ({"before": ["@ 300 A 192.0.2.9"], "after": ["@ 300 CNAME else.example."]}, "rejected"),
        ({"before": ["@ 300 A 192.0.2.9"], "after": ["www 300 A 192.0.2.1"]}, "rejected"),
        ({"before": ["@ 300 A 192.0.2.9"], "after": []}, "rejected"),
    ],
)
def test_an_edit_of_a_model_is_held_to_what_those_of_the_rules_are_held_to(
    stack: ZoneStack, model: Messages, edit: dict[str, Any], state: str
) -> None:
    says(model, **edit)
    inputs = stack.plan({"text": ZONE.replace("192.0.2.1\n", "192.0.2.9\n")})
    advice = Journal.open().last(Advice, inputs["advice"]["id"])
    assert advice
    assert [each.state for each in advice.row.edits if each.why == "the model: mistyped"] == [state]


def test_a_zone_that_does_not_change_is_no_question(stack: ZoneStack, model: Messages) -> None:
    assert stack.plan({"text": ZONE})["advice"]["advisor"] == "rules"
    assert model.calls == 0
    assert Journal.open().newest(Call, 1) == []


def test_a_preview_and_the_apply_of_its_run_publish_the_same_where_the_model_failed(
    stack: ZoneStack, model: Messages, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.faults = ["400"]
    news = {"text": ZONE.replace("192.0.2.1\n", "192.0.2.9\n")}
    before = stack.plan(news)["advice"]
    assert before["lacking"] == "rejected"
    assert stack.plan(news)["advice"] == before
    stack.begin()
    assert "lacking" not in stack.plan(news)["advice"]


def asked(stack: ZoneStack, news: dict[str, Any], change: Callable[[], None]) -> bool:
    """Whether another answer is asked for after a change."""
    first = stack.plan(news)["advice"]["id"]
    change()
    stack.begin()
    return bool(stack.plan(news)["advice"]["id"] != first)


def test_another_model_is_another_question(stack: ZoneStack, model: Messages) -> None:
    news = {"text": ZONE.replace("192.0.2.1\n", "192.0.2.9\n")}
    assert asked(stack, news, lambda: stack.configure(claude='{"model": "claude-opus-5-5"}'))
    assert not asked(stack, news, lambda: stack.configure(claude='{"model": "claude-opus-5-5", "max_calls": 7}'))

"""A model that advises beside the rules, from the preview that asks it to the apply that says the same."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.test_zone_approval import approve_newest
from tests.engine.zones import RECORDS, master_file, without, zone_program
from tests.support import messages_server
from tests.support.messages_server import KEY, Messages
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine

MOVED = [*without("@ A"), {"name": "@", "type": "A", "values": ["192.0.2.11"], "ttl": 300}]
DOUBT = {"kind": "plausibility", "level": "warning", "subject": "@ A", "message": "is it 192.0.2.1?", "fix": ""}
BACK = {
    "op": "replace", "subject": "@ A", "why": "most likely mistyped",
    "before": ["@ 300 A 192.0.2.11"], "after": ["@ 300 A 192.0.2.1"],
}  # fmt: skip


@pytest.fixture
def model() -> Iterator[Messages]:
    with messages_server.running() as state:
        yield state


@pytest.fixture
def advised(standing: Workspace, model: Messages) -> Workspace:
    """The usual zone, of a stack that has a model advise."""
    standing.config("sophia:advisor", "claude")
    standing.env |= {"ANTHROPIC_BASE_URL": model.endpoint, "ANTHROPIC_API_KEY": KEY}
    return standing


def says(model: Messages, verdict: str, **parts: Any) -> None:
    answer = {"verdict": verdict, "summary": "as told", "findings": [], "edits": [], **parts}
    model.character = lambda _body: answer


def test_what_the_model_said_at_preview_is_what_up_uses_and_an_unchanged_stack_asks_nothing(
    advised: Workspace, model: Messages
) -> None:
    says(model, "caution", findings=[DOUBT])
    advised.preview("--expect-no-changes")
    assert model.calls == 0
    zone_program(advised, MOVED)
    told = "warning model-plausibility @ A: is it 192.0.2.1?"
    assert told in advised.preview().text
    assert told in advised.preview().text
    advised.up()
    assert model.calls == 1
    assert advised.outputs()["advice"]["advisor"] == "rules+claude-sonnet-5-5"
    advised.preview("--expect-no-changes")
    assert model.calls == 1
    assert KEY not in json.dumps(advised.export()) + advised.preview().text


def test_a_block_of_the_model_stops_the_change_until_a_person_lets_it_through(
    advised: Workspace, model: Messages
) -> None:
    says(model, "block")
    zone_program(advised, MOVED)
    refused = advised.up(check=False)
    assert refused.returncode != 0
    assert "the advice is to block" in refused.text
    assert "192.0.2.11" not in master_file(advised).read_text()
    advised.up(env={"SOPHIA_ACCEPT": "shop.example: max_verdict=block"})
    assert "192.0.2.11" in master_file(advised).read_text()


def test_a_model_can_approve_nothing_that_the_rules_or_the_limits_stop(advised: Workspace, model: Messages) -> None:
    says(model, "approve")
    zone_program(advised, without("mail"), protect=["mail"])
    refused = advised.up(check=False)
    assert refused.returncode != 0
    assert "192.0.2.3" in master_file(advised).read_text()


def test_an_edit_of_the_model_is_applied_once_a_person_approved_it(advised: Workspace, model: Messages) -> None:
    says(model, "caution", edits=[BACK])
    zone_program(advised, MOVED)
    assert "1 edit proposed" in advised.preview().text  # two of the rules are for what was so before
    approve_newest(advised)
    says(model, "approve")
    advised.up()
    assert "@ 300 A 192.0.2.1\n" in master_file(advised).read_text()


def test_where_the_model_fails_the_rules_decide_and_the_preview_says_so(advised: Workspace, model: Messages) -> None:
    model.faults = ["400"] * 2
    zone_program(advised, [*RECORDS, {"name": "x", "type": "MX", "values": ["10 192.0.2.1."]}])
    told = advised.preview().text
    assert "claude-sonnet-5-5 had no say: its service refused the request (400)" in told
    assert "Traceback" not in told

"""Many zones that change in one run: the model is asked about all of them at once, and about each of them once."""

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sophia_infra.advice.claude.budget import Call
from sophia_infra.journal import Journal
from tests.engine.standing import Made
from tests.support import messages_server
from tests.support.characters import silent
from tests.support.messages_server import KEY, Messages
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine

ZONES = 6
PROGRAM = """
from sophia_infra import IntelligentDnsZone

for number, address in enumerate({addresses}):
    domain = f"z{{number}}.example"
    IntelligentDnsZone(f"z{{number}}", {{"domain": domain, "records": [
        {{"name": "@", "type": "NS", "values": ["ns1.dns.example.", "ns2.dns.example."]}},
        {{"name": "@", "type": "A", "values": [address], "ttl": 300}},
        {{"name": "www", "type": "CNAME", "values": [domain + "."]}},
    ], "staged": ["www"] if number < {staged} else []}})
"""


@pytest.fixture
def model() -> Iterator[Messages]:
    with messages_server.running() as state:
        yield state


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Made:
    """Six zones after their first `up`, of a stack that has a model advise since."""
    folder = tmp_path_factory.mktemp("ahead")
    workspace = Workspace(folder / "project", engine)
    workspace.config("sophia:advisor", "rules")
    program(workspace, 1)
    return Made(workspace, folder / "copy")


@pytest.fixture
def stack(made: Made, model: Messages) -> Workspace:
    stack = made.again()
    settings(stack)
    stack.env |= {"ANTHROPIC_BASE_URL": model.endpoint, "ANTHROPIC_API_KEY": KEY}
    return stack


def program(workspace: Workspace, last: int, staged: int = 0, changed: int = ZONES) -> None:
    addresses = [f"192.0.2.{last if number < changed else 1}" for number in range(ZONES)]
    workspace.program(PROGRAM.format(addresses=addresses, staged=staged))


def settings(workspace: Workspace, **given: Any) -> None:
    """Set what `pulumi config set` would; no test is about time."""
    text = yaml.safe_load((file := workspace.root / "Pulumi.test.yaml").read_text())
    text["config"] = {"sophia:advisor": "claude", "sophia:claude": {"timeout": 120, **given}}
    file.write_text(yaml.safe_dump(text))


def answers_once_there_are(model: Messages, questions: int) -> None:
    """Answer none of so many questions before all of them are there, and those that follow at once."""
    together, number = threading.Barrier(questions), itertools.count()

    def character(body: Any) -> Any:
        if next(number) < questions:
            together.wait(100)
        return silent(body)

    model.character = character


def calls(workspace: Workspace) -> list[Call]:
    return [found.row for found in Journal.open(workspace.root / ".sophia").newest(Call, 100)]


def test_zones_that_change_are_asked_about_at_once_and_once_whatever_follows(stack: Workspace, model: Messages) -> None:
    stack.preview("--expect-no-changes")
    assert model.calls == 0
    program(stack, 2, staged=1, changed=5)
    answers_once_there_are(model, 4)  # what is planned for the fifth rests on its state: its check asks
    stack.preview()
    assert model.calls == 5
    assert model.peak >= 4  # the fifth may come while these are answered
    stack.pulumi("up", "--yes")
    assert model.calls == 5
    assert [(call.lack, call.is_repeated) for call in calls(stack)] == [("", False)] * 5
    assert len({call.run for call in calls(stack)}) == 1
    advised = [resource["outputs"]["advice"]["advisor"] for resource in stack.resources("ZoneRecords")]
    assert advised.count("rules+claude-sonnet-5-5") == 5


def test_a_run_asks_no_more_than_its_budget_and_none_of_what_is_not_targeted(stack: Workspace, model: Messages) -> None:
    program(stack, 2)
    [urn] = [each["urn"] for each in stack.resources("ZoneRecords") if each["urn"].endswith("::z3")]
    stack.preview("--target", urn)
    assert model.calls == 1
    program(stack, 3)
    settings(stack, max_calls=4)
    stack.preview()
    assert model.calls == 1 + 4
    assert [call.lack for call in calls(stack) if not call.is_repeated].count("budget-spent") == 2


def test_a_saved_plan_holds_where_the_model_had_no_say_when_it_was_made(stack: Workspace, model: Messages) -> None:
    model.faults = ["400"] * 99
    program(stack, 2)
    stack.preview("--save-plan", "plan.json")
    assert model.calls == ZONES
    stack.pulumi("up", "--yes", "--skip-preview", "--plan", "plan.json")
    assert model.calls == ZONES
    assert "192.0.2.2" in Path(stack.root, "zones", "db.z0.example").read_text()


def test_neither_an_answer_that_never_comes_nor_a_program_that_fails_holds_up_a_run(
    stack: Workspace, model: Messages
) -> None:
    model.faults = ["hang"] * 99
    settings(stack, timeout=1)
    program(stack, 2)
    stack.program((stack.root / "__main__.py").read_text() + "\nraise ValueError('the program fails')\n")
    failed = stack.preview(check=False)
    assert failed.returncode != 0
    assert "ValueError: the program fails" in failed.text

"""What a secret publishes for policies, on a real server."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from policies.secrets.rules.rotating import PROOF
from sophia_infra.secrets.events import Ask, SecretWish
from tests.policies.resource import judged
from tests.policies.test_secrets import facts
from tests.secrets.stack import LABEL, Stack


@pytest.fixture
def stack(server: str, group: str, monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setenv("SOPHIA_NOW", "2026-11-20T12:00:00+00:00")
    return Stack(server=server, group=group, soak="0s")


def up(stack: Stack) -> dict[str, Any]:
    found: dict[str, Any] = stack.up()["secret_facts"]
    return found


def test_a_secret_publishes_its_terms_and_the_steps_that_a_run_takes(stack: Stack) -> None:
    assert up(stack) == facts(issued="", steps=["stage", "publish"])
    assert up(stack) == facts()
    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    assert up(stack) == facts(steps=["stage"])
    assert up(stack) == facts(steps=["publish"])
    with psycopg.connect(stack.url, application_name="api"):
        assert up(stack) == facts(steps=["suspend"])
        assert up(stack) == facts(steps=["revoke"])


def test_an_emergency_publishes_what_it_passes_over_and_the_pack_stops_it(stack: Stack) -> None:
    up(stack)
    until = datetime(2026, 11, 21, tzinfo=UTC)
    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person", "leaked", ("api",), until))
    assert up(stack) == facts(steps=["stage"])
    found = up(stack)
    assert found == facts(steps=["publish", "suspend"], unproved=["consumer-unseen"])
    [message] = judged(PROOF, {"secret_facts": found})
    assert "consumer-unseen" in message

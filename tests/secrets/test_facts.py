"""What a secret publishes for policies, on a real server."""

import psycopg
import pytest

from sophia_infra.secrets.events import Ask, SecretWish
from tests.policies.test_secrets import facts
from tests.secrets.stack import LABEL, Stack


def test_a_secret_publishes_its_terms_and_the_steps_that_a_run_takes(
    server: str, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_NOW", "2026-11-20T12:00:00+00:00")
    stack = Stack(server=server, group=group, soak="0s")
    assert stack.up()["secret_facts"] == facts(issued="", steps=["stage", "publish"])
    assert stack.up()["secret_facts"] == facts()
    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    assert stack.up()["secret_facts"] == facts(steps=["stage"])
    assert stack.up()["secret_facts"] == facts(steps=["publish"])
    with psycopg.connect(stack.url, application_name="api"):
        assert stack.up()["secret_facts"] == facts(steps=["suspend"])
        assert stack.up()["secret_facts"] == facts(steps=["revoke"])

"""What a model that advises is told of a secret: counts, names and hashes. Never a value."""

import pytest

from sophia_infra.secrets.events import Ask, SecretWish
from sophia_infra.secrets.lifecycle_resource import SecretLifecycleProvider
from tests.secrets.stack import LABEL, Stack
from tests.secrets.test_postgres import client
from tests.support import characters, messages_server


def test_a_model_is_told_who_uses_a_secret_and_never_a_value(
    server: str, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = f"canary-admin-{group}"
    with client(server) as db:
        db.execute(f"CREATE ROLE {group}_admin LOGIN SUPERUSER PASSWORD '{admin}'")
    stack = Stack(server=server.replace("postgres@", f"{group}_admin:{admin}@", 1), group=group)
    settings = {"sophia:advisor": "claude"}
    monkeypatch.setattr(SecretLifecycleProvider, "_setting", staticmethod(settings.get))
    monkeypatch.setenv("ANTHROPIC_API_KEY", messages_server.KEY)
    with messages_server.running(characters.wise) as model:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", model.endpoint)
        stack.up()
        stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
        with client(stack.url):
            for _ in range(2):
                stack.up()
        told = b"\n".join(model.bodies).decode()
    assert model.calls > 2
    assert '\\"phase\\"' in told
    assert "api" in told
    values = [admin, *(str(stack.stored[slot]["value"]) for slot in ("a", "b"))]
    assert [value for value in values if value in told] == []

"""The ban on real models: in every test, and for the processes that tests start."""

import os
import socket
import subprocess
import sys

import anthropic
import pytest

from tests.support import messages_server
from tests.support.no_model import BAN, NOWHERE, ModelBan


def ask(endpoint: str | None) -> None:
    """Ask a model as the SDK does, with a key of somebody's."""
    with anthropic.Anthropic(api_key="sk-somebody-s", base_url=endpoint, max_retries=0, timeout=5) as sdk:
        sdk.messages.create(model="claude-sonnet-5-5", max_tokens=9, messages=[{"role": "user", "content": "hello"}])


@pytest.mark.parametrize(
    ("endpoint", "host"),
    [
        ("https://api.anthropic.com", "api.anthropic.com"),
        ("https://API.Claude.com.", "api.claude.com."),
        ("http://192.0.2.7:8080", "192.0.2.7"),
        ("http://gateway.shop.example", "gateway.shop.example"),
    ],
)
def test_the_sdk_reaches_no_host_but_loopback_and_the_test_fails_by_name(endpoint: str, host: str) -> None:
    with pytest.raises(anthropic.APIConnectionError):
        ask(endpoint)
    with pytest.raises(pytest.fail.Exception, match=rf"^tests/x\.py::test_y asked a real model at {host}; use tests/"):
        BAN.settle("tests/x.py::test_y")
    BAN.settle("tests/x.py::test_z")


def test_the_ban_is_in_force_for_every_test(request: pytest.FixtureRequest) -> None:
    assert "_no_real_model" in request.fixturenames


def test_a_vendor_is_reached_by_nobody_else_either() -> None:
    with pytest.raises(ConnectionRefusedError, match=r"api\.anthropic\.com"):
        socket.create_connection(("api.anthropic.com", 443), timeout=5)
    assert BAN.attempts == ["api.anthropic.com"]
    BAN.attempts.clear()


def test_without_an_address_nobody_answers() -> None:
    with pytest.raises(anthropic.APIConnectionError):
        ask(None)
    assert BAN.attempts == []


def test_a_stand_in_is_asked_as_before() -> None:
    with messages_server.running() as model, pytest.raises(anthropic.AuthenticationError):
        ask(model.endpoint)
    assert model.calls == 1


def test_a_child_process_has_no_key_and_nobody_to_ask() -> None:
    show = "import os; print(sorted(f'{k}={v}' for k, v in os.environ.items() if k.startswith('ANTHROPIC_')))"
    said = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True).stdout
    assert f"ANTHROPIC_BASE_URL={NOWHERE}" in said
    assert "KEY" not in said
    assert "no-profile" in said


@pytest.mark.parametrize(("recording", "kept"), [({}, ""), ({"SOPHIA_RECORD_MODEL": "1"}, "sk-real")])
def test_credentials_leave_the_environment_and_a_key_is_kept_to_record_with(
    recording: dict[str, str], kept: str
) -> None:
    names = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE", "ANTHROPIC_IDENTITY_TOKEN_FILE")
    environment = dict.fromkeys(names, "sk-real") | recording | {"PATH": "/bin"}
    ban = ModelBan()
    ban.disarm(environment)
    assert set(environment) == {"ANTHROPIC_BASE_URL", "ANTHROPIC_CONFIG_DIR", "PATH", *recording}
    assert ban.key == kept
    assert not os.path.exists(environment["ANTHROPIC_CONFIG_DIR"])

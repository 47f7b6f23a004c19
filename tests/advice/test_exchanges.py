"""Recording exchanges with the Messages API, and replaying them; a stand-in is the real one here."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anthropic
import pytest

from tests.support import messages_server
from tests.support.characters import wise
from tests.support.exchanges import DRY, Exchanges, replaying
from tests.support.messages_server import KEY, Messages
from tests.support.no_model import BAN, RECORD


@pytest.fixture
def model() -> Iterator[Messages]:
    with messages_server.running(wise) as model:
        yield model


@pytest.fixture
def recording(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RECORD, "1")
    monkeypatch.setattr(BAN, "key", KEY)


@contextmanager
def client(api: Exchanges) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(api_key=api.key, base_url=api.endpoint, max_retries=0, timeout=10) as sdk:
        yield sdk


def ask(api: Exchanges, content: str = "@ 86400 MX 10 mail") -> str:
    with client(api) as sdk:
        message = sdk.messages.create(
            model="claude-sonnet-5-5", max_tokens=500, messages=[{"role": "user", "content": content}]
        )
    return message.to_json()


def stream(api: Exchanges) -> str:
    with (
        client(api) as sdk,
        sdk.messages.stream(
            model="claude-sonnet-5-5", max_tokens=500, messages=[{"role": "user", "content": "www 60 A 192.0.2.1"}]
        ) as events,
    ):
        return events.get_final_message().to_json()


def test_what_was_recorded_is_replayed_by_its_body_alone(
    tmp_path: Path, model: Messages, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as someone:
        someone.setenv(RECORD, "1")
        someone.setattr(BAN, "key", KEY)
        with replaying("mx", tmp_path, model.endpoint) as api:
            recorded = [ask(api), stream(api), ask(api)]
    assert recorded[0] == recorded[2]
    with replaying("mx", tmp_path, "http://127.0.0.1:9") as api:
        assert api.key == DRY
        assert [ask(api), stream(api), ask(api)] == recorded
    assert model.calls == 2


def test_an_exchange_holds_the_request_the_reply_and_no_key(tmp_path: Path, model: Messages, recording: None) -> None:
    with replaying("mx", tmp_path, model.endpoint) as api:
        ask(api)
    (kept,) = tmp_path.iterdir()
    exchange = json.loads(kept.read_text())
    assert exchange["request"] == model.requests[0]
    assert (exchange["status"], exchange["reply"]["stop_reason"]) == (200, "end_turn")
    assert exchange.keys() == {"recorded", "request", "status", "reply"}
    assert KEY not in kept.read_text()


def test_a_request_that_was_never_recorded_fails_with_the_command_that_does(tmp_path: Path) -> None:
    command = r'SOPHIA_RECORD_MODEL=1 ANTHROPIC_API_KEY=\.\.\. make test ARGS="-n 0 tests/advice/test_exchanges\.py"'
    with (
        pytest.raises(pytest.fail.Exception, match=rf"no exchange is recorded as .*/mx-\w{{16}}\.json: {command}"),
        replaying("mx", tmp_path) as api,
        pytest.raises(anthropic.NotFoundError, match="no exchange is recorded"),
    ):
        ask(api)


@pytest.mark.plants_canaries
def test_a_key_in_the_request_is_not_written(tmp_path: Path, model: Messages, recording: None) -> None:
    with (
        pytest.raises(pytest.fail.Exception, match="the key stands in the exchange"),
        replaying("mx", tmp_path, model.endpoint) as api,
        pytest.raises(anthropic.NotFoundError),
    ):
        ask(api, f"who has {KEY}?")
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_today_is_no_exchange(tmp_path: Path, model: Messages, recording: None) -> None:
    model.faults = ["529"]
    with replaying("mx", tmp_path, model.endpoint) as api, pytest.raises(anthropic.OverloadedError):
        ask(api)
    assert list(tmp_path.iterdir()) == []


def test_recording_without_a_key_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RECORD, "1")
    monkeypatch.setattr(BAN, "key", "")
    with pytest.raises(pytest.fail.Exception, match="ANTHROPIC_API_KEY is not"), replaying("mx", tmp_path):
        pass

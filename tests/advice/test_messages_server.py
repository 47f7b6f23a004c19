"""The stand-in of the Messages API, asked by the real SDK."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import anthropic
import httpx2
import pydantic
import pytest
from anthropic.types import MessageParam

from tests.support import characters, messages_server
from tests.support.messages_server import KEY, Messages, running

MODEL = "claude-sonnet-5-5"
ASKED: list[MessageParam] = [{"role": "user", "content": "@ 300 MX 10 mail.shop.example. is to go"}]
FIXED = "You judge changes of DNS zones. " * 100


class Found(pydantic.BaseModel):
    code: str
    subject: str
    message: str = pydantic.Field(max_length=200)


class Answer(pydantic.BaseModel):
    verdict: Literal["approve", "caution", "block"]
    summary: str
    findings: list[Found]


@pytest.fixture(scope="module")
def client() -> Iterator[anthropic.Anthropic]:
    """A client of no server yet: `at` makes one of it that asks a stand-in."""
    with anthropic.Anthropic(api_key=KEY, base_url="http://127.0.0.1:9", max_retries=0, timeout=10) as client:
        yield client


@pytest.fixture
def model() -> Iterator[Messages]:
    with running() as model:
        yield model


@pytest.fixture
def sdk(client: anthropic.Anthropic, model: Messages) -> anthropic.Anthropic:
    return client.copy(api_key=KEY, base_url=model.endpoint)


def create(sdk: anthropic.Anthropic, **more: Any) -> anthropic.types.Message:
    asked: dict[str, Any] = {"model": MODEL, "max_tokens": 500, "messages": ASKED, **more}
    message = sdk.messages.create(**asked)
    assert isinstance(message, anthropic.types.Message)
    return message


def parse(sdk: anthropic.Anthropic) -> anthropic.types.ParsedMessage[Answer]:
    return sdk.messages.parse(model=MODEL, max_tokens=500, messages=ASKED, output_format=Answer)


@pytest.mark.parametrize(
    ("fault", "kind", "error"),
    [
        ("400", "invalid_request_error", anthropic.BadRequestError),
        ("401", "authentication_error", anthropic.AuthenticationError),
        ("402", "billing_error", anthropic.PaymentRequiredError),
        ("403", "permission_error", anthropic.PermissionDeniedError),
        ("404", "not_found_error", anthropic.NotFoundError),
        ("413", "request_too_large", anthropic.ContentTooLargeError),
        ("429", "rate_limit_error", anthropic.RateLimitError),
        ("500", "api_error", anthropic.InternalServerError),
        ("529", "overloaded_error", anthropic.OverloadedError),
    ],
)
def test_a_status_is_the_sdk_s_error_of_it(
    sdk: anthropic.Anthropic, model: Messages, fault: str, kind: str, error: type[anthropic.APIStatusError]
) -> None:
    model.faults = [fault]
    with pytest.raises(error) as refused:
        create(sdk)
    assert type(refused.value) is error
    assert (refused.value.type, str(refused.value.status_code)) == (kind, fault)
    assert refused.value.request_id == "req_000000000000000000000001"
    assert create(sdk).stop_reason == "end_turn"


def test_a_rate_limit_says_when_to_come_again_where_it_is_told_to(sdk: anthropic.Anthropic, model: Messages) -> None:
    model.faults = ["429 0.01", "429"]
    with pytest.raises(anthropic.RateLimitError) as refused:
        create(sdk)
    assert refused.value.response.headers["retry-after"] == "0.01"
    with pytest.raises(anthropic.RateLimitError) as refused:
        create(sdk)
    assert "retry-after" not in refused.value.response.headers


def test_the_sdk_comes_again_as_asked(sdk: anthropic.Anthropic, model: Messages) -> None:
    model.faults = ["429 0.01", "529 0.01"]
    assert create(sdk.with_options(max_retries=2)).stop_reason == "end_turn"
    assert model.calls == 3


def test_slow_is_late_and_no_error(sdk: anthropic.Anthropic, model: Messages) -> None:
    model.faults = ["slow 0.05"]
    assert create(sdk).stop_reason == "end_turn"


@pytest.mark.parametrize("fault", ["hang", "slow 30"])
def test_what_does_not_answer_times_out(sdk: anthropic.Anthropic, model: Messages, fault: str) -> None:
    model.faults = [fault]
    with pytest.raises(anthropic.APITimeoutError):
        create(sdk.with_options(timeout=0.1))


def test_a_body_that_is_cut_is_a_lost_connection(sdk: anthropic.Anthropic, model: Messages) -> None:
    model.faults = ["cut"]
    with pytest.raises(anthropic.APIConnectionError):
        create(sdk)


def test_a_malformed_body_is_no_error_of_the_sdk_s_own(sdk: anthropic.Anthropic, model: Messages) -> None:
    model.faults = ["malformed"]
    with pytest.raises(json.JSONDecodeError):
        create(sdk)


def test_a_page_of_a_proxy_is_handed_on_as_text(sdk: anthropic.Anthropic, model: Messages) -> None:
    model.faults = ["page"]
    page: object = sdk.messages.create(model=MODEL, max_tokens=500, messages=ASKED)
    assert isinstance(page, str)


def test_a_refusal_has_no_text_and_says_what_of(sdk: anthropic.Anthropic, model: Messages) -> None:
    model.faults = ["refusal"]
    message = create(sdk)
    assert (message.stop_reason, message.content) == ("refusal", [])
    assert message.stop_details is not None
    assert message.stop_details.type == "refusal"


def test_a_truncated_answer_is_half_a_json(sdk: anthropic.Anthropic, model: Messages) -> None:
    model.faults = ["truncated"]
    message = create(sdk)
    assert message.stop_reason == "max_tokens"
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(text_of(message))


def test_no_answer_is_longer_than_its_max_tokens(sdk: anthropic.Anthropic) -> None:
    message = create(sdk, max_tokens=5)
    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", 5)


def test_an_empty_answer_ends_its_turn(sdk: anthropic.Anthropic, model: Messages) -> None:
    model.faults = ["empty"]
    message = create(sdk)
    assert (message.stop_reason, message.content) == ("end_turn", [])


def test_a_huge_answer_is_a_megabyte_in_the_schema(sdk: anthropic.Anthropic, model: Messages) -> None:
    model.faults = ["huge"]
    parsed = parse(sdk).parsed_output
    assert parsed is not None
    assert len(parsed.summary) == messages_server.HUGE


@pytest.mark.parametrize("fault", ["wrong-shape", "truncated"])
def test_what_does_not_fit_the_schema_is_refused_by_the_sdk(
    sdk: anthropic.Anthropic, model: Messages, fault: str
) -> None:
    model.faults = [fault]
    with pytest.raises(pydantic.ValidationError):
        parse(sdk)


def test_structured_output_comes_back_as_the_type_that_was_asked_for(sdk: anthropic.Anthropic, model: Messages) -> None:
    model.character = characters.wise
    parsed = parse(sdk).parsed_output
    assert isinstance(parsed, Answer)
    assert (parsed.verdict, parsed.findings[0].subject) == ("caution", "@ MX")
    schema = model.requests[0]["output_config"]["format"]["schema"]
    assert schema["additionalProperties"] is False


def text_of(message: anthropic.types.Message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def test_a_stream_adds_up_to_the_same_message(sdk: anthropic.Anthropic, model: Messages) -> None:
    model.character = characters.wise
    with sdk.messages.stream(model=MODEL, max_tokens=500, messages=ASKED) as stream:
        pieces = list(stream.text_stream)
        message = stream.get_final_message()
    assert len(pieces) > 3
    assert "".join(pieces) == text_of(message) == text_of(create(sdk))
    assert (message.stop_reason, message.usage.input_tokens) == ("end_turn", create(sdk).usage.input_tokens)
    assert stream.request_id == "req_000000000000000000000001"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("cut-stream", httpx2.RemoteProtocolError),
        ("529-stream", anthropic.APIStatusError),
        ("malformed", ValueError),
        ("429", anthropic.RateLimitError),
    ],
)
def test_a_stream_that_breaks_says_so(
    sdk: anthropic.Anthropic, model: Messages, fault: str, error: type[Exception]
) -> None:
    model.faults = [fault]
    with (
        pytest.raises(error),
        sdk.messages.stream(model=MODEL, max_tokens=500, messages=ASKED) as stream,
    ):
        stream.get_final_message()


def test_a_stream_that_ends_too_early_has_no_stop_reason(sdk: anthropic.Anthropic, model: Messages) -> None:
    model.faults = ["ended-stream"]
    with sdk.messages.stream(model=MODEL, max_tokens=500, messages=ASKED) as stream:
        assert stream.get_final_message().stop_reason is None


def test_the_fixed_part_is_cached_from_its_second_use_on(sdk: anthropic.Anthropic, model: Messages) -> None:
    fixed = [{"type": "text", "text": FIXED, "cache_control": {"type": "ephemeral"}}]
    first, second = (create(sdk, system=fixed).usage for _ in range(2))
    cached = len(FIXED) // 4
    assert (first.cache_creation_input_tokens, first.cache_read_input_tokens) == (cached, 0)
    assert (second.cache_creation_input_tokens, second.cache_read_input_tokens) == (0, cached)
    assert first.input_tokens == second.input_tokens == -(-len(str(ASKED[0]["content"])) // 4)
    other = [{**fixed[0], "text": f"Today is Friday. {FIXED}"}]
    assert create(sdk, system=other).usage.cache_read_input_tokens == 0


def test_a_fixed_part_below_the_floor_is_never_cached(sdk: anthropic.Anthropic, model: Messages) -> None:
    fixed = [{"type": "text", "text": FIXED[:2000], "cache_control": {"type": "ephemeral"}}]
    usage = [create(sdk, system=fixed).usage for _ in range(2)][1]
    assert (usage.cache_creation_input_tokens, usage.cache_read_input_tokens) == (0, 0)
    model.cache.floor = 100
    usage = [create(sdk, system=fixed).usage for _ in range(2)][1]
    assert usage.cache_read_input_tokens == 500


def test_tokens_are_counted_without_an_answer(sdk: anthropic.Anthropic, model: Messages) -> None:
    counted = sdk.messages.count_tokens(model=MODEL, messages=ASKED, system=FIXED).input_tokens
    assert counted > len(FIXED) // 4
    assert model.paths == ["/v1/messages/count_tokens"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"max_tokens": 0}, "max_tokens: must be greater than or equal to 1"),
        ({"messages": []}, "messages: at least one message is required"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages: text content blocks must be non-empty"),
        (
            {"messages": [*ASKED, {"role": "assistant", "content": "{"}]},
            "This model does not support assistant message",
        ),
        ({"extra_body": {"verdict": 1}}, "verdict: Extra inputs are not permitted"),
        ({"extra_body": {"output_format": {}}}, "output_format: This field is deprecated"),
        ({"output_config": {"effort": "some"}}, "output_config.effort: Input should be low, medium"),
        ({"output_config": {"format": {"type": "json"}}}, "output_config.format.type: Input should be 'json_schema'"),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}},
            "For 'object' type, 'additionalProperties' must be explicitly set to false",
        ),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": {"type": "string", "maxLength": 9}}}},
            "For 'string' type, properties maxLength are not supported",
        ),
        (
            {"system": [{"type": "text", "text": "x", "cache_control": {"type": "lasting"}}]},
            "system.0.cache_control: Input should be ephemeral",
        ),
        (
            {"system": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}] * 5},
            "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        ),
    ],
)
def test_a_wrong_body_is_refused_in_the_api_s_words(sdk: anthropic.Anthropic, more: Any, message: str) -> None:
    with pytest.raises(anthropic.BadRequestError) as refused:
        create(sdk, **more)
    assert refused.value.api_message is not None
    assert message in refused.value.api_message


def test_a_model_that_is_not_one_is_not_found(sdk: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError, match="model: gpt"):
        create(sdk, model="gpt")


def test_another_key_is_refused(sdk: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.AuthenticationError, match="invalid x-api-key"):
        create(sdk.with_options(api_key="another"))


def test_another_version_of_the_api_is_refused(sdk: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError, match="anthropic-version"):
        create(sdk, extra_headers={"anthropic-version": "1999-01-01"})


def test_every_body_is_kept_refused_ones_too(sdk: anthropic.Anthropic, model: Messages) -> None:
    model.faults = ["500"]
    with pytest.raises(anthropic.InternalServerError):
        create(sdk, messages=[{"role": "user", "content": "canary 0"}])
    create(sdk, messages=[{"role": "user", "content": "canary 1"}])
    assert model.calls == 2
    assert [f"canary {number}".encode() in body for number, body in enumerate(model.bodies)] == [True, True]
    assert model.requests[1]["max_tokens"] == 500


def test_calls_in_flight_at_once_are_counted(sdk: anthropic.Anthropic, model: Messages) -> None:
    together = threading.Barrier(8, timeout=60)

    def patient(body: dict[str, Any]) -> dict[str, Any]:
        together.wait()
        return characters.silent(body)

    model.character = patient
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: create(sdk), range(8)))
    model.character = characters.silent
    create(sdk)
    assert (model.calls, model.peak) == (9, 8)

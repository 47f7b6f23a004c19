"""One question to the Messages API and its answer, within a time; every failure is a `NoAnswerError`."""

import json
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sophia_infra.advice.claude.lack import Lack, NoAnswerError
from sophia_infra.advice.claude.prices import Usage
from sophia_infra.credentials import is_safe
from sophia_infra.retries import again

if TYPE_CHECKING:
    from anthropic import Anthropic, APIError
    from anthropic.types import Message

ENDPOINT = "ANTHROPIC_BASE_URL"
"""The environment variable of the SDK that names another endpoint, such as a company's gateway."""
MAX_OUTPUT = 4096
"""Tokens of one answer, those it thinks included."""
ATTEMPTS = 3
_PAUSE = 0.5
_OF_SCHEMA = 2000
"""Characters that the shape of the answer comes to, rounded up."""
_MAKING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked, in the words of the Messages API.

    Attributes:
        instructions: the fixed part, which the API caches.
        messages: what is to be judged, and what was said of it so far.
        shape: returns the JSON schema that the answer is held to; some know theirs by the SDK alone.
        tools: what may be called before the answer.
    """

    instructions: str
    messages: Sequence[Mapping[str, Any]]
    shape: Callable[[], Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]] = ()

    @property
    def most(self) -> Usage:
        """What an answer may use: no token of ours is shorter than two characters on the whole."""
        contents = [message["content"] for message in self.messages]
        said = [each if isinstance(each, str) else json.dumps(each) for each in (*contents, *self.tools)]
        return Usage(input=(len(self.instructions) + sum(map(len, said)) + _OF_SCHEMA) // 2, output=MAX_OUTPUT)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the text of the answer, the tokens it took, and its blocks, which calls of tools are among."""

    text: str
    usage: Usage
    content: tuple[Mapping[str, Any], ...] = ()


def ask(question: Question, *, model: str, key: str, timeout: float) -> Reply:
    """Return the model's answer.

    What the service is at fault for is tried again within the time; a pause that it asks for is kept where the time
    allows it.

    Args:
        question: what is asked.
        model: the vendor's name of it.
        key: the API key.
        timeout: seconds for all of it.

    Raises:
        NoAnswerError: there is no answer in time, or none that is whole.
    """
    anthropic = sdk()
    ends = time.monotonic() + timeout

    def call() -> "Message":
        left = ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return _in_time(lambda: _sent(_client(key, endpoint()), question, model, left), left)

    def pause(error: Exception) -> bool | float:
        if not isinstance(error, anthropic.APIError) or not _is_passing(error):
            return False
        asked = _retry_after(error)
        return asked if 0 < asked < ends - time.monotonic() else asked == 0 and ends > time.monotonic()

    try:
        return _whole(again(pause, call, attempts=ATTEMPTS, pause=_PAUSE))
    except anthropic.APIError as error:
        raise _lack(error, timeout) from None  # its text quotes the server's
    except NoAnswerError:
        raise
    except TimeoutError:
        raise NoAnswerError(Lack.TIMEOUT, _too_long(timeout)) from None
    except Exception as error:
        # Whatever a proxy, a gateway or their settings do to the SDK: advice must not stop a run.
        raise NoAnswerError(Lack.INVALID, f"the call failed ({type(error).__name__})") from None


def _in_time(call: Callable[[], "Message"], seconds: float) -> "Message":
    """Return what a call returns; the SDK's own time-out is one for each read, and a body may come drop by drop.

    Raises:
        TimeoutError: it takes longer; the call is left to its thread, which ends with the process.
    """
    answer: Future[Message] = Future()

    def work() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:  # it is raised where the answer is waited for
            answer.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return answer.result(seconds)


def _too_long(seconds: float) -> str:
    return f"no answer in {seconds:g} s"


def sdk() -> Any:
    """Return the vendor's SDK, which takes a second to import.

    Raises:
        NoAnswerError: it is not installed.
    """
    try:
        import anthropic
    except ImportError:
        told = "the package anthropic is missing: install sophia-infra with its extra `model`, as docs/claude.md says"
        raise NoAnswerError(Lack.NOT_INSTALLED, told) from None  # advice holds no path of a machine
    return anthropic


def endpoint(get: Callable[[str], str | None] = os.environ.get) -> str | None:
    """Return the endpoint that the environment names, None for the vendor's.

    Raises:
        NoAnswerError: the key would go there unencrypted.
    """
    url = get(ENDPOINT) or None
    if url and not is_safe(url):
        raise NoAnswerError(Lack.ENDPOINT, f"{ENDPOINT} is no https address")
    return url


def _client(key: str, url: str | None) -> "Anthropic":
    """One client a process: its connections are shared by all threads."""
    with _MAKING:
        return _made(key, url)


@lru_cache(maxsize=4)
def _made(key: str, url: str | None) -> "Anthropic":
    client: Anthropic = sdk().Anthropic(api_key=key, base_url=url, max_retries=0)
    return client


def _sent(client: "Anthropic", question: Question, model: str, timeout: float) -> "Message":
    tools: Any = {"tools": question.tools} if question.tools else {}
    messages: Any = question.messages
    sent: Message = client.messages.create(
        model=model,
        max_tokens=MAX_OUTPUT,
        system=[{"type": "text", "text": question.instructions, "cache_control": {"type": "ephemeral"}}],
        messages=messages,
        output_config={"format": {"type": "json_schema", "schema": dict(question.shape())}, "effort": "low"},
        **tools,
        timeout=timeout,
    )
    return sent


def _whole(message: "Message") -> Reply:
    used = getattr(message, "usage", None)  # of a proxy's page with status 200 the SDK makes a text
    if used is None:
        raise NoAnswerError(Lack.INVALID, "its service sent no message")
    counts = [used.input_tokens, used.output_tokens, used.cache_read_input_tokens, used.cache_creation_input_tokens]
    usage = Usage(*(count if isinstance(count, int) and count > 0 else 0 for count in counts))
    if not usage.output and message.stop_reason != "refusal":
        raise NoAnswerError(Lack.INVALID, "its service sent no count of tokens")
    stopped = {"refusal": Lack.REFUSED, "max_tokens": Lack.TRUNCATED, "model_context_window_exceeded": Lack.TRUNCATED}
    if lack := stopped.get(message.stop_reason or ""):
        told = "it declined" if lack is Lack.REFUSED else f"its answer ended after {usage.output} tokens"
        raise SpentError(lack, told, usage)
    text = "".join(block.text for block in message.content if block.type == "text")
    return Reply(text, usage, tuple(block.to_dict() for block in message.content))


class SpentError(NoAnswerError):
    """An answer that does not count, and that was paid for."""

    def __init__(self, lack: Lack, told: str, usage: Usage) -> None:
        super().__init__(lack, told)
        self.usage = usage


def _is_passing(error: "APIError") -> bool:
    """Whether the same request may well succeed in a moment."""
    anthropic = sdk()
    if isinstance(error, anthropic.APITimeoutError):
        return False  # it took all the time there was
    if isinstance(error, anthropic.APIConnectionError):
        return True
    return isinstance(error, anthropic.APIStatusError) and (error.status_code in (408, 409, 429) or _is_5xx(error))


def _is_5xx(error: "APIError") -> bool:
    return int(getattr(error, "status_code", 0)) >= 500


def _retry_after(error: "APIError") -> float:
    """The seconds that the service asks to wait; 0 where it asks for none, or for a date."""
    response = getattr(error, "response", None)
    given = response.headers.get("retry-after", "") if response is not None else ""
    try:
        return max(0.0, float(given))
    except ValueError:
        return 0.0


def _lack(error: "APIError", timeout: float) -> NoAnswerError:
    """Say in our words why there is no answer: the server's are text from outside."""
    anthropic = sdk()
    if isinstance(error, anthropic.APITimeoutError):
        return NoAnswerError(Lack.TIMEOUT, _too_long(timeout))
    if isinstance(error, anthropic.APIConnectionError):
        return NoAnswerError(Lack.UNREACHABLE, "its service can't be reached")
    status = int(getattr(error, "status_code", 0))
    if status == 429:
        return NoAnswerError(Lack.RATE_LIMITED, "its rate limit is reached (429)")
    if status in (401, 403):
        return NoAnswerError(Lack.NO_KEY, f"its service does not take the key ({status})")
    if _is_5xx(error):
        return NoAnswerError(Lack.OVERLOADED, f"its service is out of order ({status})")
    if status:
        return NoAnswerError(Lack.REJECTED, f"its service refused the request ({status})")
    return NoAnswerError(Lack.INVALID, "its service sent no message")

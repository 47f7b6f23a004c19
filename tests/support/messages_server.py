"""A stand-in for Anthropic's Messages API on loopback: real HTTP and server-sent events, its faults included.

It does what https://platform.claude.com/docs/en/api/messages says, and a character of `characters.py` is the model:

    with messages_server.running(characters.wise) as model:
        model.faults = ["529", "slow 0.2"]
        client = Anthropic(api_key=messages_server.KEY, base_url=model.endpoint)
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

from tests.support.beside import beside
from tests.support.canaries import WATCH
from tests.support.characters import Character, silent
from tests.support.messages_body import Cache, Refusal, blocks, check, tokens

KEY = "canary-7d20b4-anthropic-key"
VERSIONS = {"2023-01-01", "2023-06-01", "2026-10-21"}
MAX_BYTES = 32 * 2**20
HUGE = 2**20

ERRORS = {
    "400": ("invalid_request_error", "There was an issue with the format or content of your request."),
    "401": ("authentication_error", "invalid x-api-key"),
    "402": ("billing_error", "Your credit balance is too low to access the Anthropic API."),
    "403": ("permission_error", "Your API key does not have permission to use the specified resource."),
    "404": ("not_found_error", "The requested resource was not found."),
    "413": ("request_too_large", "Request exceeds the maximum allowed number of bytes."),
    "429": ("rate_limit_error", "This request would exceed your account's rate limit."),
    "500": ("api_error", "Internal server error"),
    "529": ("overloaded_error", "Overloaded"),
}
"""Faults that are an HTTP status, with the error's type; `429 0.2` asks to come again after 0.2 s."""


@dataclass
class Messages:
    """The stand-in's state; `faults` names what happens to the next requests, one each, in order.

    `400` ... `529`: refused so. `slow 0.5`: answered half a second later. `hang`: never answered. `cut`: hung up in
    the middle of the body. `cut-stream`, `ended-stream`, `529-stream`: a stream that breaks off, that ends in good
    order too early, or that says it is overloaded. `malformed`: a body that is no JSON. `page`: a proxy's page, with
    status 200. `wrong-shape`: an answer that does not fit the schema. `refusal`, `truncated`, `empty`: as documented.
    `huge`: 1 MB of text.

    `bodies` are all requests as they came; `peak` is the highest number of them that were in flight at once.
    """

    character: Character = silent
    faults: list[str] = field(default_factory=list)
    latency: float = 0.0
    cache: Cache = field(default_factory=Cache)
    bodies: list[bytes] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    peak: int = 0
    endpoint: str = ""
    ended: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _in_flight: int = 0

    @property
    def calls(self) -> int:
        """How many requests came, refused ones too."""
        return len(self.bodies)

    @property
    def requests(self) -> list[Any]:
        """The bodies, read."""
        return [json.loads(body) for body in self.bodies]

    @contextmanager
    def taking(self, path: str, body: bytes) -> Iterator[str]:
        """Count a request for as long as it is in flight; gives the fault that is due for it."""
        with self.lock:
            self.paths.append(path)
            self.bodies.append(body)
            WATCH.hear("prompt", body)
            self._in_flight += 1
            self.peak = max(self.peak, self._in_flight)
            fault = self.faults.pop(0) if self.faults else ""
        try:
            yield fault
        finally:
            with self.lock:
                self._in_flight -= 1

    def reply(self, body: dict[str, Any], fault: str) -> dict[str, Any]:
        """Return the message that answers a request."""
        content, stopped = _answer(self.character, body, fault)
        calls = content if isinstance(content, list) else []
        text = json.dumps(calls) if isinstance(content, list) else content
        room = body["max_tokens"]
        if fault != "huge" and tokens(text) > room:
            text, stopped = text.encode()[: 4 * room].decode(errors="ignore"), "max_tokens"
        with self.lock:
            usage = self.cache.usage(body) | {"output_tokens": tokens(text)}
        refused = {"type": "refusal", "category": "cyber", "explanation": "This request was declined."}
        return {
            "id": f"msg_{next(self.numbers):024}",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": calls or ([{"type": "text", "text": text}] if text else []),
            "stop_reason": stopped,
            "stop_sequence": None,
            "stop_details": refused if stopped == "refusal" else None,
            "usage": usage,
        }


def _answer(character: Character, body: dict[str, Any], fault: str) -> tuple[str | list[dict[str, Any]], str]:
    if fault in {"refusal", "empty"}:
        return "", "refusal" if fault == "refusal" else "end_turn"
    answer: Any = {"unasked": ["for"]} if fault == "wrong-shape" else character(body)
    if isinstance(answer, list):
        return answer, "tool_use"
    if fault == "huge":
        answer = _padded(answer)
    text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    return (text[: len(text) // 2], "max_tokens") if fault == "truncated" else (text, "end_turn")


def _padded(answer: Any) -> Any:
    """An answer as before, whose first text is 1 MB long."""
    if isinstance(answer, str):
        return answer.ljust(HUGE, "x")
    name = next((name for name, value in answer.items() if isinstance(value, str) and name != "verdict"), "summary")
    return {**answer, name: "x" * HUGE}


@contextmanager
def running(character: Character = silent, **state: Any) -> Iterator[Messages]:
    """Serve the API with a model of the given character; it ends with the block, hanging requests as well."""
    model = Messages(character, **state)
    server = _Server(model)
    model.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    with beside(server):
        try:
            yield model
        finally:
            model.ended.set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, model: Messages) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model = model


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        self.close_connection = True
        with self.server.model.taking(self.path, sent) as named, suppress(ConnectionError):
            fault, _, argument = named.partition(" ")
            pause = float(argument or 0) if fault == "slow" else self.server.model.latency
            if fault == "hang":
                self.server.model.ended.wait()
            elif not (pause and self.server.model.ended.wait(pause)):
                self._serve(sent, fault, argument)

    def _serve(self, sent: bytes, fault: str, argument: str) -> None:
        try:
            if fault in ERRORS:
                raise Refusal(int(fault), *ERRORS[fault])
            body = self._admitted(sent)
        except Refusal as refusal:
            self._refuse(refusal, argument)
            return
        if self.path.startswith("/v1/messages/count_tokens"):
            self._send(200, {"input_tokens": sum(tokens(json.dumps(block)) for block in blocks(body))})
            return
        message = self.server.model.reply(body, fault)
        if body.get("stream"):
            self._stream(message, fault)
        else:
            self._send(200, message, fault)

    def _admitted(self, sent: bytes) -> dict[str, Any]:
        """Return the body of a request that the API takes."""
        # The documentation names the first header, and the SDK since 2.0 sends a key in the second.
        key = self.headers.get("x-api-key") or self.headers.get("Authorization", "").removeprefix("Bearer ")
        if key != KEY:
            raise Refusal(401, "authentication_error", "invalid x-api-key" if key else "x-api-key header is required")
        if (version := self.headers["anthropic-version"]) not in VERSIONS:
            raise Refusal(400, "invalid_request_error", f"anthropic-version: {version!r} is not a valid version")
        path = self.path.partition("?")[0]
        if path not in {"/v1/messages", "/v1/messages/count_tokens"}:
            raise Refusal(404, "not_found_error", "Not Found")
        if len(sent) > MAX_BYTES:
            raise Refusal(413, *ERRORS["413"])
        try:
            body = json.loads(sent)
        except ValueError as error:
            raise Refusal(400, "invalid_request_error", f"The request body is not valid JSON: {error}") from error
        check(body, counting=path.endswith("count_tokens"))
        assert isinstance(body, dict)
        return body

    def _refuse(self, refusal: Refusal, retry_after: str) -> None:
        error = {"type": refusal.kind, "message": refusal.message}
        self._send(refusal.status, {"type": "error", "error": error, "request_id": self._request_id()}, "", retry_after)

    def _request_id(self) -> str:
        return f"req_{self.server.model.calls:024}"

    def _head(self, status: int, **headers: str) -> None:
        self.send_response(status)
        self.send_header("request-id", self._request_id())
        self.send_header("anthropic-organization-id", "00000000-0000-4000-8000-000000000000")
        self.send_header("Connection", "close")
        for name, value in headers.items():
            if value:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _send(self, status: int, content: dict[str, Any], fault: str = "", retry_after: str = "") -> None:
        sent, kind = json.dumps(content).encode(), "application/json"
        if fault == "malformed":
            sent = sent[: len(sent) // 2]
        if fault == "page":
            sent, kind = b"<html>Please log in to the network.</html>", "text/html"
        self._head(status, Content_Type=kind, Content_Length=str(len(sent)), retry_after=retry_after)
        self.wfile.write(sent[: len(sent) // 2] if fault.startswith("cut") else sent)

    def _stream(self, message: dict[str, Any], fault: str) -> None:
        self._head(200, Content_Type="text/event-stream; charset=utf-8", Transfer_Encoding="chunked")
        events = list(_events(message))
        whole = len(events)
        if fault in _BROKEN:
            events = _BROKEN[fault](events[: whole // 2])
        for event in events:
            data = json.dumps(event)
            data = data[: len(data) // 2] if fault == "malformed" else data
            sent = f"event: {event['type']}\ndata: {data}\n\n".encode()
            self.wfile.write(f"{len(sent):x}\r\n".encode() + sent + b"\r\n")
            self.wfile.flush()
        if not fault.startswith("cut"):
            self.wfile.write(b"0\r\n\r\n")


def _events(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the events of a stream, as the documentation orders them."""
    usage = message["usage"]
    begun = {
        **message,
        "content": [],
        "stop_reason": None,
        "stop_details": None,
        "usage": {**usage, "output_tokens": 1},
    }
    yield {"type": "message_start", "message": begun}
    for index, block in enumerate(message["content"]):
        yield {"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}}
        yield {"type": "ping"}
        text = block["text"]
        step = max(40, len(text) // 20)
        for start in range(0, len(text), step):
            delta = {"type": "text_delta", "text": text[start : start + step]}
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    delta = {name: message[name] for name in ("stop_reason", "stop_sequence", "stop_details")}
    yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": usage["output_tokens"]}}
    yield {"type": "message_stop"}


def _overloaded(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kind, text = ERRORS["529"]
    return [*events, {"type": "error", "error": {"type": kind, "message": text}}]


def _as_they_are(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return events


_BROKEN: dict[str, Callable[[list[dict[str, Any]]], list[dict[str, Any]]]] = {
    "cut": _as_they_are,
    "cut-stream": _as_they_are,
    "ended-stream": _as_they_are,
    "529-stream": _overloaded,
}
"""What is left of a stream's first half."""

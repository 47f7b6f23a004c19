"""A stand-in for Pulumi's service on loopback: its environments, as REST API, SDK and `pulumi env` have them.

Secrets are encrypted as they are written, with the key of the reference program, which evaluates where it is built;
elsewhere ours does. What a fault is to be, a test appends to `faults`.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sophia_infra.esc import EscError, Value, cipher, cloud, file_edits
from sophia_infra.esc.errors import Place
from sophia_infra.esc.go_text import json_text
from sophia_infra.esc.numbers import DECODER
from sophia_infra.esc.yaml_text import quoted
from tests.esc.reference import Flipped, ours, reference
from tests.support.beside import http_beside

TOKEN = "canary-pul-0123456789abcdef"
ORGANIZATION = "acme"
_NO_PLACE = Place("", 1, 1, "")
_YAML = "application/x-yaml"
_LEAST = 4
"""Octets of a secret that the reference opens; its key adds none to them."""


@dataclass
class Kept:
    """One environment; `revisions` are its definitions, the newest last."""

    revisions: list[str] = field(default_factory=lambda: [""])

    @property
    def etag(self) -> str:
        """The number of the revision: that of an environment that is made anew comes again."""
        return str(len(self.revisions))


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


def _nothing() -> object:
    return None


@dataclass(frozen=True)
class Fault:
    """What happens to the next request that fits `on`, a regular expression for `METHOD /path`.

    `deed` is called before the request is carried out or, where `after` is set, after it. Then `reply` is the answer in
    place of the right one: without `after` the request is not carried out. One with status 0 hangs up.
    """

    on: str
    reply: Reply | None = None
    after: bool = False
    deed: Callable[[], object] = _nothing


class EscServer:
    """The environments of one organization, by `project/name`; `calls` are the requests, as `METHOD /path`."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}
        self.calls: list[str] = []
        self.faults: list[Fault] = []
        self.token, self.url = TOKEN, ""
        self._opened: dict[str, Any] = {}
        self._numbers = count(1)
        self._lock = threading.RLock()

    def put(self, name: str, text: str) -> None:
        """Write as a person would in the console."""
        with self._lock:
            self.kept.setdefault(name, Kept()).revisions.append(file_edits.with_secrets(text, name, _sealed))

    def plain(self, name: str) -> str:
        """What defines an environment, with its secrets in plain text."""
        return file_edits.with_secrets(self.kept[name].revisions[-1], name, _plain)

    def fault_of(self, call: str) -> Fault | None:
        with self._lock:
            found = next((one for one in self.faults if re.search(one.on, call)), None)
            if found:
                self.faults.remove(found)
            return found

    def answer(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Carry out one request."""
        if headers.get("Authorization") != f"token {self.token}":
            return Reply(401, {"code": 401, "message": "Unauthorized: No credentials provided or are invalid."})
        parts = [part for part in urlsplit(target).path.split("/") if part]
        with self._lock:
            match method, parts:
                case "GET", ["api", "user"]:
                    return Reply(200, {"githubLogin": "ann", "name": "Ann", "organizations": []})
                case "GET", ["api", "user", "organizations", "default"]:
                    return Reply(200, {"gitHubLogin": ORGANIZATION})
                case "GET", ["api", "esc", "environments"] | ["api", "esc", "environments", "acme"]:
                    return Reply(200, {"environments": [self._listed(name) for name in self.kept], "nextToken": ""})
                case "POST", ["api", "esc", "environments", "acme"]:
                    return self._create(json.loads(body))
                case "POST", ["api", "esc", "environments", "acme", "yaml", "check"]:
                    return self._diagnosed(self._evaluated("", body.decode()))
                case _, ["api", "esc", "environments", "acme", project, name, *rest]:
                    return self._about(method, f"{project}/{name}", rest, body.decode(), headers)
        return Reply(404, {"code": 404, "message": "Not Found"})

    def _about(self, method: str, name: str, rest: list[str], body: str, headers: Mapping[str, str]) -> Reply:
        found = self.kept.get(name)
        if found is None:
            return Reply(404, {"code": 404, "message": f"Not Found: Environment '{name}' not found"})
        revision = {"ETag": found.etag, "Pulumi-ESC-Revision": str(len(found.revisions))}
        match method, rest:
            case "GET" | "HEAD", []:
                return Reply(200, found.revisions[-1], revision)
            case "GET", ["decrypt"]:
                return Reply(200, self.plain(name), revision)
            case "GET", ["versions", version]:
                return Reply(200, found.revisions[int(version) - 1], revision)
            case "PATCH", []:
                return self._update(name, body, headers.get("ETag"))
            case "DELETE", []:
                del self.kept[name]
                return Reply(204)
            case "POST", ["open"]:
                return self._open(self._evaluated(name, found.revisions[-1]))
            case "POST", ["versions", version, "open"]:
                return self._open(self._evaluated(name, found.revisions[int(version) - 1]))
            case "GET", ["open", session] if session in self._opened:
                return Reply(200, self._opened[session])
        return Reply(404, {"code": 404, "message": "Not Found"})

    def _create(self, wanted: Mapping[str, str]) -> Reply:
        name = f"{wanted['project']}/{wanted['name']}"
        if name in self.kept:
            return Reply(409, {"code": 409, "message": "Conflict: Environment already exists"})
        self.kept[name] = Kept()
        return Reply(200)

    def _update(self, name: str, text: str, etag: str | None) -> Reply:
        if etag and etag != self.kept[name].etag:
            return Reply(409, {"code": 409, "message": "Conflict: The Environment has been modified"})
        said = self._diagnosed(self._evaluated(name, text))
        if said.status == 200:
            self.put(name, text)
            return Reply(200, said.body, {"Pulumi-ESC-Revision": str(len(self.kept[name].revisions))})
        return said

    def _open(self, found: Mapping[str, Any]) -> Reply:
        said = self._diagnosed(found)
        if said.status != 200:
            return said
        session = f"session-{next(self._numbers)}"
        self._opened[session] = {"properties": found["values"].get("value", {})}
        return Reply(200, {"id": session})

    def _evaluated(self, name: str, text: str) -> Mapping[str, Any]:
        files = {key.removeprefix("default/"): kept.revisions[-1] for key, kept in self.kept.items()}
        name = name.removeprefix("default/")
        files[name] = text
        if program := reference():
            answer = program.ask(files, name)
            revealed = DECODER.decode(answer["revealed"])  # with each number by its text
            return {"values": _of_answer(answer["values"], revealed), "said": answer.get("said") or []}
        try:
            return {"values": _of_value(ours(files, name).values), "said": []}
        except EscError as error:
            place = error.place or _NO_PLACE
            where = {"file": place.file, "line": place.line, "column": place.column}
            return {"values": {}, "said": [{"error": True, "summary": str(error), **where}]}

    def _diagnosed(self, found: Mapping[str, Any]) -> Reply:
        said = [
            {
                "summary": each["summary"],
                "severity": "error" if each["error"] else "warning",
                "range": {
                    "environment": each["file"],
                    "begin": {"line": each["line"], "column": each["column"], "byte": 0},
                    "end": {"line": each["line"], "column": each["column"], "byte": 0},
                },
            }
            for each in found["said"]
        ]
        if any(each["error"] for each in found["said"]):
            return Reply(400, {"code": 400, "message": "Bad Request", "diagnostics": said})
        return Reply(200, {"diagnostics": said, "properties": found["values"].get("value", {})})

    def _listed(self, name: str) -> dict[str, str]:
        project, _, last = name.partition("/")
        return {"organization": ORGANIZATION, "project": project, "name": last, "created": "", "modified": ""}


def _sealed(text: str, is_ciphertext: bool, _: Place) -> str:
    octets = text.encode()
    if len(octets) < _LEAST and not is_ciphertext:
        return quoted(text)
    return f"{{ciphertext: {text if is_ciphertext else cipher.wrapped(Flipped().decrypt(octets))}}}"


def _plain(text: str, is_ciphertext: bool, place: Place) -> str:
    return quoted(cipher.opened(cipher.unwrapped(text, place), Flipped(), place) if is_ciphertext else text)


def _of_answer(found: Mapping[str, Any], revealed: Any) -> dict[str, Any]:
    """A value as the service writes it, from one of the reference program."""
    content = revealed
    if isinstance(content, dict):
        content = {key: _of_answer(found["content"][key], item) for key, item in content.items()}
    elif isinstance(content, list):
        content = [_of_answer(each, item) for each, item in zip(found["content"], content, strict=True)]
    return _written(content, found.get("secret", False))


def _of_value(found: Value) -> dict[str, Any]:
    content: Any = found.content
    if isinstance(content, dict):
        content = {key: _of_value(item) for key, item in content.items()}
    elif isinstance(content, list):
        content = [_of_value(item) for item in content]
    return _written(content, found.secret)


def _written(content: Any, secret: bool) -> dict[str, Any]:
    position = {"line": 1, "column": 1, "byte": 0}
    trace = {"def": {"environment": "", "begin": position, "end": position}}
    shown = {} if content is None else {"value": content}
    return {**shown, **({"secret": True} if secret else {}), "trace": trace}


@contextmanager
def serving(server: EscServer) -> Iterator[EscServer]:
    """Serve on a free port of 127.0.0.1 until the block ends."""
    with http_beside(_Handler, api=server) as server.url:
        yield server


@contextmanager
def logged_in(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EscServer]:
    """Serve, and have this user logged in there; failed calls are made again without much of a pause."""
    monkeypatch.setattr(cloud, "_PAUSE", 0.01)
    monkeypatch.setenv("PULUMI_HOME", str(home))
    monkeypatch.delenv("PULUMI_CREDENTIALS_PATH", raising=False)
    with serving(EscServer()) as server:
        monkeypatch.setenv("PULUMI_BACKEND_URL", server.url)
        monkeypatch.setenv("PULUMI_ACCESS_TOKEN", server.token)
        yield server


class _Handler(BaseHTTPRequestHandler):
    api: EscServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        call = f"{self.command} {self.path}"
        self.api.calls.append(call)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.api.fault_of(call) or Fault("")
        if not fault.after:
            fault.deed()
        reply = fault.reply if fault.reply and not fault.after else self._answer(body)
        if fault.after:
            fault.deed()
            reply = fault.reply or reply
        if reply.status:
            self._say(reply)
        else:
            self.close_connection = True

    do_DELETE = do_HEAD = do_PATCH = do_POST = do_GET  # noqa: N815  # http.server's names

    def _answer(self, body: bytes) -> Reply:
        return self.api.answer(self.command, self.path, body, dict(self.headers))

    def _say(self, reply: Reply) -> None:
        is_text = isinstance(reply.body, str)
        text = reply.body if is_text else json_text(reply.body)
        octets = b"" if reply.body is None else text.encode()
        self.send_response(reply.status)
        kind = _YAML if is_text else "application/json"
        for name, value in {"Content-Type": kind, "Content-Length": str(len(octets)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, *_: Any) -> None:
        pass

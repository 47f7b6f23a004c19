"""Exchanges with the real Messages API, recorded once by someone with a key and replayed for everybody else.

    with exchanges.replaying("mx-removed") as api:
        client = Anthropic(api_key=api.key, base_url=api.endpoint)

A request is known by its body. Its exchange is a file of `tests/fixtures/model`: the body, and what came back. Neither
has headers, so no key. What was never recorded fails the test, with the command that records it.
"""

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.beside import beside
from tests.support.no_model import BAN, RECORD

FOLDER = Path(__file__).parents[1] / "fixtures" / "model"
REAL = "https://api.anthropic.com"
PASSED_ON = ("anthropic-version", "anthropic-beta", "content-type")
DRY = "replayed-without-a-key"


@dataclass
class Exchanges:
    """The exchanges of one test; `key` is what its client shows, which is the real one while they are recorded."""

    name: str
    folder: Path
    upstream: str
    key: str
    endpoint: str = ""
    faults: list[str] = field(default_factory=list)
    _fresh: set[Path] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def file_of(self, path: str, body: Any) -> Path:
        """Return where the exchange that a request begins is kept."""
        asked = json.dumps([path, body], sort_keys=True, separators=(",", ":"))
        return self.folder / f"{self.name}-{hashlib.sha256(asked.encode()).hexdigest()[:16]}.json"

    def reply(self, path: str, sent: bytes, headers: dict[str, str]) -> tuple[int, Any]:
        """Return the status and the body that answer a request."""
        body = json.loads(sent)
        kept = self.file_of(path, body)
        with self._lock:
            if self.key != DRY and kept not in self._fresh:
                return self._recorded(kept, path, body, headers)
        if kept.exists():
            exchange = json.loads(kept.read_text())
            return exchange["status"], exchange["reply"]
        test = os.environ.get("PYTEST_CURRENT_TEST", "tests").partition("::")[0]
        command = f'{RECORD}=1 ANTHROPIC_API_KEY=... make test ARGS="-n 0 {test}"'
        return self._failed(f"no exchange is recorded as {self.folder.name}/{kept.name}: {command}")

    def _failed(self, fault: str) -> tuple[int, Any]:
        """Tell the client and, as that may well live with it, the test."""
        self.faults.append(fault)
        return 404, {"type": "error", "error": {"type": "not_found_error", "message": fault}}

    def _recorded(self, kept: Path, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        with BAN.lifted():
            came = requests.post(
                self.upstream + path, json=body, headers=headers | {"x-api-key": self.key}, timeout=(10, 300)
            )
        reply = came.json() if came.headers["content-type"].startswith("application/json") else came.text
        exchange = {"recorded": f"{datetime.now(UTC):%Y-%m-%d}", "request": body, "status": came.status_code}
        written = json.dumps(exchange | {"reply": reply}, indent=1, ensure_ascii=False) + "\n"
        if self.key in written:
            return self._failed(f"the key stands in the exchange, so nothing is written as {kept.name}")
        if came.ok:  # a rate limit of today is nothing to replay
            self.folder.mkdir(parents=True, exist_ok=True)
            kept.write_text(written)
            self._fresh.add(kept)
        return came.status_code, reply


@contextmanager
def replaying(name: str, folder: Path = FOLDER, upstream: str = REAL) -> Iterator[Exchanges]:
    """Answer as the real API once did; record it anew where SOPHIA_RECORD_MODEL=1 and ANTHROPIC_API_KEY are set."""
    recording = bool(os.environ.get(RECORD))
    if recording and not BAN.key:
        pytest.fail(f"{RECORD} is set and ANTHROPIC_API_KEY is not, or the tests run on several processes: use -n 0")
    exchanges = Exchanges(name, folder, upstream, BAN.key if recording else DRY)
    server = _Server(exchanges)
    exchanges.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    with beside(server):
        yield exchanges
    if exchanges.faults:
        pytest.fail("\n".join(dict.fromkeys(exchanges.faults)), pytrace=False)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, exchanges: Exchanges) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.exchanges = exchanges


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        passed = {name: self.headers[name] for name in PASSED_ON if name in self.headers}
        status, reply = self.server.exchanges.reply(self.path, sent, passed)
        is_stream = isinstance(reply, str)
        content = reply if is_stream else json.dumps(reply)
        self.send_response(status)
        self.send_header("Content-Type", "text/event-stream" if is_stream else "application/json")
        self.send_header("Content-Length", str(len(content.encode())))
        self.end_headers()
        self.wfile.write(content.encode())

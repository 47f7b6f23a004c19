"""What a CA answers is bounded, and nothing of it ends in a traceback."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from sophia_infra.tls.issuer_settings import IssuerKind, IssuerSettings
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.issuers.acme import answers, directory
from sophia_infra.tls.issuers.acme.connection import Connection
from sophia_infra.tls.issuers.acme.session import Session
from sophia_infra.tls.spec import ArgumentError
from sophia_infra.values import Value
from tests.support.pebble import Pebble
from tests.support.ports import free_port
from tests.support.refusals import refused


@contextmanager
def answering(body: bytes, times: int = 1, head: bytes = b"\r\n", pause: float = 0.0) -> Iterator[IssuerSettings]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                self.wfile.write(b"HTTP/1.0 200 OK\r\n" + head)
                for _ in range(times):
                    self.wfile.write(body)
                    time.sleep(pause)
            except OSError:
                pass  # it was read no further

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/dir"
        yield IssuerSettings(IssuerKind.ACME, directory=url)
        server.shutdown()


def test_an_answer_that_does_not_end_is_read_no_further_than_a_directory_may_be() -> None:
    with answering(b"x" * 2**16, times=10**6) as settings, refused(IssuerError, "unreachable"):
        directory.look(settings)


@pytest.mark.parametrize("head", [b"\r\n", b"X-Slow: "], ids=["body", "header"])
@pytest.mark.parametrize("ask", [lambda settings, _: directory.look(settings), Connection], ids=["look", "connection"])
def test_an_answer_that_comes_octet_by_octet_ends_in_time(
    monkeypatch: pytest.MonkeyPatch, account_key: str, ask: Callable[[IssuerSettings, str], object], head: bytes
) -> None:
    monkeypatch.setattr(answers, "SECONDS", 0.2)
    begun = time.monotonic()
    with answering(b" ", times=1200, head=head, pause=0.05) as settings:
        with refused(IssuerError, "unreachable"):
            ask(settings, account_key)
        assert time.monotonic() - begun < 30


def test_an_answer_that_is_nested_too_deep_is_no_directory() -> None:
    with answering(b"[" * 10**5) as settings, refused(IssuerError, "acme-answer"):
        directory.look(settings)


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"directory": "{directory}ectory"}, "acme-answer", "issuer.directory"),
        ({"directory": "https://127.0.0.1:{port}/dir"}, "unreachable", "issuer.directory"),
        ({"profile": "longlived"}, "acme-refused", "issuer.profile"),
    ],
    ids=["no directory", "nobody there", "another profile"],
)
def test_a_ca_that_can_not_be_asked_so_is_refused_by_the_setting_to_look_at(
    pebble: Pebble, changed: dict[str, str], code: str, field: str
) -> None:
    given = {name: text.format(directory=pebble.directory, port=free_port()) for name, text in changed.items()}
    settings = IssuerSettings.read(Value("issuer", {**pebble.issuer, **given}, ArgumentError))
    with refused(IssuerError, code, field=field):
        directory.look(settings)


def test_an_account_without_an_address_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def post(*_: Any) -> Any:
        return SimpleNamespace(headers={})

    monkeypatch.setattr(Session, "post", post)
    monkeypatch.setattr(Session, "url", lambda *_: "https://ca.example/new")
    session = object.__new__(Session)
    session.host = "ca.example"
    with refused(IssuerError, "acme-answer"):
        session.place(("shop.example",), "")

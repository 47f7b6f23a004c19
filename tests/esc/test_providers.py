"""What stands behind `fn::open`: where it is read from, that it is a secret, and what is refused."""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.esc import Environment, EscError, Local, providers
from tests.esc.reference import Memory
from tests.support.beside import beside, dripping

SECRET = "canary-value"


def opened(provider: str, **inputs: Any) -> Environment:
    text = f"values: {{x: {{'fn::open::{provider}': {json.dumps(inputs)}}}}}\n"
    return Environment.open("root", source=Local(Memory({"root": text})))


class Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.answer({"data": {"data": {"password": SECRET, "user": self.headers["X-Vault-Token"]}}})

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.answer({"sent": json.loads(self.rfile.read(length)), "by": self.headers["Authorization"]})

    def answer(self, content: Any) -> None:
        known = self.path in ("/v1/secret/data/app/db", "/adapter")
        self.send_response(200 if known else 404)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Any:
    with beside(ThreadingHTTPServer(("127.0.0.1", 0), Server)) as port:
        yield f"http://127.0.0.1:{port}"


def test_a_variable_of_the_process_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_TOKEN", SECRET)
    found = opened("env", read={"token": "APP_TOKEN"}).value("x.token")
    assert (found.content, found.secret) == (SECRET, True)
    assert not opened("env", read={"token": "APP_TOKEN"}, secret=False).value("x.token").secret


def test_a_file_is_read_as_text_or_as_json(tmp_path: Path) -> None:
    path = tmp_path / "db.json"
    path.write_text(json.dumps({"user": "app"}))
    assert opened("file", path=str(path)).value("x.content").content == '{"user": "app"}'
    assert opened("file", path=str(path), format="json").value("x.content.user").secret


def test_a_command_is_run_without_a_shell() -> None:
    words = [sys.executable, "-c", "import sys; print(sys.argv[1])", "$HOME;*"]
    assert opened("command", run=words).value("x.output").content == "$HOME;*"


def test_vault_gives_a_field_or_all_of_them(address: str) -> None:
    login = {"address": address, "token": "t"}
    read = {"one": {"path": "app/db", "field": "password"}, "all": {"path": "/app/db"}}
    found = opened("vault-secrets", login=login, read=read)
    assert found.value("x").plain() == {"one": SECRET, "all": {"password": SECRET, "user": "t"}}
    assert found.value("x.all.user").secret


def test_an_adapter_is_sent_the_request(address: str) -> None:
    found = opened("external", url=f"{address}/adapter", request={"name": "db"}, token="t")
    assert found.value("x").plain() == {"response": {"sent": {"name": "db"}, "by": "Bearer t"}}


@pytest.mark.parametrize(
    ("provider", "inputs"),
    [
        ("env", {"read": {"token": "SOPHIA_NOT_THERE"}}),
        ("env", {"read": "HOME"}),
        ("env", {"read": {}, "reed": {}}),
        ("file", {"path": "/not/there"}),
        ("file", {"path": "/dev/null", "format": "json"}),
        ("file", {"path": "/dev/null", "format": "xml"}),
        ("command", {"run": []}),
        ("command", {"run": ["/not/there"]}),
        ("command", {"run": ["false"]}),
        ("external", {"url": "http://adapter.example/"}),
        ("external", {"url": "http://127.0.0.1:1/"}),
        ("vault-secrets", {"login": {"address": "http://127.0.0.1:1", "token": SECRET}, "read": {"a": {"path": "b"}}}),
        ("vault-secrets", {"login": {}, "read": {"a": "b"}}),
        ("elsewhere", {}),
    ],
)
def test_what_gives_no_value_is_refused_by_its_place(provider: str, inputs: dict[str, Any]) -> None:
    with pytest.raises(EscError) as refused:
        opened(provider, **inputs)
    assert (refused.value.code, refused.value.field) == ("esc-provider", "values.x")
    assert SECRET not in str(refused.value)


def test_an_answer_that_comes_octet_by_octet_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "SECONDS", 0.3)
    begun = time.monotonic()
    with dripping() as url, pytest.raises(EscError) as refused:
        opened("external", url=url)
    assert (refused.value.code, refused.value.field) == ("esc-provider", "values.x")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("path", ["/adapter/none", "/v1/secret/data/none"])
def test_an_answer_that_is_none_is_refused(address: str, path: str) -> None:
    with pytest.raises(EscError) as refused:
        opened("external", url=f"{address}{path}")
    assert "404" in str(refused.value)


@pytest.mark.parametrize(
    ("provider", "inputs"),
    [("file", {"path": "a\0b"}), ("command", {"run": ["a\0b"]}), ("external", {"url": "https://[x/"})],
)
def test_an_input_that_no_system_takes_is_an_error_of_the_environment(provider: str, inputs: dict[str, Any]) -> None:
    with pytest.raises(EscError, match=provider) as refused:
        opened(provider, **inputs)
    assert refused.value.code == "esc-provider"


def test_a_secret_for_this_machine_goes_past_proxies_and_netrc(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    found = opened("external", url=f"{address}/adapter", token="canary-token")
    assert found.value("x.response.by").content == "Bearer canary-token"


class Infinite:
    def open(self, _: object) -> float:
        return float("inf")


def printed(text: str) -> Environment:
    return opened("command", run=["printf", "%s", text], format="json", secret=False)


def test_numbers_come_as_they_are_written_and_none_becomes_another() -> None:
    assert printed("[1.10, 12345678901234567890.5, 1e999]").value("x.output").json() == (
        "[1.10,12345678901234567890.5,1e999]"
    )
    for text in ("NaN", "[Infinity]", "-Infinity"):
        with pytest.raises(EscError) as refused:
            printed(text)
        assert refused.value.code == "esc-provider"
    with pytest.raises(EscError):
        Local(Memory({"root": "values: {a: {fn::open::own: {}}}"}), providers={"own": Infinite()}).open("root")


@pytest.mark.parametrize("answer", [{}, [], {"data": None}, {"data": {"data": []}}, {"data": {"data": {"other": 1}}}])
def test_an_answer_of_vault_without_the_field_is_refused(
    address: str, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Server, "do_GET", lambda self: self.answer(answer))
    login, read = {"address": address, "token": "t"}, {"one": {"path": "app/db", "field": "password"}}
    with pytest.raises(EscError) as refused:
        opened("vault-secrets", login=login, read=read)
    assert refused.value.code == "esc-provider"

"""A secret of one's own: the adapter of `examples/secret-adapter`, and adapters that go wrong."""

import runpy
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sophia_infra.secrets.events import Ask, SecretWish
from sophia_infra.secrets.kinds import SecretError
from sophia_infra.secrets.kinds.webhook import Webhook
from sophia_infra.secrets.phases import SlotState
from tests.secrets.stack import LABEL, Stack, killed_at
from tests.support.beside import beside
from tests.support.workspace import REPO

ADAPTER = runpy.run_path(str(REPO / "examples" / "secret-adapter" / "adapter.py"))
PEM, PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def logins(tmp_path: Path) -> Any:
    return ADAPTER["Store"](tmp_path / "logins.json")


@contextmanager
def adapter(key: rsa.RSAPrivateKey, logins: Any, file: Path) -> Iterator[str]:
    """The adapter, which takes what is signed by a key that stands in `file` then; yields its URL."""
    file.write_bytes(key.private_bytes(PEM, PKCS8, serialization.NoEncryption()))
    file.chmod(0o600)
    public = key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    url = f"http://127.0.0.1:{server.server_port}/app"
    server.RequestHandlerClass = ADAPTER["handler"](logins, url, public)
    with beside(server):
        yield url


@pytest.fixture
def stack(key: rsa.RSAPrivateKey, logins: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A secret with its first login, of which the next one is asked for."""
    with adapter(key, logins, tmp_path / "key.pem") as url:
        made = Stack(kind="webhook", server=url, key=f"file:{tmp_path}/key.pem", group="app", soak="0s")
        made.up()
        made.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
        yield made


def use(logins: Any, login: str, *names: str) -> None:
    held = logins.read()
    held[login]["users"] = list(names)
    logins.write(held)


def works(stack: Stack, logins: Any) -> bool:
    login, value = stack.current
    return bool(logins.check(login.username, value))


def test_a_rotation_ends_the_login_of_before_once_its_consumer_has_moved(stack: Stack, logins: Any) -> None:
    first = stack.current[1]
    use(logins, "app_a", "api")
    assert [stack.up()["phase"] for _ in range(2)] == ["staged", "adopting"]
    (late,) = [each for each in stack.up()["advice"]["findings"] if each["code"] == "secret-consumer-late"]
    assert late["subject"] == "api"
    assert logins.check("app_a", first)
    use(logins, "app_a")
    use(logins, "app_b", "api")
    assert [stack.up()["phase"] for _ in range(2)] == ["suspended", "steady"]
    assert works(stack, logins)
    assert not logins.check("app_a", first)


def test_a_login_that_comes_into_use_while_it_is_suspended_is_not_cut(stack: Stack, logins: Any) -> None:
    use(logins, "app_a", "api")
    with pytest.raises(SecretError) as refused:
        Webhook(stack.spec).suspend("a")
    assert refused.value.code == "secret-in-use"
    assert works(stack, logins)


def test_a_run_that_is_killed_before_or_after_any_step_is_gone_on_with(stack: Stack, logins: Any) -> None:
    kind, point, kills = Webhook(stack.spec), 0, 0
    for _ in range(150):
        if (before := kind.observe().slots)["a"].state is SlotState.REVOKED:
            break
        if "b" in before:
            use(logins, "app_b", "api")
        was_killed = killed_at(point, stack.up, {Webhook: ("issue", "suspend", "revoke")})
        assert works(stack, logins)
        kills += was_killed
        point = point + 1 if was_killed and kind.observe().slots == before else 0
    assert stack.up()["phase"] == "steady"
    assert kills >= 3


def test_a_request_that_another_key_has_signed_is_refused(stack: Stack, tmp_path: Path) -> None:
    other = rsa.generate_private_key(65537, 2048)
    (tmp_path / "other.pem").write_bytes(other.private_bytes(PEM, PKCS8, serialization.NoEncryption()))
    (tmp_path / "other.pem").chmod(0o600)
    stack.args["key"] = f"file:{tmp_path}/other.pem"
    with pytest.raises(SecretError, match="answers 401") as refused:
        Webhook(stack.spec).observe()
    assert refused.value.code == "secret-server"


def test_a_key_that_is_none_is_refused_and_not_shown(stack: Stack) -> None:
    stack.args["key"] = "canary-no-key"
    with pytest.raises(SecretError) as refused:
        Webhook(stack.spec).observe()
    assert (refused.value.field, "canary" in str(refused.value)) == ("key", False)


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """An adapter that answers this to whatever it is asked; yields its URL."""

    class Wrong(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with beside(HTTPServer(("127.0.0.1", 0), Wrong)) as port:
        yield f"http://127.0.0.1:{port}/"


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (500, b'{"error": "canary-value is too short"}', "[secret] is too short"),
        (200, b"<html>", "no JSON object"),
        (200, b"[1]", "no JSON object"),
        (200, b'{"a":' * 100_000, "no JSON object"),
        (200, b" " * 2**21, "octets"),
        (302, b"{}", "answers 302"),
    ],
)
def test_an_adapter_that_goes_wrong_is_an_error_that_shows_no_value(
    stack: Stack, status: int, body: bytes, told: str
) -> None:
    with answering(status, body) as stack.args["server"], pytest.raises(SecretError) as refused:
        Webhook(stack.spec).issue("a", "canary-value", 2)
    assert refused.value.code == "secret-server"
    assert told in str(refused.value)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    "slot", ['{"state": "issued", "generation": Infinity}', '{"state": "gone"}', '{"state": "lost"}', "1"]
)
def test_what_is_no_state_of_a_slot_is_an_error(stack: Stack, slot: str) -> None:
    body = f'{{"slots": {{"a": {slot}}}}}'.encode()
    with answering(200, body) as stack.args["server"], pytest.raises(SecretError) as refused:
        Webhook(stack.spec).observe()
    assert refused.value.code == "secret-server"


def test_an_adapter_that_must_be_trusted_with_secrets_is_asked_by_https(stack: Stack) -> None:
    stack.args["server"] = "http://adapter.example/"
    with pytest.raises(SecretError, match="https"):
        Webhook(stack.spec).observe()

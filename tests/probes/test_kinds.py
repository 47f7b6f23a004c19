"""Each kind of check against a real server on loopback: what passes, and the words for what does not."""

import datetime
import http.client
import socket
import ssl
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sophia_infra.probes.kinds import BODY_LIMIT, probe
from sophia_infra.probes.round import Check
from tests.probes.servers import answering, http_server, listening
from tests.support import knot
from tests.support.ports import free_port

HOST = "app.shop.example"


def check(kind: str, port: int, **fields: Any) -> Check:
    usual = {"host": HOST, "path": "/", "status": (200,), "body": "", "timeout": 60.0}
    return Check(kind=kind, port=port, **{**usual, **fields})


def test_tcp_passes_where_a_connection_is_taken() -> None:
    port = free_port()
    with listening("127.0.0.2", port):
        assert probe("127.0.0.2", check("tcp", port)) == ""
        assert probe("127.0.0.3", check("tcp", port)) == "Connection refused"


def test_a_host_name_is_probed_without_its_dot() -> None:
    port = free_port()
    with listening("127.0.0.1", port):
        assert probe("localhost.", check("tcp", port)) == ""


def test_a_name_that_leads_nowhere_has_failed() -> None:
    assert probe("nothing.invalid.", check("tcp", 80)) != ""


@pytest.mark.parametrize(
    ("status", "wrong"),
    [(200, ""), (503, "HTTP status 503"), (301, "HTTP status 301 (redirects are not followed)")],
)
def test_http_judges_the_status_and_follows_no_redirect(status: int, wrong: str) -> None:
    with http_server(answering(status, Location="http://127.0.0.1:1/")) as port:
        assert probe("127.0.0.1", check("http", port)) == wrong
        assert probe("127.0.0.1", check("http", port, status=(200, status))) == ""


def test_http_asks_for_the_path_and_the_host_and_sends_no_credentials() -> None:
    seen: list[BaseHTTPRequestHandler] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        seen.append(request)
        answering()(request)

    with http_server(answer) as port:
        assert probe("127.0.0.1", check("http", port, path="/health?full=1")) == ""
    assert seen[0].path == "/health?full=1"
    assert seen[0].headers["Host"] == f"{HOST}:{port}"
    assert sorted(seen[0].headers) == ["Accept-Encoding", "Connection", "Host", "User-Agent"]


def test_http_looks_for_a_text_in_the_beginning_of_the_body() -> None:
    with http_server(answering(body="all is well")) as port:
        assert probe("127.0.0.1", check("http", port, body="well")) == ""
        assert probe("127.0.0.1", check("http", port, body="good")) == "the answer does not hold 'good'"
    with http_server(answering(body="x" * BODY_LIMIT + "well")) as port:
        assert probe("127.0.0.1", check("http", port, body="well")) == "the answer does not hold 'well'"


DROPS = 1500
"""Half a minute of them, which a probe that is not cut off would wait for."""


def drip(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\n")
    try:
        for _ in range(DROPS):
            request.wfile.write(b"X: y\r\n")
            time.sleep(0.02)  # the slow server itself: each octet comes within the timeout of a socket
    except OSError:
        return


def endless(request: BaseHTTPRequestHandler) -> None:
    answering()(request)
    try:
        while True:
            request.wfile.write(b"x" * 65536)
    except OSError:
        return


def test_a_server_that_only_drips_is_cut_off_in_time() -> None:
    with http_server(drip) as port:
        begun = time.monotonic()
        assert probe("127.0.0.1", check("http", port, timeout=0.3)) == "no answer within 0.3 s"
        assert time.monotonic() - begun < DROPS * 0.02


def test_a_handshake_that_only_drips_is_cut_off_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        talk = threading.Thread(target=_drip_handshake, args=(server,))
        talk.start()
        begun = time.monotonic()
        assert probe("127.0.0.1", check("https", server.getsockname()[1], timeout=0.3)) == "no answer within 0.3 s"
        assert time.monotonic() - begun < DROPS * 0.02
        talk.join()


def _drip_handshake(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection, suppress(OSError):
        connection.sendall(b"\x16\x03\x03\x40\x00")  # a handshake record of 16 KiB begins
        for _ in range(DROPS):
            connection.sendall(b"\x02")
            time.sleep(0.02)  # the slow server itself


def test_a_server_that_never_ends_does_not_hold_the_probe() -> None:
    with http_server(endless) as port:
        assert probe("127.0.0.1", check("http", port)) == ""


@pytest.mark.parametrize("kind", ["http", "https", "dns"])
def test_a_black_hole_is_no_answer_in_time(kind: str) -> None:
    with listening("127.0.0.1", port := free_port()), socket.socket(type=socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", port))
        assert probe("127.0.0.1", check(kind, port, timeout=0.2)) == "no answer within 0.2 s"


def test_a_name_that_can_not_be_asked_for_is_a_failed_probe() -> None:
    wrong = probe("127.0.0.1", check("dns", 53, host=f"{'a' * 64}.example", timeout=0.2))
    assert wrong == "no valid DNS answer (LabelTooLong)"


def test_an_answer_that_is_no_http_has_failed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        talk = threading.Thread(target=lambda: _say(server, b"SSH-2.0-OpenSSH_9.2\r\n"))
        talk.start()
        assert "SSH-2.0" in probe("127.0.0.1", check("http", server.getsockname()[1]))
        talk.join()


def _say(server: socket.socket, words: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        connection.sendall(words)
        connection.recv(4096)


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's certificate for app.shop.example, from an authority that this process trusts while the test runs."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _certificate("Test authority", authority_key, "Test authority", authority_key, is_authority=True)
    leaf = _certificate(HOST, key, "Test authority", authority_key, is_authority=False)
    pem, private, root = (tmp_path / name for name in ("leaf.pem", "key.pem", "root.pem"))
    pem.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    root.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    monkeypatch.setenv("SSL_CERT_FILE", str(root))
    return context


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, signer: ec.EllipticCurvePrivateKey, *, is_authority: bool
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(signer, hashes.SHA256())


def test_https_verifies_the_certificate_for_the_pools_name(
    certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with http_server(answering(body="all is well"), certificate=certificate) as port:
        assert probe("127.0.0.1", check("https", port, body="well")) == ""
        wrong = probe("127.0.0.1", check("https", port, host="other.example"))
        assert wrong.startswith("its certificate is not valid: Hostname mismatch")
        monkeypatch.delenv("SSL_CERT_FILE")
        unknown = probe("127.0.0.1", check("https", port))
        assert unknown.startswith("its certificate is not valid: ")


@pytest.mark.parametrize("kind", ["http", "https"])
def test_the_port_that_goes_without_saying_stands_in_no_host_header(
    certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    hosts: list[str | None] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        hosts.append(request.headers["Host"])
        answering()(request)

    client = http.client.HTTPSConnection if kind == "https" else http.client.HTTPConnection
    assert client.default_port == {"http": 80, "https": 443}[kind]
    with http_server(answer, certificate=certificate if kind == "https" else None) as port:
        assert probe("127.0.0.1", check(kind, port)) == ""
        monkeypatch.setattr(client, "default_port", port)  # no test can listen on the real one
        assert probe("127.0.0.1", check(kind, port)) == ""
    assert hosts == [f"{HOST}:{port}", HOST]


def test_dns_passes_where_a_real_name_server_knows_the_zone(tmp_path: Path) -> None:
    assert knot.installed(), "Knot is missing: python -m engine.debian"
    file = tmp_path / "zone"
    file.write_text("$ORIGIN shop.example.\n$TTL 60\n@ SOA ns.shop.example. h 1 2 3 4 5\n@ NS ns\nns A 127.0.0.1\n")
    with knot.running("shop.example", file, tmp_path / "run") as server:
        assert probe("127.0.0.1", check("dns", server.port, host="shop.example")) == ""
        below = probe("127.0.0.1", check("dns", server.port, host="ns.shop.example"))
        refused = probe("127.0.0.1", check("dns", server.port, host="other.example"))
    assert below == "DNS answer NOERROR without an SOA of ns.shop.example"
    assert refused == "DNS answer REFUSED without an SOA of other.example"

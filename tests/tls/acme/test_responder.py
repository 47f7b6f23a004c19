"""HTTP-01 and TLS-ALPN-01 by a server of our own: asked by a real Pebble, and shared by orders of one process."""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sophia_infra.tls.challenge_settings import ChallengeKind, ChallengeSettings
from sophia_infra.tls.challenges import Proof
from sophia_infra.tls.challenges.responder import PATH, Responder
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import Access, IssuerError
from sophia_infra.tls.issuers.acme import AcmeIssuer
from sophia_infra.tls.spec import ArgumentError
from sophia_infra.values import Value
from tests.support import pebble as server
from tests.support.pebble import Pebble
from tests.support.ports import free_port
from tests.support.refusals import refused
from tests.tls.acme.test_acme_crash import killed
from tests.tls.orders import order

NAMES = ("shop.example", "www.shop.example")
PROOF, OTHER = Proof("shop.example", "a", "a.one"), Proof("shop.example", "b", "b.two")


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    server.skip_where_lacking()
    with server.running(tmp_path_factory.mktemp("ca"), has_web_server=False) as running:
        yield running


def settings(kind: str, listen: str) -> ChallengeSettings:
    given = {"challenge": {"kind": kind, "listen": listen}}
    found = ChallengeSettings.from_inputs(given, ArgumentError)
    assert found is not None
    assert found.as_inputs() == given
    return found


def by(kind: str, port: int) -> Responder:
    return Responder(settings(kind, f"127.0.0.1:{port}"), wait=0)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize(("names", "host"), [(NAMES, "127.0.0.1"), (("127.0.0.1",), "127.0.0.1"), (("::1",), "[::1]")])
@pytest.mark.parametrize("kind", ["http-01", "tls-alpn-01"])
def test_names_and_addresses_are_shown_and_the_port_is_closed_afterwards(
    kind: str, names: tuple[str, ...], host: str, ca: Pebble, account_key: str
) -> None:
    port = ca.http_port if kind == "http-01" else ca.tls_port
    issuer_settings = IssuerSettings.read(Value("issuer", ca.issuer, ArgumentError))
    issuer = AcmeIssuer(issuer_settings, settings(kind, f"{host}:{port}"), Access(account_key))
    asked = order(domains=names)
    killed(issuer, asked, "answered")
    issued = issuer.issue(asked)
    assert issued.facts is not None
    assert set(issued.facts.domains) == set(names)
    assert not is_open(port)


def test_orders_of_one_process_share_a_port_until_the_last_proof_is_gone() -> None:
    port = free_port()
    web = by("http-01", port)
    web.present([])
    assert not is_open(port)
    web.present([PROOF])
    by("http-01", port).present([PROOF, OTHER])
    by("http-01", port).remove([PROOF])
    assert (fetched(port, PATH + "b"), fetched(port, PATH + "a")) == ((200, "b.two"), (404, "no such proof\n"))
    assert fetched(port, "/")[0] == 404
    web.remove([OTHER])
    web.remove([OTHER])
    assert not is_open(port)


def fetched(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, answer.read().decode()
    connection.close()
    return found


def test_a_name_that_is_shown_by_a_handshake_is_another_orders_until_it_is_done() -> None:
    port = free_port()
    tls, patient = by("tls-alpn-01", port), replace(by("tls-alpn-01", port), wait=600)
    tls.present([PROOF])
    tls.present([PROOF])
    with refused(IssuerError, "challenge", subject="shop.example", limit=0):
        tls.present([OTHER])
    waiting = threading.Thread(target=patient.present, args=([OTHER],), daemon=True)
    waiting.start()
    tls.remove([PROOF])
    waiting.join(60)
    assert not waiting.is_alive()
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        handshake(port, "www.shop.example")
    assert handshake(port, "Shop.example") == "acme-tls/1"
    tls.remove([OTHER])
    assert not is_open(port)


def handshake(port: int, name: str) -> str | None:
    client = ssl.create_default_context()
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.set_alpn_protocols(["acme-tls/1"])
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        client.wrap_socket(plain, server_hostname=name) as connection,
    ):
        return connection.selected_alpn_protocol()


def test_a_port_that_is_held_is_tried_for_some_seconds_and_then_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sophia_infra.tls.challenges.responder._BETWEEN", 0.01)
    with socket.create_server(("127.0.0.1", free_port())) as holder:
        port = holder.getsockname()[1]
        with refused(IssuerError, "challenge", field="challenge.listen", says="pass these requests on") as told:
            by("http-01", port).present([PROOF])
    assert told.value.subject == f"127.0.0.1:{port}"
    by("http-01", port).present([PROOF])
    by("http-01", port).remove([PROOF])


def test_all_addresses_of_both_families_are_listened_on() -> None:
    port = free_port()
    everywhere = Responder(settings("http-01", f":{port}"))
    everywhere.present([PROOF])
    assert fetched(port, PATH + "a")[0] == 200
    everywhere.remove([PROOF])


@pytest.mark.parametrize("listen", ["", "80", "localhost:80", "[::1", "::1:80", "127.0.0.1:0", "1.2.3:80", ":65536"])
def test_a_place_to_listen_is_an_address_and_a_port(listen: str) -> None:
    with refused(ArgumentError, field="challenge.listen"):
        settings("tls-alpn-01", listen)


def test_settings_say_one_way_and_no_wildcard_is_shown_so() -> None:
    both = {"challenge": {"kind": "http-01", "webroot": "/srv/www", "listen": ":80"}}
    with refused(ArgumentError, field="challenge.listen", says="two ways"):
        ChallengeSettings.from_inputs(both, ArgumentError)
    assert settings("tls-alpn-01", "[::]:443").address == ("::", 443)
    told = ChallengeSettings(ChallengeKind.TLS_ALPN_01, listen=":443").refusal(("*.shop.example",))
    assert "*.shop.example can't be shown by tls-alpn-01" in told

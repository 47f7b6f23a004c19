"""A real Pebble, the ACME test server of Let's Encrypt, on loopback; and the web server that it looks at."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import requests

from engine.pebble import look
from sophia_infra.tls import keys
from sophia_infra.tls.issuers import Order
from sophia_infra.tls.issuers.embedded import EmbeddedCa
from sophia_infra.tls.spec import KeyType
from tests.support import primary
from tests.support.beside import beside
from tests.support.ports import free_port
from tests.support.resolver import Resolver, resolver

BLOCKED = "blocked-domain.example"
IN_CAA = "pebble.example"
"""What its directory says that CAA records call it."""
NONCES_REJECTED = 5  # per cent
BOUND: Mapping[str, Any] = MappingProxyType(
    {
        "externalAccountBindingRequired": True,
        "externalAccountMACKeys": {"kid-1": "c29waGlhLWluZnJhIGVhYiBrZXksIDMyIG9jdGV0cyBhbmQgbW9yZQ"},
    }
)
"""What makes it want accounts that are bound to one of its own, and what it binds them by."""
KID, MAC = next(iter(BOUND["externalAccountMACKeys"].items()))
_PLAIN: Mapping[str, Any] = MappingProxyType({})
NAMES = ("shop.example.", "www.shop.example.", "blocked-domain.example.")


class Asked:
    """How a certificate asks a CA of a test."""

    directory: str
    trust: Path
    webroot: Path

    @property
    def issuer(self) -> dict[str, Any]:
        """The `issuer` of a certificate from here; to an order without a profile, Pebble gives any that it has."""
        return {"kind": "acme", "directory": self.directory, "trust": str(self.trust), "profile": "default"}

    @property
    def challenge(self) -> dict[str, Any]:
        """The `challenge` of a certificate from here."""
        return {"kind": "http-01", "webroot": str(self.webroot)}


@dataclass(frozen=True, slots=True)
class Pebble(Asked):
    """A running server; `webroot` is what it finds at all names on port 80, and `log` what it does."""

    directory: str
    trust: Path
    webroot: Path
    log: Path
    resolver: Resolver
    http_port: int
    tls_port: int
    management: str

    @property
    def issued(self) -> int:
        """How many certificates it has signed."""
        return self.log.read_text().count("Issued certificate serial")

    @property
    def asked(self) -> int:
        """How often it was asked for an order: it refuses some, and rejects the nonce of others."""
        return self.log.read_text().count("order-plz -> calling handler")

    @property
    def orders(self) -> int:
        """How many orders it has taken, whatever became of them."""
        return self.log.read_text().count("Added order ")

    @property
    def replacements(self) -> int:
        """How many orders it took as the replacement of a certificate."""
        return self.log.read_text().count("is a replacement of")

    @property
    def looks(self) -> int:
        """How often it was asked when a certificate is to be renewed."""
        return self.log.read_text().count("renewalInfo/ -> calling handler")

    def suggest(self, certificate_pem: str, answer: str) -> None:
        """Have it answer so, whatever that is, when it is asked about a certificate."""
        told = {"Certificate": certificate_pem, "ARIResponse": answer}
        url = f"{self.management}/set-renewal-info/"
        requests.post(url, json=told, verify=str(self.trust), timeout=10).raise_for_status()

    def revoked(self, serial_number: str) -> bool:
        """Whether it has revoked a certificate."""
        url = f"{self.management}/cert-status-by-serial/{serial_number.lower().lstrip('0')}"
        answer = requests.get(url, verify=str(self.trust), timeout=10)
        return bool(answer.json()["Status"] == "Revoked")

    @property
    def shown(self) -> list[str]:
        """The proofs in the web server's folder."""
        return sorted(path.name for path in self.webroot.glob(".well-known/acme-challenge/*"))


def skip_where_lacking() -> None:
    """Skip a test where this machine has no Pebble, or no library to speak with it."""
    pytest.importorskip("acme", reason="the library acme is not installed; requirements-dev.txt has it")
    if look() is None:
        pytest.skip("Pebble is not built; python -m engine.pebble builds it")


@contextmanager
def running(
    folder: Path,
    faults: Mapping[str, str] | None = None,
    *,
    name_server: str = "",
    has_web_server: bool = True,
    config: Mapping[str, Any] = _PLAIN,
) -> Iterator[Pebble]:
    """Start Pebble, with no sleep before it looks; `faults` are variables of its environment, `config` is set as well.

    It asks for names and their TXT at `name_server`, an address and port; by default at a resolver of its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    webroot = folder / "webroot"
    webroot.mkdir()
    tls = certified(folder)
    ports = {name: free_port() for name in ("acme", "tls", "management")}
    with resolver() as names, _web_server(webroot) if has_web_server else nullcontext(free_port()) as http_port:
        for name in NAMES:
            names.host(name, "127.0.0.1")
        settled = {
            "listenAddress": f"127.0.0.1:{ports['acme']}",
            "managementListenAddress": f"127.0.0.1:{ports['management']}",
            **tls,
            "httpPort": http_port,
            "tlsPort": ports["tls"],
            "domainBlocklist": [BLOCKED],
            "caaIdentities": [IN_CAA],
            "retryAfter": {"authz": 0, "order": 0},
            "keyAlgorithm": "ecdsa",
            "profiles": {
                "default": {"description": "ninety days", "validityPeriod": 90 * 86_400},
                "shortlived": {"description": "six days", "validityPeriod": 6 * 86_400},
            },
        }
        (folder / "config.json").write_text(json.dumps({"pebble": {**settled, **config}}))
        settings = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_AUTHZREUSE": "0", "PEBBLE_WFE_NONCEREJECT": str(NONCES_REJECTED)}
        log = folder / "log"
        command = [str(look()), "-config", str(folder / "config.json"), "-dnsserver", name_server or names.server]
        server = _start(command, log, {**settings, **(faults or {})})
        urls = {name: f"https://127.0.0.1:{port}" for name, port in ports.items()}
        pebble = Pebble(
            f"{urls['acme']}/dir",
            folder / "ca" / "root.pem",
            webroot,
            log,
            names,
            http_port,
            ports["tls"],
            urls["management"],
        )
        try:
            _wait_for(pebble, server)
            yield pebble
        finally:
            primary.stop(server)


def _start(command: list[str], log: Path, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with log.open("wb") as said:
        return subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, env={**os.environ, **settings})


def _wait_for(pebble: Pebble, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while True:
        assert server.poll() is None, f"Pebble ended at once: {pebble.log.read_text()}"
        try:
            assert requests.get(pebble.directory, verify=str(pebble.trust), timeout=10).ok
            return
        except requests.ConnectionError:
            assert time.monotonic() < deadline, f"Pebble did not answer in 30 s: {pebble.log.read_text()}"
            time.sleep(0.05)  # polls another process; the deadline above ends it


def certified(folder: Path) -> dict[str, str]:
    """Return the files of a server's own HTTPS, signed by a CA in the folder, as Pebble calls them."""
    from datetime import timedelta

    names = ("127.0.0.1",)
    key = keys.generate(KeyType.ECDSA_P256)
    csr = keys.signing_request(key, names)
    ca = EmbeddedCa.at(str(folder / "ca"))
    issued = ca.issue(Order("pebble", 1, "", csr, names, timedelta(days=90)))
    (folder / "key.pem").write_text(keys.private_pem(key))
    (folder / "chain.pem").write_text(issued.certificate_pem + issued.chain_pem)
    return {"certificate": str(folder / "chain.pem"), "privateKey": str(folder / "key.pem")}


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Web(ThreadingHTTPServer):
    request_queue_size = 128  # Pebble looks for all names of an order at once


@contextmanager
def _web_server(folder: Path) -> Iterator[int]:
    server = _Web(("127.0.0.1", free_port()), partial(_Files, directory=str(folder)))
    with beside(server) as port:
        yield port

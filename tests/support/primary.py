"""What tests of dynamic updates ask of a real primary, whichever server it is."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dns.query
import dns.rcode
import dns.tsig
import dns.update
import dns.zone

from tests.support.ports import free_port

KEY_NAME, SECRET = "writer", "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LTdmM2E="
FRAME = "@ 3600 SOA ns1.provider.example. hostmaster.shop.example. 1 7200 900 1209600 300\n"
FRAME += "@ 3600 NS ns1.provider.example.\n@ 3600 NS ns2.provider.example.\n"
"""A zone with nothing in it, as canonical text."""


@dataclass(frozen=True, slots=True)
class Primary:
    """A running server with one zone, which `KEY_NAME` may transfer and update. Its `log` grows as it runs."""

    domain: str
    port: int
    log: Path
    algorithm: str = "hmac-sha256"

    @property
    def key(self) -> dns.tsig.Key:
        return dns.tsig.Key(f"{KEY_NAME}.", SECRET, self.algorithm)

    @property
    def settings(self) -> dict[str, Any]:
        """The `backend` of a zone that lives here."""
        return {
            "kind": "rfc2136",
            "server": "127.0.0.1",
            "port": self.port,
            "key_name": KEY_NAME,
            "key_algorithm": self.algorithm,
        }

    @property
    def serial(self) -> int:
        """The serial of its zone."""
        query = dns.message.make_query(self.domain, "SOA")
        (answer,) = dns.query.tcp(query, "127.0.0.1", port=self.port, timeout=10).answer
        return int(answer[0].serial)

    def update(self, change: Callable[[dns.update.UpdateMessage], object]) -> None:
        """Change the zone as another writer would."""
        message = dns.update.UpdateMessage(self.domain, keyring=self.key)
        change(message)
        answer = dns.query.tcp(message, "127.0.0.1", port=self.port, timeout=10)
        assert answer.rcode() == dns.rcode.NOERROR, dns.rcode.to_text(answer.rcode())

    def records(self) -> set[str]:
        """Every record that is served, as dnspython reads and writes it; the SOA without its serial."""
        transfer = dns.query.xfr(
            "127.0.0.1", self.domain, port=self.port, keyring={self.key.name: self.key}, lifetime=30
        )
        zone = dns.zone.from_xfr(transfer)
        return {
            f"{name} {ttl} {dns.rdatatype.to_text(rdata.rdtype)} {rdata.to_text(origin=zone.origin, relativize=False)}"
            for name, ttl, rdata in zone.iterate_rdatas()
            if rdata.rdtype != dns.rdatatype.SOA
        }


def master_file(folder: Path, domain: str, zone: str) -> Path:
    """Write canonical text as a master file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{domain}.zone"
    file.write_text(f"$ORIGIN {domain}.\n{zone}")
    return file


def start(command: list[str], log: Path, variables: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a server whose two streams go to its log."""
    with log.open("wb") as streams:
        return subprocess.Popen(command, stdout=streams, stderr=streams, env=variables)


def stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    server.wait(timeout=30)


def wait_until_served(primary: Primary, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers for its zone."""
    deadline = time.monotonic() + 30
    while True:
        try:
            query = dns.message.make_query(primary.domain, "SOA")
            if dns.query.tcp(query, "127.0.0.1", port=primary.port, timeout=5).answer:
                return
        except OSError:
            pass
        assert server.poll() is None, f"the server ended at once: {primary.log.read_text()}"
        assert time.monotonic() < deadline, f"the server did not answer in 30 s: {primary.log.read_text()}"
        time.sleep(0.05)  # polls another process; the deadline above ends it


@dataclass(frozen=True, slots=True)
class Server:
    """A kind of server: its configuration with what is to be filled in, what stands there for `sign`, its command."""

    config: str
    signing: Callable[[str, Path], str]
    command: Callable[[Path, Path], list[str]]

    @contextmanager
    def updatable(
        self,
        run: Path,
        zone: str = FRAME,
        *,
        domain: str = "shop.example",
        algorithm: str = "hmac-sha256",
        sign: str = "",
    ) -> Iterator[Primary]:
        """Start it with this zone, in canonical text; `sign` is "", "in place" or "inline". It ends with the block."""
        made = Primary(domain, free_port(), run / "log", algorithm)
        names = {"run": run, "port": made.port, "domain": domain, "file": master_file(run, domain, zone)}
        key = {"key": KEY_NAME, "secret": SECRET, "algorithm": algorithm}
        config = run / "server.conf"
        config.write_text(self.config.format(**names, **key, signing=self.signing(sign, run)))
        server = start(self.command(config, run), made.log)
        try:
            wait_until_served(made, server)
            yield made
        finally:
            stop(server)

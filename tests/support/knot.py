"""A real Knot DNS on loopback, serving one zone from its master file or taking dynamic updates of it."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dns.query
import dns.rdataclass
import dns.zone

from tests.support import primary
from tests.support.ports import free_port

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
SOCKET = "knot.sock"
CONFIG = """
server:
    rundir: "{run}"
    listen: 127.0.0.1@{port}
    identity: ""
    version: ""
    nsid: ""
database:
    storage: "{run}"
log:
  - target: stderr
    any: warning
acl:
  - id: loopback
    address: 127.0.0.0/8
    action: transfer
zone:
  - domain: {domain}
    file: "{file}"
    acl: loopback
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
    semantic-checks: on
"""

UPDATABLE = """
server:
    rundir: "{run}"
    listen: 127.0.0.1@{port}
    tcp-workers: 1
    udp-workers: 1
    background-workers: 1
database:
    storage: "{run}"
    journal-db-max-size: 100M
log:
  - target: stderr
    any: warning
key:
  - id: {key}
    algorithm: {algorithm}
    secret: {secret}
acl:
  - id: writer
    key: {key}
    action: [transfer, update]
zone:
  - domain: {domain}
    file: "{file}"
    acl: writer
    zonefile-sync: -1
    zonefile-load: whole
    semantic-checks: on
    dnssec-signing: {signing}
"""

SECONDARY = """
server:
    rundir: "{run}"
    listen: 127.0.0.1@{port}
database:
    storage: "{run}"
log:
  - target: stderr
    any: warning
key:
  - id: {key}
    algorithm: hmac-sha256
    secret: {secret}
remote:
  - id: primary
    address: 127.0.0.1@{primary}
    key: {key}
zone:
  - domain: {domain}
    storage: "{run}"
    zonefile-load: none
    zonefile-sync: -1
    master: primary
"""


@dataclass(frozen=True, slots=True)
class Knot:
    """A running server; `records` asks it over the network (AXFR)."""

    domain: str
    port: int
    socket: Path

    def reload(self) -> None:
        """Load the master file again, and wait until that is done."""
        self._does("zone-reload")

    def refresh(self) -> None:
        """Ask the primary what is new, and wait until that is done."""
        self._does("zone-refresh")

    def _does(self, what: str) -> None:
        command = ["knotc", "-s", str(self.socket), "-b", what, self.domain]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    def records(self) -> set[tuple[str, int, str, str]]:
        """Every record that is served, as dnspython writes it: owner, TTL, type, RDATA."""
        transfer = dns.query.xfr("127.0.0.1", self.domain, port=self.port, lifetime=30, relativize=False)
        return facts(dns.zone.from_xfr(transfer, relativize=False))


def facts(zone: dns.zone.Zone) -> set[tuple[str, int, str, str]]:
    """A zone's records as comparable texts."""
    return {
        (str(name).lower(), ttl, dns.rdatatype.to_text(rdata.rdtype), rdata.to_text())
        for name, ttl, rdata in zone.iterate_rdatas()
    }


def installed() -> bool:
    """Whether this machine has Knot."""
    return bool(shutil.which("knotd", path=PATH) and shutil.which("knotc"))


@contextmanager
def running(domain: str, file: Path, run: Path) -> Iterator[Knot]:
    """Start Knot for one zone; it ends with the block."""
    with _started(run, domain, CONFIG, file=str(file)) as knot:
        yield knot


@contextmanager
def following(server: primary.Primary, run: Path) -> Iterator[Knot]:
    """Start a secondary that nobody tells of changes: it has those of the last `refresh`. It ends with the block."""
    known = {"primary": server.port, "key": primary.KEY_NAME, "secret": primary.SECRET}
    with _started(run, server.domain, SECONDARY, **known) as knot:
        knot.refresh()
        yield knot


@contextmanager
def _started(run: Path, domain: str, text: str, **values: object) -> Iterator[Knot]:
    run.mkdir(parents=True)
    port = free_port()
    config = run / "knot.conf"
    config.write_text(text.format(run=run, port=port, domain=domain, **values))
    server = primary.start(_command(config, run), run / "log")
    try:
        _wait_for(run / SOCKET, server, run / "log")
        yield Knot(domain, port, run / SOCKET)
    finally:
        primary.stop(server)


def _signing(sign: str, _: Path) -> str:
    return "on" if sign else "off"


def _command(config: Path, run: Path) -> list[str]:
    return [shutil.which("knotd", path=PATH) or "knotd", "-c", str(config), "-s", str(run / SOCKET)]


SERVER = primary.Server(UPDATABLE, _signing, _command)
updatable = SERVER.updatable
_ONLY_APP = """action: transfer
  - id: part
    key: {key}
    action: update
    update-owner: name
    update-owner-match: sub-or-equal
    update-owner-name: [app.{domain}.]"""
_BELOW_APP = UPDATABLE.replace("action: [transfer, update]", _ONLY_APP).replace("acl: writer", "acl: [writer, part]")
updatable_below_app = primary.Server(_BELOW_APP, _signing, _command).updatable


def _wait_for(control: Path, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while subprocess.run(["knotc", "-s", str(control), "status"], capture_output=True, check=False).returncode:
        assert server.poll() is None, f"Knot ended at once: {log.read_text()}"
        assert time.monotonic() < deadline, f"Knot did not answer in 30 s: {log.read_text()}"
        time.sleep(0.1)  # polls another process; the deadline above ends it

"""A real Knot DNS on loopback, serving one zone from its master file."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dns.query
import dns.rdataclass
import dns.zone

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


@dataclass(frozen=True, slots=True)
class Knot:
    """A running server; `records` asks it over the network (AXFR)."""

    domain: str
    port: int
    socket: Path

    def reload(self) -> None:
        """Load the master file again, and wait until that is done."""
        command = ["knotc", "-s", str(self.socket), "-b", "zone-reload", self.domain]
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
    return bool(shutil.which("knotd", path="/usr/sbin:/usr/bin:/sbin:/bin") and shutil.which("knotc"))


@contextmanager
def running(domain: str, file: Path, run: Path) -> Iterator[Knot]:
    """Start Knot for one zone; it ends with the block."""
    run.mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = run / "knot.conf"
    config.write_text(CONFIG.format(run=run, port=port, domain=domain, file=file))
    knotd = shutil.which("knotd", path="/usr/sbin:/usr/bin:/sbin:/bin") or "knotd"
    control = run / "knot.sock"
    with (run / "log").open("wb") as log:
        server = subprocess.Popen([knotd, "-c", str(config), "-s", str(control)], stdout=log, stderr=log)
        try:
            _wait_for(control, server, run / "log")
            yield Knot(domain, port, control)
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait_for(control: Path, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while subprocess.run(["knotc", "-s", str(control), "status"], capture_output=True, check=False).returncode:
        assert server.poll() is None, f"Knot ended at once: {log.read_text()}"
        assert time.monotonic() < deadline, f"Knot did not answer in 30 s: {log.read_text()}"
        time.sleep(0.1)  # polls another process; the deadline above ends it

"""Every scenario on every backend: applied step by step, it is settled after each, and the zone is what was asked for.

A backend that can't hold a scenario refuses it before it writes; which those are is written down here.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import dns.rdatatype
import dns.zone
import pytest
import stamina

from sophia_infra.dns.backends import Backend, Credentials, open_backend
from sophia_infra.dns.backends.budget import Window
from sophia_infra.dns.backends.namecheap.backend import Namecheap
from sophia_infra.dns.rr.record import from_text
from sophia_infra.journal import Journal
from tests.dns.scenarios.all import ALL
from tests.dns.scenarios.model import DOMAIN, Scenario
from tests.dns.scenarios.run import Begin, refuse, run, text_of
from tests.support import cloudflare_server, knot, namecheap_server
from tests.support.primary import FRAME, SECRET, Primary

NAMECHEAP = {"A", "AAAA", "CAA", "CNAME", "MX", "NS", "TXT"}
CLOUDFLARE = NAMECHEAP | {
    *("CERT", "DNSKEY", "DS", "HTTPS", "LOC", "NAPTR", "OPENPGPKEY"),
    *("PTR", "SMIMEA", "SRV", "SSHFP", "SVCB", "TLSA", "URI"),
}
HELD = {"namecheap": NAMECHEAP, "cloudflare": CLOUDFLARE}
"""The record types of the backends that do not hold all of them."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where a zone lives: its backend, and a way to ask whoever serves it, if that is somebody else."""

    kind: str
    backend: Backend
    served: Callable[[], set[str]] | None = None


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is such a place: hundreds of zones are written here, each with its journal, to the disk."""
    memory = Path("/dev/shm")  # noqa: S108  # a folder of its own is made in it
    if not memory.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as made:
        yield Path(made)


@pytest.fixture(scope="module")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Primary]:
    if not knot.installed():
        pytest.skip("Knot is not installed; python -m engine.debian gets it")
    with knot.updatable(tmp_path_factory.mktemp("knot") / "run") as running:
        yield running


@pytest.fixture(autouse=True)
def surroundings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_HOME", str(folder / "home"))
    monkeypatch.setenv("NAMECHEAP_API_KEY", namecheap_server.KEY)
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", cloudflare_server.TOKEN)


@pytest.fixture
def in_file(folder: Path) -> Home:
    path = folder / "db"
    path.write_text(f"$ORIGIN {DOMAIN}.\n{FRAME}")
    backend = open_backend({"kind": "file", "path": str(path)}, DOMAIN)
    return Home("file", backend, lambda: facts(path.read_text()))


@pytest.fixture
def at_primary(primary: Primary) -> Home:
    backend = open_backend(primary.settings, DOMAIN, Credentials({"sophia:tsigSecret": SECRET}.get))
    backend.apply(lambda _: FRAME)
    return Home("rfc2136", backend, primary.records)


@pytest.fixture
def at_cloudflare() -> Iterator[Home]:
    with cloudflare_server.serving(cloudflare_server.CloudflareServer()) as server:
        yield Home("cloudflare", open_backend({"kind": "cloudflare", "endpoint": server.endpoint}, DOMAIN))


@pytest.fixture
def at_namecheap() -> Iterator[Home]:
    with namecheap_server.running(shop_example=namecheap_server.Domain([], email="MX")) as account:
        settings: dict[str, Any] = {"username": namecheap_server.USER, "client_ip": namecheap_server.IP}
        backend = open_backend({"kind": "namecheap", "endpoint": account.endpoint, **settings}, DOMAIN)
        assert isinstance(backend, Namecheap)
        unmetered = replace(backend.api.budget, windows=(Window(100_000, 60),), sleep=lambda _: None)
        with stamina.set_testing(True, attempts=99, cap=True):  # all the tries there are, without the pauses
            yield Home("namecheap", Namecheap(replace(backend.api, budget=unmetered)))


def facts(text: str) -> set[str]:
    """A master file's records as dnspython reads and writes them, the SOA aside."""
    zone = dns.zone.from_text(text, DOMAIN, check_origin=False)
    return {
        f"{name} {ttl} {dns.rdatatype.to_text(rdata.rdtype)} {rdata.to_text(origin=zone.origin, relativize=False)}"
        for name, ttl, rdata in zone.iterate_rdatas()
        if rdata.rdtype != dns.rdatatype.SOA
    }


def holds(kind: str, scenario: Scenario) -> bool:
    """Whether a scenario can be carried out on a backend of this kind."""
    asked = {record.type for step in scenario.steps if not step.refused for record in from_text(text_of(step.zone))}
    return kind not in scenario.not_on and asked <= HELD.get(kind, asked)


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Begin:
    runs = count(1)

    def next_run() -> None:
        monkeypatch.setenv("SOPHIA_RUN", str(next(runs)))

    return next_run


def carry_out(name: str, home: Home, folder: Path, begin: Begin) -> None:
    def check(zone: str) -> None:
        if home.served:
            assert home.served() == facts(zone)

    scenario, journal = ALL[name], Journal.open(folder / "journal")
    if holds(home.kind, scenario):
        run(scenario, home.backend, journal, check, begin)
    else:
        refuse(scenario, home.backend, journal, begin)


@pytest.mark.parametrize("name", ALL)
def test_in_a_zone_file(name: str, in_file: Home, folder: Path, begin: Begin) -> None:
    carry_out(name, in_file, folder, begin)


@pytest.mark.parametrize("name", ALL)
def test_at_a_primary(name: str, at_primary: Home, folder: Path, begin: Begin) -> None:
    carry_out(name, at_primary, folder, begin)


@pytest.mark.parametrize("name", ALL)
def test_at_cloudflare(name: str, at_cloudflare: Home, folder: Path, begin: Begin) -> None:
    carry_out(name, at_cloudflare, folder, begin)


@pytest.mark.parametrize("name", ALL)
def test_at_namecheap(name: str, at_namecheap: Home, folder: Path, begin: Begin) -> None:
    carry_out(name, at_namecheap, folder, begin)


def test_there_are_more_scenarios_than_dnscontrol_has_groups() -> None:
    assert len(ALL) > 110

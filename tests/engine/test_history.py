"""A real zone with its real history: every version applied after the other, on the engine, served by Knot."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import dns.zone
import pytest

from sophia_infra.dns.files import read_file
from sophia_infra.dns.rr.record import to_text
from sophia_infra.dns.serial import with_serial
from tests.support import knot, real_zones
from tests.support.real_zones import DATA
from tests.support.workspace import Workspace

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not DATA.exists(), reason="the zones' history is not beside this checkout"),
    pytest.mark.skipif(not knot.installed(), reason="Knot is not installed (Debian: knot)"),
]


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    with real_zones.history(tmp_path_factory.mktemp("history")) as found:
        yield found


def versions(history: list[Path], domain: str) -> Iterator[tuple[str, Path]]:
    """The versions of one zone that a name server would load and that differ from the one before."""
    last = ""
    for version in history:
        file = version / "zones" / f"db.{domain}"
        reading = read_file(file, domain) if file.exists() else None
        if reading is None or reading.problems:
            continue
        text = with_serial(to_text(reading.records), 0)
        if text != last:
            last = text
            yield version.name, file


def replay(workspace: Workspace, domain: str, steps: Iterator[tuple[str, Path]], run: Path) -> int:
    """Apply one version after the other; return how many there were."""
    workspace.write(
        "__main__.py",
        "import os\nfrom sophia_infra import IntelligentDnsZone\n"
        f"IntelligentDnsZone('zone', {{'domain': {domain!r}, 'zone_file': os.environ['VERSION']}})\n",
    )
    served = workspace.root / "zones" / f"db.{domain}"
    served.parent.mkdir()
    with knot.running(domain, served, run) as server:
        done = 0
        for name, file in steps:
            done += 1
            workspace.up(env={"VERSION": str(file)})
            workspace.preview("--expect-no-changes", env={"VERSION": str(file)})
            server.reload()
            assert server.records() == knot.facts(dns.zone.from_file(str(served), domain, relativize=False)), name
            assert asked(file, domain) == asked(served, domain), name
    return done


def asked(file: Path, domain: str) -> str:
    """What a master file asks for, in canonical form and whatever its serial is; its frame aside."""
    text = with_serial(to_text(read_file(file, domain).records), 0)
    return "".join(line for line in text.splitlines(keepends=True) if " SOA " not in line)


@pytest.mark.parametrize(
    ("domain", "first"),
    [
        ("asuc.org", 0),
        pytest.param("ocf.berkeley.edu", 50, marks=pytest.mark.soak),  # all its versions are in the soak below
        pytest.param(
            "226.229.169.in-addr.arpa", 50, marks=pytest.mark.soak
        ),  # read by tests/dns/reader/test_real_zones.py
    ],
)
def test_a_zones_version_and_the_next_pass_the_default_limits_and_is_served(
    workspace: Workspace, history: list[Path], tmp_path: Path, domain: str, first: int
) -> None:
    sample = itertools.islice(versions(history, domain), first, first + 2)
    assert replay(workspace, domain, sample, tmp_path / "knot") == 2


@pytest.mark.soak
@pytest.mark.parametrize(("domain", "differing"), [("asuc.org", 15), ("ocf.berkeley.edu", 196), ("ocf.io", 197)])
def test_every_version_of_a_zone_passes_the_default_limits_and_is_served(
    workspace: Workspace, history: list[Path], tmp_path: Path, domain: str, differing: int
) -> None:
    assert replay(workspace, domain, versions(history, domain), tmp_path / "knot") == differing

"""A university's production zones and their history: every version reads, or is refused, as BIND has it."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dns.zone
import pytest

from sophia_infra.dns.files import read_file
from sophia_infra.dns.rr.record import to_text
from tests.support import real_zones
from tests.support.real_zones import DATA
from tests.support.zone_text import canonical

EVERY = int(os.environ.get("SOPHIA_ZONE_HISTORY_STEP", "40"))
"""One version in so many is read; 1 reads all 240."""
MISTAKEN = ("081", "105", "122", "210", "225")
"""The numbers of the versions that hold mistakes: BIND loads none of these zones."""

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the production zones (shared/data/ocf-zones) are not beside this checkout"
)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    with real_zones.history(tmp_path_factory.mktemp("history")) as found:
        yield found


def zones(versions: list[Path]) -> Iterator[tuple[Path, str]]:
    for version in versions:
        for path in sorted((version / "zones").glob("db.*")):
            yield path, path.name.removeprefix("db.")


def mistaken(version: Path) -> bool:
    return version.name.startswith(MISTAKEN)


def lines_that_bind_refuses(path: Path, origin: str) -> set[tuple[str, int]]:
    """File and line of each mistake; empty where BIND loads the zone."""
    command = ["named-checkzone", "-i", "none", "-k", "ignore", origin, path.name]
    done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or "not loaded due to errors" in done.stdout
    named = re.findall(r"^dns_\w+: ([^:\s]+):(\d+): ", done.stdout, re.MULTILINE)
    return {(Path(file).name, int(line)) for file, line in named} if done.returncode else set()


def lines_that_the_reader_refuses(path: Path, origin: str) -> set[tuple[str, int]]:
    reading = read_file(path, origin)
    assert reading.readable
    return {(Path(problem.file).name, problem.line) for problem in reading.problems}


def meaning(zone: dns.zone.Zone) -> set[tuple[object, ...]]:
    return {
        (name.canonicalize(), rdataset.ttl, rdata.rdtype, rdata)
        for name, node in zone.items()  # type: ignore[no-untyped-call]  # dnspython leaves it untyped
        for rdataset in node
        for rdata in rdataset
    }


def by_dnspython(text: str, origin: str) -> set[tuple[object, ...]]:
    return meaning(dns.zone.from_text(text, origin, relativize=False, check_origin=False, allow_include=True))


def test_every_sound_version_reads_as_dnspython_reads_it(history: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    seen = 0
    for path, origin in zones([one for one in history[::EVERY] if not mistaken(one)]):
        reading = read_file(path, origin)
        assert reading.readable
        assert reading.problems == []
        text = to_text(reading.records)
        assert canonical(text, origin) == text
        monkeypatch.chdir(path.parent)
        assert by_dnspython(text, origin) == by_dnspython(path.read_text(), origin)
        assert len(by_dnspython(text, origin)) == len(reading.records)
        seen += 1
    assert seen >= 30


def test_the_newest_version_compiles_in_bind_to_the_same_records() -> None:
    for path in sorted((DATA / "current" / "zones").glob("db.*")):
        origin = path.name.removeprefix("db.")
        command = ["named-compilezone", "-q", "-i", "none", "-k", "ignore", "-s", "full", "-o", "-", origin, path.name]
        printed = subprocess.run(command, cwd=path.parent, check=True, capture_output=True, text=True).stdout
        with real_zones.included(DATA):
            text = to_text(read_file(path, origin).records)
        assert by_dnspython(text, origin) == by_dnspython(printed, origin)


def test_what_the_reader_refuses_is_what_bind_refuses_line_by_line(history: list[Path]) -> None:
    refused = 0
    for path, origin in zones([*filter(mistaken, history), *history[:: 2 * EVERY]]):
        ours = lines_that_the_reader_refuses(path, origin)
        assert ours == lines_that_bind_refuses(path, origin), path
        refused += bool(ours)
    assert refused == 8


@pytest.mark.soak
def test_bind_and_the_reader_agree_on_every_version(history: list[Path]) -> None:
    for path, origin in zones(history):
        ours = lines_that_the_reader_refuses(path, origin)
        assert ours == lines_that_bind_refuses(path, origin), path

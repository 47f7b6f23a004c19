"""Made-up zones as peers read them: the importer says what octoDNS says, the reader refuses what BIND refuses."""

import logging
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from octodns.provider.yaml import YamlProvider
from octodns.zone import Zone

from sophia_infra.dns.importers import import_zone
from sophia_infra.dns.reader import canonical, read
from sophia_infra.dns.rr.record import to_text
from tests.dns.importers.rendering import ZONE, Entry, entries, master, octodns, spoilt

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LONG = settings(QUICK, max_examples=1000)
UNBALANCED = ("parenthesis-unbalanced", "quote-unbalanced")
FRAME = "$TTL 300\n@ IN SOA ns1.x. h.x. 1 2 3 4 5\n@ IN NS ns1.x.\n"


@pytest.fixture(scope="module", autouse=True)
def silence() -> Iterator[None]:
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


LAST = 10**6
"""A line beyond all others."""


def populated(text: str) -> str:
    zone = Zone(f"{ZONE}.", [])
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{ZONE}.yaml").write_text(text)
        YamlProvider("made-up", folder, enforce_order=False, escaped_semicolons=True).populate(zone, lenient=True)
    theirs = [
        f"{record.fqdn} {record.ttl} {record._type} "
        f"{value.to_rdata_text() if hasattr(value, 'to_rdata_text') else value}\n"
        for record in zone.records
        for value in getattr(record, "values", None) or [record.value]
    ]
    return canonical("".join(theirs), ZONE)


def lines_that_bind_refuses(text: str) -> tuple[set[int], int]:
    """The lines, and the last one that BIND looked at: an entry without its data ends its reading."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        command = ["named-checkzone", "-i", "none", "-k", "ignore", ZONE, file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = re.findall(rf"{re.escape(file.name)}:(\d+): ", done.stdout)
    assert bool(done.returncode) == bool(found), done.stdout
    lines = set(map(int, found))
    return lines, max(lines) if "unexpected end of input" in done.stdout else LAST


def says_what_octodns_says(found: Sequence[Entry]) -> None:
    # octoDNS has an older, character-wise form for texts that are not ASCII, and escapes nothing in CAA
    held = [one for one in found if str(one.value).isascii() and not (one.kind == "CAA" and "\\" in one.value)]
    assert to_text(import_zone(octodns(held), ZONE, "octodns").records) == populated(octodns(held))


def refuses_what_bind_refuses(found: Sequence[Entry]) -> None:
    text = FRAME + master(found)
    ours = {problem.line: problem for problem in read(text, ZONE).problems}
    theirs, last = lines_that_bind_refuses(text)
    # what opens and never closes is refused here where it opens, and by BIND wherever it notices
    open_at = min((line for line, problem in ours.items() if problem.code in UNBALANCED), default=LAST)
    seen = min(last + 1, open_at)
    assert {line for line in ours if line < seen} == {line for line in theirs if line < seen}
    assert open_at == LAST or max(theirs) >= min(open_at, last)


@QUICK
@given(found=entries())
def test_the_importer_says_what_octodns_says(found: list[Entry]) -> None:
    says_what_octodns_says(found)


@QUICK
@given(found=spoilt())
def test_the_reader_refuses_what_bind_refuses(found: list[Entry]) -> None:
    refuses_what_bind_refuses(found)


@pytest.mark.soak
@LONG
@given(found=entries())
def test_the_importer_says_what_octodns_says_for_long(found: list[Entry]) -> None:
    says_what_octodns_says(found)


@pytest.mark.soak
@LONG
@given(found=spoilt())
def test_the_reader_refuses_what_bind_refuses_for_long(found: list[Entry]) -> None:
    refuses_what_bind_refuses(found)

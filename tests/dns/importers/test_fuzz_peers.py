"""Made-up zones as peers read them: the importer says what octoDNS says, the reader refuses what BIND refuses."""

import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from octodns.provider.yaml import YamlProvider
from octodns.zone import Zone

from sophia_infra.dns.importers import import_zone
from sophia_infra.dns.reader import read
from sophia_infra.dns.rr.record import to_text
from tests.dns.importers.rendering import ZONE, Entry, entries, master, octodns, spoilt
from tests.support.silence import silenced
from tests.support.zone_text import canonical

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LONG = settings(QUICK, max_examples=1000)
UNBALANCED = ("parenthesis-unbalanced", "quote-unbalanced")
FRAME = "$TTL 300\n@ IN SOA ns1.x. h.x. 1 2 3 4 5\n@ IN NS ns1.x.\n"


@pytest.fixture(scope="module", autouse=True)
def silence() -> Iterator[None]:
    with silenced():
        yield


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


def lines_that_bind_refuses(text: str) -> tuple[set[int], set[int]]:
    """The lines, and those that BIND did not look at: it takes the line after an NS without data for the rest of it."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        command = ["named-checkzone", "-i", "none", "-k", "ignore", ZONE, file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = re.findall(rf"{re.escape(file.name)}:(\d+): (unexpected end of line)?", done.stdout)
    assert bool(done.returncode) == bool(found), done.stdout
    return {int(line) for line, _ in found}, {int(line) + 1 for line, swallows in found if swallows}


def says_what_octodns_says(found: Sequence[Entry]) -> None:
    # octoDNS has an older, character-wise form for texts that are not ASCII, and escapes nothing in CAA
    held = [one for one in found if str(one.value).isascii() and not (one.rtype == "CAA" and "\\" in one.value)]
    assert to_text(import_zone(octodns(held), ZONE, "octodns").records) == populated(octodns(held))


def refuses_what_bind_refuses(found: Sequence[Entry]) -> None:
    text = FRAME + master(found)
    ours = {problem.line: problem for problem in read(text, ZONE).problems}
    theirs, unseen = lines_that_bind_refuses(text)
    # what opens and never closes is refused here where it opens, and by BIND wherever it notices
    open_at = min((line for line, problem in ours.items() if problem.code in UNBALANCED), default=LAST)
    assert {line for line in ours if line < open_at} - unseen == {line for line in theirs if line < open_at}
    assert open_at == LAST or open_at in unseen or max(theirs) >= open_at


@QUICK
@given(found=entries())
def test_the_importer_says_what_octodns_says(found: list[Entry]) -> None:
    says_what_octodns_says(found)


@pytest.mark.parametrize("value", ['"', '"a', '"a"', '""', '" "', 'a" "b', '"a" "b"', 'a"', '"\\'])
def test_the_importer_takes_quotes_as_octodns_does(value: str) -> None:
    text = yaml.safe_dump({"r0": {"type": "TXT", "ttl": 2, "value": value}})
    assert to_text(import_zone(text, ZONE, "octodns").records) == populated(text)


# Lines after an NS that has no data: BIND drops the first of them unread, and refuses the others.
AFTER_NO_DATA = [
    Entry("r0", 2, "NS", ""),
    Entry("r1", "soon", "A", "192.0.2.1"),
    Entry("r2", 2**40, "A", "192.0.2.1"),
    Entry("r3", 2, "MX", ""),
    Entry("r4", None, "A", "192.0.2.1"),
    Entry("r5", 2, "NS", ""),
]


@QUICK
@given(found=spoilt())
@example(found=AFTER_NO_DATA)
@example(found=AFTER_NO_DATA[1:])
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

"""Clean zones are left alone: realistic ones in `clean/`, and real production zones where they are at hand."""

from pathlib import Path

import pytest

from sophia_infra.advice.model import Finding, Level
from sophia_infra.dns.lint.linter import lint
from sophia_infra.dns.reader import read

CLEAN = sorted((Path(__file__).parent / "clean").glob("*.zone"))
REAL = Path(__file__).parents[4] / "shared" / "data" / "ocf-zones" / "current" / "zones"
# What is truly wrong in those zones: a target that lacks its dot.
KNOWN = {("asuc.org", "error", "target-lacks-dot", "psvdaot2ci5q.grants CNAME")}


def findings_of(path: Path, origin: str) -> list[Finding]:
    reading = read(path.read_text(), origin, file=str(path), open_include=_open)
    assert reading.problems == []
    return lint(reading.records, origin)


def _open(path: str, including: str) -> tuple[str, str]:
    found = Path(including).parent / path
    return str(found), found.read_text()


@pytest.mark.parametrize("path", CLEAN, ids=[path.stem for path in CLEAN])
def test_a_clean_zone_has_no_finding_at_all(path: Path) -> None:
    origin = path.read_text().split()[1]
    assert findings_of(path, origin) == []


@pytest.mark.skipif(
    not REAL.is_dir(), reason="the production zones (shared/data/ocf-zones) are not beside this checkout"
)
def test_production_zones_have_the_known_faults_and_no_other() -> None:
    found = {
        (origin, str(finding.level), finding.code, finding.subject)
        for path in sorted(REAL.iterdir())
        for origin in [path.name.removeprefix("db.")]
        for finding in findings_of(path, origin)
        if finding.level is not Level.INFO
    }
    assert found == KNOWN

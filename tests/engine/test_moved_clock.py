"""SOPHIA_NOW rehearses a preview on the real engine; an apply by a moved clock is refused before anything changes."""

import pytest

from tests.engine.zones import RECORDS, master_file, zone_program
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine

MOVED = {"SOPHIA_NOW": "2026-11-20T12:00:00+00:00", "SOPHIA_REHEARSAL": ""}
EXTRA = {"name": "extra", "type": "A", "values": ["192.0.2.9"]}
TOLD = "SOPHIA_NOW moves the clock of this run to 2026-11-20 12:00:00 UTC"


def test_a_preview_may_move_the_clock_and_says_so_and_no_apply_may(standing: Workspace) -> None:
    served = master_file(standing).read_text()
    zone_program(standing, [*RECORDS, EXTRA])
    assert f"sophia: {TOLD}" in standing.preview(env=MOVED).text
    for refused in (standing.up(check=False, env=MOVED), standing.destroy(check=False, env=MOVED)):
        assert refused.returncode != 0
        assert f"{TOLD}, which is for previews" in refused.text
        assert "Traceback" not in refused.text
    assert master_file(standing).read_text() == served

    rehearsed = standing.up(env=MOVED | {"SOPHIA_REHEARSAL": "apply"})
    assert f"sophia: {TOLD}" in rehearsed.text
    assert "extra" in master_file(standing).read_text()

"""How long a preview is, and that it shows what the apply does, on the real engine."""

import pytest

from tests.engine.zones import RECORDS, zone_program
from tests.support.workspace import REPO, Workspace

pytestmark = pytest.mark.engine

PACK = ("--policy-pack", str(REPO / "policies" / "blast_radius"))


def records(seventh: str) -> list[dict[str, object]]:
    """Forty record sets."""
    hosts = [f"198.51.100.{number}" for number in range(35)]
    hosts[7] = seventh
    return [*RECORDS, *({"name": f"app{n}", "type": "A", "values": [host]} for n, host in enumerate(hosts))]


def test_one_changed_address_among_forty_is_a_preview_of_less_than_forty_lines(workspace: Workspace) -> None:
    zone_program(workspace, records("198.51.100.7"))
    workspace.up()
    zone_program(workspace, records("198.51.100.99"))
    shown = workspace.preview(*PACK).text
    assert len(shown.splitlines()) < 40, shown
    assert "- app7 3600 A 198.51.100.7\n" in shown
    assert "+ app7 3600 A 198.51.100.99\n" in shown
    assert "sophia: zone shop.example: 1 to update of 40 record sets, exposure low; low app7 A update" in shown
    (stored,) = workspace.resources("ZoneRecords")
    empty = [name for name, value in stored["inputs"].items() if value in ("", [], {})]
    assert empty == [], "inputs that are empty are not stored"

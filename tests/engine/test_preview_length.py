"""How long a preview is, and that it shows what the apply does, on the real engine."""

import re

import pytest

from tests.engine.zones import RECORDS, master_file, zone_program
from tests.support.workspace import REPO, Workspace

pytestmark = pytest.mark.engine

PACK = ("--policy-pack", str(REPO / "policies" / "blast_radius"))


def records(seventh: str) -> list[dict[str, object]]:
    """Forty record sets."""
    hosts = [f"198.51.100.{number}" for number in range(35)]
    hosts[7] = seventh
    return [*RECORDS, *({"name": f"app{n}", "type": "A", "values": [host]} for n, host in enumerate(hosts))]


def test_a_first_preview_shows_forty_sets_and_a_changed_one_takes_less_than_forty_lines(
    workspace: Workspace,
) -> None:
    zone_program(workspace, records("198.51.100.7"))
    first = workspace.preview(*PACK).text
    assert len(first.splitlines()) < 120, first
    assert '"+ app7 3600 A 198.51.100.7"' in first
    assert len(re.findall(r'"\+ \S+ \d+ [A-Z]+ ', first)) == 41, "every record is shown: 40 sets, one of them of two"
    up = workspace.up().text
    assert "+ app7" not in up, "what is exported does not show the records once more"
    zone_program(workspace, records("198.51.100.99"))
    shown = workspace.preview(*PACK).text
    assert len(shown.splitlines()) < 40, shown
    assert "- app7 3600 A 198.51.100.7\n" in shown
    assert "+ app7 3600 A 198.51.100.99\n" in shown
    assert "sophia: zone shop.example: 1 to update of 40 record sets, exposure low; low app7 A update" in shown
    workspace.up()
    zone_program(workspace, records("198.51.100.99"))
    master = master_file(workspace)
    master.write_text(master.read_text().replace("198.51.100.3\n", "203.0.113.3\n"))
    drifted = workspace.preview().text
    assert "left there; the apply does - app3 3600 A 203.0.113.3, + app3 3600 A 198.51.100.3\n" in drifted
    assert "details" not in workspace.outputs()["changes"]
    (component,), (stored,) = map(workspace.resources, ("IntelligentDnsZone", "ZoneRecords"))
    assert component["outputs"] == {"domain": "shop.example"}, "what differs from run to run is stored once"
    assert "details" not in stored["outputs"]["changes"]
    empty = [name for name, value in stored["inputs"].items() if value in ("", [], {})]
    assert empty == [], "inputs that are empty are not stored"


def test_equal_findings_are_one_line_told_once_and_push_no_other_kind_out(workspace: Workspace) -> None:
    listed = [{"name": f"app{n}", "type": "A", "values": [f"192.0.2.{n}"]} for n in range(25)]
    bad = {"name": "_dmarc", "type": "TXT", "values": ["v=DMARC1; p=none; rua=postmaster@shop-of-ours.com"]}
    ns = {"name": "@", "type": "NS", "values": ["ns1.dns.example.", "ns2.dns.example."]}
    zone_program(workspace, [ns, *listed, bad], domain="shop-of-ours.com")
    shown = workspace.preview(*PACK).text
    (line,) = [line for line in shown.splitlines() if line.startswith("sophia: ") and "address-documentation" in line]
    assert "warning address-documentation 25 times: app0 A, app1 A, app10 A, app11 A, app12 A, ...: the first: " in line
    assert shown.count("is no `mailto:` address") == 2, "once as a line, and once in the new property"
    assert "[advisory]" not in shown

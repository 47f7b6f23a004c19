"""ALIAS of a zone in a file, on the real engine: looked up once a run, drift shown with its reason, saved plans."""

from collections.abc import Iterator

import pytest

from tests.engine.zones import RECORDS, master_file, without, zone_program
from tests.support.resolver import Resolver, resolver
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine
CDN = "cdn.example.net."
ASKED = [*without("@ A"), {"name": "@", "type": "ALIAS", "value": CDN, "ttl": 300}]


@pytest.fixture
def names() -> Iterator[Resolver]:
    with resolver() as found:
        found.host(CDN, "192.0.2.71", "192.0.2.72", ttl=120)
        yield found


def served(workspace: Workspace) -> list[str]:
    lines = master_file(workspace).read_text().splitlines()
    return [line.rpartition(" ")[2] for line in lines if line.startswith("@ ") and line.split(" ")[2] in ("A", "AAAA")]


def test_an_apex_alias_is_looked_up_once_a_run_and_its_drift_has_its_reason(
    workspace: Workspace, names: Resolver
) -> None:
    workspace.config("sophia:resolver", names.server)
    zone_program(workspace, ASKED)
    refused = workspace.preview(check=False).text
    assert "@ ALIAS is asked for" in refused
    assert "alias='resolve'" in refused

    zone_program(workspace, ASKED, alias="resolve")
    workspace.pulumi("up", "--yes")
    assert served(workspace) == ["192.0.2.71", "192.0.2.72"]
    assert sorted(names.asked) == [f"{CDN} A", f"{CDN} AAAA"], "preview and apply ask once together"
    workspace.preview("--expect-no-changes")

    plan = str(workspace.root / "plan.json")
    names.host(CDN, "192.0.2.73")
    shown = workspace.preview("--save-plan", plan).text
    assert "cdn.example.net now answers 192.0.2.73" in shown
    names.host(CDN, "192.0.2.74")
    workspace.up("--plan", plan)
    assert served(workspace) == ["192.0.2.73"], "the plan that was looked at is applied"

    del names.table[CDN]
    shown = workspace.preview("--expect-no-changes").text
    assert "cdn.example.net can't be looked up (there is no such name); 192.0.2.73 stays published" in shown
    zone_program(workspace, RECORDS)
    workspace.up()
    assert served(workspace) == ["192.0.2.1"]

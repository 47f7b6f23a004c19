"""A zone on a name server that takes dynamic updates, on the real engine: Knot and BIND in turn."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.engine.zones import RECORDS, without, zone_program
from tests.support import bind, knot
from tests.support.primary import FRAME, SECRET, Primary
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine

SERVERS: dict[str, tuple[Callable[[], bool], Callable[[Path, str], AbstractContextManager[Primary]]]] = {
    "knot": (knot.installed, knot.updatable),
    "bind": (bind.installed, bind.updatable),
}


# How the two differ is told by their answers, not by the engine: tests/dns/backends/rfc2136 asks both in `make test`,
# and tests/engine/test_kills.py has BIND on the engine.
@pytest.fixture(params=["knot", pytest.param("bind", marks=pytest.mark.soak)])
def primary(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Primary]:
    installed, updatable = SERVERS[request.param]
    if not installed():
        pytest.skip(f"{request.param} is not installed; python -m engine.debian gets it")
    # its name servers are those of the usual records: changing them all at once is beyond the limits
    with updatable(tmp_path / "server", FRAME.replace("provider", "dns")) as running:
        yield running


@pytest.fixture
def zone(primary: Primary, workspace: Workspace) -> Primary:
    """The primary, with the usual program in the workspace and its key's secret in the stack's configuration."""
    workspace.config("sophia:tsigSecret", SECRET, secret=True)
    zone_program(workspace, backend=primary.settings)
    return primary


def test_up_then_an_empty_preview_then_drift_that_is_shown_and_healed_then_destroy(
    workspace: Workspace, zone: Primary
) -> None:
    shown = workspace.preview()
    assert "4 to create of 1 record sets" in shown.text
    workspace.up()
    healthy = zone.records()
    assert "mail 3600 A 192.0.2.3" in healthy
    workspace.preview("--expect-no-changes")

    zone.update(lambda message: message.replace("mail", 60, "A", "192.0.2.66"))
    zone.update(lambda message: message.add("evil", 60, "TXT", "x"))
    drift = workspace.preview()
    does = '- evil 60 TXT "x", - mail 60 A 192.0.2.66, + mail 3600 A 192.0.2.3'
    assert f"the live zone is not what this stack left there; the apply does {does}\n" in drift.text
    workspace.up()
    assert zone.records() == healthy
    workspace.preview("--expect-no-changes")

    workspace.destroy()
    assert {record.split(" ")[2] for record in zone.records()} == {"NS"}
    (backup,) = (workspace.root / ".sophia" / "backups").iterdir()
    assert "mail 3600 A 192.0.2.3" in backup.read_text()


@pytest.mark.soak  # limits come before any home: tests/engine/test_zone.py
def test_a_delete_that_breaks_the_domain_is_refused_and_the_server_keeps_its_zone(
    workspace: Workspace, zone: Primary
) -> None:
    workspace.up()
    served = zone.records()
    zone_program(workspace, without("@ MX"), backend=zone.settings)
    refused = workspace.up(check=False)
    assert "critical @ MX delete: mail for the domain has nowhere to go" in refused.text
    assert "Traceback" not in refused.text
    assert zone.records() == served


@pytest.mark.soak  # each history of a shared zone at this home in `make test`: tests/dns/test_scenarios.py
def test_a_zone_that_is_shared_keeps_what_others_wrote(workspace: Workspace, zone: Primary) -> None:
    zone.update(lambda message: message.add("theirs", 60, "A", "192.0.2.77"))
    zone_program(workspace, RECORDS[3:4], backend=zone.settings, manage=["created"])
    workspace.up()
    workspace.preview("--expect-no-changes")
    assert {"theirs 60 A 192.0.2.77", "mail 3600 A 192.0.2.3"} <= zone.records()
    workspace.destroy()
    assert zone.records() >= {"theirs 60 A 192.0.2.77"}
    assert "mail 3600 A 192.0.2.3" not in zone.records()


def test_a_key_that_may_write_below_one_name_serves_a_part_of_the_zone(workspace: Workspace, tmp_path: Path) -> None:
    if not knot.installed():
        pytest.skip("knot is not installed; python -m engine.debian gets it")
    workspace.config("sophia:tsigSecret", SECRET, secret=True)
    with knot.updatable_below_app(tmp_path / "server") as primary:
        records = [{"name": "x.app", "type": "A", "values": ["192.0.2.9"]}]
        zone_program(workspace, records, backend=primary.settings, manage=["**.app"])
        workspace.up()
        workspace.preview("--expect-no-changes")
        assert "x.app 3600 A 192.0.2.9" in primary.records()
        zone_program(workspace, RECORDS[3:4], backend=primary.settings, manage=["created"])
        refused = workspace.up(check=False)
        assert "answers BADKEY to the update; the zone was read with this key" in refused.text
        zone_program(workspace, records, backend=primary.settings, manage=["**.app"])
        workspace.destroy()
        assert {record.split(" ")[2] for record in primary.records()} == {"NS"}


def test_the_secret_reaches_the_server_and_nothing_else(workspace: Workspace, zone: Primary) -> None:
    said = workspace.preview().text + workspace.up().text + json.dumps(workspace.export())
    assert SECRET not in said
    for path in (workspace.root / ".sophia").rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes()
    workspace.config("sophia:tsigSecret", "AAAA", secret=True)
    refused = workspace.preview(check=False)
    assert "answers BADSIG" in refused.text
    assert "set sophia:tsigSecret" in refused.text
    assert "Traceback" not in refused.text

"""Overrides on the real engine: told at preview, journaled, ended by the clock, and judged by the pack."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.advised.limits import OverrideRow
from sophia_infra.journal import Journal
from tests.engine.standing import Made, made
from tests.engine.zones import RECORDS, master_file, without, zone_program
from tests.support.workspace import REPO, Workspace

pytestmark = pytest.mark.engine

PACK = REPO / "policies" / "blast_radius"
VIP = {"name": "vip", "type": "A", "values": ["192.0.2.7"]}


DECEMBER = {"SOPHIA_NOW": "2026-12-01T12:00:00+00:00"}


@pytest.fixture(scope="module")
def _december(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Made:
    def program(workspace: Workspace) -> None:
        workspace.env |= DECEMBER
        zone_program(workspace, [*RECORDS, VIP], protect=["vip"])

    return made(program, "december", tmp_path_factory, engine)


@pytest.fixture
def zone(_december: Made) -> Workspace:
    """A stack whose zone is served, on the first day of December."""
    workspace = _december.again()
    workspace.env |= DECEMBER
    return workspace


def override(*names: str, until: str = "2026-12-01", **more: str) -> dict[str, Any]:
    return {"names": list(names), "until": until, "why": "mail moves to the parent domain", **more}


def used(workspace: Workspace) -> list[str]:
    place = str(master_file(workspace).resolve())
    rows = Journal.open(workspace.root / ".sophia").newest(OverrideRow, 50)
    row = next((each.row for each in rows if each.row.place == place), None)
    return [one.reason.split(":")[0] for one in row.accepted] if row else []


def test_what_is_accepted_is_told_and_journaled_and_ends_by_itself(zone: Workspace) -> None:
    zone_program(zone, [*without("@ MX"), VIP], protect=["vip"], overrides=[override("@ MX")])
    told = "the override of @ MX until 2026-12-02 00:00 UTC (mail moves to the parent domain) accepts: critical @ MX"
    assert told in zone.preview().text
    assert used(zone) == ["critical @ MX delete"]

    late = zone.up(check=False, env={"SOPHIA_NOW": "2026-12-02T00:00:00+00:00"})
    assert late.returncode != 0
    assert "has ended and is ignored; take it out" in late.text
    assert "accept '@ MX' in an override" in late.text
    assert " MX " in master_file(zone).read_text()

    zone.up()
    assert " MX " not in master_file(zone).read_text()
    assert zone.outputs()["changes"]["accepted"] == ["@ MX"]
    zone.preview("--expect-no-changes")


def test_what_the_refusal_asks_for_lets_one_run_through_which_says_so_and_is_journaled(zone: Workspace) -> None:
    """Its mail, a protected name and more sets than allowed go by one command; the next run has no such word."""
    zone_program(zone, without("@ MX"), protect=["vip"], limits={"max_deletes": 1})
    refused = zone.preview(check=False)
    assert refused.returncode != 0
    command = re.search(r"for this run only: SOPHIA_ACCEPT='([^']+)' pulumi up", refused.text)
    assert command, refused.text
    assert command[1] == "shop.example: max_deletes=2, vip A, @ MX"
    assert "property" not in refused.text

    accepting = {"SOPHIA_ACCEPT": command[1]}
    elsewhere = {"SOPHIA_ACCEPT": command[1].replace("shop.", "other.")}
    nowhere = zone.up(check=False, env=elsewhere)
    assert nowhere.returncode != 0
    assert "SOPHIA_ACCEPT of this run names zone other.example" in nowhere.text
    assert "vip" in master_file(zone).read_text()
    told = zone.up(env=accepting).text
    assert "SOPHIA_ACCEPT names" not in told
    assert "the SOPHIA_ACCEPT of this run accepts: critical @ MX delete" in told
    assert "the SOPHIA_ACCEPT of this run accepts: 2 record sets deleted" in told
    assert used(zone) == ["2 record sets deleted", "critical vip A delete", "critical @ MX delete"]
    assert "vip" not in master_file(zone).read_text()

    told = "SOPHIA_ACCEPT names zone shop.exmaple, and the program has none that is known by that name"
    assert told in zone.preview(env={"SOPHIA_ACCEPT": "shop.exmaple: www"}).text
    zone_program(zone, [], zone_file="", limits={"max_deletes": 1})
    assert zone.preview(check=False).returncode != 0


def test_one_of_the_stack_accepts_that_a_protected_name_of_its_zone_is_deleted_and_lifts_no_count(
    zone: Workspace,
) -> None:
    zone.config("sophia:overrides", json.dumps([override("vip", zone="shop.example")]))
    zone_program(zone, protect=["vip"], limits={"max_deletes": 0})
    refused = zone.up(check=False)
    assert "1 record sets deleted; max_deletes is 0" in refused.text
    assert "accept 'vip A'" not in refused.text
    zone_program(zone, protect=["vip"])
    zone.up()
    assert "vip" not in master_file(zone).read_text()


def test_the_pack_stops_what_a_program_accepts_unless_it_is_told_to_honour_it(zone: Workspace) -> None:
    zone_program(zone, [*without("@ MX"), VIP], protect=["vip"], overrides=[override("@ MX")])
    stopped = zone.preview("--policy-pack", str(PACK), check=False)
    assert stopped.returncode != 0
    assert "[mandatory]  exposure-ceiling" in stopped.text
    config = zone.write("pack.json", json.dumps({"exposure-ceiling": {"honourOverrides": True}}))
    zone.preview("--policy-pack", str(PACK), "--policy-pack-config", str(config))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (override("**"), "overrides[0].names[0] is '**'; it may name everything"),
        # tests/changes/test_overrides.py refuses these without the engine
        pytest.param(
            override("@ MX", until="2027-12-01"),
            "more than 90 days ahead; 2027-02-28 is the last day",
            marks=pytest.mark.soak,
        ),
        pytest.param(
            {"names": ["@ MX"], "until": "2026-12-01"}, "give exactly names, until, why", marks=pytest.mark.soak
        ),
    ],
)
def test_one_that_accepts_too_much_or_says_too_little_is_refused(
    workspace: Workspace, given: dict[str, Any], message: str
) -> None:
    workspace.env |= DECEMBER
    zone_program(workspace, overrides=[given])
    refused = workspace.preview(check=False)
    assert refused.returncode != 0
    assert message in refused.text
    assert "Traceback" not in refused.text

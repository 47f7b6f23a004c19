"""What becomes of a zone when its resource is renamed, moves, changes hands, or its file is lost."""

import re
from pathlib import Path

import pytest

from tests.engine.test_zone_shared import SHARED, STALL, zone_exists
from tests.engine.zones import RECORDS, master_file, zone_program
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine


MOVED = [{**one, "values": ["192.0.2.4"]} if one["name"] == "mail" else one for one in RECORDS]


def rename(workspace: Workspace) -> None:
    program = workspace.root / "__main__.py"
    program.write_text(program.read_text().replace('IntelligentDnsZone("shop"', 'IntelligentDnsZone("store"'))


def test_a_renamed_resource_takes_its_zone_along(standing: Workspace) -> None:
    rename(standing)
    renamed = standing.up().text
    assert "stay, because another resource (store of demo/test) serves the zone there now" in renamed
    assert "by hand" not in renamed
    assert "mail 3600 A 192.0.2.3" in master_file(standing).read_text()
    standing.preview("--expect-no-changes")
    destroyed = standing.destroy().text
    assert f"zone shop.example: what was live is in {master_file(standing)}.removed" in destroyed
    assert f"zone shop.example: 5 record sets are gone from {master_file(standing)}" in destroyed
    assert not master_file(standing).exists()


@pytest.mark.soak  # without a journal, which is harder, in `make test`: below
def test_a_renamed_resource_takes_its_part_of_a_shared_zone_along(workspace: Workspace) -> None:
    zone_exists(workspace)
    zone_program(workspace, [STALL], manage=["created"])
    workspace.up()
    rename(workspace)
    workspace.up()
    assert "stall 3600 A 192.0.2.7" in master_file(workspace).read_text()


def test_a_zone_that_moves_is_served_from_its_old_home_as_well(standing: Workspace) -> None:
    zone_program(standing, backends={"a": {"path": "zones/a"}, "b": {"path": "zones/b"}})
    standing.up()
    assert (standing.root / "zones" / "a").exists()
    assert master_file(standing).exists()
    zone_program(standing, backends={"c": {"path": "zones/a"}, "b": {"path": "zones/b"}})
    assert "by hand" not in standing.up().text, "under its new key it is the live zone"
    zone_program(standing, backends={"b": {"path": "zones/b"}})
    assert "take them away by hand once nobody asks there" in standing.up().text
    zone_program(standing, backends={"a": {"path": "zones/moved"}, "b": {"path": "zones/b"}})
    standing.up()
    assert (standing.root / "zones" / "moved").exists()
    assert (standing.root / "zones" / "a").exists()


def test_destroy_goes_by_what_the_stack_managed_last_even_if_nothing_else_changed(standing: Workspace) -> None:
    zone_program(standing, RECORDS, ignore=["mail A"])
    refused = standing.preview(check=False)
    assert "mail A is asked for, but `ignore` leaves it to others" in refused.text
    zone_program(standing, [one for one in RECORDS if one["name"] != "mail"], ignore=["mail A"])
    standing.up()
    standing.destroy()
    assert "mail 3600 A 192.0.2.3" in master_file(standing).read_text()


def test_a_master_file_that_is_lost_is_made_anew_with_its_name_servers_and_a_serial_that_goes_on(
    workspace: Workspace,
) -> None:
    zone_exists(workspace)
    zone_program(workspace, [one for one in RECORDS if one["type"] != "NS"])
    workspace.up()
    before = int(workspace.outputs()["serial"])
    master_file(workspace).unlink()
    workspace.up()
    assert int(workspace.outputs()["serial"]) > before > 2030010101
    assert "@ 3600 NS ns1.dns.example." in master_file(workspace).read_text()


def test_two_resources_may_share_a_zone_run_after_run(workspace: Workspace) -> None:
    zone_exists(workspace)
    workspace.write(
        "__main__.py",
        "from sophia_infra import IntelligentDnsZone\n"
        "for name in ('stall', 'booth'):\n"
        "    IntelligentDnsZone(name, {'domain': 'shop.example', 'manage': [name],\n"
        "        'records': [{'name': name, 'type': 'A', 'values': ['192.0.2.7']}]})\n",
    )
    workspace.up("--parallel", "1")
    workspace.up("--expect-no-changes")
    master_file(workspace).write_text(re.sub(r"booth 3600", "booth 60", master_file(workspace).read_text()))
    workspace.up()
    assert "booth 3600 A 192.0.2.7" in master_file(workspace).read_text()


def test_name_servers_may_be_left_to_others(workspace: Workspace) -> None:
    zone_exists(workspace)
    zone_program(workspace, [one for one in RECORDS if one["type"] != "NS"], ignore=["@ NS"])
    workspace.up()
    assert "ns2.dns.example." in master_file(workspace).read_text()
    master_file(workspace).write_text(master_file(workspace).read_text() + "@ 3600 NS ns3.dns.example.\n")
    workspace.preview("--expect-no-changes")


def test_an_empty_list_of_what_is_managed_is_not_everything(workspace: Workspace) -> None:
    zone_exists(workspace)
    zone_program(workspace, manage=[])
    assert "manage is []; give a list" in workspace.preview(check=False).text
    assert master_file(workspace).read_text() == SHARED


FAILING = """
from pulumi.dynamic import CreateResult, Resource, ResourceProvider
class Failing(ResourceProvider):
    def create(self, props):
        if os.environ.get("FAILS"):
            raise Exception("not today")
        return CreateResult("made", {})
class Other(Resource, module="demo", name="Other"):
    pass
"""


def test_a_rename_that_was_cut_off_half_way_still_keeps_the_zone(workspace: Workspace) -> None:
    zone_program(workspace, before="import os" + FAILING)
    workspace.up()
    rename(workspace)
    program = workspace.root / "__main__.py"
    program.write_text(program.read_text() + "Other(Failing(), 'other', {})\n")
    assert workspace.up(env={"FAILS": "yes"}, check=False).returncode != 0
    workspace.up()
    assert len(workspace.resources("ZoneRecords")) == 1
    assert "mail 3600 A 192.0.2.3" in master_file(workspace).read_text()


def test_resources_that_are_joined_into_one_lose_no_record(workspace: Workspace) -> None:
    def program(*parts: list[str]) -> None:
        workspace.write(
            "__main__.py",
            "from sophia_infra import IntelligentDnsZone\n"
            f"for names in {parts!r}:\n"
            "    IntelligentDnsZone(names[0], {'domain': 'shop.example', 'manage': names, 'records': [\n"
            "        {'name': name, 'type': 'A', 'values': ['192.0.2.7']} for name in names]})\n",
        )

    zone_exists(workspace)
    program(["stall"], ["booth"])
    workspace.up("--parallel", "1")
    program(["stall", "booth"])
    workspace.up()
    served = master_file(workspace).read_text()
    assert "stall 3600 A 192.0.2.7" in served
    assert "booth 3600 A 192.0.2.7" in served


def test_a_machine_that_never_wrote_the_zone_removes_it_only_when_told_to(standing: Workspace) -> None:
    (standing.root / ".sophia").rename(standing.root / "elsewhere")
    refused = standing.destroy(check=False)
    assert refused.returncode != 0
    assert "does not say that this resource wrote" in refused.text
    assert master_file(standing).exists()
    standing.destroy(env={"SOPHIA_REMOVE": "always"})
    assert not master_file(standing).exists()


@pytest.mark.soak  # without the refresh in `make test`: above
def test_a_refresh_does_not_forget_a_zone_whose_file_is_lost(workspace: Workspace) -> None:
    zone_exists(workspace)
    zone_program(workspace, [one for one in RECORDS if one["type"] != "NS"])
    workspace.up()
    before = int(workspace.outputs()["serial"])
    master_file(workspace).unlink()
    workspace.up("--refresh")
    assert int(workspace.outputs()["serial"]) > before
    assert "@ 3600 NS ns1.dns.example." in master_file(workspace).read_text()


def test_a_resource_that_is_renamed_and_moved_at_once_leaves_the_old_home_as_it_is(standing: Workspace) -> None:
    zone_program(standing, backend={"path": "zones/moved"})
    rename(standing)
    standing.up()
    assert "mail 3600 A 192.0.2.3" in (standing.root / "zones" / "moved").read_text()
    assert "mail 3600 A 192.0.2.3" in master_file(standing).read_text()


def test_a_resource_that_is_for_another_domain_now_leaves_the_old_zone_and_says_so_at_preview(
    standing: Workspace,
) -> None:
    program = standing.root / "__main__.py"
    program.write_text(program.read_text().replace("'shop.example'", "'shap.example'"))
    assert "zone shap.example: was shop.example at" in standing.preview().text
    standing.up()
    assert "mail 3600 A 192.0.2.3" in master_file(standing).read_text()


def test_a_zone_of_its_own_that_leaves_the_program_is_removed_while_another_stays(workspace: Workspace) -> None:
    line = "IntelligentDnsZone({0!r}, {{'domain': {0!r}, 'records': WWW}})\n"
    both = [line.format("one.example"), line.format("two.example")]
    imported = (
        "from sophia_infra import IntelligentDnsZone\nWWW = [{'name': 'www', 'type': 'A', 'value': '192.0.2.1'}]\n"
    )
    workspace.write("__main__.py", imported + "".join(both))
    workspace.up()
    workspace.write("__main__.py", imported.replace("192.0.2.1", "192.0.2.2") + both[1])
    workspace.up()
    assert not (workspace.root / "zones" / "db.one.example").exists()
    assert (workspace.root / "zones" / "db.two.example").exists()


@pytest.mark.parametrize("how", [(), pytest.param(("--run-program",), marks=pytest.mark.soak)])
def test_destroy_removes_a_zone_from_all_its_homes(workspace: Workspace, how: tuple[str, ...]) -> None:
    zone_program(workspace, backends={"a": {"path": "zones/a"}, "b": {"path": "zones/b"}})
    workspace.up()
    zone_program(workspace, MOVED, backends={"a": {"path": "zones/a"}, "b": {"path": "zones/b"}})
    workspace.up()
    workspace.destroy(*how)
    assert not (workspace.root / "zones" / "a").exists()
    assert not (workspace.root / "zones" / "b").exists()


def test_a_rename_of_a_part_keeps_its_records_where_no_journal_is_kept(workspace: Workspace) -> None:
    zone_exists(workspace)
    zone_program(workspace, [STALL], manage=["created"])
    workspace.up()
    (workspace.root / ".sophia").rename(workspace.root / "elsewhere")
    rename(workspace)
    workspace.up()
    assert "stall 3600 A 192.0.2.7" in master_file(workspace).read_text()
    assert len(workspace.resources("ZoneRecords")) == 1


def test_what_two_stacks_serve_stays_when_one_of_them_goes_whoever_wrote_last(tmp_path: Path, engine: Path) -> None:
    one, two = (Workspace(tmp_path / name, engine, project=name) for name in ("one", "two"))
    shared = {"path": str(tmp_path / "one" / "zones" / "db.shop.example")}
    two.env["SOPHIA_HOME"] = one.env["SOPHIA_HOME"] = str(tmp_path / "journal")
    zone_program(one, backend=shared)
    one.up()
    zone_program(two, backend=shared)
    two.up()
    zone_program(one, MOVED, backend=shared)
    one.up()
    assert "another resource (shop of two/test) serves the zone there now" in one.destroy().text
    assert "mail 3600 A 192.0.2.4" in master_file(one).read_text()
    two.destroy()
    assert not master_file(one).exists()


def test_two_resources_that_both_want_the_whole_zone_are_refused_at_preview(workspace: Workspace) -> None:
    workspace.write(
        "__main__.py",
        "from sophia_infra import IntelligentDnsZone\n"
        "for name in ('one', 'two'):\n"
        "    IntelligentDnsZone(name, {'domain': 'shop.example', 'records': [\n"
        "        {'name': name, 'type': 'A', 'values': ['192.0.2.7']}]})\n",
    )
    assert "is managed as a whole by two resources" in workspace.preview(check=False).text


@pytest.mark.soak  # tests/dns/test_ownership.py takes it out without the engine
def test_the_only_record_of_a_part_can_be_taken_out(workspace: Workspace) -> None:
    zone_exists(workspace)
    zone_program(workspace, [STALL], manage=["created"])
    workspace.up()
    zone_program(workspace, [], manage=["created"])
    workspace.up()
    assert "stall" not in master_file(workspace).read_text()
    assert "192.0.2.3" in master_file(workspace).read_text()


def test_a_part_goes_beside_a_whole_zone_that_ignores_it_and_both_go_in_one_destroy(workspace: Workspace) -> None:
    whole = "IntelligentDnsZone('whole', {'domain': 'shop.example', 'ignore': ['stall'], 'records': RECORDS})\n"
    part = "IntelligentDnsZone('part', {'domain': 'shop.example', 'manage': ['stall'], 'records': STALL})\n"
    start = f"from sophia_infra import IntelligentDnsZone\nRECORDS = {RECORDS!r}\nSTALL = [{STALL!r}]\n"
    zone_exists(workspace)
    workspace.write("__main__.py", start + whole)
    workspace.up()
    workspace.write("__main__.py", start + whole + part)
    workspace.up()
    workspace.write("__main__.py", start + whole)
    workspace.up()
    assert "stall" not in master_file(workspace).read_text()
    workspace.write("__main__.py", start + whole + part)
    workspace.up()
    workspace.destroy()
    assert not master_file(workspace).exists() or "192.0.2" not in master_file(workspace).read_text()


def test_a_resource_that_was_forgotten_and_made_anew_can_be_destroyed(standing: Workspace) -> None:
    urn = standing.resources("ZoneRecords")[0]["urn"]
    standing.pulumi("state", "delete", "--yes", urn)
    zone_program(standing, MOVED)
    standing.up()
    standing.destroy()
    assert not master_file(standing).exists()
    standing.up()
    rename(standing)
    standing.up()
    standing.destroy()
    assert not master_file(standing).exists(), "what was forgotten has no part in it any more"

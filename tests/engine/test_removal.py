"""A delete of a resource is judged as the change that it is; the whole zone goes, but for what is protected."""

import json
from typing import Any

import pytest

from sophia_infra.advised.limits import OverrideRow
from sophia_infra.journal import Journal
from tests.engine.test_zone_shared import STALL, zone_exists
from tests.engine.zones import RECORDS, master_file, zone_program
from tests.support.workspace import Finished, Workspace

pytestmark = pytest.mark.engine

WHY = "the stall closes for good"


@pytest.fixture
def december(workspace: Workspace) -> Workspace:
    workspace.env["SOPHIA_NOW"] = "2026-12-01T12:00:00+00:00"
    return workspace


def override(*names: str, **more: str) -> dict[str, Any]:
    return {"names": list(names), "until": "2026-12-01", "why": WHY, **more}


def assert_refused(destroyed: Finished, workspace: Workspace, *said: str) -> None:
    assert destroyed.returncode != 0
    for words in (*said, "nothing was removed, because it is beyond the limits"):
        assert words in destroyed.text, destroyed.text
    assert "stall 3600 A 192.0.2.7" in master_file(workspace).read_text()


def accept_for_the_stack(workspace: Workspace, *names: str) -> None:
    workspace.config("sophia:overrides", json.dumps([override(*names, zone="shop.example")]))


def test_a_part_that_others_need_is_not_destroyed_without_an_override(december: Workspace) -> None:
    zone_exists(december)
    file = master_file(december)
    file.write_text(file.read_text() + "buy IN CNAME stall\n")
    zone_program(december, [STALL], manage=["stall"])
    december.up()
    assert_refused(december.destroy(check=False), december, "critical stall A delete", "is needed by buy CNAME")

    accept_for_the_stack(december, "stall")
    december.up()
    december.destroy()
    assert "192.0.2.7" not in file.read_text()
    assert "mail 3600 A 192.0.2.3" in file.read_text()
    [used] = Journal.open(december.root / ".sophia").newest(OverrideRow, 2)
    assert (used.row.place, used.row.accepted[0].why) == (str(file.resolve()), WHY)


def test_a_protected_part_goes_neither_with_its_resource_nor_by_destroy(december: Workspace) -> None:
    zone_exists(december)
    zone_program(december, [STALL], manage=["stall"], protect=["stall"])
    december.up()
    nobody = {"SOPHIA_ACCEPT": "shop.exmaple: stall"}
    refused = december.destroy(check=False, env=nobody)
    assert_refused(refused, december, "protected: the program says never to delete it")
    assert "what SOPHIA_ACCEPT of this run accepts is for zone shop.exmaple" in refused.text
    program = (december.root / "__main__.py").read_text()
    december.write("__main__.py", "")
    assert_refused(december.up(check=False), december, "count once `pulumi up` has run with them")

    december.write("__main__.py", program)
    zone_program(december, [STALL], manage=["stall"], protect=["stall"], overrides=[override("stall")])
    december.up()
    december.destroy()
    assert "stall" not in master_file(december).read_text()


@pytest.mark.parametrize("how", [(), ("--run-program",)])
def test_a_whole_zone_is_destroyed_but_for_what_is_protected(december: Workspace, how: tuple[str, ...]) -> None:
    zone_program(december, [*RECORDS, STALL], protect=["stall"])
    december.up()
    destroyed = december.destroy(*how, check=False)
    assert_refused(destroyed, december, "critical stall A delete", "6 of 6 record sets would go")
    assert "@ MX delete" not in destroyed.text
    accept_for_the_stack(december, "stall")
    if not how:
        december.up()
    december.destroy(*how)
    assert not master_file(december).exists()


def test_a_large_part_of_a_zone_is_destroyed_only_within_the_limits(december: Workspace) -> None:
    zone_exists(december)
    many = [{"name": f"n{number}.stall", "type": "A", "values": ["192.0.2.1"]} for number in range(10)]
    zone_program(december, [STALL, *many], manage=["stall", "**.stall"])
    december.up()
    assert_refused(
        december.destroy(check=False), december, "deletes 11 of 15 record sets (73%); max_delete_share is 25%"
    )
    december.config("sophia:limits", json.dumps({"max_delete_share": 1}))
    december.destroy("--run-program")
    assert "stall" not in master_file(december).read_text()


def test_what_protects_a_zone_later_protects_it_from_then_on(december: Workspace) -> None:
    zone_program(december, [*RECORDS, STALL])
    december.up()
    zone_program(december, [*RECORDS, STALL], protect=["stall"])
    december.up()
    december.preview("--expect-no-changes")
    assert_refused(december.destroy(check=False), december, "critical stall A delete")

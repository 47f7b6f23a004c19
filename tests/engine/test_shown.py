"""What people see of a zone in preview and up, on the real engine."""

import pytest

from tests.engine.zones import RECORDS, master_file, zone_program
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine

GRAVE = [
    {"name": "@", "type": "CAA", "values": ['0 issue ";"']},
    {"name": "child", "type": "NS", "values": ["ns.dns.example."]},
    {"name": "old.child", "type": "CNAME", "values": ["validation.example."]},
]


def test_a_new_zone_that_nobody_depends_on_yet_is_made_and_its_next_change_weighs_as_ever(workspace: Workspace) -> None:
    zone_program(workspace, [*RECORDS, *GRAVE])
    made = workspace.up().text
    assert "8 to create of 0 record sets, exposure low; low @ ANY create: the zone is not in service" in made
    assert "any more" not in made

    zone_program(workspace, [*RECORDS, *GRAVE, {"name": "mail", "type": "NS", "values": ["ns.dns.example."]}])
    assert "critical mail NS create: the new delegation hides 1 existing names" in workspace.preview(check=False).text
    assert "mail 3600 NS" not in master_file(workspace).read_text()

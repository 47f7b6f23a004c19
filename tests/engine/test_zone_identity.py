"""Which zone is which, on the engine: below parents, after a rename, after a rename of the stack."""

import pytest

from tests.engine.zones import master_file
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine
PARENTS = """
import pulumi
from sophia_infra import IntelligentDnsZone
class Parent(pulumi.ComponentResource):
    def __init__(self, kind, domain, was=None):
        aliases = [pulumi.Alias(type_=f"x:index:{was}", name=was)] if was else []
        super().__init__(f"x:index:{kind}", kind, opts=pulumi.ResourceOptions(aliases=aliases))
        records = [{"name": kind.lower(), "type": "A", "value": "192.0.2.1"}]
        IntelligentDnsZone("web", {"domain": domain, "records": records}, pulumi.ResourceOptions(parent=self))
"""
BLUE, GREEN = 'Parent("Blue", "b.example")\n', 'Parent("Green", "g.example")\n'


def test_of_two_zones_of_one_name_below_other_parents_each_goes_by_itself(workspace: Workspace) -> None:
    blue, green, teal = (workspace.root / "zones" / f"db.{letter}.example" for letter in "bgt")
    workspace.program(PARENTS + BLUE + GREEN)
    workspace.up()
    workspace.up("--expect-no-changes")

    workspace.program(PARENTS + BLUE.replace("b.", "g.") + GREEN)
    refused = workspace.preview(check=False).text
    for called in ("'x:index:Blue::web'", "'x:index:Green::web'"):
        assert called in refused.partition("is managed as a whole by two resources, ")[2]

    workspace.program(PARENTS + 'Parent("Teal", "t.example", was="Blue")\n' + GREEN)
    workspace.up()
    assert blue.exists(), "it is for another domain now, and is called otherwise: the world asks there until then"
    workspace.program(PARENTS + GREEN)
    workspace.up()
    assert not teal.exists()
    assert green.exists()


def test_a_rename_of_a_zone_its_parent_or_its_stack_makes_nothing_and_it_goes_once(standing: Workspace) -> None:
    zone = master_file(standing).read_text()
    program = (standing.root / "__main__.py").read_text()
    parent = "import pulumi\nclass Parent(pulumi.ComponentResource):\n    pass\n"
    alias = "pulumi.Alias(name='shop', parent=pulumi.ROOT_STACK_RESOURCE)"
    options = f"pulumi.ResourceOptions(parent=Parent('x:index:Blue', 'blue'), aliases=[{alias}])"
    moved = program.replace('"shop", {', f'"store", opts={options}, args={{').replace("import pulumi\n", parent)
    standing.program(moved)
    assert "1 created" in standing.up().text, "the parent"
    standing.pulumi("stack", "rename", "moved")
    standing.stack = "moved"
    try:
        standing.up()
        told = standing.preview("--expect-no-changes").text
        assert "since this stack wrote it" not in told
        assert master_file(standing).read_text() == zone
        standing.program(moved.replace("192.0.2.3", "192.0.2.4"))
        standing.up()
        assert "; by store of demo/moved" in master_file(standing).read_text()
        standing.destroy()
        assert not master_file(standing).exists()
    finally:
        standing.stack = "test"


def test_drift_is_not_taken_away_unseen_and_a_targeted_run_takes_what_it_names(standing: Workspace) -> None:
    file = master_file(standing)
    zone, program = file.read_text(), (standing.root / "__main__.py").read_text()
    file.write_text(zone.replace("192.0.2.3", "192.0.2.66"))
    refused = standing.destroy(check=False)
    assert f"is not the last to have written {file}" in refused.text
    assert "192.0.2.66" in file.read_text()

    file.write_text(zone)
    (records,) = standing.resources("ZoneRecords")
    standing.program(program.replace('"shop", {', '"store", {'))
    standing.up("--target", records["urn"])
    assert not file.exists(), "its successor is no part of this run"

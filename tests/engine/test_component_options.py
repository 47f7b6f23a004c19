"""Pulumi's resource options on a zone and a certificate: each does what Pulumi says of it, or is refused by name."""

from typing import Any

import pytest

from tests.engine.zones import RECORDS, master_file
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine

OTHER = """
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Provider(ResourceProvider):
    def create(self, props):
        if props["fails"]:
            raise ValueError("it is not there")
        return CreateResult("other", props)

class Other(Resource):
    def __init__(self, fails):
        super().__init__(Provider(), "other", {"fails": fails})
"""


def program(workspace: Workspace, options: str, *, name: str = "shop", fails: bool = False, **arguments: Any) -> None:
    args = {"domain": "shop.example", "records": RECORDS, **arguments}
    workspace.write(
        "__main__.py",
        "import pulumi\nfrom sophia_infra import IntelligentDnsZone, SelfHealingCert\n"
        f"{OTHER}\nother = Other({fails})\n"
        f"IntelligentDnsZone({name!r}, {args!r}, pulumi.ResourceOptions({options}))\n",
    )


def test_each_option_works_as_pulumi_has_it_or_is_refused(workspace: Workspace) -> None:
    program(workspace, "ignore_changes=['records']")
    refused = workspace.preview(check=False)
    assert "IntelligentDnsZone 'shop': the option ignore_changes does nothing on a component" in refused.text
    assert "Traceback" not in refused.text

    program(workspace, "depends_on=[other]", fails=True)
    assert "it is not there" in workspace.up(check=False).text
    assert not master_file(workspace).exists()

    program(workspace, "protect=True, retain_on_delete=True, deleted_with=other, depends_on=[other]")
    workspace.up()
    (records,) = workspace.resources("ZoneRecords")
    assert (records["protect"], records["retainOnDelete"]) == (True, True)
    assert records["deletedWith"].endswith("::other")

    workspace.write("__main__.py", "")
    assert "it is protected" in workspace.up(check=False).text
    assert master_file(workspace).exists()

    renamed = "retain_on_delete=True, aliases=[pulumi.Alias(name='shop')]"
    program(workspace, renamed, name="store")
    workspace.up()
    (renamed_records,) = workspace.resources("ZoneRecords")
    assert renamed_records["urn"].endswith("::store")
    assert renamed_records["created"] == records["created"]  # the same object, no second one

    workspace.write("__main__.py", "")
    workspace.up()
    assert master_file(workspace).exists()
    assert workspace.resources("ZoneRecords") == []

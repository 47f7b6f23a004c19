"""Which certificate is which, on the engine: below parents, after a rename, after a rename of the stack."""

import pytest

from tests.engine.certificates import (
    CERTIFICATE,
    WITHIN_WINDOW,
    certificate_program,
    keys_in_state,
    move_clock,
    orders,
)
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine
TWO_PARENTS = """
import pulumi
from sophia_infra import SelfHealingCert
class Parent(pulumi.ComponentResource):
    def __init__(self, kind, name):
        super().__init__(f"x:index:{kind}", name)
        SelfHealingCert("web", {"domains": [f"{name}.shop.example"]}, pulumi.ResourceOptions(parent=self))
Parent("Blue", "b")
Parent("Green", "g")
"""


def test_one_name_below_parents_of_two_types_is_two_certificates(workspace: Workspace) -> None:
    workspace.program(TWO_PARENTS)
    workspace.up()
    labels = {one["outputs"]["label"] for one in workspace.resources(CERTIFICATE)}
    assert labels == {"demo/test/x:index:Blue::web", "demo/test/x:index:Green::web"}
    assert len(orders(workspace)) == 2
    workspace.up("--expect-no-changes")


def test_a_rename_of_the_certificate_or_its_stack_makes_nothing_and_renewal_goes_on(certified: Workspace) -> None:
    (key,), before = keys_in_state(certified), certified.outputs()
    certificate_program(certified)
    program = (certified.root / "__main__.py").read_text()
    renamed = program.replace('SelfHealingCert("shop", {', 'SelfHealingCert("store", opts=AS_SHOP, args={')
    alias = "AS_SHOP = pulumi.ResourceOptions(aliases=[pulumi.Alias(name='shop')])\n"
    certified.program(renamed.replace("import SelfHealingCert\n", f"import SelfHealingCert\n{alias}"))
    certified.up("--expect-no-changes")

    certified.pulumi("stack", "rename", "moved")
    certified.stack = "moved"
    try:
        certified.up("--expect-no-changes")
        assert keys_in_state(certified) == [key]
        assert certified.outputs() == before
        move_clock(certified, WITHIN_WINDOW)
        certified.up()
        assert len(orders(certified)) == 2
        assert keys_in_state(certified) != [key]
        assert "4 unchanged" in certified.preview().text
    finally:
        certified.stack = "test"

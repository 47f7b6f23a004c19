"""The names of a stack, as its state has them."""

from sophia_infra.agent.state_inventory import inventory_of
from sophia_infra.dns.importers.state_files import pulumi
from sophia_infra.dns.rr.rrset import RRset
from tests.support.workspace import REPO

RELEASE = REPO / "tests" / "fixtures" / "release_0_1"


def test_zones_pools_and_certificates_are_those_of_the_state() -> None:
    zone = inventory_of(pulumi((RELEASE / "rfc2136" / "state.json").read_text()))
    assert (
        RRset("shop.example", "@", "NS", ("ns1.dns.example.", "ns2.dns.example."), 3600) in zone.zones["shop.example"]
    )
    pooled = inventory_of(pulumi((RELEASE / "pooled" / "state.json").read_text()))
    assert pooled.pools == {"app.shop.example": ("127.0.0.11", "127.0.0.12", "127.0.0.14")}
    certificate = inventory_of(pulumi((RELEASE / "certificate" / "state.json").read_text()))
    assert certificate.certificates == {"shop": ("shop.example", "*.shop.example")}


def test_environments_and_settings_are_those_that_are_given() -> None:
    found = inventory_of([], ["sophia/dev"], ["shop:replicas"])
    assert (found.environments, found.settings) == (("sophia/dev",), ("shop:replicas",))


def test_a_stack_that_is_new_has_nothing() -> None:
    """As the engine exports one: `resources` is missing there."""
    assert inventory_of(pulumi('{"version": 3, "deployment": {"manifest": {"version": "v3.259.0"}}}')).zones == {}

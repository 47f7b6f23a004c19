"""One zone with several writers, or at several homes, on the real engine."""

import pytest

from tests.engine.zones import RECORDS, master_file, zone_program
from tests.support.workspace import Workspace, kill_all, wait_until

pytestmark = pytest.mark.engine

SHARED = (
    "$ORIGIN shop.example.\n$TTL 1h\n@ IN SOA ns1.dns.example. h.dns.example. 2030010101 1 2 3 4\n"
    "@ IN NS ns1.dns.example.\n@ IN NS ns2.dns.example.\n@ IN MX 10 mail\nmail IN A 192.0.2.3\n"
    '@ IN TXT "google-site-verification=abc"\n'
)
STALL = {"name": "stall", "type": "A", "values": ["192.0.2.7"]}
MOVED = {**STALL, "values": ["192.0.2.8"]}


def zone_exists(workspace: Workspace) -> None:
    """Somebody else's zone is served from where the stack's would be."""
    master_file(workspace).parent.mkdir()
    master_file(workspace).write_text(SHARED)


@pytest.mark.parametrize("manage", [pytest.param(["stall", "*.stall"], marks=pytest.mark.soak), ["created"]])
def test_a_stack_that_manages_a_part_of_a_zone_never_touches_the_rest(workspace: Workspace, manage: list[str]) -> None:
    zone_exists(workspace)
    zone_program(workspace, [STALL], manage=manage)
    shown = workspace.preview().text
    assert "1 to create" in shown
    assert "5 record sets are not this stack's and stay as they are: @ SOA, @ MX, @ NS, @ TXT, mail A" in shown
    workspace.up()
    workspace.preview("--expect-no-changes")
    served = master_file(workspace).read_text()
    assert "stall 3600 A 192.0.2.7" in served
    assert "@ 3600 MX 10 mail.shop.example." in served

    zone_program(workspace, [MOVED], manage=manage)
    workspace.up()
    assert "stall 3600 A 192.0.2.8" in master_file(workspace).read_text()

    workspace.destroy()
    left = master_file(workspace).read_text()
    assert "stall" not in left
    assert "mail 3600 A 192.0.2.3" in left
    assert "ns2.dns.example." in left


def test_what_others_change_in_a_shared_zone_is_neither_drift_nor_a_moved_base(workspace: Workspace) -> None:
    zone_exists(workspace)
    zone_program(workspace, [STALL], manage=["stall"])
    workspace.up()
    master_file(workspace).write_text(master_file(workspace).read_text() + "theirs 60 A 192.0.2.99\n")
    workspace.preview("--expect-no-changes")
    zone_program(workspace, [MOVED], manage=["stall"])
    workspace.up()
    assert "theirs 60 A 192.0.2.99" in master_file(workspace).read_text()


def test_a_stack_that_manages_what_it_created_takes_no_record_from_others(workspace: Workspace) -> None:
    zone_exists(workspace)
    zone_program(workspace, [{"name": "mail", "type": "A", "values": ["192.0.2.66"]}], manage=["created"])
    refused = workspace.preview(check=False)
    assert "mail A is live already and not this stack's" in refused.text
    assert master_file(workspace).read_text() == SHARED


MACHINE = """
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Machines(ResourceProvider):
    def create(self, props):
        return CreateResult("machine", {"address": "192.0.2.7"})

class Machine(Resource):
    address: pulumi.Output[str]

    def __init__(self):
        super().__init__(Machines(), "machine", {"address": None})

machine = Machine()
"""


def test_a_value_that_is_not_known_yet_takes_no_record_from_others_either(workspace: Workspace) -> None:
    def ask(name: str) -> None:
        record = f"[{{'name': {name!r}, 'type': 'A', 'value': machine.address}}]"
        zone_program(workspace, record, before=MACHINE, manage=["created"])

    zone_exists(workspace)
    ask("mail")
    assert "mail A is live already and not this stack's" in workspace.preview(check=False).text

    ask("stall")
    run = workspace.start("up", "--yes", "--skip-preview")
    wait_until(lambda: "stall" in master_file(workspace).read_text(), "the zone's new content")
    kill_all(run)
    workspace.cancel()
    workspace.pulumi("up", "--yes")
    workspace.preview("--expect-no-changes")
    assert "stall 3600 A 192.0.2.7" in master_file(workspace).read_text()


def test_ignored_records_stay_in_a_zone_that_is_managed_otherwise(workspace: Workspace) -> None:
    zone_exists(workspace)
    zone_program(workspace, RECORDS, ignore=['@ TXT "google-site-verification=*'])
    workspace.up()
    assert "google-site-verification=abc" in master_file(workspace).read_text()
    workspace.preview("--expect-no-changes")


def test_another_serial_scheme_neither_replaces_nor_removes_the_zone(standing: Workspace) -> None:
    zone_program(standing, backend={"serial": "counter"})
    assert "replace" not in standing.preview().text
    standing.up()
    assert "mail 3600 A 192.0.2.3" in master_file(standing).read_text()


def test_each_backend_has_its_own_plan_and_limits(workspace: Workspace) -> None:
    homes = {"inside": {"path": "inside/db"}, "outside": {"path": "outside/db", "limits": {"max_deletes": 0}}}
    zone_program(workspace, backends=homes)
    workspace.up()
    inside, outside = workspace.root / "inside" / "db", workspace.root / "outside" / "db"
    assert inside.read_text() == outside.read_text()

    outside.write_text(outside.read_text() + "evil 60 A 192.0.2.66\n")
    refused = workspace.preview(check=False)
    assert "max_deletes is 0" in refused.text
    inside.write_text(inside.read_text() + "evil 60 A 192.0.2.66\n")
    outside.write_text(outside.read_text().replace("evil 60 A 192.0.2.66\n", ""))
    workspace.up()
    assert "evil" not in inside.read_text()
    workspace.preview("--expect-no-changes")


def test_a_name_that_a_certificate_of_the_stack_needs_is_not_deleted_unnoticed(workspace: Workspace) -> None:
    def program(*records: object) -> None:
        zone_program(workspace, [*RECORDS, *records])
        certificate = (
            "from sophia_infra import SelfHealingCert\n"
            "SelfHealingCert('shop', {'domains': ['stall.shop.example'], 'zone': zone})\n"
        )
        workspace.write("__main__.py", (workspace.root / "__main__.py").read_text() + certificate)

    program(STALL)
    workspace.up()
    program()
    refused = workspace.preview(check=False)
    assert (
        "critical stall A delete: the name no longer leads anywhere, and is needed by the certificate shop"
        in refused.text
    )
    workspace.up(check=False)
    assert "stall 3600 A 192.0.2.7" in master_file(workspace).read_text()

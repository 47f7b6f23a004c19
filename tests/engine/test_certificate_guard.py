"""What a program guards itself with holds back no renewal, and still keeps what it is for."""

from datetime import timedelta

import pytest

from tests.engine.certificates import CERTIFICATE, KEY, keys_in_state, move_clock, orders
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine
GUARDED = (
    "import pulumi\nfrom sophia_infra import BlastRadius, SelfHealingCert\n"
    "BlastRadius()\n"
    "kept = pulumi.ResourceOptions(protect=True)\n"
    "certs = [SelfHealingCert(f'svc{i}', {'domains': [f'svc{i}.shop.example']}, kept) for i in range(6)]\n"
    "pulumi.export('key', certs[0].private_key_pem)\n"
)


def test_six_protected_certificates_of_one_day_renew_in_place_under_the_guard(workspace: Workspace) -> None:
    workspace.program(GUARDED)
    workspace.up()
    before = keys_in_state(workspace)
    first = workspace.outputs(show_secrets=True)["key"]

    move_clock(workspace, timedelta(days=61))
    assert "12 to update" in workspace.preview().text
    said = workspace.up().text
    assert "12 updated" in said
    assert len(orders(workspace)) == 12
    assert not set(before) & set(keys_in_state(workspace))
    assert len(workspace.resources(KEY)) == len(workspace.resources(CERTIFICATE)) == 6
    assert workspace.outputs(show_secrets=True)["key"] != first

    workspace.program("import pulumi\n" + GUARDED.replace("range(6)", "range(5)"))
    refused = workspace.preview(check=False)
    assert refused.returncode != 0
    assert "svc5" in refused.text
    assert "protect" in refused.text

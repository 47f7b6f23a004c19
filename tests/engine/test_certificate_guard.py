"""What a program guards itself with holds back no renewal, and still keeps what it is for."""

import json
import subprocess
import sys
from datetime import timedelta
from typing import Any

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


def planned(workspace: Workspace) -> Any:
    """What `sophia cert plan` says of the stack that is selected there."""
    ran = subprocess.run(
        [sys.executable, "-m", "sophia_infra", "cert", "plan", "--stack", "test", "--json"],
        cwd=workspace.root,
        env=workspace.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)["certificates"]


def test_six_protected_certificates_of_one_day_renew_in_place_under_the_guard(workspace: Workspace) -> None:
    workspace.program(GUARDED)
    workspace.up()
    before = keys_in_state(workspace)
    first = workspace.outputs(show_secrets=True)["key"]

    assert [found["reasons"] for found in planned(workspace)] == [[]] * 6
    move_clock(workspace, timedelta(days=61))
    foretold = [found["reasons"][0] for found in planned(workspace)]
    assert "12 to update" in workspace.preview().text
    said = workspace.up().text
    assert "12 updated" in said
    changes = [each["inputs"]["changes"]["reasons"][0] for each in workspace.resources(CERTIFICATE)]
    assert sorted(foretold) == sorted(changes)
    assert len(orders(workspace)) == 12
    assert not set(before) & set(keys_in_state(workspace))
    assert len(workspace.resources(KEY)) == len(workspace.resources(CERTIFICATE)) == 6
    assert workspace.outputs(show_secrets=True)["key"] != first

    workspace.program("import pulumi\n" + GUARDED.replace("range(6)", "range(5)"))
    refused = workspace.preview(check=False)
    assert refused.returncode != 0
    assert "svc5" in refused.text
    assert "protect" in refused.text

"""The pack policies/certificates over certificates of the library, on the engine."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.engine.certificates import WITHIN_WINDOW, certificate_program, move_clock, orders
from tests.support.workspace import REPO, Finished, Workspace

pytestmark = pytest.mark.engine

PACK = REPO / "policies" / "certificates"
LATE = """
from pulumi.dynamic import CreateResult, Resource, ResourceProvider
class Host(ResourceProvider):
    def create(self, props): return CreateResult('host', {'name': '*.late.example'})
class Late(Resource):
    name: pulumi.Output[str]
late = Late(Host(), 'late', {'name': None})
"""


def judged(workspace: Workspace, *command: str, config: Path | dict[str, Any]) -> Finished:
    if isinstance(config, dict):
        config = workspace.write("config.json", json.dumps(config))
    return workspace.pulumi(*command, "--policy-pack", str(PACK), "--policy-pack-config", str(config), check=False)


def test_a_renewal_passes_at_the_defaults_and_production_stops_it_before_anything_is_made(certified: Workspace) -> None:
    move_clock(certified, WITHIN_WINDOW)
    stopped = judged(certified, "up", "--yes", config=PACK / "prod.json")
    assert stopped.returncode != 0
    assert "[mandatory]  issuer  (pulumi-python:dynamic/sophia:Certificate: shop)" in stopped.text
    assert (
        "The issuer of shop.example is embedded; allowedIssuers are https://*. Give it another issuer" in stopped.text
    )
    assert "[mandatory]  wildcards  (pulumi-python:dynamic/sophia:Certificate: shop)" in stopped.text
    assert len(orders(certified)) == 1
    passed = judged(certified, "preview", config=PACK / "dev.json")
    assert passed.returncode == 0, passed.text
    certified.env["SOPHIA_REHEARSAL"] = "apply"
    passed = judged(certified, "up", "--yes", config=PACK / "dev.json")
    assert passed.returncode == 0, passed.text
    assert len(orders(certified)) == 2
    both = [
        "--policy-pack",
        str(PACK.parent / "blast_radius"),
        "--policy-pack-config",
        str(PACK.parent / "blast_radius/dev.json"),
    ]
    passed = judged(certified, "preview", *both, config=PACK / "dev.json")
    assert passed.returncode == 0, passed.text
    assert "sophia-blast-radius@v0.1.0" in passed.text
    wrong = judged(certified, "preview", config={"wildcards": {"wildcardOf": []}})
    assert wrong.returncode != 0
    assert (
        "wildcards.wildcardOf is no setting; known are wildcardsOf, ignoreTypes; did you mean wildcardsOf?"
        in wrong.text
    )


def test_a_name_that_comes_late_is_judged_before_its_certificate_is_ordered(workspace: Workspace) -> None:
    certificate_program(workspace, before=LATE, domains="['shop.example', late.name]")
    config = {"wildcards": {"wildcardsOf": ["shop.example"]}, "lifetime": {"maxLifetimeDays": 398}}
    passed = judged(workspace, "preview", config=config)
    assert passed.returncode == 0, passed.text
    stopped = judged(workspace, "up", "--yes", config=config)
    assert stopped.returncode != 0
    assert "*.late.example is a wildcard" in stopped.text
    assert orders(workspace) == []

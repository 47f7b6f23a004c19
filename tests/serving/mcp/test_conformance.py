"""The conformance suite of the Model Context Protocol, in both eras, on what it asks of any server.

Its other scenarios call tools, resources and prompts named `test_*`, which only a server made for it has.
"""

import json
import re
import subprocess
from pathlib import Path

import pytest

from engine import conformance
from tests.serving.mcp.served import Shop, serving

ANY_SERVER = {
    "2025-11-25": {
        "server-initialize",
        "server-session-lifecycle",
        "server-sse-multiple-streams",
        "ping",
        "tools-list",
        "tools-call-error",
        "resources-list",
        "prompts-list",
        "dns-rebinding-protection",
    },
    "2026-07-28": {
        "server-stateless",
        "server-sse-multiple-streams",
        "tools-list",
        "tools-call-error",
        "resources-list",
        "sep-2164-resource-not-found",
        "prompts-list",
        "dns-rebinding-protection",
        "caching",
        "http-header-validation",
        "input-required-result-unsupported-methods",
        "input-required-result-ignore-extra-params",
        "input-required-result-validate-input",
    },
}
CALL_A_TEST_TOOL = {"sep-2575-server-rejects-undeclared-capability", "sep-2575-missing-capability-http-400"}
"""Checks within `server-stateless` that call `test_missing_capability`."""


@pytest.mark.soak
@pytest.mark.parametrize("revision", ANY_SERVER)
def test_the_conformance_suite_finds_no_failure(revision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = conformance.look()
    if suite is None:
        pytest.skip("no conformance suite here: python -m engine.conformance, which needs npm")
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    with serving(Shop(tmp_path)) as address:
        words = ("server", "--url", address, "--requirements", revision, "-o", "found")
        subprocess.run([*suite, *words], cwd=tmp_path, capture_output=True, check=False, timeout=300)
    found: dict[str, set[str]] = {}
    for checks in (tmp_path / "found").glob("*/checks.json"):
        scenario = re.sub(r"^server-|-\d{4}-\d\d-\d\dT.*$", "", checks.parent.name)
        found[scenario] = {check["id"] for check in json.loads(checks.read_text()) if check["status"] == "FAILURE"}
    assert found.keys() >= ANY_SERVER[revision]
    assert {name: found[name] - CALL_A_TEST_TOOL for name in ANY_SERVER[revision]} == {
        name: set() for name in ANY_SERVER[revision]
    }

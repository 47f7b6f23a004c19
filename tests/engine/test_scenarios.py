"""Two dozen scenarios on the real engine, side by side in one stack: after each `up` a preview is empty."""

import json
import subprocess
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from tests.dns.scenarios.all import ALL
from tests.dns.scenarios.model import DOMAIN, Scenario, Step
from tests.dns.scenarios.run import NO_LIMITS, text_of
from tests.dns.test_scenarios import facts
from tests.support.primary import FRAME
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine

NAMES = (
    *("A", "MX", "SRV", "CAA", "NS with glue", "HTTPS", "a type without a name"),
    *("wildcard", "A to CNAME and back", "two names swap what they are", "names below become a delegation"),
    *("a value joins, and the set gets another TTL", "an international name", "upper case in names"),
    *("a dot inside a label", "apex NS", "zone emptied and filled again", "SOA fields"),
    *("TXT with backslash and quote", "TXT with semicolon", "TXT of 511 octets", "1200 records"),
    *("manage some names", "manage what was created here", "ignore a value", "one value of a set is somebody else's"),
)
PROGRAM = """\
import json
from pathlib import Path

from sophia_infra import IntelligentDnsZone

for label, arguments in json.loads(Path("zones.json").read_text()).items():
    IntelligentDnsZone(label, arguments)
"""


def path_of(workspace: Workspace, index: int) -> Path:
    return workspace.root / "zones" / f"db.{index}"


def arguments(step: Step, path: Path) -> dict[str, Any]:
    given = {"manage": list(step.manage), "ignore": list(step.ignore)}
    return {
        "domain": DOMAIN,
        "zone_text": text_of(step.zone),
        "limits": NO_LIMITS,
        "backend": {"kind": "file", "path": str(path)},
        **{name: patterns for name, patterns in given.items() if patterns},
    }


def write_by_hand(path: Path, lines: str) -> None:
    with path.open("a") as file:
        file.write(text_of(lines))


def frame(path: Path) -> str:
    return "".join(line for line in path.read_text().splitlines(True) if line.startswith("@ ") and " NS " in line)


def test_scenarios_side_by_side_in_one_stack(workspace: Workspace) -> None:
    scenarios: list[Scenario] = [ALL[name] for name in NAMES]
    (workspace.root / "zones").mkdir()
    for index in range(len(scenarios)):
        path_of(workspace, index).write_text(f"$ORIGIN {DOMAIN}.\n{FRAME}")
    workspace.program(PROGRAM)
    for round_ in zip_longest(*(one.steps for one in scenarios)):
        now = {index: step for index, step in enumerate(round_) if step}
        for index, step in now.items():
            write_by_hand(path_of(workspace, index), step.by_hand)
        zones = {f"zone{index}": arguments(step, path_of(workspace, index)) for index, step in now.items()}
        workspace.write("zones.json", json.dumps(zones))
        workspace.up()
        workspace.preview("--expect-no-changes")
        for index, step in now.items():
            check(path_of(workspace, index), step, scenarios[index].name)


def check(path: Path, step: Step, name: str) -> None:
    asked = text_of(step.zone + step.kept)
    expected = facts(asked + ("" if "@ 3600 NS" in asked else frame(path)))
    assert facts(path.read_text()) == expected, name
    subprocess.run(["named-checkzone", "-q", "-i", "none", "-k", "ignore", DOMAIN, path], check=True)

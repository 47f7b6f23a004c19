"""A preview of many changed zones in which a model advises: the time of all questions against that of the slowest."""

from itertools import count
from pathlib import Path

from bench.figures import Compare, Figure
from bench.stacks import stack
from sophia_infra.advice.claude.budget import Call
from sophia_infra.journal import Journal
from tests.support import messages_server
from tests.support.workspace import Workspace

RATIO, LATENCY = 2.5, 0.5
_PER_ZONE = 2000
"""Records of `--size` for each zone: the usual 100,000 stand for the 50 questions that a run may ask."""

PROGRAM = """
from sophia_infra import IntelligentDnsZone

for number in range({zones}):
    domain = f"zone-{{number:04}}.example"
    IntelligentDnsZone(domain, {{"domain": domain, "zone_text": (
        "@ 3600 NS ns1.dns.example.\\n@ 3600 NS ns2.dns.example.\\n"
        "@ 300 A 192.0.2.{version}\\nwww 300 CNAME @\\n@ 3600 MX 10 mail\\nmail 300 A 192.0.2.250\\n"
    )}})
"""


def figures(folder: Path, size: int, rounds: int) -> list[Figure]:
    """Change every zone before each preview."""
    zones, versions = max(2, size // _PER_ZONE), count(1)
    workspace = stack(folder, "ask", "")
    workspace.config("sophia:advisor", "claude")
    walls, slowest = list[float](), list[float]()
    with messages_server.running(latency=LATENCY) as model:
        workspace.env |= {"ANTHROPIC_BASE_URL": model.endpoint, "ANTHROPIC_API_KEY": messages_server.KEY}
        for _ in range(rounds + 1):  # the first, of new zones, does not count
            workspace.program(PROGRAM.format(zones=zones, version=next(versions)))
            workspace.pulumi("preview")
            wall, longest = _asking(workspace, zones)
            walls.append(wall)
            slowest.append(longest)
            workspace.up()
    what = f"advice on {zones} changed zones, {LATENCY:g} s an answer, against the slowest answer"
    note = f"{model.peak} questions at once"
    return [Figure(what, "s", tuple(walls[1:]), tuple(slowest[1:]), Compare.RATIO, RATIO, note=note)]


def _asking(workspace: Workspace, zones: int) -> tuple[float, float]:
    """The seconds from the first question to the last answer, and those of the slowest, by the journal."""
    calls = Journal.open(workspace.root / ".sophia").newest(Call, zones)
    began = min(found.time.timestamp() - found.row.seconds for found in calls)
    return max(found.time.timestamp() for found in calls) - began, max(found.row.seconds for found in calls)

"""Runs that are proposed without an engine: what it would have previewed is made up."""

from typing import Any

from sophia_infra.agent.editing import FileEdit
from sophia_infra.agent.execution import Run, Runs
from sophia_infra.agent.execution.bound import Bound
from sophia_infra.agent.execution.proposal import record
from sophia_infra.agent.execution.rows import Proposal
from sophia_infra.report import Report
from sophia_infra.report.model import Standing

EDIT = FileEdit("records/shop.example.zone", "@ IN A 192.0.2.1\nwww IN A 192.0.2.1\n", "@ IN A 192.0.2.1\n")
REMOVE: dict[str, Any] = {
    "op": "remove-records",
    "zone": "shop.example",
    "owner": "www",
    "rtype": "A",
    "values": [],
    "ttl": None,
}
SET = {**REMOVE, "op": "set-records", "values": ["192.0.2.2"]}


def proposed(runs: Runs, key: str = "0a1b2c3d", report: Report | None = None, **values: Any) -> Run:
    bound = Bound("program", "settings", "state", "plan")
    given: dict[str, Any] = {
        "operations": (SET,),
        "standing": "approve",
        "exposure": "low",
        "deletes": (),
        "answers": (),
        "stack": "shop/dev",
        **values,
    }
    proposal = Proposal(advice="", files=(), bound=bound, created=(), **given)
    record(runs, key, proposal, [EDIT], report or Report("shop/dev", Standing.APPROVE))
    return runs.at(key)

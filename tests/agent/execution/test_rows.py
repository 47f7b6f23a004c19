"""Rows of runs that another release wrote are read for good: an approval may wait over an upgrade."""

import json
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.advice.model import Advice, Request
from sophia_infra.agent.execution import Runs, State
from sophia_infra.agent.execution.rows import OfStack, Proposal, Step
from sophia_infra.journal import Journal
from sophia_infra.settings import Settings

ROWS: dict[str, Any] = json.loads((Path(__file__).parent / "rows_0_1.json").read_text())
"""What a run wrote on 2026-11-30, up to its request. Never edited: a change that can't read it breaks users' runs."""


@pytest.mark.parametrize("row", [Proposal, Step, OfStack])
def test_rows_of_before_are_read_and_written_as_they_were(row: type[Proposal | Step | OfStack]) -> None:
    for body in ROWS[row.RESOURCE]:
        kept = row.from_body(body).to_body()
        assert body.items() <= kept.items()


def test_a_run_that_waited_over_an_upgrade_still_waits_with_the_same_base(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    (proposal,) = map(Proposal.from_body, ROWS["proposal"])
    advice, request = Advice.from_body(ROWS["advice"]), Request.from_body(ROWS["request"])
    journal.write_once(advice.id, advice, request)
    journal.write("0a1b2c3d", proposal)
    for step in map(Step.from_body, ROWS["step"][:1]):
        journal.write("0a1b2c3d", step)
    run = Runs(journal, Settings()).at("0a1b2c3d")
    assert run.state is State.WAITING
    assert (run.row.bound.digest, request.fingerprint) == (request.facts["base"], advice.id)

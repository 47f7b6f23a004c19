"""A run asks for approval, and people say yes or no: by the approvals of advice, which bind, end and are journaled."""

from datetime import datetime

from sophia_infra.advice import approval
from sophia_infra.agent.execution import levels
from sophia_infra.agent.execution.rows import Word
from sophia_infra.agent.execution.runs import Run, RunError, Runs
from sophia_infra.agent.execution.states import State


def request(runs: Runs, run: Run) -> tuple[Run, str]:
    """Ask for approval; the level of autonomy gives it where its numbers allow that. Return why it did not, else "".

    Raises:
        RunError: a limit, a policy or an error stops the preview, or the advice is to block it.
        JournalError: it can't be journaled.
    """
    if not run.row.may_go:
        told = f"the preview of {run} is {run.row.standing}; see: sophia agent status {run.id}"
        raise RunError(told, code="run-refused", field="ID", value=run.row.standing)
    run = runs.take(run, Word.REQUESTED)
    why = levels.grant(runs, run)
    return runs.at(run.id), why


def approve(runs: Runs, run: Run, until: datetime | None = None, why: str = "") -> Run:
    """Approve what a run asks for, until then or for 7 days. A person does this; nothing that a model can call does.

    Raises:
        RunError: it asks for nothing.
        ApprovalError, JournalError: as `advice.approval.approve`.
    """
    run = waiting(runs, run)
    approval.approve(runs.journal, run.advice, run.advice.edits, until, why)
    return runs.at(run.id)


def decline(runs: Runs, run: Run, why: str = "") -> Run:
    """Say no to what a run asks for, which ends it, whatever is said later; raises as `approve`."""
    run = runs.take(waiting(runs, run), Word.DECLINED, why)
    approval.reject(runs.journal, run.advice, run.advice.edits, why)
    return run


def waiting(runs: Runs, run: Run) -> Run:
    """Return a run as it stands now, which waits for a person's word; RunError where it asks for nothing."""
    run = runs.at(run.id)
    if run.state is not State.WAITING:
        told = f"{run} is {run.state}, and asks for nothing" + (
            f"; first: sophia agent request {run.id}" if run.state is State.PROPOSED else ""
        )
        raise RunError(told, code="wrong-state", field="ID", value=str(run.state))
    return run

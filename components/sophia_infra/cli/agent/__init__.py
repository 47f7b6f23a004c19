"""`sophia agent`: from a sentence to a change of declared data. docs/agent.md says what of it is built."""

import click

from sophia_infra.cli.agent.ask import ask
from sophia_infra.cli.agent.decisions import approve, decline, request
from sophia_infra.cli.agent.explanation import explain
from sophia_infra.cli.agent.loop import run
from sophia_infra.cli.agent.plan import plan
from sophia_infra.cli.agent.runs import history, resume, rollback, status, stop
from sophia_infra.cli.agent.sentence import understand
from sophia_infra.cli.command import Group


@click.group(cls=Group)
def agent() -> None:
    """The agent: from a sentence to a change of declared data."""


for command in (
    understand,
    ask,
    plan,
    request,
    approve,
    decline,
    resume,
    status,
    stop,
    rollback,
    history,
    explain,
    run,
):
    agent.add_command(command)

"""`sophia agent`: from a sentence to a change of declared data. docs/agent.md says what of it is built."""

import click

from sophia_infra.cli.agent.asking import ask
from sophia_infra.cli.agent.deciding import approve, decline, request
from sophia_infra.cli.agent.explaining import explain
from sophia_infra.cli.agent.loop import run
from sophia_infra.cli.agent.planning import plan
from sophia_infra.cli.agent.running import history, resume, rollback, status, stop
from sophia_infra.cli.agent.understanding import understand
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

"""What the subcommands of `sophia agent` work on: the stack, its files, the runs of its journal; and how they end."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Command
from sophia_infra.cli.terminal import progress

if TYPE_CHECKING:
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent as Agent

DONE, REFUSED, WAITS, UNDECIDED = 0, 1, 3, 4
"""Exit codes, beside 2: it is as asked; it failed or is refused; a person has to say so; nobody can say."""
_REFUSALS = ("agent-moved", "no-plan", "nothing-to-do", "rollback-refused", "run-refused", "no-change-asked")
_REFUSED_WISHES = ("contradiction", "no-strategy", "strategies-stopped", "wish-refused", "by-hand")
ID = click.argument("beginning", metavar="ID")


class RunCommand(Command):
    """A subcommand for runs: what is refused in a run's own name ends with 1."""

    def code_of(self, error: Exception) -> int:
        """Return the exit code for an expected error."""
        return REFUSED if getattr(error, "code", "") in (*_REFUSALS, *_REFUSED_WISHES) else super().code_of(error)


def of_agent(command: Callable[..., int]) -> Callable[..., int]:
    """Add `--stack`, `--journal` and `--json`; the command gets one `agent`."""

    @wraps(command)
    def with_agent(stack: str | None, journal: str | None, **values: Any) -> int:
        return command(agent=_opened(stack, journal), **values)

    of_name = "Another stack than the one that is selected here."
    told = "The journal: a file, a folder or a URL; default that of the stack, else as for sophia audit."
    for option in (
        options.as_json,
        click.option("--journal", type=click.Path(readable=False), metavar="PATH", help=told),
        click.option("--stack", metavar="STACK", help=of_name),
    ):
        with_agent = option(with_agent)
    return with_agent


def _opened(stack: str | None, journal: str | None) -> "Agent":
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent

    return SophiaInfrastructureAgent.for_stack(stack, journal=journal, tell=progress)


def of_run(command: Callable[..., int]) -> Callable[..., int]:
    """Add ID, and what `of_agent` adds; the command gets one `run` as well."""

    @wraps(command)
    def with_run(agent: "Agent", beginning: str, **values: Any) -> int:
        return command(agent=agent, run=agent.find(beginning), **values)

    return of_agent(with_run)

"""`sophia agent request|approve|decline`: a run asks for approval, and a person says yes or no."""

from typing import TYPE_CHECKING

import click

from sophia_infra.cli.agent.opened import DONE, ID, REFUSED, WAITS, RunCommand, of_agent, of_run
from sophia_infra.cli.agent.runs import carried_out, gone_on, interruptible
from sophia_infra.cli.agent.view import agreed_to, show, told_of
from sophia_infra.cli.options import COUNT
from sophia_infra.cli.terminal import complain

if TYPE_CHECKING:
    from sophia_infra.agent.execution import Run
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent as Agent


@click.command(cls=RunCommand)
@click.option("--strategy", type=COUNT, metavar="N", default=1, help="Which strategy of a plan (default 1).")
@ID
@of_agent
def request(agent: "Agent", beginning: str, strategy: int, as_json: bool) -> int:
    """Ask for approval of a run, or of the first run of a plan's strategy, and go ahead at once where the level of
    autonomy and its numbers allow it.

    exit codes: 0 done, 1 failed or refused, 2 no such run or plan, 3 it waits for a person, 4 undecided

    examples:
      sophia agent request 7f3a09bc --strategy 2
    """
    return gone_on(agent, agent.request(beginning, strategy), as_json=as_json)


@click.command(cls=RunCommand)
@click.option("--why", metavar="TEXT", default="", help="Why, for those who read the journal.")
@ID
@of_run
def approve(agent: "Agent", run: "Run", why: str, as_json: bool) -> int:
    """Approve a run, as a person on a terminal, and carry it out. There is no option that says yes.

    exit codes: 0 done and verified, 1 failed, rolled back or not agreed to, 2 no such run, no terminal, 3 its files are
    on another machine, which goes on with it, 4 undecided

    examples:
      sophia agent approve 7f3a09bc --why 'agreed with the web team'
    """
    with interruptible(agent, run):
        code = decided(agent, run, why, as_json=as_json)
    if code is None:
        complain(f"not approved; {run} is {agent.runs.at(run.id).state}; to end it: sophia agent decline {run.id}")
    return REFUSED if code is None else code


def decided(agent: "Agent", run: "Run", why: str = "", *, as_json: bool = False) -> int | None:
    """Ask a person on the terminal about a run, and on a yes carry it out; return the exit code, None for a no."""
    from sophia_infra.agent.execution import apply, waiting
    from sophia_infra.agent.execution import approve as say_yes

    run = waiting(agent.runs, run)
    is_here = run.folder.is_dir()
    if is_here:
        apply.refuse_stale(agent.driver, run)  # nobody is asked for a word that would not hold
    if not agreed_to(f"Apply {run}?", told_of(run, with_diff=True), as_json=as_json):
        return None
    run = say_yes(agent.runs, run, why=why)
    if not is_here:
        complain(f"approved; the files of {run} are where it was planned: the loop there goes on with it, or `resume`")
        return WAITS
    return carried_out(agent, run, as_json=as_json)


@click.command(cls=RunCommand)
@click.option("--why", metavar="TEXT", default="", help="Why, for those who read the journal.")
@ID
@of_run
def decline(agent: "Agent", run: "Run", why: str, as_json: bool) -> int:
    """Say no to a run, which ends it.

    exit codes: 0 declined, 2 no such run, or it asks for nothing

    examples:
      sophia agent decline 7f3a09bc --why 'after the holidays'
    """
    from sophia_infra.agent.execution import decline as say_no

    show(say_no(agent.runs, run, why), as_json=as_json)
    return DONE

"""`sophia agent resume|status|stop|rollback|history`: runs that were approved, carried out and looked at."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING

import click

from sophia_infra.cli.agent.opened import DONE, ID, REFUSED, UNDECIDED, WAITS, RunCommand, of_agent, of_run
from sophia_infra.cli.agent.view import NOBODY, agreed_to, show, show_plan, told_of_preview
from sophia_infra.cli.options import COUNT
from sophia_infra.cli.terminal import complain, print_json, refuse_silence, say
from sophia_infra.errors import SophiaError

if TYPE_CHECKING:
    from sophia_infra.agent.execution import Run
    from sophia_infra.agent.execution.preview import Previewed
    from sophia_infra.agent.sophia import Handle
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent as Agent


@click.command(cls=RunCommand)
@ID
@of_agent
def resume(agent: "Agent", beginning: str, as_json: bool) -> int:
    """Go on with a run whose command was killed, or that was approved elsewhere; no step is taken twice. One that is
    inconclusive is verified again; one that was stopped since something had moved is planned anew. Of a plan, the next
    stage is planned anew and requested, once its wait is over.

    exit codes: 0 done, 1 failed or rolled back, 2 no such run, or not due, 3 it waits for a person, 4 undecided

    examples:
      sophia agent resume 7f3a09bc
    """
    from sophia_infra.agent.execution import State
    from sophia_infra.agent.execution.rows import Word

    handle = agent.resume(beginning)
    if handle.state is State.INCONCLUSIVE:
        agent.runs.take(agent.runs.at(handle.id), Word.VERIFYING)
    return gone_on(agent, handle, as_json=as_json)


@click.command(cls=RunCommand)
@ID
@of_run
def stop(agent: "Agent", run: "Run", as_json: bool) -> int:
    """Stop a run. An engine that is at work is asked once, and waited for: it ends what it is at.

    exit codes: 0 stopped, 2 no such run, or it has ended

    examples:
      sophia agent stop 7f3a09bc
    """
    show(agent.driver.stop(run), as_json=as_json)
    return DONE


@click.command(cls=RunCommand)
@ID
@of_run
def rollback(agent: "Agent", run: "Run", as_json: bool) -> int:
    """Preview what was before, and on a person's word apply that and verify it; once.

    exit codes: 0 rolled back and verified, 1 not agreed to, or it did not get there, 2 no such run, no terminal

    examples:
      sophia agent rollback 7f3a09bc
    """
    from sophia_infra.agent.execution import State

    def agree(found: "Previewed") -> bool:
        return agreed_to(f"Put back what was before {run}?", told_of_preview(found.report), as_json=as_json)

    refuse_silence(NOBODY)  # before the preview, which takes its time
    with interruptible(agent, run):
        run = agent.driver.roll_back(run, agree)
    show(run, as_json=as_json)
    return DONE if run.state is State.ROLLED_BACK else REFUSED


@click.command(cls=RunCommand)
@click.argument("beginning", metavar="[ID]", default="")
@of_agent
def status(agent: "Agent", beginning: str, as_json: bool) -> int:
    """Where a run or a plan stands, and what is next; without ID, the newest run.

    exit codes: 0 told, 2 no such run or plan

    examples:
      sophia agent status 7f3a09bc
    """
    from sophia_infra.agent.strategies import Plans

    if plan := Plans(agent.runs).find(beginning):
        show_plan(agent, plan, as_json=as_json)
        return DONE
    run = agent.find(beginning) if beginning else agent.runs.newest(agent.stack)
    show(run, as_json=as_json, with_diff=True)
    return DONE


@click.command(cls=RunCommand)
@click.option("--last", "most", type=COUNT, metavar="N", default=20, help="How many, newest first (default 20).")
@of_agent
def history(agent: "Agent", most: int, as_json: bool) -> int:
    """List the runs of a stack, newest first.

    exit codes: 0 told, 2 the journal can't be read

    examples:
      sophia agent history --last 5
    """
    from sophia_infra.agent.execution.view import body_of, what_of

    found = list(islice(agent.runs.of_stack(agent.stack), most + 1))
    runs, older = found[:most], len(found) > most
    if older:
        complain(f"these are the newest {most}; older ones are left out: --last N")
    if as_json:
        print_json(runs=[body_of(run) for run in runs], older=older)
        return DONE
    for run in runs:
        say(f"{run.id}  {run.proposal.time:%Y-%m-%d %H:%M}  {run.state}  {what_of(run)}")
    if not runs:
        say(f"{agent.stack} has no runs; see: sophia agent plan")
    return DONE


def gone_on(agent: "Agent", handle: "Handle", *, as_json: bool) -> int:
    """Tell why what was asked for is left to a person, carry it out as far as it goes, and return the exit code."""
    if handle.left:
        complain(f"left to a person: {handle.left}; a person says: sophia agent approve {handle.id}")
    run = agent.runs.at(handle.id)
    with interruptible(agent, run):
        return carried_out(agent, run, as_json=as_json)


@contextmanager
def interruptible(agent: "Agent", run: "Run") -> Iterator[None]:
    """Tell whose command is interrupted, or fails in the middle, where the run stands; its engine goes on."""
    from sophia_infra.agent.execution.states import GOES_ON
    from sophia_infra.agent.execution.view import next_of

    def standing() -> str:
        now = agent.runs.at(run.id)
        more = f", and what its engine has begun goes on; to stop it: sophia agent stop {run.id}"
        following = next_of(now)
        return f"{now} is {now.state}{more if now.state in GOES_ON else ''}{following and f'; next: {following}'}"

    try:
        yield
    except KeyboardInterrupt:
        complain(f"interrupted; {standing()}")
        raise
    except (SophiaError, OSError) as error:
        with suppress(SophiaError, OSError):
            if agent.runs.at(run.id).state in GOES_ON:
                error.add_note(standing())
        raise


def carried_out(agent: "Agent", run: "Run", *, as_json: bool) -> int:
    """Carry a run out as far as it goes, tell of it, and return the exit code."""
    run = agent.driver.go_on(run)
    show(run, as_json=as_json)
    return exit_code(run)


def exit_code(run: "Run") -> int:
    """Return the exit code for a run as it stands."""
    from sophia_infra.agent.execution import State

    codes = {State.DONE: DONE, State.WAITING: WAITS, State.PROPOSED: WAITS, State.INCONCLUSIVE: UNDECIDED}
    return codes.get(run.state, REFUSED)

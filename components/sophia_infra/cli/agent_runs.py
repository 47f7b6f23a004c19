"""`sophia agent plan|request|approve|decline|resume|status|stop|rollback|history`: changes that are carried out."""

import json
import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Command, Parsed
from sophia_infra.cli.options import COUNT, FILE
from sophia_infra.cli.terminal import (
    BOLD,
    GREEN,
    RED,
    YELLOW,
    UsageError,
    agreed,
    complain,
    print_json,
    progress,
    refuse_silence,
    say,
)

if TYPE_CHECKING:
    from sophia_infra.agent.editing import Places
    from sophia_infra.agent.execution import Driver, Run, Runs
    from sophia_infra.agent.execution.planning import Previewed
    from sophia_infra.agent.operations import Operation

Line = tuple[str, str]
"""A line to show, and its colour, empty for none."""
DONE, REFUSED, WAITS, UNDECIDED = 0, 1, 3, 4
"""Exit codes, beside 2: it is as asked; it failed or is refused; a person has to say so; nobody can say."""
_REFUSALS = ("agent-moved", "no-plan", "nothing-to-do", "rollback-refused", "run-refused")
_NOBODY = "there is no terminal to ask on, and no terminal means no: a person runs this, or sophia:approvals says yes"
_MOST = 50


class RunCommand(Command):
    """A subcommand for runs: what is refused in a run's own name ends with 1."""

    def code_of(self, error: Exception) -> int:
        """Return the exit code for an expected error."""
        return REFUSED if getattr(error, "code", "") in _REFUSALS else super().code_of(error)


@dataclass(frozen=True, slots=True)
class Agent:
    """What a subcommand works on: the stack's files, and the runs of its journal."""

    stack: str
    places: "Places"
    runs: "Runs"

    @property
    def driver(self) -> "Driver":
        """What carries runs out; what takes its time is told on a terminal."""
        from sophia_infra.agent.execution import Driver

        return Driver(self.runs, self.places, tell=progress)


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


def _opened(stack: str | None, journal: str | None) -> Agent:
    from sophia_infra import settings
    from sophia_infra.agent.editing import Places
    from sophia_infra.agent.execution import Runs
    from sophia_infra.doctor.engine import answer
    from sophia_infra.home import project
    from sophia_infra.journal import Journal

    folder = project().resolve()
    chosen = stack or answer("stack", "--show-name", folder=folder)
    if not chosen:
        raise UsageError("no stack is selected here; name one with --stack", field="--stack")
    places = Places(folder, chosen)
    files = places.settings
    if fault := files.fault or files.project_fault:
        raise UsageError(f"the settings of the stack can't be read: {fault}", field=str(files.file))
    name = f"{(files.project or {}).get('name')}/{chosen.rpartition('/')[2]}"
    opened = Journal.open(journal, "--journal") if journal else settings.journal(files.get)
    return Agent(name, places, Runs(opened, settings.read(files.get)))


def of_run(command: Callable[..., int]) -> Callable[..., int]:
    """Add ID, and what `of_agent` adds; the command gets one `run` as well."""

    @wraps(command)
    def with_run(agent: Agent, beginning: str, **values: Any) -> int:
        run = agent.runs.find(beginning)
        if run.row.stack != agent.stack:
            told = f"{run} is about {run.row.stack}, and this is {agent.stack}; name the stack with --stack"
            raise UsageError(told, field="--stack")
        return command(agent=agent, run=run, **values)

    return of_agent(with_run)


def _command(text: str) -> str:
    """A command as it was given, which a shell could split; ValueError where none could."""
    shlex.split(text)
    return text


ID = click.argument("beginning", metavar="ID")


@click.command(cls=RunCommand)
@click.option("--operations", "file", type=FILE, metavar="FILE", required=True, help="Operations as JSON; - is stdin.")
@click.option(
    "--check",
    "checks",
    metavar="COMMAND",
    multiple=True,
    type=Parsed(_command),
    help="A command that must pass; may be repeated.",
)
@of_agent
def plan(file: str, checks: tuple[str, ...], agent: Agent, as_json: bool) -> int:
    """Preview a change of declared files in a copy of the project, and propose it. Nothing else is written.

    FILE holds a list of operations (docs/agent.md).

    exit codes: 0 proposed, 1 a limit, a policy or an error stops it, or nothing would change, 2 not readable

    examples:
      sophia agent plan --operations change.json
      sophia agent plan --operations - --stack prod --check 'curl -fsS https://www.shop.example/health'
    """
    from sophia_infra.agent.execution import plan as propose

    run = propose(agent.runs, agent.places, agent.stack, _operations(file), checks, progress)
    _show(run, as_json=as_json, with_diff=True)
    return REFUSED if run.row.standing in ("block", "stopped") else DONE


@click.command(cls=RunCommand)
@ID
@of_run
def request(agent: Agent, run: "Run", as_json: bool) -> int:
    """Ask for approval of a run, and go ahead at once where the level of autonomy and its numbers allow it.

    exit codes: 0 done, 1 failed or refused, 2 no such run, 3 it waits for a person, 4 undecided

    examples:
      sophia agent request 7f3a09bc
    """
    from sophia_infra.agent.execution import request as ask

    run, why = ask(agent.runs, run)
    if why:
        complain(f"left to a person: {why}; a person says: sophia agent approve {run.id}")
    return _carried_out(agent, run, as_json=as_json)


@click.command(cls=RunCommand)
@click.option("--why", metavar="TEXT", default="", help="Why, for those who read the journal.")
@ID
@of_run
def approve(agent: Agent, run: "Run", why: str, as_json: bool) -> int:
    """Approve a run, as a person on a terminal, and carry it out. There is no option that says yes.

    exit codes: 0 done and verified, 1 failed, rolled back or not agreed to, 2 no such run, no terminal, 4 undecided

    examples:
      sophia agent approve 7f3a09bc --why 'agreed with the web team'
    """
    from sophia_infra.agent.execution import approve as say_yes

    if not _agreed(f"Apply {run}?", _told(run, with_diff=True), as_json=as_json):
        complain("not approved; nothing was recorded")
        return REFUSED
    return _carried_out(agent, say_yes(agent.runs, run, why=why), as_json=as_json)


@click.command(cls=RunCommand)
@click.option("--why", metavar="TEXT", default="", help="Why, for those who read the journal.")
@ID
@of_run
def decline(agent: Agent, run: "Run", why: str, as_json: bool) -> int:
    """Say no to a run, which ends it.

    exit codes: 0 declined, 2 no such run, or it asks for nothing

    examples:
      sophia agent decline 7f3a09bc --why 'after the holidays'
    """
    from sophia_infra.agent.execution import decline as say_no

    _show(say_no(agent.runs, run, why), as_json=as_json)
    return DONE


@click.command(cls=RunCommand)
@ID
@of_run
def resume(agent: Agent, run: "Run", as_json: bool) -> int:
    """Go on with a run whose command was killed, or that was approved elsewhere; no step is taken twice.

    exit codes: 0 done, 1 failed or rolled back, 2 no such run, 3 it waits for a person, 4 undecided

    examples:
      sophia agent resume 7f3a09bc
    """
    return _carried_out(agent, run, as_json=as_json)


@click.command(cls=RunCommand)
@ID
@of_run
def stop(agent: Agent, run: "Run", as_json: bool) -> int:
    """Stop a run. An engine that is at work is asked once, and waited for: it ends what it is at.

    exit codes: 0 stopped, 2 no such run, or it has ended

    examples:
      sophia agent stop 7f3a09bc
    """
    _show(agent.driver.stop(run), as_json=as_json)
    return DONE


@click.command(cls=RunCommand)
@ID
@of_run
def rollback(agent: Agent, run: "Run", as_json: bool) -> int:
    """Preview what was before, and on a person's word apply that and verify it; once.

    exit codes: 0 rolled back and verified, 1 not agreed to, or it did not get there, 2 no such run, no terminal

    examples:
      sophia agent rollback 7f3a09bc
    """
    from sophia_infra.agent.execution import State
    from sophia_infra.report import markdown

    def agree(found: "Previewed") -> bool:
        lines = ((line, "") for line in markdown.render(found.report).splitlines())
        return _agreed(f"Put back what was before {run}?", lines, as_json=as_json)

    refuse_silence(_NOBODY)  # before the preview, which takes its time
    run = agent.driver.roll_back(run, agree)
    _show(run, as_json=as_json)
    return DONE if run.state is State.ROLLED_BACK else REFUSED


@click.command(cls=RunCommand)
@click.argument("beginning", metavar="[ID]", default="")
@of_run
def status(agent: Agent, run: "Run", as_json: bool) -> int:
    """Where a run stands, and what is next; without ID, the newest one.

    exit codes: 0 told, 2 no such run

    examples:
      sophia agent status 7f3a09bc
    """
    _show(run, as_json=as_json, with_diff=True)
    return DONE


@click.command(cls=RunCommand)
@click.option("--last", "most", type=COUNT, metavar="N", default=20, help="How many, newest first (default 20).")
@of_agent
def history(agent: Agent, most: int, as_json: bool) -> int:
    """List the runs of the journal, newest first.

    exit codes: 0 told, 2 the journal can't be read

    examples:
      sophia agent history --last 5
    """
    runs = [run for run in agent.runs.newest(min(most, _MOST)) if run.row.stack == agent.stack]
    if as_json:
        print_json(runs=[_body(run) for run in runs])
        return DONE
    for run in runs:
        say(f"{run.id}  {run.proposal.time:%Y-%m-%d %H:%M}  {run.state}  {run.advice.summary}")
    if not runs:
        say("no runs")
    return DONE


COMMANDS = (plan, request, approve, decline, resume, status, stop, rollback, history)


def _operations(file: str) -> "list[Operation]":
    from sophia_infra.agent.operations import Operation
    from sophia_infra.cli.sources import name_of, read_text

    try:
        found = json.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name_of(file)} is no JSON: {error}", field="--operations") from None
    given = found.get("operations", found) if isinstance(found, dict) else found
    if not isinstance(given, list) or not given:
        raise UsageError(f"{name_of(file)} holds no list of operations", field="--operations")
    return [Operation.from_body(body) for body in given]


def _carried_out(agent: Agent, run: "Run", *, as_json: bool) -> int:
    from sophia_infra.agent.execution import State

    run = agent.driver.go_on(run)
    _show(run, as_json=as_json)
    codes = {State.DONE: DONE, State.WAITING: WAITS, State.PROPOSED: WAITS, State.INCONCLUSIVE: UNDECIDED}
    return codes.get(run.state, REFUSED)


def _body(run: "Run") -> dict[str, Any]:
    from sophia_infra.codec import encode

    steps = [
        {"word": step.row.word, "time": encode(step.time), "by": step.row.by, "why": step.row.why} for step in run.steps
    ]
    row = run.row
    return {
        "id": run.id,
        "stack": row.stack,
        "state": run.state,
        "why": run.why,
        "advice": row.advice,
        "standing": row.standing,
        "exposure": row.exposure,
        "operations": [dict(operation) for operation in row.operations],
        "files": [file.path for file in row.files],
        "steps": steps,
    }


def _agreed(question: str, lines: Iterable[Line], *, as_json: bool) -> bool:
    """Show a person what is asked, on stderr where stdout is for JSON, and ask."""
    refuse_silence(_NOBODY)
    if as_json:
        complain("\n".join(line for line, _ in lines))
    else:
        _say(lines)
    return agreed(question, _NOBODY)


def _show(run: "Run", *, as_json: bool = False, with_diff: bool = False) -> None:
    if as_json:
        print_json(run=_body(run))
    else:
        _say(_told(run, with_diff=with_diff))


def _say(lines: Iterable[Line]) -> None:
    for line, colour in lines:
        say(line, colour)


def _told(run: "Run", *, with_diff: bool) -> Iterator[Line]:
    from sophia_infra.advice.approvals_file import shown
    from sophia_infra.agent.execution import State

    colour = GREEN if run.state is State.DONE else BOLD
    yield f"{run} of {run.row.stack}: {run.state}{run.why and f': {run.why}'}", colour
    if with_diff:
        yield f"exposure {run.row.exposure}, the preview says {run.row.standing}; {run.advice.summary}", ""
        for edit in run.advice.edits:
            for line in shown(edit):
                yield line, {"-": RED, "+": GREEN}.get(line[:1], "")
        for line in _stays(run):
            yield line, YELLOW
    if following := _NEXT.get(str(run.state)):
        yield f"next: sophia agent {following} {run.id}", ""


def _stays(run: "Run") -> Iterator[str]:
    """What no way back undoes."""
    from sophia_infra.dns.rr.record import from_text

    texts = (text for each in run.row.answers for text in (each.before, each.after))
    ttls = [record.ttl for text in texts for record in from_text(text)]
    if ttls:
        yield f"can't be undone: resolvers may hold what was, and what will be, for {max(ttls)} s"
    for urn in run.row.deletes:
        yield f"can't be undone: {urn} is deleted or replaced, with what it held"


_NEXT = {
    "proposed": "request",
    "waiting": "approve",
    "approved": "resume",
    "applying": "resume",
    "verifying": "resume",
    "failed": "rollback",
    "inconclusive": "rollback",
    "rolling-back": "resume",
    "verifying-rollback": "resume",
}

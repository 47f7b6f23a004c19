"""`sophia agent run`: the loop that observes a stack, proposes, and acts within the numbers of its autonomy."""

import json
import signal
from dataclasses import replace
from datetime import timedelta
from types import FrameType
from typing import TYPE_CHECKING

import click

from sophia_infra.cli.agent.opened import DONE, REFUSED, WAITS, RunCommand, of_agent
from sophia_infra.cli.command import UNREADABLE
from sophia_infra.cli.terminal import BOLD, GREEN, JSON_VERSION, RED, YELLOW, UsageError, complain, say
from sophia_infra.values import Value

if TYPE_CHECKING:
    from sophia_infra.agent.loop import Event, Service
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent as Agent

_COLOURS = {"told": YELLOW, "proposed": BOLD, "done": GREEN, "failed": RED, "error": RED}


@click.command(cls=RunCommand)
@click.option("--once", is_flag=True, help="One round, then end.")
@click.option("--every", metavar="TIME", help="How often to look, such as 5m; default sophia:agent.every, else 15m.")
@of_agent
def run(agent: "Agent", once: bool, every: str | None, as_json: bool) -> int:
    """Observe the stack again and again: drift, expiries, advice, pools, secrets. What can be mended is proposed, and
    goes ahead where the level of autonomy and its numbers allow it; the rest is told, once.

    Runs that were approved elsewhere, or whose command was killed, are gone on with. SIGINT and SIGTERM end it after
    the phase that it is in. With --json each event is an object on a line.

    exit codes: 0 ended as asked; with --once 1 a run failed, 2 the stack can't be looked at, or its preview fails, 3 a
    run waits for a person

    examples:
      sophia agent run --stack prod
      sophia agent run --once --json
      sophia agent run --every 5m
    """
    service = _service(agent, every, as_json=as_json)
    if not once:
        service.run()
        return DONE
    service.once()
    if error := service.rounds.error:
        raise error
    if service.rounds.is_blind:
        return UNREADABLE
    return REFUSED if service.rounds.failed else WAITS if service.rounds.waiting() else DONE


def _service(agent: "Agent", every: str | None, *, as_json: bool) -> "Service":
    from sophia_infra import settings
    from sophia_infra.agent.execution import Runs
    from sophia_infra.agent.loop import Event, Rounds, Service
    from sophia_infra.agent.loop.dbos import Dbos
    from sophia_infra.agent.loop.streams import Streams
    from sophia_infra.credentials import resolve

    chosen = agent.runs.settings.agent
    length = chosen.every
    if every:
        length = Value("--every", every, UsageError).length(timedelta(seconds=10), timedelta(days=7))
    rounds = Rounds(agent, _tell_json if as_json else _tell)
    durable = Dbos(agent.stack, rounds.phases, resolve(chosen.database, "sophia:agent.database"))
    streams = Streams(
        agent.stack,
        resolve(chosen.redis, "sophia:agent.redis"),
        lambda told: rounds.say(Event("redis", told, agent.stack)),
    )

    def reread() -> "Agent":
        return replace(agent, runs=Runs(agent.runs.journal, settings.read(agent.places.settings.get)))

    def stop(*_: "int | FrameType | None") -> None:
        if not rounds.stopping.is_set():
            complain("ending after the phase that it is in")
        rounds.stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return Service(rounds, durable, streams, reread, length)


def _tell(event: "Event") -> None:
    about = " ".join(filter(None, (event.subject, event.run and f"run {event.run}")))
    say(f"{event.what}  {about}{event.text and f': {event.text}'}", _COLOURS.get(event.what, ""))


def _tell_json(event: "Event") -> None:
    from sophia_infra.codec import encode

    print(json.dumps({"version": JSON_VERSION, **encode(event)}), flush=True)

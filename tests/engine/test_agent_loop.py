"""The loop on the real engine and a real Knot: what drifts is told once, what is advised is proposed, carried out and
verified at the name server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sophia_infra.agent.execution import State, approve
from sophia_infra.agent.execution.rows import Word
from sophia_infra.agent.execution.runs import APPLY
from sophia_infra.agent.loop import Event, Rounds, Service
from sophia_infra.agent.loop.dbos import Dbos
from sophia_infra.agent.loop.streams import Streams
from sophia_infra.agent.sophia import SophiaInfrastructureAgent, silent
from sophia_infra.engine_process.engine import PROCESS
from tests.agent.loop.test_streams import server_to_kill
from tests.engine.agent_site import HOLD, Site
from tests.engine.test_agent import DECLARED, FILE, _site, site, www
from tests.support.workspace import Workspace, wait_until

__all__ = ["_site", "site"]
pytestmark = pytest.mark.engine


class Loop:
    """A loop on the stack, and what it said since it was last asked."""

    def __init__(self) -> None:
        self.said: list[Event] = []
        agent = SophiaInfrastructureAgent.for_stack("test")
        rounds = Rounds(agent, self.said.append)
        durable, streams = Dbos(agent.stack, rounds.phases), Streams(agent.stack, "", silent)
        self.service = Service(rounds, durable, streams, self._agent, agent.runs.settings.agent.every)

    def _agent(self) -> SophiaInfrastructureAgent:
        return SophiaInfrastructureAgent.for_stack("test")

    def round(self) -> list[tuple[str, str]]:
        self.said.clear()
        self.service.once()
        assert self.service.rounds.error is None
        return [(event.what, event.subject) for event in self.said if event.what != "round"]


@pytest.fixture
def loop(site: Site) -> Loop:
    return Loop()


def test_drift_is_told_once_and_cleared_once_it_is_mended(site: Site, loop: Loop) -> None:
    loop.round()  # what there is to say of the stack as it stands
    assert loop.round() == []
    site.server.update(lambda message: message.replace("shop", 300, "A", "192.0.2.44"))
    assert loop.round() == [("told", "zone shop.example")]
    assert loop.round() == []
    site.workspace.up("--refresh")
    assert loop.round() == [("cleared", "zone shop.example")]


def test_an_edit_that_is_advised_is_proposed_and_carried_out_on_a_person_s_word(site: Site, loop: Loop) -> None:
    site.workspace.write(FILE, DECLARED + "@ IN MX 10 mail.shop.example\n")  # the last dot is missing
    site.workspace.up()
    assert ("proposed", "zone shop.example @ MX") in loop.round()
    (run, *_) = site.runs.of_stack("demo/test")
    assert (run.state, site.serves("@ 3600 MX 10 mail.shop.example.shop.example.")) == (State.WAITING, True)
    approve(site.runs, run)
    told = loop.round()
    assert [what for what, _ in told][:2] == ["executing", "done"]
    assert ("cleared", "zone shop.example @ MX") in told
    assert site.serves("@ 3600 MX 10 mail.shop.example.")


@contextmanager
def run_loop() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "sophia_infra", "agent", "run", "--stack", "test", "--json", "--every", "1h"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as loop:
        try:
            yield loop
        finally:
            loop.kill()


def heard(loop: subprocess.Popen[str], last: str) -> list[str]:
    """What a loop says until a word."""
    assert loop.stdout
    words = list[str]()
    while last not in words:
        words.append(json.loads(loop.stdout.readline())["what"])
    return words


def test_a_loop_that_is_killed_in_an_apply_together_with_its_redis_is_gone_on_with_and_writes_once(
    site: Site, tmp_path: Path
) -> None:
    with server_to_kill(tmp_path) as (url, kill):
        site.workspace.config("sophia:agent", json.dumps({"redis": url}))
        run, written = site.approved(www(90, "mail")), len(site.updates)
        site.hold(HOLD)
        with run_loop() as first:
            wait_until((run.engine(APPLY).folder / PROCESS).exists, "the engine to begin")
            kill()
            first.kill()
    with run_loop() as second:
        assert heard(second, "executing") == ["executing"]
        site.let_go()
        assert "done" in heard(second, "redis")
    done = site.runs.at(run.id)
    assert [step.row.word for step in done.steps].count(Word.APPLYING) == 1
    assert (done.state, len(site.updates) - written) == (State.DONE, 1)
    site.refuse_leftovers()
    site.workspace.pulumi("config", "rm", "sophia:agent")


def test_a_round_needs_no_network_but_the_machine_s_own(standing: Workspace) -> None:
    """In a network namespace with loopback alone: the intents, and a round of the loop."""
    alone = ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if (tried := subprocess.run([*alone, "true"], capture_output=True, text=True, check=False)).returncode:
        pytest.skip(f"this system gives no network namespace: {tried.stderr.strip()}")
    for command in (
        ["run", "--once", "--stack", "test", "--json"],
        ["understand", "point www at 192.0.2.5", "--stack", "test"],
        ["ask", "which zones do we have?", "--stack", "test"],
    ):
        ran = subprocess.run(
            [*alone, sys.executable, "-m", "sophia_infra", "agent", *command],
            cwd=standing.root,
            env=os.environ | standing.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr

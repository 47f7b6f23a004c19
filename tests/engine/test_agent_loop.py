"""The loop on the real engine and a real Knot: what drifts is told once, what is advised is proposed, carried out and
verified at the name server."""

import os
import subprocess
import sys

import pytest

from sophia_infra.agent.execution import State, approve
from sophia_infra.agent.loop import Event, Rounds, Service
from sophia_infra.agent.loop.dbos import Dbos
from sophia_infra.agent.loop.streams import Streams
from sophia_infra.agent.sophia import SophiaInfrastructureAgent, silent
from tests.engine.agent_site import Site
from tests.engine.test_agent import DECLARED, FILE, _site, site
from tests.engine.zones import RECORDS, zone_program
from tests.support.workspace import Workspace

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


def test_a_round_needs_no_network_but_the_machine_s_own(workspace: Workspace) -> None:
    """In a network namespace with loopback alone: the intents, and a round of the loop."""
    alone = ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if (tried := subprocess.run([*alone, "true"], capture_output=True, text=True, check=False)).returncode:
        pytest.skip(f"this system gives no network namespace: {tried.stderr.strip()}")
    zone_program(workspace, RECORDS)
    workspace.up()
    for command in (
        ["run", "--once", "--stack", "test", "--json"],
        ["understand", "point www at 192.0.2.5", "--stack", "test"],
        ["ask", "which zones do we have?", "--stack", "test"],
    ):
        ran = subprocess.run(
            [*alone, sys.executable, "-m", "sophia_infra", "agent", *command],
            cwd=workspace.root,
            env=os.environ | workspace.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr

"""Strategies on the real engine, with a zone on a real Knot: one stack for all, and each test has names of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sophia_infra import Requirement, SophiaInfrastructureAgent, clock
from sophia_infra.agent.execution import Run, State, approve
from sophia_infra.agent.execution.preview import previewed
from sophia_infra.agent.operations import RemoveRecords, SetRecords
from sophia_infra.agent.sophia import silent
from sophia_infra.agent.strategies import Plans, StrategyError
from sophia_infra.agent.strategies.stages import go_on
from sophia_infra.engine_process.engine import Engine
from sophia_infra.home import project_folder
from sophia_infra.report import Records
from tests.engine.agent_site import AT_ONCE, Site, entered, served
from tests.support.primary import Primary

pytestmark = pytest.mark.engine
ZONE = "shop.example"
FILE = "records/shop.example.zone"
DECLARED = """\
$TTL 1h
@ IN NS ns1.dns.example.
@ IN NS ns2.dns.example.
@ IN MX 10 mx.mail.example.
@ IN TXT "v=spf1 include:_spf.mail.example -all"
_dmarc IN TXT "v=DMARC1; p=quarantine; rua=mailto:dmarc@shop.example"
www   IN A 192.0.2.2 ; web
blog  IN A 192.0.2.5
old   IN A 192.0.2.9
api   IN CNAME www
"""
PROGRAM = f"""\
from sophia_infra import IntelligentDnsZone

IntelligentDnsZone("shop", {{"domain": {ZONE!r}, "zone_file": {FILE!r}, "backend": %r}})
"""


@pytest.fixture(scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("strategies"), engine, FILE, DECLARED, PROGRAM) as site:
        yield site


@pytest.fixture
def site(_site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with entered(_site, monkeypatch) as site:
        yield site


@pytest.fixture
def agent(site: Site) -> SophiaInfrastructureAgent:
    return SophiaInfrastructureAgent.for_stack("test")


def sophia(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sophia_infra", "agent", *arguments, "--stack", "test"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def carried_out(agent: SophiaInfrastructureAgent, run: Run) -> Run:
    """A run that a person approved."""
    return replace(agent.driver, schedule=AT_ONCE).go_on(
        approve(agent.runs, agent.runs.at(run.id), why="a test's word")
    )


def mx(primary: Primary) -> set[str]:
    return {record for record in primary.records() if record.startswith("@ ") and " MX " in record}


def test_mail_moves_in_stages_each_due_after_its_wait_and_approved_for_itself(
    site: Site, agent: SophiaInfrastructureAgent
) -> None:
    workspace, primary = site.workspace, site.server
    planned = sophia("plan", f"move mail of {ZONE} to Google Workspace")
    assert planned.returncode == 0, planned.stderr
    assert "strategy 1 (recommended)  staged: lower the TTL and extend SPF, wait 1 h, add the new MX" in planned.stdout
    assert "not done: the DKIM key is Google's to give" in planned.stdout
    assert (workspace.root / FILE).read_text() == DECLARED
    key = planned.stdout.split()[1].rstrip(":")
    asked = sophia("request", key, "--strategy", "1")
    assert (asked.returncode, "sophia:autonomy is suggest" in asked.stderr) == (3, True)
    assert sophia("request", key).returncode == 3, "a script that asks again is told the same"
    other = sophia("request", key, "--strategy", "2")
    assert (other.returncode, "was begun already" in other.stderr) == (2, True)

    first = carried_out(agent, agent.find(key))
    assert first.state is State.DONE
    assert mx(primary) == {"@ 300 MX 10 mx.mail.example."}
    now = clock.now()
    assert Plans(agent.runs).due(agent.stack, now) == ()
    early = sophia("resume", key)
    assert (early.returncode, "is due in" in early.stderr) == (2, True)
    [ready] = Plans(agent.runs).due(agent.stack, now + timedelta(hours=1))
    assert (ready.plan, ready.what.title) == (key, "add the new MX")
    second, why = go_on(agent, key, now + timedelta(hours=1))
    assert (second.state, bool(why)) == (State.WAITING, True)
    assert carried_out(agent, second).state is State.DONE
    assert mx(primary) == {"@ 300 MX 1 smtp.google.com.", "@ 300 MX 50 mx.mail.example."}
    third, _ = go_on(agent, key, clock.now() + timedelta(hours=2))
    assert carried_out(agent, third).state is State.DONE
    assert mx(primary) == {"@ 3600 MX 1 smtp.google.com."}
    with pytest.raises(StrategyError) as over:
        go_on(agent, key, clock.now() + timedelta(days=9))
    assert over.value.code == "no-stage"
    told = json.loads(sophia("status", key, "--json").stdout)["plan"]
    assert (told["begun"], told["next"], len(told["runs"])) == (1, None, 3)


def test_a_host_moves_with_both_addresses_served_for_a_while(site: Site, agent: SophiaInfrastructureAgent) -> None:
    ways = agent.plan(Requirement("point www at 192.0.2.77", zone=ZONE))
    assert ways[0].way == "move a host: overlap"
    assert "+www   IN A 192.0.2.2 ; web" not in ways[0].stages[0].diff
    first = carried_out(agent, agent.runs.at(agent.request(ways[0]).id))
    assert first.state is State.DONE
    records = site.server.records()
    assert {"www 3600 A 192.0.2.2", "www 3600 A 192.0.2.77"} <= set(records)
    declared = site.declared
    site.workspace.write(FILE, declared.replace("192.0.2.2 ", "192.0.2.3 "))
    site.workspace.up()
    with pytest.raises(StrategyError) as moved:  # it would take out what somebody put in meanwhile
        go_on(agent, ways[0].plan, clock.now() + timedelta(hours=2))
    assert (moved.value.code, moved.value.subject.split()[:2]) == ("stage-moved", ["www", "A"])
    site.workspace.write(FILE, declared)
    site.workspace.up()
    second, _ = go_on(agent, ways[0].plan, clock.now() + timedelta(hours=2))
    assert carried_out(agent, second).state is State.DONE
    assert [record for record in site.server.records() if record.startswith("www ")] == ["www 3600 A 192.0.2.77"]


def test_a_name_is_retired_once_nothing_leads_to_it_and_what_failed_counts_against_its_way(
    site: Site, agent: SophiaInfrastructureAgent
) -> None:
    with pytest.raises(StrategyError) as needed:
        agent.plan("retire www safely")
    assert "api CNAME" in str(needed.value)
    staged, at_once = agent.plan("retire old safely")
    assert staged.stages[0].run.startswith(staged.plan)
    assert (staged.way, at_once.way) == ("retire a name: staged", "retire a name: at once")
    assert (staged.irreversible, at_once.irreversible) == (0, 1)
    run = agent.runs.at(agent.request(staged).id)
    assert replace(agent.driver, schedule=AT_ONCE).stop(run).state is State.STOPPED
    again = {each.way: each for each in agent.plan("retire old safely")}
    assert again["retire a name: staged"].failed == 1
    at_once = again["retire a name: at once"]
    begun = carried_out(agent, agent.runs.at(agent.request(at_once.stages[0].run).id))  # as chat and MCP do
    assert agent.find(at_once.plan).id == begun.id
    assert begun.state is State.DONE
    assert not [record for record in site.server.records() if record.startswith("old ")]


def test_a_ttl_that_is_lowered_for_a_day_is_planned_with_what_puts_it_back(agent: SophiaInfrastructureAgent) -> None:
    at_once, for_a_day = agent.plan("lower the ttl of blog to 300")
    assert (len(at_once.stages), len(for_a_day.stages)) == (1, 2)
    assert at_once.stages[0].run == for_a_day.stages[0].run


def test_what_the_limits_stop_is_refused_with_the_limit(agent: SophiaInfrastructureAgent) -> None:
    everything = [RemoveRecords(ZONE, owner, "ANY") for owner in ("www", "blog", "api", "_dmarc")]
    both = [SetRecords(ZONE, "blog", "A", ("192.0.2.1",)), RemoveRecords(ZONE, "blog", "A")]
    refused = {}
    for wish in ("delete all zones", everything, both):
        with pytest.raises(StrategyError) as error:
            agent.plan(wish)
        refused[error.value.code] = str(error.value)
    assert sorted(refused) == ["contradiction", "strategies-stopped", "wish-refused"]
    assert "beyond the limit" in refused["strategies-stopped"]
    assert "max_delete" in refused["wish-refused"]


def test_of_a_program_that_raises_a_plan_says_what_it_raised(site: Site, agent: SophiaInfrastructureAgent) -> None:
    program = site.workspace.root / "__main__.py"
    whole = program.read_text()
    site.workspace.program(f'{whole}raise RuntimeError("no such region")\n')
    try:
        with pytest.raises(StrategyError, match="RuntimeError: no such region") as refused:
            agent.plan([SetRecords(ZONE, "blog", "A", ("192.0.2.6",))])
    finally:
        site.workspace.program(whole)
    assert refused.value.code == "strategies-stopped"


@pytest.mark.soak
def test_planning_takes_at_most_1_3_times_the_previews_that_it_contains(
    agent: SophiaInfrastructureAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = list[Path]()
    begin = Engine.begin

    def counted(engine: Engine, *given: Any) -> None:
        begun.append(engine.folder)
        begin(engine, *given)

    monkeypatch.setattr(Engine, "begin", counted)
    for wish in ("point blog at 192.0.2.{}", None):  # several previews at once, and one alone
        previews, plans = [], []
        for last in (91, 92, 93):
            began = time.monotonic()
            engine = Engine(project_folder() / "agent" / f"alone{last}" / "preview")
            previewed(agent.places, engine, {}, Records(agent.runs.journal), engine.folder / "plan.json", tell=silent)
            previews.append(time.monotonic() - began)
            begun.clear()
            began = time.monotonic()
            agent.plan(wish.format(last) if wish else [SetRecords(ZONE, "blog", "A", (f"192.0.2.{last}",))])
            plans.append((time.monotonic() - began) / len(begun))
        # The least of each: what others take of the machine only adds to either.
        assert min(plans) / min(previews) <= 1.3, (plans, previews)

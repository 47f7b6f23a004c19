"""The agent on the real engine, with a zone on a real Knot: one stack for all, and each test has names of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from mcp import Client, StdioServerParameters, stdio_client

from sophia_infra import Requirement, SophiaInfrastructureAgent
from sophia_infra.advice.approval import approval_of, ends, request_of
from sophia_infra.advice.approvals_file import append
from sophia_infra.agent.chat import Chat, Session
from sophia_infra.agent.execution import State, approve, request, verification
from sophia_infra.agent.execution.bound import ApprovalMovedError
from sophia_infra.agent.execution.runs import RunError
from sophia_infra.agent.operations import AddRecords, SetRecords
from sophia_infra.agent.strategies import StrategyError
from sophia_infra.dns.live import answers
from sophia_infra.dns.live.name_server import NameServer
from tests.engine.agent_site import HOLD, HOLD_PREVIEW, Site, entered, served
from tests.serving.mcp.served import structured, talk
from tests.support import knot
from tests.support.workspace import REPO

pytestmark = pytest.mark.engine
ZONE = "shop.example"
FILE = "records/shop.example.zone"
DECLARED = """\
$TTL 1h
@ IN NS ns1.dns.example.
@ IN NS ns2.dns.example.

; web
www   5m IN A 192.0.2.2 ; moved by the agent
api   5m IN A 192.0.2.3
shop  5m IN A 192.0.2.4
blog  5m IN A 192.0.2.5
talk  5m IN A 192.0.2.7
mail     IN A 192.0.2.6
"""
PROGRAM = f"""\
import os
import time

import pulumi
from sophia_infra import IntelligentDnsZone

while os.path.exists({HOLD_PREVIEW!r} if pulumi.runtime.is_dry_run() else {HOLD!r}):
    time.sleep(0.05)
IntelligentDnsZone("shop", {{"domain": {ZONE!r}, "zone_file": {FILE!r}, "backend": %r}})
"""
PATH = os.pathsep.join([str(REPO), str(REPO / "components")])


@pytest.fixture(scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("agent"), engine, FILE, DECLARED, PROGRAM) as site:
        yield site


@pytest.fixture
def site(_site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with entered(_site, monkeypatch) as site:
        yield site


def agree(_: object) -> bool:
    """A person's word."""
    return True


def www(last: int, owner: str = "www") -> SetRecords:
    return SetRecords(ZONE, owner, "A", (f"192.0.2.{last}",))


def test_planned_asked_for_approved_applied_and_verified_at_the_name_server(site: Site) -> None:
    change = json.dumps([www(77).to_body()])
    planned = site.sophia("plan", "--operations", "-", "--json", text=change)
    assert planned.returncode == 0, planned.stderr
    run = json.loads(planned.stdout)["run"]
    assert (run["state"], run["files"]) == ("proposed", [FILE])
    asked = site.sophia("request", run["id"])
    assert (asked.returncode, "sophia:autonomy is suggest" in asked.stderr) == (3, True)
    silent = site.sophia("approve", run["id"])
    assert (silent.returncode, "no terminal means no" in silent.stderr) == (2, True)
    assert site.declared == DECLARED
    assert site.serves("www 300 A 192.0.2.2")

    waiting = site.runs.find(run["id"])
    done = site.driver.go_on(approve(site.runs, waiting))
    assert (done.state, done.why) == (State.DONE, "")
    assert site.serves("www 300 A 192.0.2.77")
    assert site.declared == DECLARED.replace("192.0.2.2 ", "192.0.2.77 ")
    site.workspace.preview("--expect-no-changes")


def test_a_program_plans_a_sentence_and_what_it_requests_waits_for_a_person(site: Site) -> None:
    agent = SophiaInfrastructureAgent.for_stack("test")
    assert agent.understand("what does blog point to?").subjects == ("blog.shop.example",)
    strategies = agent.plan(Requirement("point blog at 192.0.2.55", zone=ZONE))
    strategy = next(each for each in strategies if len(each.stages) == 1)
    assert strategy.stages[0].operations == (www(55, "blog"),)
    assert (strategy.standing, strategy.exposure) == ("approve", "low")
    run = agent.request(strategy)
    assert run.wait().state is run.state is State.WAITING
    for text, code in (("delete all zones", "wish-refused"), ("what does blog point to?", "no-change-asked")):
        with pytest.raises(StrategyError) as refused:
            agent.plan(text)
        assert refused.value.code == code


def test_a_person_talks_and_what_is_requested_waits_for_a_word_that_is_not_said_there(site: Site) -> None:
    agent = SophiaInfrastructureAgent.for_stack("test")
    chat = Chat(agent, Session.of(agent.stack))
    assert "192.0.2.66" in chat.say("point talk at 192.0.2.66").text
    key = chat.say("request").waits
    chat.say("yes, approve it")
    assert (site.runs.at(key).state, site.serves("talk 300 A 192.0.2.66")) == (State.WAITING, False)
    assert site.driver.go_on(approve(site.runs, site.runs.at(key))).state is State.DONE
    assert chat.say("what does talk point to?").data["found"][0]["values"] == ["192.0.2.66"]


def test_an_assistant_plans_by_mcp_and_what_it_asks_for_waits_for_a_person(site: Site) -> None:
    words = ["-m", "sophia_infra", "mcp", "-C", str(site.workspace.root), "--stack", "test"]
    server = StdioServerParameters(command=sys.executable, args=words, env={**os.environ, "PYTHONPATH": PATH}, cwd="/")

    async def ask(client: Client) -> str:
        planned = structured(await client.call_tool("plan", {"wish": "point shop at 192.0.2.56"}))
        asked = structured(await client.call_tool("request_apply", {"run": planned["plan"], "stack": "demo/test"}))
        run: str = asked["id"]
        told = structured(await client.call_tool("status", {"run": planned["plan"]}))
        assert (told["id"], f"waiting, run {run}" in told["plan"][1]) == (run, True)
        assert asked["next"] == f"waiting; approve with `sophia agent approve {run}`"
        return run

    run = site.runs.at(talk(stdio_client(server), ask))
    assert (run.state, site.serves("shop 300 A 192.0.2.56")) == (State.WAITING, False)
    done = site.driver.go_on(approve(site.runs, run, why="a test's word"))
    told = talk(stdio_client(server), lambda client: client.call_tool("status", {"run": run.id}))
    assert (structured(told)["state"], site.serves("shop 300 A 192.0.2.56")) == (done.state, True) == ("done", True)


def test_a_run_that_a_reviewed_file_approves_is_carried_out(site: Site) -> None:
    file = site.workspace.write("approvals.yaml", "")
    site.workspace.config("sophia:approvals", file.name)
    run, why = request(site.runs, site.planned(www(85, "talk")))
    assert why
    asked = request_of(site.runs.journal, run.advice).row
    append(file, asked, run.advice, run.advice.edits, approval_of(asked, run.advice.edits, ends(), "reviewed"))
    assert site.driver.go_on(site.runs.at(run.id)).state is State.DONE
    assert site.serves("talk 300 A 192.0.2.85")


def test_a_change_whose_verification_fails_is_rolled_back_and_the_server_s_answer_agrees(site: Site) -> None:
    before = site.declared
    asks = f"{sys.executable} -c \"import sys; sys.exit('192.0.2.78' in open('{FILE}').read())\""
    failed = site.driver.go_on(site.approved(www(78, "api"), checks=(asks,)))
    assert (failed.state, "ends with 1" in failed.why) == (State.FAILED, True)
    assert site.serves("api 300 A 192.0.2.78")
    back = site.driver.roll_back(failed, agree)
    assert (back.state, back.why) == (State.ROLLED_BACK, "")
    assert site.serves("api 300 A 192.0.2.3")
    assert site.declared == before
    with pytest.raises(RunError) as again:
        site.driver.roll_back(back, agree)
    assert again.value.code == "wrong-state"


def test_a_secondary_that_is_told_late_is_waited_for_and_no_correct_change_is_taken_back(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = site.declared
    with knot.following(site.server, tmp_path / "secondary") as secondary:
        ports = {"ns1.dns.example.": site.server.port, "ns2.dns.example.": secondary.port}

        def name_server(host: str, port: int = 53) -> NameServer:
            return NameServer("127.0.0.1", ports[host]) if host in ports else NameServer(host, port)

        seen = list[tuple[State, str]]()

        def tell_the_secondary(_: float) -> None:
            seen.append((site.runs.at(run.id).state, site.runs.at(run.id).why))
            secondary.refresh()

        monkeypatch.setattr(answers, "NameServer", name_server)
        monkeypatch.setattr(verification, "time", SimpleNamespace(sleep=tell_the_secondary, monotonic=time.monotonic))
        run = site.approved(www(86, "talk"))
        done = site.driver.go_on(run)
        assert [step.row.word for step in done.steps] == ["requested", "applying", "applied", "pending", "verified"]
        ((state, why),) = seen
        assert (state, "still answers the old talk 300 A 192.0.2." in why) == (State.VERIFYING, True)
        assert site.driver.roll_back(done, agree).state is State.ROLLED_BACK
    assert (len(seen), site.declared) == (2, before)


def test_an_approval_whose_base_moved_is_refused_by_name_and_nothing_is_written(site: Site) -> None:
    run = site.approved(www(79, "shop"))
    site.workspace.write("more.py", "# somebody's\n")
    with pytest.raises(ApprovalMovedError) as refused:
        site.driver.go_on(run)
    assert refused.value.value == "more.py"
    assert site.runs.at(run.id).state is State.STOPPED

    run = site.approved(www(79, "shop"))
    site.server.update(lambda message: message.replace("shop", 300, "A", "192.0.2.44"))
    site.workspace.refresh()
    with pytest.raises(ApprovalMovedError) as refused:
        site.driver.go_on(run)
    assert refused.value.subject == "the stack's state"
    assert site.serves("shop 300 A 192.0.2.44")
    site.workspace.up()


@pytest.mark.soak
def test_a_level_applies_within_its_numbers_undoes_what_fails_and_is_lost(site: Site) -> None:
    site.workspace.config("sophia:autonomy", "limited")
    site.workspace.config("sophia:autonomyLimits", json.dumps({"max_exposure": "high", "kinds": ["replace"]}))
    run, why = request(site.runs, site.planned(AddRecords(ZONE, "new", "A", ("192.0.2.9",))))
    assert (run.state, "kinds is replace, and this has add" in why) == (State.WAITING, True)
    run, why = request(site.runs, site.planned(www(81, "blog"), checks=("false",)))
    assert (run.state, why) == (State.APPROVED, "")
    stopped = site.driver.go_on(run)
    assert [step.row.word for step in stopped.steps][3:6] == ["failed", "rolling-back", "undone"]
    assert (stopped.state, "not verified" in stopped.why) == (State.STOPPED, True)  # the check fails still
    assert site.serves("blog 300 A 192.0.2.5")
    _, why = request(site.runs, site.planned(www(82, "blog")))
    assert why == "sophia:autonomy is suggest"


@pytest.mark.soak
def test_a_driver_that_is_killed_before_any_of_its_steps_leaves_a_run_that_ends_as_it_would_have(site: Site) -> None:
    for at in range(1, 20):
        run = site.approved(www(100 + at, "blog"))
        serial = site.server.serial
        command = [sys.executable, "-c", KILLED, str(at), run.id]
        died = subprocess.run(command, check=False, env=os.environ | {"PYTHONPATH": PATH}).returncode
        done = site.driver.go_on(site.runs.at(run.id))
        assert done.state is State.DONE, (at, done.why)
        words = [step.row.word for step in done.steps]
        assert words == ["requested", "applying", "applied", "verified"], at
        assert site.serves(f"blog 300 A 192.0.2.{100 + at}")
        assert site.server.serial == serial + 1, at  # written once
        if died == 0:
            return
    pytest.fail("a run has fewer steps than that")


KILLED = """
import sys
from sophia_infra import settings
from sophia_infra.agent.chat import Chat, Session
from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution import Driver, Runs, driver, runs
from sophia_infra.engine_process import engine
from sophia_infra.doctor.stack import Stack
from sophia_infra.home import project
from sophia_infra.journal import Journal
from tests.support.kills import die_before

own = engine.Engine
steps = [(Runs, "take"), (driver.placement, "put"), (own, "begin"), (own, "wait"), (driver, "verify")]
die_before(int(sys.argv[1]), steps)
found = Stack.read(project() / "Pulumi.test.yaml")
runs = Runs(Journal.open(), settings.read(found.get))
Driver(runs, Places(project(), "test")).go_on(runs.at(sys.argv[2]))
"""
"""A driver that is killed before its step of a number, counted in the calls that take one."""

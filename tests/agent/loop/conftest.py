"""A project whose engine is a script, and loops on it."""

import json
import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sophia_infra import settings
from sophia_infra.advice.model import Advice, Edit, Request, Verdict
from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution import Driver, Run, Runs
from sophia_infra.agent.loop import Event, Rounds, Service
from sophia_infra.agent.loop.dbos import Dbos
from sophia_infra.agent.loop.observation import Observed
from sophia_infra.agent.loop.streams import Streams
from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from sophia_infra.journal import Journal
from sophia_infra.report import Report
from sophia_infra.report.document import Step
from sophia_infra.report.model import Standing
from tests.agent.execution.test_driver import AT_ONCE, PULUMI, WORLD, Project


def planned(before: str, after: str) -> str:
    """What the engine says of a zone's change that it plans: without one, nothing is proposed."""
    zone = {"domain": "shop.example", "backend": {"path": WORLD}}
    old, new = ({"custom": True, "inputs": {**zone, "text": f"{text}\n"}} for text in (before, after))
    step = {"op": "update", "urn": "urn:pulumi:dev::shop::a:b:C::zone", "old": old, "new": new}
    return json.dumps({"sequence": 0, "resourcePreEvent": {"metadata": step}}) + "\n"


LIMITED = {"autonomy": "limited", "autonomyLimits": "{kinds: [add, remove], max_exposure: high}"}
"""Settings at which it is applied without a person's word."""
EDIT = Edit("replace", "www A", "www 300 A 192.0.2.1", "www 300 A 192.0.2.2", "proposed", "192.0.2.1 is gone")
WELL = Observed("shop/dev", datetime(2026, 11, 30, tzinfo=UTC), Report("shop/dev", Standing.UNCHANGED))


class Agent(SophiaInfrastructureAgent):
    """An agent whose driver verifies once."""

    @property
    def driver(self) -> Driver:
        return Driver(self.runs, self.places, AT_ONCE)


@dataclass
class Site:
    """A project, and what its loop sees and says."""

    project: Project
    seen: Observed = WELL
    said: list[Event] = field(default_factory=list)

    def advise(self, *edits: Edit) -> None:
        """Have advice propose edits of the zone, as a preview journals it and the loop sees it."""
        request = Request("zone", "shop.example", {"edits": [edit.digest for edit in edits]})
        advice = Advice(request.fingerprint, "rules", Verdict.CAUTION, "", (), edits)
        Journal.open().write_once(advice.id, advice, request)
        self.seen = replace(WELL, advice={"shop.example": advice})

    def take_down(self, target: str) -> None:
        """Have a target of a pool be down."""
        health = {"www A": {target: {"healthy": False, "against": 0}}}
        step = Step("same", "urn", {}, {"domain": "shop.example", "health": health})
        self.seen = replace(self.seen, steps=(step,))

    def agent(self) -> Agent:
        places = self.project.places
        return Agent("shop/dev", places, Runs(Journal.open(), settings.read(places.settings.get)))

    def loop(self, every: timedelta = timedelta(minutes=15)) -> Service:
        """A loop as a process of its own would have it."""
        rounds = Rounds(self.agent(), self.said.append, lambda _: self.seen)
        redis = rounds.agent.runs.settings.agent.redis
        streams = Streams("shop/dev", redis, lambda told: self.said.append(Event("redis", told)))
        return Service(rounds, Dbos("shop/dev", rounds.phases), streams, self.agent, every)

    def heard(self, *words: str) -> list[str]:
        return [event.what for event in self.said if not words or event.what in words]

    @property
    def runs(self) -> list[Run]:
        return list(self.agent().runs.of_stack("shop/dev"))

    def set(self, **values: str) -> None:
        lines = [f"  sophia:{name}: {value}\n" for name, value in values.items()]
        self.project.places.stack_file.write_text("config:\n" + "".join(lines))


def again(folder: Path) -> Site:
    """The site as another process finds it."""
    project = object.__new__(Project)
    project.folder, project.places = folder, Places(folder, "dev")
    found = Site(project)
    found.advise(EDIT)
    return found


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(PULUMI)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    made = Site(Project(tmp_path.resolve() / "project"))
    (made.project.folder / "previewed").write_text(planned("www 300 A 192.0.2.1", "www 300 A 192.0.2.2"))
    (made.project.folder / "state").write_text('{"version": 3, "deployment": {"resources": []}}')
    monkeypatch.chdir(made.project.folder)
    made.advise(EDIT)
    return made

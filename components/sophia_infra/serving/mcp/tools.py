"""The tools. Each opens its stack anew, so that it tells what is there now; none of them approves.

Their results are JSON values as they come: `server` bounds and escapes them all in one place.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from itertools import islice
from typing import Annotated, Any

from pydantic import Field

from sophia_infra.agent.editing import edits_of
from sophia_infra.agent.execution import Run, State
from sophia_infra.agent.execution.states import GOES_ON
from sophia_infra.agent.execution.view import body_of, next_of
from sophia_infra.agent.operations import Operation
from sophia_infra.agent.sophia import Requirement
from sophia_infra.agent.strategies import Plans, Strategy, StrategyError
from sophia_infra.agent.strategies.view import told_of
from sophia_infra.agent.understanding import LONGEST
from sophia_infra.agent.understanding.names import closest
from sophia_infra.codec import encode
from sophia_infra.serving.http import ServerError
from sophia_infra.serving.mcp.stacks import Stacks, Work
from sophia_infra.serving.mcp.texts import TEXTS
from sophia_infra.serving.results import of_run, of_strategy

Result = dict[str, Any]
_TOLD = TEXTS["arguments"]
Stack = Annotated[str, Field(description=_TOLD["stack"], max_length=200)]
RunId = Annotated[str, Field(description=_TOLD["run"], max_length=64)]
Number = Annotated[int, Field(description=_TOLD["strategy"], ge=1, le=9)]
Operations = Annotated[list[dict[str, Any]], Field(description=_TOLD["operations"], max_length=50)]
Wish = Annotated[str, Field(description=_TOLD["wish"], max_length=LONGEST)]
Question = Annotated[str, Field(description=_TOLD["question"], max_length=LONGEST)]
Zone = Annotated[str, Field(description=_TOLD["zone"], max_length=255)]
Owner = Annotated[str, Field(description=_TOLD["owner"], max_length=255)]
Last = Annotated[int, Field(description=_TOLD["last"], ge=1, le=50)]
PATIENCE = 40.0
"""Seconds that a call waits for a plan: many clients give a call up after 60."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the server offers, on the stacks that it serves."""

    stacks: Stacks
    work: Work = field(default_factory=Work)
    patience: float = PATIENCE

    def describe(self, stack: Stack = "", zone: Zone = "", owner: Owner = "") -> Result:
        """Return the names that stand in a stack, or the record sets of a zone."""
        agent = self.stacks.agent(stack)
        found = agent.inventory
        if not zone:
            return {
                "stack": agent.stack,
                "zones": [{"zone": name, "record_sets": len(sets)} for name, sets in found.zones.items()],
                "pools": [{"pool": name, "targets": targets} for name, targets in found.pools.items()],
                "certificates": [{"certificate": name, "names": names} for name, names in found.certificates.items()],
                "secrets": found.secrets,
                "environments": found.environments,
                "settings": found.settings,
            }
        if zone not in found.zones:
            near = ", ".join(closest(found, zone, ("zone",)))
            raise ServerError(f"{agent.stack} has no zone {zone}; closest: {near}", code="unknown-zone", value=zone)
        sets = [each._asdict() for each in found.zones[zone] if owner in ("", each.owner)]
        return {"stack": agent.stack, "record_sets": sets}

    def ask(self, question: Question, stack: Stack = "") -> Result:
        """Return the answer to a question; a wish for a change is answered with how to plan it."""
        agent = self.stacks.agent(stack)
        found = agent.answer(agent.understand(question))
        return {"intent": found.intent, "answer": found.text.splitlines(), "data": found.data}

    def preview(self, operations: Operations, stack: Stack = "") -> Result:
        """Return the lines that operations would change."""
        agent = self.stacks.agent(stack)
        edits = edits_of(agent.places, _read(operations))
        return {"files": [{"path": edit.path, "diff": edit.diff.splitlines()} for edit in edits]}

    def plan(self, wish: Wish = "", operations: Operations | None = None, stack: Stack = "") -> Result:
        """Propose a change, and return its strategies, or that planning goes on."""
        if bool(wish) == bool(operations):
            raise ServerError("give either a wish in words or operations", field="wish")
        agent = self.stacks.agent(stack)
        wanted = Requirement(wish, operations=_read(operations or ()))
        planning = self.work.begin(agent.stack, lambda: agent.plan(wanted))
        wait([planning], self.patience)
        return self._planned(agent.stack, planning)

    def request_apply(self, run: RunId, strategy: Number = 1, stack: Stack = "") -> Result:
        """Ask for a plan, its next stage, or a run; carry it out in the background where the autonomy lets it go."""
        agent = self.stacks.agent(stack)
        try:
            handle = agent.request(run, strategy)
        except StrategyError as error:
            if error.code != "plan-begun":
                raise
            handle = agent.resume(run)
        self.work.forget(agent.stack)
        if handle.state is State.APPROVED:
            self.work.begin(handle.id, handle.wait)
            return {"id": handle.id, "state": "applying", "next": "status tells how far it is"}
        return _standing(agent.find(handle.id)) | {"left_to_a_person": handle.left}

    def status(self, run: RunId = "", stack: Stack = "") -> Result:
        """Return where a plan or run stands; without one, the plan that was asked for last, else the newest run."""
        agent = self.stacks.agent(stack)
        if not run and (planning := self.work.of(agent.stack)):
            return self._planned(agent.stack, planning)
        found = agent.find(run) if run else agent.runs.newest(agent.stack)
        plans = Plans(agent.runs)
        stages = [*told_of(plans, plan)] if (plan := plans.find(run)) else []
        told = {"work": self.work.said(found.id), "plan": stages}
        return _standing(found) | {name: said for name, said in told.items() if said}

    def _planned(self, stack: str, planning: Future[tuple[Strategy, ...]]) -> Result:
        """A plan, or that planning goes on; what went wrong is raised, and told once."""
        if not planning.done():
            return {"planning": "goes on", "next": "status, without a run, tells the plan once it is there"}
        if planning.exception():
            self.work.forget(stack)
        found = planning.result()
        return {"plan": found[0].plan, "strategies": [of_strategy(each) for each in found], "next": "request_apply"}

    def history(self, last: Last = 20, stack: Stack = "") -> Result:
        """Return the newest runs of a stack."""
        agent = self.stacks.agent(stack)
        newest = islice(agent.runs.of_stack(agent.stack), last)
        return {"runs": [body_of(run) | {"time": encode(run.proposal.time)} for run in newest]}

    def explain(self, run: RunId, stack: Stack = "") -> Result:
        """Return what a run would change, and why it is judged as it is."""
        return of_run(self.stacks.agent(stack).find(run))


def _read(operations: Sequence[Mapping[str, Any]]) -> tuple[Operation, ...]:
    return tuple(Operation.from_body(body) for body in operations)


def _standing(run: Run) -> Result:
    """A run, and what is next: mostly a command of a person's."""
    command = next_of(run)
    told = _NEXT.get(run.state, "a person says `{}`")
    return body_of(run) | ({"next": told.format(command)} if command else {})


_NEXT = {
    State.PROPOSED: "request_apply",
    State.WAITING: "waiting; approve with `{}`",
    **dict.fromkeys(GOES_ON, "status; should what carries it out have ended, a person says `{}`"),
}

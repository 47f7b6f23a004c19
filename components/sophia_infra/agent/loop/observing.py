"""What stands in a stack and in the world, looked at once a round: a preview with refresh, the state, the journal."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sophia_infra import clock
from sophia_infra.advice.approval import open_edits
from sophia_infra.advice.model import Advice
from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution.bound import StackError, exported
from sophia_infra.agent.execution.engine import Engine
from sophia_infra.agent.execution.previewing import previewed
from sophia_infra.agent.execution.runs import PLAN
from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.reading import inventory_of
from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from sophia_infra.dns.importers.state_files import Resource, pulumi
from sophia_infra.dns.reader.problems import Refused
from sophia_infra.home import make_private, project_folder
from sophia_infra.journal import Journal
from sophia_infra.report import Records, Report
from sophia_infra.report.document import Step
from sophia_infra.secrets.known import Known, known

FOLDER = "loop"
_OURS = "pulumi-python:dynamic/sophia:"


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen: the report of the preview and its steps, the state's resources, secrets, advice by zone."""

    stack: str
    now: datetime
    report: Report
    steps: tuple[Step, ...] = ()
    resources: tuple[Resource, ...] = ()
    secrets: tuple[Known, ...] = ()
    advice: Mapping[str, Advice] = field(default_factory=dict)

    def of(self, kind: str) -> Iterator[Resource]:
        """Yield the resources of one of our types: `Certificate`."""
        return (each for each in self.resources if each.kind == f"{_OURS}{kind}")

    @property
    def inventory(self) -> Inventory:
        """The names that stand in the state."""
        return inventory_of(self.resources)


def observe(agent: SophiaInfrastructureAgent) -> Observed:
    """Look at a stack; nothing is changed but the journal, which has the advice of the preview.

    Raises:
        StackError, EngineError, ReportError, JournalError, OSError: it can't be looked at.
    """
    agent.tell("looking at the stack")
    make_private(project_folder())
    folder, places, journal = project_folder() / "agent" / FOLDER, agent.places, agent.runs.journal
    engine, plan = Engine(folder / "preview"), folder / PLAN
    found = previewed(places, engine, {}, Records(journal), plan, "--refresh", tell=agent.tell)
    return Observed(
        agent.stack,
        clock.now(),
        found.report,
        found.preview.steps,
        _resources(places),
        tuple(known(journal)),
        dict(_advised(found.preview.steps, journal)),
    )


def _resources(places: Places) -> tuple[Resource, ...]:
    try:
        return tuple(pulumi(exported(places)))
    except Refused as error:
        told = f"what `pulumi stack export` prints of {places.stack} is no state: {error.problem.message}"
        raise StackError(told, field="STACK", subject=places.stack) from None


def _advised(steps: Iterable[Step], journal: Journal) -> Iterator[tuple[str, Advice]]:
    """What is advised of each zone that stays, as the journal has it, with the edits that wait for a word."""
    for step in steps:
        domain, published = step.new.get("domain"), step.new.get("advice")
        given = published.get("id") if isinstance(published, Mapping) else None
        if isinstance(domain, str) and (row := journal.last(Advice, str(given))):
            yield domain, replace(row.row, edits=open_edits(journal, row.row))

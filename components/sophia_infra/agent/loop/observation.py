"""What stands in a stack and in the world, looked at once a round: a preview with refresh, the state, the journal."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sophia_infra import clock
from sophia_infra.advice.approval import open_edits
from sophia_infra.advice.model import Advice
from sophia_infra.agent.execution.preview import previewed
from sophia_infra.agent.execution.runs import PLAN
from sophia_infra.agent.loop.durable import folder_of
from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from sophia_infra.dns.importers.state_files import Resource
from sophia_infra.engine_process.engine import Engine
from sophia_infra.engine_run import OURS
from sophia_infra.journal import Journal
from sophia_infra.report import Records, Report
from sophia_infra.report.document import Step
from sophia_infra.secrets.inventory import Known, known


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
        return (each for each in self.resources if each.kind == f"{OURS}{kind}")


def observe(agent: SophiaInfrastructureAgent) -> Observed:
    """Look at a stack; nothing is changed but the journal, which has the advice of the preview.

    Raises:
        StackError, EngineError, ReportError, JournalError, OSError: it can't be looked at.
    """
    agent.tell("looking at the stack")
    folder, journal = folder_of(agent.stack), agent.runs.journal
    engine, plan = Engine(folder / "preview"), folder / PLAN
    found = previewed(agent.places, engine, {}, Records(journal), plan, "--refresh", tell=agent.tell)
    steps, now = found.preview.steps, clock.now()
    advice = dict(_advised(steps, journal))
    resources = replace(agent).resources  # as they are by now
    return Observed(agent.stack, now, found.report, steps, tuple(resources), tuple(known(journal)), advice)


def _advised(steps: Iterable[Step], journal: Journal) -> Iterator[tuple[str, Advice]]:
    """What is advised of each zone that stays, as the journal has it, with the edits that wait for a word."""
    for step in steps:
        domain, published = step.new.get("domain"), step.new.get("advice")
        given = published.get("id") if isinstance(published, Mapping) else None
        if isinstance(domain, str) and (row := journal.last(Advice, str(given))):
            yield domain, replace(row.row, edits=open_edits(journal, row.row))

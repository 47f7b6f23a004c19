"""DBOS behind the seam: in SQLite beside the journal, or in PostgreSQL by a URL. It is launched by the first verb.

Each process has an executor id of its own, so that none takes a living one's work for its own; what a dead one left is
gone on with by `resume_workflow`. A queue and a name for each stack: whoever launches DBOS does whatever is queued.
"""

import logging
import os
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sophia_infra import installation
from sophia_infra.agent.loop.durable import PROTOCOL, DurableError, Phases, folder_of
from sophia_infra.changes import fingerprint

if TYPE_CHECKING:
    from dbos import WorkflowHandle, WorkflowStatus

_OPEN = ["PENDING", "ENQUEUED", "DELAYED"]
_HELD = "held"
"""The queue of what waits for a person, which nobody works on."""
_POLL = 0.1


@dataclass(slots=True)
class Dbos:
    """DBOS for one stack. `url` is that of a database, empty for a file of the project."""

    stack: str
    phases: Phases
    url: str = ""
    _workflow: Any = field(default=None, init=False)

    def run(self, phase: str, key: str) -> str:
        """Go on with the open attempt at a phase, or begin the next one; see `Durable.run`."""
        self._launch()
        past = self._past(self._id(phase, key))
        for attempt in past:
            if attempt.status in _OPEN:
                return self._resumed(attempt)
        return self._begin(phase, key, len(past)).get_result()

    def wait(self, phase: str, key: str) -> None:
        """Queue a phase where nobody works; see `Durable.wait`."""
        self._launch()
        past = self._past(self._id(phase, key))
        if not any(attempt.status in _OPEN for attempt in past):
            self._begin(phase, key, len(past), _HELD)

    def schedule(self, phase: str) -> datetime | None:
        """Return when the newest attempt was made; see `Durable.schedule`."""
        self._launch()
        newest = self._past(f"{self.stack} {phase} ", limit=1)
        return datetime.fromtimestamp((newest[0].created_at or 0) / 1000, UTC) if newest else None

    def resume(self) -> tuple[str, ...]:
        """Go on with what dead processes left; see `Durable.resume`."""
        self._launch()
        left = [each for each in self._past(f"{self.stack} ", status=_OPEN) if each.queue_name != _HELD]
        return tuple(map(self._resumed, left))

    def close(self) -> None:
        """End its threads; see `Durable.close`."""
        if self._workflow is not None:
            from dbos import DBOS

            DBOS.destroy(destroy_registry=True)
            self._workflow = None

    def _launch(self) -> None:
        if self._workflow is not None:
            return
        try:
            from dbos import DBOS
        except ImportError:
            raise DurableError(f"the loop needs DBOS: {installation.command('agent')}", field="dbos") from None
        file = folder_of(self.stack) / "began.sqlite"
        try:
            DBOS(
                config={
                    "name": f"sophia-{self._mark}",
                    "system_database_url": self.url or f"sqlite:///{file}",
                    "executor_id": f"{os.getpid()}-{uuid.uuid4().hex[:8]}",
                    "application_version": PROTOCOL,
                    "enable_otlp": False,
                    "log_level": "CRITICAL",
                }
            )

            def phase(name: str, key: str) -> str:
                return DBOS.run_step({"name": name}, self.phases[name], key)

            self._workflow = DBOS.workflow(name="phase")(phase)
            DBOS.listen_queues([self._queue])
            DBOS.launch()
            DBOS.register_queue(self._queue, polling_interval_sec=_POLL)
        except Exception as error:
            self.close()
            told = f"what remembers where to go on can't be used: {type(error).__name__}; look at its database"
            raise DurableError(told, field="sophia:agent.database") from None
        logging.getLogger("dbos").setLevel(logging.CRITICAL)

    @property
    def _mark(self) -> str:
        return fingerprint(self.stack)[:12]

    @property
    def _queue(self) -> str:
        return f"agent-{self._mark}"

    def _id(self, phase: str, key: str) -> str:
        return f"{self.stack} {phase} {key} #"

    def _past(self, beginning: str, **values: Any) -> "list[WorkflowStatus]":
        from dbos import DBOS

        return DBOS.list_workflows(workflow_id_prefix=beginning, sort_desc=True, **values)

    def _resumed(self, attempt: "WorkflowStatus") -> str:
        from dbos import DBOS

        word: str = DBOS.resume_workflow(attempt.workflow_id, queue_name=self._queue).get_result()
        return word

    def _begin(self, phase: str, key: str, number: int, queue: str = "") -> "WorkflowHandle[str]":
        from dbos import DBOS, SetWorkflowID

        with SetWorkflowID(f"{self._id(phase, key)}{number}"):
            if queue:
                return DBOS.enqueue_workflow(queue, self._workflow, phase, key)
            return DBOS.start_workflow(self._workflow, phase, key)

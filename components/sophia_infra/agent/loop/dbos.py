"""DBOS behind the seam: in SQLite beside the journal, or in PostgreSQL by a URL. It is launched by the first verb.

Each process has an executor id of its own, so that none takes a living one's work for its own; what a dead one left is
gone on with by `resume_workflow`. A queue and a name for each stack: whoever launches DBOS does whatever is queued.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sophia_infra import clock, installation
from sophia_infra.agent.loop.durable import PROTOCOL, DurableError, Phases, folder_of
from sophia_infra.changes import fingerprint

if TYPE_CHECKING:
    from dbos import DBOS, WorkflowStatus

_OPEN = ["PENDING", "ENQUEUED", "DELAYED"]
_HELD = "held"
"""The queue of what waits for a person, which nobody works on."""
_POLL = 0.1
_KEPT = timedelta(days=30)
"""So long it is remembered what was begun, also what waits: an approval has ended long before."""


@dataclass(slots=True)
class Dbos:
    """DBOS for one stack. `url` is that of a database, empty for a file of the project."""

    stack: str
    phases: Phases
    url: str = ""
    _workflow: Any = field(default=None, init=False)

    def run(self, phase: str, key: str) -> str:
        """Go on with the open attempt at a phase, or begin the next one; see `Durable.run`."""
        past = self._past(self._id(phase, key))
        if attempt := next((each for each in past if each.status in _OPEN), None):
            return self._resumed(attempt)
        with self._next(phase, key, past) as dbos:
            word: str = dbos.start_workflow(self._workflow, phase, key).get_result()
        return word

    def wait(self, phase: str, key: str) -> None:
        """Queue a phase where nobody works; see `Durable.wait`."""
        past = self._past(self._id(phase, key))
        if not any(each.status in _OPEN for each in past):
            with self._next(phase, key, past) as dbos:
                dbos.enqueue_workflow(_HELD, self._workflow, phase, key)

    def schedule(self, phase: str) -> datetime | None:
        """Return when the newest attempt was made, and forget the others; see `Durable.schedule`."""
        past = self._past(f"{self.stack} {phase} ")
        old = self._past(f"{self.stack} ", end_time=(clock.machine_time() - _KEPT).isoformat())
        ended = [each for each in past if each.status not in _OPEN]
        left = {each.workflow_id for each in (*ended, *old) if each.status != "PENDING"}
        self._launched().delete_workflows(list(left - {each.workflow_id for each in past[:1]}))
        return datetime.fromtimestamp((past[0].created_at or 0) / 1000, UTC) if past else None

    def resume(self) -> tuple[str, ...]:
        """Go on with what dead processes left; see `Durable.resume`."""
        left = self._past(f"{self.stack} ", status=_OPEN)
        return tuple(self._resumed(each) for each in left if each.queue_name != _HELD)

    def close(self) -> None:
        """End its threads; see `Durable.close`."""
        if self._workflow is not None:
            self._launched().destroy(destroy_registry=True)
            self._workflow = None

    def _launched(self) -> "type[DBOS]":
        try:
            from dbos import DBOS
        except ImportError:
            raise DurableError(f"the loop needs DBOS: {installation.command('agent')}", field="dbos") from None
        if self._workflow is not None:
            return DBOS
        file = folder_of(self.stack) / "began.sqlite"

        def phase(name: str, key: str) -> str:
            return DBOS.run_step({"name": name}, self.phases[name], key)

        try:
            DBOS(
                config={
                    "name": f"sophia-{self._mark}",
                    "system_database_url": self.url or f"sqlite:///{file}",
                    "executor_id": f"{os.getpid()}-{uuid.uuid4().hex[:8]}",
                    "application_version": f"{PROTOCOL}-{self._mark}",  # unique in a database, as the name is
                    "enable_otlp": False,
                    "log_level": "CRITICAL",
                }
            )
            self._workflow = DBOS.workflow(name="phase")(phase)
            DBOS.listen_queues([self._queue])
            DBOS.launch()
            DBOS.register_queue(self._queue, polling_interval_sec=_POLL)
        except Exception as error:  # of its own, of SQLAlchemy, of a driver: they may show the URL
            self.close()
            told = f"what remembers where to go on can't be used: {type(error).__name__}; look at its database"
            raise DurableError(told, field="sophia:agent.database") from None
        return DBOS

    @property
    def _mark(self) -> str:
        return fingerprint(self.stack)[:12]

    @property
    def _queue(self) -> str:
        return f"agent-{self._mark}"

    def _id(self, phase: str, key: str) -> str:
        return f"{self.stack} {phase} {key} #"

    def _past(self, beginning: str, **values: Any) -> "list[WorkflowStatus]":
        return self._launched().list_workflows(workflow_id_prefix=beginning, sort_desc=True, **values)

    def _resumed(self, attempt: "WorkflowStatus") -> str:
        word: str = self._launched().resume_workflow(attempt.workflow_id, queue_name=self._queue).get_result()
        return word

    @contextmanager
    def _next(self, phase: str, key: str, past: "list[WorkflowStatus]") -> "Iterator[type[DBOS]]":
        """For a block: whatever is begun is the attempt after those."""
        from dbos import SetWorkflowID

        number = int(past[0].workflow_id.rpartition("#")[2]) + 1 if past else 0  # some before it may be forgotten
        with SetWorkflowID(f"{self._id(phase, key)}{number}"):
            yield self._launched()

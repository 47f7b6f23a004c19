"""The stacks that a server serves: an allow-list of names that its operator gave. A client picks one, and no other."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any, Self

from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from sophia_infra.errors import SophiaError
from sophia_infra.serving.http import ServerError, in_background

Open = Callable[[str], SophiaInfrastructureAgent]


@dataclass(frozen=True, slots=True)
class Stacks:
    """The stacks that may be asked for, and what opens one. It is opened for each call, so it is as it is now.

    `names` has what each is called here, by its whole name: `{"shop/prod": "prod"}`.
    """

    names: Mapping[str, str]
    open: Open

    @classmethod
    def named(cls, given: Sequence[str], journal: str | None = None) -> Self:
        """Return the stacks of the project here with these names; the one that is selected for none.

        Raises:
            SophiaError: one of them can't be opened.
        """
        opened = partial(SophiaInfrastructureAgent.for_stack, journal=journal)
        found = [opened(name) for name in given or (None,)]
        return cls({agent.stack: agent.places.stack for agent in found}, opened)

    def agent(self, name: str) -> SophiaInfrastructureAgent:
        """Return the agent of a stack, by its whole name or that without the project; no name means the only one.

        Raises:
            ServerError: it is not one of these, or none is named and there are several.
            SophiaError: it can't be opened.
        """
        found = [here for whole, here in self.names.items() if name in ("", here, whole)]
        if len(found) == 1:
            return self.open(found[0])
        what = "is not served here; these are" if name else "has to be one of"
        told = f"the stack {name} {what}: {', '.join(self.names)}"
        raise ServerError(told, code="unknown-stack", field="stack", value=name)


@dataclass(frozen=True, slots=True)
class Work:
    """What goes on after a call has returned, by a key: planning by the name of its stack, an apply by its run's id."""

    _going: dict[str, Future[Any]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def begin(self, key: str, job: Callable[[], Any]) -> Future[Any]:
        """Begin a job; one of a key at a time, else ServerError."""
        with self._lock:
            if (before := self._going.get(key)) and not before.done():
                raise ServerError(f"{key} is being worked on; `status` tells how far it is", code="busy", subject=key)
            future = self._going[key] = in_background(job, key)
        return future

    def of(self, key: str) -> Future[Any] | None:
        """Return the job that goes on, or the last one that is not forgotten."""
        return self._going.get(key)

    def forget(self, key: str) -> None:
        """Forget how a job ended."""
        self._going.pop(key, None)

    def said(self, key: str) -> str:
        """Return `goes on`, or once what went wrong; empty where nothing is to be told."""
        if not (job := self.of(key)):
            return ""
        if not job.done():
            return "goes on"
        self.forget(key)
        error = job.exception()
        return f"failed: {error}" if isinstance(error, SophiaError | OSError) else "failed" if error else ""

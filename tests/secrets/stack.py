"""A stack with one secret, run as the engine would run it, without one: a run that fails keeps the state of before."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sophia_infra.journal import Journal
from sophia_infra.secrets.kinds import Login
from sophia_infra.secrets.lifecycle_resource import SecretLifecycleProvider
from sophia_infra.secrets.material_resource import SecretMaterialProvider
from sophia_infra.secrets.phases import SLOTS
from sophia_infra.secrets.spec import SecretSpec

LABEL = "demo/test/app-db"
_RUNS = count(1)
"""Of all stacks of this process: what is looked up once a run is not to be found by the next test."""
Props = dict[str, Any]


class RefusedError(AssertionError):
    """A `check` that failed."""


class Stack:
    """The stored resources of a secret, in a file. `up` is one run; it returns the inputs of the lifecycle."""

    def __init__(self, **args: Any) -> None:
        self.file = Path(os.environ["SOPHIA_HOME"]).parent / f"{args.get('group', 'secret')}.state"
        self.args: Props = {"kind": "postgres", "soak": "2d", "max_age": "30d", "consumers": ["api"], **args}
        self.args |= {"name": "app-db", "label": LABEL}

    @property
    def stored(self) -> dict[str, Props]:
        """The outputs of each resource, as the engine keeps them once its call returns."""
        return {name: outputs for name, (_, outputs) in self.resources.items()}

    @property
    def resources(self) -> dict[str, tuple[Props, Props]]:
        """The inputs and outputs of each resource."""
        found: dict[str, tuple[Props, Props]] = json.loads(self.file.read_text()) if self.file.exists() else {}
        return found

    def _store(self, name: str, inputs: Props, outputs: Props) -> Props:
        draft = self.file.with_suffix(".draft")
        draft.write_text(json.dumps({**self.resources, name: (inputs, outputs)}))
        draft.replace(self.file)
        return {**outputs, **inputs}

    def up(self) -> Props:
        self._run = next(_RUNS)
        return self.again()

    def again(self) -> Props:
        """Go through the same run once more, as an apply does after its preview."""
        with patch.dict(os.environ, {"SOPHIA_RUN": f"{os.getpid()}-{self._run}"}):
            made = {slot: self._material(slot) for slot in SLOTS}
            given: Props = {f"generation_{slot}": made[slot]["generation"] for slot in SLOTS}
            given |= {f"value_{slot}": made[slot]["value"] for slot in SLOTS}
            return self._go("lifecycle", SecretLifecycleProvider(), {**self.args, **given})

    def _material(self, slot: str) -> Props:
        return self._go(slot, SecretMaterialProvider(), {**self.args, "slot": slot})

    def _go(self, name: str, provider: Any, given: Props) -> Props:
        before, olds = self.resources.get(name, ({}, {}))
        checked = provider.check(before, given)
        if checked.failures:
            raise RefusedError(checked.failures[0].reason)
        news = checked.inputs
        if not olds:
            made = provider.create(news)
            return self._store(name, news, {**made.outs, "id": made.id})
        if provider.diff("id", olds, news).changes:
            return self._store(name, news, {**provider.update("id", olds, news).outs, "id": olds["id"]})
        return self._store(name, news, olds)  # the engine keeps the outputs of before

    def replaced(self) -> Props:
        """Have another resource come in place of the lifecycle, and return what was stored of the one that is to go."""
        olds = self.stored["lifecycle"]
        self.file.write_text(json.dumps({name: both for name, both in self.resources.items() if name != "lifecycle"}))
        self.up()
        return olds

    @property
    def spec(self) -> SecretSpec:
        return SecretSpec.from_inputs(self.args)

    @property
    def current(self) -> tuple[Login, str]:
        """The login that consumers are given, and its password."""
        from sophia_infra.secrets.kinds import open_kind

        slot = self.stored["lifecycle"]["slot"]
        return open_kind(self.spec, self.journal).login(slot), str(self.stored[slot]["value"])

    @property
    def url(self) -> str:
        login, value = self.current
        return login.url(value)

    @property
    def journal(self) -> Journal:
        return Journal.open()


def killed_at(point: int, run: Callable[[], object], writes: Mapping[type, tuple[str, ...]]) -> bool:
    """Run in a process of its own that is killed at one of the points before and after each write; False past the last.

    `writes` has the methods that write, by their classes.
    """
    if not (child := os.fork()):
        try:
            with _killing(point, writes):
                run()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@contextmanager
def _killing(point: int, writes: Mapping[type, tuple[str, ...]]) -> Iterator[None]:
    left = [point]

    def reach() -> None:
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1

    def around(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            reach()
            done = method(*args, **kwargs)
            reach()
            return done

        return call

    for owner, names in writes.items():
        for name in names:
            setattr(owner, name, around(getattr(owner, name)))
    yield


@contextmanager
def logins(log_in: Callable[[], object]) -> Iterator[list[str]]:
    """Log in every 50 ms by what is published; yields what was refused."""
    refused: list[str] = []
    ends = threading.Event()

    def loop() -> None:
        while not ends.wait(0.05):
            try:
                log_in()
            except Exception as error:  # whatever the client of a server raises
                refused.append(str(error))

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield refused
    finally:
        ends.set()
        thread.join()

"""Runs of plan and apply in processes of their own, which may be killed: `python -m tests.dns.runs` makes them.

One process has all that a run needs loaded, and forks for each job, a line of JSON on stdin; its answer is a line on
stdout. A killed run is a process that is gone in the middle of what it did, as by SIGKILL or a power cut.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sophia_infra import engine_run
from sophia_infra.dns.backends import BaseMovedError, Credentials, open_backend
from sophia_infra.dns.backends.cloudflare import listing, writer
from sophia_infra.dns.backends.rfc2136 import updates
from sophia_infra.dns.lint import edits  # noqa: F401  # loaded once here, not in each run
from sophia_infra.journal import Journal
from tests.dns.scenarios.model import DOMAIN, Step
from tests.dns.scenarios.run import applied, planned_step
from tests.support.primary import SECRET
from tests.support.workspace import REPO

DEEDS = {
    "posix": {"chmod", "fsync", "link", "mkdir", "open", "rename", "replace", "truncate", "unlink", "write"},
    "fcntl": {"flock"},
    "io": {"open"},
    "TextIOWrapper": {"close", "flush", "write"},
    "BufferedWriter": {"close", "flush", "write"},
    "Connection": {"close", "commit", "execute", "executemany", "rollback"},
    "Cursor": {"execute"},
    "socket": {"connect", "recv", "recv_into", "send", "sendall"},
}
"""What a run does to the world, by the C functions that do it: files, locks, the journal's database, the network."""
KILLED, DONE, REFUSED = "killed", "done", "refused"


class Runs:
    """Makes runs of one zone, one after the other."""

    def __init__(self, settings: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self._settings = dict(settings)
        found = {"PYTHONPATH": os.pathsep.join([str(REPO), str(REPO / "components")])}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.dns.runs"],
            cwd=REPO, env={**os.environ, **environment, **found},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def start(self, zone: str, home: Path, olds: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Begin a run that makes the zone these lines; its journal and locks are in `home`.

        With `dies_at` it is killed at that deed of the apply, counted from 1. With `waits_for` it says `planned`
        after its plan, and goes on once that file is locked by nobody.
        """
        assert self._process.stdin
        job = {"settings": self._settings, "zone": zone, "home": str(home), "olds": dict(olds or {}), **more}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """What the run says next: how it ended, its outputs, its deeds by who did them."""
        assert self._process.stdout
        said: dict[str, Any] = json.loads(self._process.stdout.readline())
        return said

    def run(self, zone: str, home: Path, olds: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """Begin a run and wait for its end."""
        self.start(zone, home, olds, **more)
        return self.answer()

    def close(self) -> None:
        self._process.communicate()


@contextmanager
def mortal(dies_at: int) -> Iterator[list[str]]:
    """List the deeds of the block by their keys in `DEEDS`, and die just before the one of that number."""
    done: list[str] = []

    def see(_frame: Any, event: str, function: Any) -> None:
        if event != "c_call" or not (owner := _deed_of(function)):
            return
        done.append(owner)
        if len(done) == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(see)
    try:
        yield done
    finally:
        sys.setprofile(None)


def _deed_of(function: Any) -> str:
    """The module or class of a function that is a deed, or nothing."""
    owner = getattr(function, "__self__", None)
    name: str = getattr(owner, "__name__", type(owner).__name__)
    return name if function.__name__ in DEEDS.get(name, ()) else ""


def _run(job: Mapping[str, Any]) -> dict[str, Any]:
    os.environ["SOPHIA_HOME"] = job["home"]
    os.environ[engine_run.VARIABLE] = str(os.getpid())
    backend = open_backend(job["settings"], DOMAIN, Credentials({"sophia:tsigSecret": SECRET}.get))
    journal = Journal.open()
    inputs = planned_step(Step(job["zone"]), job["olds"], journal, backend)
    if gate := job.get("waits_for"):
        _say({"ended": "planned"})
        with open(gate) as file:
            fcntl.flock(file, fcntl.LOCK_SH)
    with mortal(job.get("dies_at", 0)) as deeds:
        try:
            outputs = applied(inputs, job["olds"], journal, backend)
        except BaseMovedError as error:
            return {"ended": REFUSED, "said": str(error)}
    return {"ended": DONE, "deeds": deeds, "changes": inputs["changes"], "outputs": outputs}


def _say(answer: Mapping[str, Any]) -> None:
    os.write(1, (json.dumps(answer) + "\n").encode())


def main() -> None:
    """Several messages and requests for a small zone: the steps between them are what is of interest."""
    updates.ROOM, listing.PAGE, writer.PAID_BATCH = 250, 4, 2
    for line in sys.stdin:
        if child := os.fork():
            if code := os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
                _say({"ended": KILLED if code == -signal.SIGKILL else f"exit code {code}"})
            continue
        try:
            _say(_run(json.loads(line)))
            os._exit(0)
        finally:
            sys.excepthook(*sys.exc_info())
            os._exit(1)


if __name__ == "__main__":
    main()

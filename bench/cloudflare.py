"""Changes of a large zone at Cloudflare: batches against one call for each record, on the same loopback server."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast
from unittest.mock import patch

from bench.figures import Compare, Figure
from bench.zones import ORIGIN, versions
from sophia_infra.dns.backends import open_backend
from sophia_infra.dns.backends.budget import Window
from sophia_infra.dns.backends.cloudflare import client, writer
from tests.support.cloudflare_server import TOKEN

SHARE = 1 / 20
LISTS, BATCHES = 21, 2
"""Calls that an apply may make at most, of a zone of 100,000 records and 1,000 changes."""
_LARGE = 100_000  # records for which the targets are meant
_SLOW_ROUNDS = 2  # one call a record takes a minute

_UNMETERED = Window(10**6, 300)  # one call a record is more than Cloudflare allows: it would wait for minutes


@dataclass(frozen=True, slots=True)
class Server:
    """The stand-in in a process of its own."""

    endpoint: str
    questions: IO[str]
    answers: IO[str]

    def calls(self) -> dict[str, int]:
        """Return how many requests there were since this was last asked, by kind."""
        print(file=self.questions, flush=True)
        found: dict[str, int] = json.loads(self.answers.readline())
        return found


def figures(folder: Path, size: int, rounds: int) -> list[Figure]:
    """Apply one change in a hundred records forth in batches, and back with one call for each."""
    changed = max(10, size // 100)
    base, desired = versions(size, changed, 2)
    ours, other, calls = [], [], []
    with _server(size) as server:
        for number in range(min(rounds, _SLOW_ROUNDS)):
            ours.append(_applied(server, desired, folder / f"ours-{number}"))
            calls.append(server.calls())
            with patch.multiple(writer, FREE_BATCH=1, PAID_BATCH=1), patch.object(client, "LIMIT", _UNMETERED):
                other.append(_applied(server, base, folder / f"other-{number}"))
            server.calls()
    target = SHARE if size >= _LARGE else None
    what = f"Cloudflare, {size} records, {changed} sets differ"
    counted = [tuple(float(one.get(kind, 0)) for one in calls) for kind in ("lists", "batches")]
    limits = [tuple(float(limit) for _ in calls) for limit in (LISTS, BATCHES)]
    return [
        Figure(f"{what}: apply, against one call a record", "s", tuple(ours), tuple(other), Compare.RATIO, target),
        Figure(f"{what}: list calls, against the most allowed", "calls", counted[0], limits[0], Compare.RATIO, 1),
        Figure(f"{what}: batch calls, against the most allowed", "calls", counted[1], limits[1], Compare.RATIO, 1),
    ]


def _applied(server: Server, desired: str, home: Path) -> float:
    """Apply with a budget of its own, so that no side waits for what the other has used."""
    with patch.dict(os.environ, {"SOPHIA_HOME": str(home), "CLOUDFLARE_API_TOKEN": TOKEN}):
        zone = open_backend({"kind": "cloudflare", "endpoint": server.endpoint}, ORIGIN)
        start = time.perf_counter()
        zone.apply(lambda live: zone.normalize(desired, live))
        return time.perf_counter() - start


@contextlib.contextmanager
def _server(size: int) -> Iterator[Server]:
    command = [sys.executable, "-m", "bench.peers.cloudflare", str(size)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        questions, answers = cast(IO[str], process.stdin), cast(IO[str], process.stdout)
        try:
            yield Server(answers.readline().strip(), questions, answers)
        finally:
            process.kill()

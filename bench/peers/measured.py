"""What a peer prints: its seconds, its plan and its peak memory."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.timing import peak_bytes

Planner = Callable[[], tuple[int, int, int]]
"""Makes the plan; returns how many record sets it creates, updates and deletes."""


def main(prepare: Callable[[str, str], Planner], idle: Callable[[], float] = lambda: 0.0) -> None:
    """Prepare from two canonical texts, then plan so many times; `idle` are seconds since the start that do not count.

    The best round counts: what disturbs a round from outside only ever makes it slower.
    """
    base, desired = (Path(path).read_text() for path in sys.argv[1:3])
    plan = prepare(base, desired)
    seconds = []
    for _ in range(int(sys.argv[3])):
        start, before = time.perf_counter(), idle()
        found = plan()
        seconds.append(time.perf_counter() - start - (idle() - before))
    print(json.dumps({"seconds": min(seconds), "plan": found, "peak": peak_bytes()}))

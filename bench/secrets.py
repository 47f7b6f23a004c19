"""The `check` of a secret that is steady, against one query to its server on a connection of its own."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import psycopg

from bench.figures import Compare, Figure
from sophia_infra.secrets.lifecycle_resource import SecretLifecycleProvider
from tests.secrets.stack import Stack
from tests.support import postgresql

EXTRA_MS = 20
_CALLS = 10
"""Calls in a sample: one alone takes a few milliseconds."""


def figures(_folder: Path, _size: int, rounds: int) -> list[Figure]:
    """Check again and again what nothing changes in."""
    programs = postgresql.programs()
    if programs is None:
        return []
    with tempfile.TemporaryDirectory(prefix="bench-secrets-") as parent:
        Path(parent).chmod(0o755)  # the server's own user has to get in
        with (
            postgresql.server(Path(parent) / "server", programs) as server,
            patch.dict(os.environ, {"SOPHIA_HOME": f"{parent}/home"}),
        ):
            postgresql.ask_for_passwords(Path(parent) / "server", server)
            return [_steady(server, rounds)]


def _steady(server: str, rounds: int) -> Figure:
    stack = Stack(server=server, group="app")
    stack.up()
    steady = stack.up()
    provider = SecretLifecycleProvider()

    def query() -> None:
        with psycopg.connect(server) as db:
            db.execute("SELECT 1")

    pairs = [(_ms(lambda: provider.check(steady, steady)), _ms(query)) for _ in range(rounds + 1)][1:]
    ours, other = zip(*pairs, strict=True)
    what = "check of a steady secret, against one query to its PostgreSQL"
    return Figure(what, "ms", ours, other, Compare.EXTRA, EXTRA_MS, note="both connect anew")


def _ms(deed: Callable[[], object]) -> float:
    began = time.perf_counter()
    for _ in range(_CALLS):
        deed()
    return (time.perf_counter() - began) * 1000 / _CALLS

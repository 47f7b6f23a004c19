"""Upgrades of a journal, each killed at another step: `python -m tests.journal.upgrades FOLDER VERSION`.

FOLDER holds a journal of a release without seals. What came of each upgrade, and of the next, is a line of JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

import filelock  # noqa: F401  # loaded once here, not in each run

from sophia_infra.journal import Kind, schema
from sophia_infra.journal.sqlite import SqliteStorage
from tests.dns.runs import mortal


def lived_in(state: Path) -> None:
    """Make a machine on which a release without seals ran."""
    os.environ["XDG_STATE_HOME"] = str(state)
    (state / "sophia").mkdir(parents=True)
    (state / "sophia" / "0123.lock").touch()


def _forked(work: Callable[[], None]) -> int:
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        work()
        os._exit(0)
    finally:
        os._exit(1)


def _killed_at(step: int, path: Path) -> dict[str, object]:
    def die() -> None:
        with mortal(step):
            SqliteStorage(path).newest(Kind.PLAN, 1)

    before, changed = path.read_bytes(), path.stat().st_ctime_ns
    killed = _forked(die) == -signal.SIGKILL
    half = path.read_bytes() != before
    with closing(sqlite3.connect(path)) as db:
        version = db.execute("PRAGMA user_version").fetchone()[0]  # which undoes what is half done
    undone = version < schema.VERSION and path.stat().st_ctime_ns != changed
    ended = _forked(lambda: _add(path))
    storage = SqliteStorage(path)
    ours = [entry.sequence for entry in storage.newest(None, 100) if entry.ours]
    left = sorted(found.name for found in Path(os.environ["XDG_STATE_HOME"], "sophia").glob("*.claim"))
    return {
        "step": step, "killed": killed, "half": half, "undone": undone, "ended": ended, "version": version,
        "ours": sorted(ours), "left": left, "whole": storage.verify().ok,
    }  # fmt: skip


def _add(path: Path) -> None:
    SqliteStorage(path).append(Kind.PLAN, "after", {})


def main(folder: Path, version: int) -> None:
    upgrade = schema.upgrade

    def spill(db: sqlite3.Connection, version: int = 0) -> None:
        db.execute("PRAGMA cache_size = 1")  # what is written reaches the file long before the commit
        upgrade(db, version)

    schema.upgrade = spill
    for step in count(1):
        place = folder / f"{version}-{step}"
        lived_in(place / "state")
        for name in ("journal.db", "journal.head"):
            shutil.copyfile(folder / name, place / name)
        found = _killed_at(step, place / "journal.db")
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()  # before the next fork, which would have it too
        shutil.rmtree(place)
        if not found["killed"]:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

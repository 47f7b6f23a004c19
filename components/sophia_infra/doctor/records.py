"""The journal, and the clock that its rows are written by."""

import os
from datetime import datetime

from sophia_infra import clock as time
from sophia_infra import settings
from sophia_infra.doctor.result import Result, Status
from sophia_infra.doctor.stack import Stack
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal, seal
from sophia_infra.journal.chain import SKEW, Verification
from sophia_infra.journal.sqlite import SqliteStorage

MANY = 1_000_000
"""So many rows are worth a prune: no run takes longer for them, but a proof does, and a copy."""
_SECOND = "%Y-%m-%d %H:%M:%S"


def journal(stack: Stack) -> Result:
    """Return whether the journal is whole, and can be written to. An older schema stays as it is."""
    if f"{settings.NAMESPACE}:{settings.JOURNAL}" in stack.secret:
        told = "the stack keeps secret where it is, so it was not looked at"
        return Result("journal", Status.WARNING, told, "sophia audit verify --journal URL")
    try:
        kept = settings.journal(stack.get)
        if shut := _shut(kept):
            return Result("journal", Status.PROBLEM, f"{shut} can't be written to", f"chmod u+rw {shut}")
        if not kept.storage.vouched:
            seal.check()
        found = kept.verify()
    except seal.SealError as error:
        return Result("journal", Status.PROBLEM, f"{kept.name}: rows can't be sealed: {error}", "mend it before a run")
    except SophiaError as error:
        if error.code == "no-journal":
            return Result("journal", Status.OK, f"none at {kept.name} yet; the first run makes it")
        return Result("journal", Status.PROBLEM, str(error), "sophia audit verify")
    return _judged(kept.name, found)


def _judged(name: str, found: Verification) -> Result:
    told = f"{name}: {found.rows} rows"
    if not found.ok:
        return Result("journal", Status.PROBLEM, f"{told}, then {found.why}", "sophia audit verify")
    remarks = "; ".join((told, *found.remarks, *found.foreign))
    if found.foreign:
        return Result("journal", Status.WARNING, remarks, "sophia audit accept")
    if found.rows >= MANY:
        return Result("journal", Status.WARNING, remarks, "sophia audit prune --before 365d --to FILE")
    if found.remarks:
        return Result("journal", Status.WARNING, remarks, "sophia audit verify")
    return Result("journal", Status.OK, f"{told}, whole")


def _shut(kept: Journal) -> str:
    """Return what of a journal in a file may not be written to, empty where all may or nothing is there."""
    if not isinstance(kept.storage, SqliteStorage):
        return ""
    path = kept.storage.path
    there = [found for found in (path, kept.storage.pin) if found.exists()]
    folder = next(parent for parent in path.parents if parent.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        return str(folder)
    return next((str(found) for found in there if not os.access(found, os.R_OK | os.W_OK)), "")


def clock(stack: Stack) -> Result:
    """Return whether runs from here go by the machine's own time, and that is no earlier than the newest row."""
    try:
        moved = time.moved()
    except SophiaError as error:
        return Result("clock", Status.PROBLEM, str(error), f"unset {time.VARIABLE}")
    if moved:
        return Result("clock", Status.WARNING, moved, f"unset {time.VARIABLE}")
    here = time.machine_time()
    written = _newest(stack)
    if written and written > here + SKEW:
        told = f"it is {here:{_SECOND}} UTC here, and the newest row of the journal is of {written:{_SECOND}} UTC"
        return Result("clock", Status.PROBLEM, told, "set the clock: timedatectl set-ntp true")
    return Result("clock", Status.OK, f"{here:{_SECOND}} UTC")


def _newest(stack: Stack) -> datetime | None:
    """Return when the newest row of the journal was written; an older schema stays as it is."""
    try:
        storage = settings.journal(stack.get).storage
        if not isinstance(storage, SqliteStorage):
            return next((row.machine_time for row in storage.newest(None, 1)), None)
        pinned = storage.pinned()
        with storage.rows(pinned.sequence - 1 if pinned else 0) as rows:
            return next((row.machine_time for row in rows), None) if pinned else None
    except SophiaError:  # `journal` tells of it
        return None

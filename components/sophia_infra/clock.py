"""The one place that asks what time it is, so that tests and rehearsals can move it."""

import os
from datetime import UTC, datetime, timedelta

from sophia_infra.errors import SophiaError

VARIABLE = "SOPHIA_NOW"
TOLERANCE = timedelta(minutes=5)
"""By how much the clocks of two machines may differ before one of them counts as wrong."""
REHEARSAL, APPLY = "SOPHIA_REHEARSAL", "apply"
"""The variable, and its value, that lets an apply go by a moved clock."""


class MovedError(SophiaError):
    """An apply, or an approval, by a clock that SOPHIA_NOW moves: nothing was changed."""

    code = "clock-moved"


def now() -> datetime:
    """Return the current time in UTC, or the time in the environment variable SOPHIA_NOW (ISO 8601 with an offset).

    Raises:
        SophiaError: SOPHIA_NOW is set to something that is not a time with an offset.
    """
    told = os.environ.get(VARIABLE)
    if not told:
        return machine_time()
    try:
        moment = datetime.fromisoformat(told)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise SophiaError(
            f"{VARIABLE}={told!r} is not a time; write it like 2026-11-23T12:00:00+00:00, or unset it",
            code="no-time",
            field=VARIABLE,
            value=told,
        )
    return moment.astimezone(UTC)


def machine_time() -> datetime:
    """Return the current time in UTC by the machine's own clock, whatever SOPHIA_NOW says."""
    return datetime.now(UTC)


def moved() -> str:
    """Return what a run by a moved clock says of that, empty where SOPHIA_NOW is not set."""
    return (
        f"{VARIABLE} moves the clock of this run to {now():%Y-%m-%d %H:%M:%S} UTC" if os.environ.get(VARIABLE) else ""
    )


def refuse_moved() -> None:
    """Refuse to go on by a moved clock, unless SOPHIA_REHEARSAL=apply says that it is meant.

    Raises:
        MovedError: SOPHIA_NOW is set.
    """
    if (told := moved()) and os.environ.get(REHEARSAL) != APPLY:
        raise MovedError(
            f"{told}, which is for previews: unset it, or say {REHEARSAL}={APPLY} where this is a rehearsal",
            field=VARIABLE,
        )

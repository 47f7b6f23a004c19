"""The one place that asks what time it is, so that tests and rehearsals can move it."""

import os
from datetime import UTC, datetime

from sophia_infra.errors import SophiaError

VARIABLE = "SOPHIA_NOW"


def now() -> datetime:
    """Return the current time in UTC, or the time in the environment variable SOPHIA_NOW (ISO 8601 with an offset).

    Raises:
        SophiaError: SOPHIA_NOW is set to something that is not a time with an offset.
    """
    told = os.environ.get(VARIABLE)
    if not told:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(told)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise SophiaError(f"{VARIABLE}={told!r} is not a time; write it like 2026-11-23T12:00:00+00:00, or unset it")
    return moment.astimezone(UTC)

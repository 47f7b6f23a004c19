"""The debug trail: `SOPHIA_LOG=debug` shows on stderr which step decided what; without it nothing is written.

Modules log under their own names below `sophia_infra`, and never a value that may be secret: counts, digests, names.
A program that configures `logging` itself gets the same lines without the variable.
"""

import logging
import os

from sophia_infra.reporter import Reporter

VARIABLE = "SOPHIA_LOG"
LOGGER = logging.getLogger("sophia_infra")


class _Stderr(logging.Handler):
    """Writes each message on one line."""

    reporter = Reporter("sophia debug")

    def emit(self, record: logging.LogRecord) -> None:
        self.reporter.say(f"{record.name.removeprefix('sophia_infra.')}: {record.getMessage()}")


def switch_on() -> None:
    """Show the trail where the environment asks for it; a second call adds nothing."""
    if os.environ.get(VARIABLE) == "debug" and not any(isinstance(handler, _Stderr) for handler in LOGGER.handlers):
        LOGGER.addHandler(_Stderr())
        LOGGER.setLevel(logging.DEBUG)

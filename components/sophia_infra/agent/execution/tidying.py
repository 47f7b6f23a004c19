"""The folders of runs that have ended, or that nobody asked for, of which only the newest are kept.

No run that waits for a person or goes on is ever touched.
"""

import shutil
from contextlib import suppress
from pathlib import Path

from sophia_infra.agent.execution.runs import Runs
from sophia_infra.agent.execution.states import ENDED, State

KEPT = 50
"""So many folders are kept, whatever became of their runs: without it a run that is done can't be taken back."""


_OVER = (*ENDED, State.PROPOSED)


def tidy(runs: Runs, folder: Path) -> None:
    """Remove the folders of such runs but for the newest; `folder` has one for each run.

    Raises:
        JournalError, OSError: it can't be known which those are, or one can't be removed.
    """
    for each in sorted(folder.iterdir(), key=_since, reverse=True)[KEPT:]:
        run = runs.known(each.name)
        if run and run.state in _OVER and not any(engine.alive for engine in run.every_engine):
            with suppress(FileNotFoundError):
                shutil.rmtree(each)


def _since(folder: Path) -> float:
    """When it was changed last; what another process has removed meanwhile is the oldest."""
    with suppress(FileNotFoundError):
        return folder.stat().st_mtime
    return 0.0

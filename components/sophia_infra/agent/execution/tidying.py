"""The folders of runs that have ended, of which only the newest are kept; no run that goes on is ever touched."""

import shutil
from pathlib import Path

from sophia_infra.agent.execution.runs import Runs
from sophia_infra.agent.execution.states import ENDED

KEPT = 50
"""So many folders are kept, whatever became of their runs: without it a run that is done can't be taken back."""


def tidy(runs: Runs, folder: Path) -> None:
    """Remove the folders of ended runs but for the newest; `folder` has one for each run.

    Raises:
        JournalError, OSError: it can't be known which those are, or one can't be removed.
    """
    found = sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True)
    for each in found[KEPT:]:
        run = runs.known(each.name)
        if run and run.state in ENDED and not any(engine.alive for engine in run.every_engine):
            shutil.rmtree(each)

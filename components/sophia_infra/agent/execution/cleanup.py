"""The folders of runs that have ended, or that nobody asked for, of which only the newest are kept.

No run that waits for a person or goes on is ever touched. What a killed plan left is no run: its copy of the project
goes at once, and its folder as that of a run.
"""

import re
import shutil
from contextlib import suppress
from pathlib import Path

from sophia_infra.agent.execution.runs import COPY, PREVIEW, Runs
from sophia_infra.agent.execution.states import ENDED, State
from sophia_infra.engine_process.engine import Engine

KEPT = 50
"""So many folders are kept, whatever became of their runs: without it a run that is done can't be taken back."""
_IS_KEY = re.compile("[0-9a-f]{8,}").fullmatch
_OVER = (*ENDED, State.PROPOSED)


def tidy(runs: Runs, folder: Path) -> None:
    """Remove the folders of such runs but for the newest; `folder` has one for each run.

    Raises:
        JournalError, OSError: it can't be known which those are, or one can't be removed.
    """
    found = [each for each in folder.iterdir() if _IS_KEY(each.name)]  # a loop and chats have others beside
    for each in found:
        preview = Engine(each / PREVIEW)
        if (each / COPY).exists() and preview.began and not preview.alive and not runs.known(each.name):
            shutil.rmtree(each / COPY, ignore_errors=True)  # as whoever planned it does, if that is alive
    for each in sorted(found, key=_since, reverse=True)[KEPT:]:
        run = runs.known(each.name)
        engines = [*(run.every_engine if run else ()), Engine(each / PREVIEW)]
        if (not run or run.state in _OVER) and not any(engine.alive for engine in engines):
            shutil.rmtree(each, ignore_errors=True)


def _since(folder: Path) -> float:
    """When it was changed last; what another process has removed meanwhile is the oldest."""
    with suppress(FileNotFoundError):
        return folder.stat().st_mtime
    return 0.0

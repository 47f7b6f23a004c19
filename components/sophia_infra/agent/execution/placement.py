"""The edited files of a run put into the project, whole, and put back. Only what a run knows is ever replaced."""

from pathlib import Path

from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution.bound import ApprovalMovedError, refuse_other_files
from sophia_infra.agent.execution.rows import Edited
from sophia_infra.agent.execution.runs import AFTER, APPLY, BEFORE, ROLLBACK, Run
from sophia_infra.agent.execution.states import State
from sophia_infra.changes import EditingError, fingerprint
from sophia_infra.home import write_whole

AT_WORK = {State.APPLYING: (APPLY, BEFORE), State.ROLLING_BACK: (ROLLBACK, AFTER)}
"""The engine of a state, and what the files are to be where it is stopped before that has begun: what the stack has."""


def kept(run: Run, name: str) -> dict[str, str]:
    """Return the texts of a run's files as they were, or as they become, by their paths; OSError where one is gone."""
    return {file.path: _text(run.folder / name / file.path) for file in run.row.files}


def refuse_strange(run: Run, places: Places) -> None:
    """Refuse where somebody else changed a file of a run: in the project, or one that the run keeps.

    Raises:
        ApprovalMovedError: it is neither as it was nor as it becomes.
        OSError: a kept one is gone.
    """
    for file in run.row.files:
        keeps = all(
            fingerprint(_text(run.folder / name / file.path)) == _wanted(file, name) for name in (BEFORE, AFTER)
        )
        if not keeps or _standing(file, places) not in (file.before, file.after):
            what = file.path if keeps else f"the copy of {file.path} in {run.folder}"
            told = f"{what} was edited since the plan was made; nothing was done"
            raise ApprovalMovedError(told, subject=file.path, value=file.path)


def refuse_others(run: Run, places: Places) -> None:
    """Refuse to go on over what somebody else edited since the plan was made; raises ApprovalMovedError."""
    refuse_strange(run, places)
    refuse_other_files(places, run.folder, kept(run, BEFORE))


def put(run: Run, places: Places, name: str) -> None:
    """Make each file what it is to be, one whole write each; killed between two, the same call does the rest.

    What somebody else has edited stays as it is.

    Raises:
        OSError: one can't be written.
    """
    for file in run.row.files:
        target, text = places.folder / file.path, _text(run.folder / name / file.path)
        known = {file.before, file.after} - {_wanted(file, name)}
        if fingerprint(text) == _wanted(file, name) and _standing(file, places) in known:
            mode = target.stat().st_mode & 0o777
            write_whole(target, text, prepare=lambda draft, mode=mode: Path(draft).chmod(mode))  # type: ignore[misc]


def take_out(run: Run, places: Places) -> None:
    """Make the files again what the stack has, where no engine has begun."""
    name, live = AT_WORK.get(run.state, ("", ""))
    if name and not any(engine.began for engine in run.engines(name)):
        put(run, places, live)


def _wanted(file: Edited, name: str) -> str:
    return file.before if name == BEFORE else file.after


def _standing(file: Edited, places: Places) -> str:
    """The fingerprint of a file as it stands in the project; empty where the agent could not write it by now."""
    try:
        return fingerprint(places.text(places.own(places.folder / file.path)))
    except EditingError:
        return ""


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")

"""The edited files of a run put into the project, whole, and put back. Only what a run knows is ever replaced."""

from pathlib import Path

from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution.bound import ApprovalMovedError
from sophia_infra.agent.execution.runs import Run
from sophia_infra.changes import fingerprint
from sophia_infra.home import write_whole


def kept(run: Run, name: str) -> dict[str, str]:
    """Return the texts of a run's files as they were, or as they become, by their paths; OSError where one is gone."""
    return {file.path: _text(run.folder / name / file.path) for file in run.row.files}


def refuse_strange(run: Run, places: Places) -> None:
    """Refuse where somebody else changed a file of a run: it is neither as it was nor as it becomes.

    Raises:
        ApprovalMovedError: it is.
    """
    for file in run.row.files:
        if fingerprint(places.text(places.own(places.folder / file.path))) not in (file.before, file.after):
            told = f"{file.path} was edited since the plan was made; nothing was done: plan it anew"
            raise ApprovalMovedError(told, subject=file.path, value=file.path)


def put(run: Run, places: Places, name: str) -> None:
    """Make each file what it is to be, one whole write each; killed between two, the same call does the rest.

    Raises:
        OSError: one can't be written.
    """
    for path, text in kept(run, name).items():
        target = places.own(places.folder / path)
        if places.text(target) != text:
            mode = target.stat().st_mode & 0o777
            write_whole(target, text, prepare=lambda draft, mode=mode: Path(draft).chmod(mode))  # type: ignore[misc]


def _text(path: Path) -> str:
    return path.read_bytes().decode()

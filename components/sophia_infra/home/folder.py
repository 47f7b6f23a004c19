"""The folders that files of our own are in, and the one reader of SOPHIA_HOME.

- Of a project, with journal, CA and backups: `$SOPHIA_HOME`, else `.sophia` beside the nearest `Pulumi.yaml`.
- Of a user, with locks and request budgets: `$SOPHIA_HOME/state`, else `$XDG_STATE_HOME/sophia`, else
  `~/.local/state/sophia`.
"""

import os
from pathlib import Path

VARIABLE = "SOPHIA_HOME"
FOLDER = ".sophia"
PRIVATE = 0o700


def home() -> Path | None:
    """Return the folder that SOPHIA_HOME names, None where it is not set."""
    given = os.environ.get(VARIABLE)
    return Path(given).expanduser().absolute() if given else None


def project_folder(chosen: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of what belongs to a project: `chosen` if given, else as said above."""
    return Path(chosen).expanduser().absolute() if chosen else home() or _project() / FOLDER


def user_folder() -> Path:
    """Return the folder of what all processes of one user share, whichever project they run for."""
    if chosen := home():
        return chosen / "state"
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser().absolute() / "sophia"


def make_private(folder: Path) -> None:
    """Make a folder, if there is none, that only its user may enter and git ignores.

    Raises:
        OSError: it can't be made.
    """
    if not folder.is_dir():
        folder.mkdir(parents=True, mode=PRIVATE, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="ascii")


def _project() -> Path:
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "Pulumi.yaml").exists()), here)

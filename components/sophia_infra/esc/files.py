"""Environments in files: `sophia/dev` is `esc/sophia/dev.yaml`, or `esc/dev.yaml` in a folder of one project."""

import hashlib
import os
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from sophia_infra.esc.errors import EscError
from sophia_infra.home import locked, make_user_folder, project, user_folder, write_whole
from sophia_infra.values import known_are

FOLDER = "esc"
SUFFIX = ".yaml"
_MODE = 0o644
"""That of a new file: its secrets are encrypted."""
_NAME = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*/)?[A-Za-z0-9_-][A-Za-z0-9_.-]*")


class Files:
    """The environments of a folder, by default of `esc` here or else beside the nearest `Pulumi.yaml` above, unless
    that is a stranger's: what an environment says is carried out, commands included.

    Where no folder in it has the project's name, `project/name` is `name.yaml`.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = Path(FOLDER if folder is None else folder)
        if folder is None and not self.folder.is_dir():
            above = Path(os.path.relpath(project() / FOLDER))
            self.folder = self.folder if _is_strangers(above) else above

    def path(self, name: str) -> Path:
        """Return an environment's file, whether it is there or not.

        Raises:
            EscError: it is no name of an environment.
        """
        if not _NAME.fullmatch(name):
            told = f"{name!r} is no environment of files; give name or project/name, and no version"
            raise EscError(told, code="esc-name", field=name)
        project, slash, last = name.rpartition("/")
        folder = self.folder / project
        return (folder if slash and folder.is_dir() else self.folder) / f"{last}{SUFFIX}"

    def text(self, name: str) -> tuple[str, str]:
        """Return an environment's text, and its file's name.

        Raises:
            EscError: there is none, or it can't be read.
        """
        path = self.path(name)
        if path.exists() and not path.is_file():  # a stranger's link to /dev/zero would have no end
            raise EscError(f"there is no environment {name}: {path} is no file", code="esc-missing", subject=str(path))
        try:
            return path.read_bytes().decode("utf-8-sig"), str(path)
        except UnicodeDecodeError:
            raise EscError(f"{path} is no UTF-8", code="esc-syntax", subject=str(path)) from None
        except OSError as error:
            told = f"there is no environment {name}: {path}: {error.strerror}; {known_are(name, self.names())}"
            raise EscError(told, code="esc-missing", subject=str(path)) from None

    def change(self, name: str, make: Callable[[str, str], str]) -> None:
        """Replace an environment's text by what `make` makes of it and its file's name. Others of this user wait.

        Raises:
            EscError: there is none, `make` refuses, or somebody else has changed it meanwhile, by hand.
            OSError: it can't be written; what was there stands.
        """
        with self._held(name):
            before, file = self.text(name)
            self._put(name, make(before, file), before)

    def write(self, name: str, text: str, before: str | None) -> None:
        """Replace an environment's text, if it is what it was, None where there was none. Others of this user wait.

        Raises:
            EscError: somebody else has changed it meanwhile.
            OSError: it can't be written; what was there stands.
        """
        with self._held(name):
            self._put(name, text, before)

    def _held(self, name: str) -> AbstractContextManager[None]:
        folder = user_folder()
        make_user_folder(folder)
        path = str(self.path(name).resolve())
        lock = folder / f"esc-{hashlib.sha256(path.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}.lock"
        return locked(lock, what=path, keep=False)

    def _put(self, name: str, text: str, before: str | None) -> None:
        """Replace a text; the file keeps its mode, a link to it its target."""
        path = self.path(name).resolve()

        def prepare(draft: str) -> None:
            is_there = path.exists()
            if (self.text(name)[0] if is_there else None) != before:
                told = f"{path} was changed by somebody else meanwhile; nothing was written: try again"
                raise EscError(told, code="esc-moved", field=name, subject=str(path))
            os.chmod(draft, path.stat().st_mode & 0o777 if is_there else _MODE)

        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text, prepare=prepare)

    def names(self) -> list[str]:
        """Return the names of all environments in the folder."""
        found = [*self.folder.glob(f"*{SUFFIX}"), *self.folder.glob(f"*/*{SUFFIX}")]
        return sorted(path.relative_to(self.folder).as_posix().removesuffix(SUFFIX) for path in found)


def _is_strangers(folder: Path) -> bool:
    """Whether a folder is neither this user's nor root's, nor of whom the current folder is."""
    return folder.is_dir() and folder.stat().st_uid not in (0, os.geteuid(), Path.cwd().stat().st_uid)

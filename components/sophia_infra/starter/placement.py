"""Files that nobody has yet, put into a folder: all of them, or none."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sophia_infra.errors import SophiaError

_SCRIPT = ".sh"


class PlacingError(SophiaError):
    """Files that are there already; the message names them."""

    code = "files-exist"


def place(files: Mapping[str, str], folder: Path) -> None:
    """Write files into a folder, which is made where there is none. Nothing that is there is written over.

    Raises:
        PlacingError: some of the files are there; nothing was written.
        OSError: a file can't be written; those that were are gone again.
    """
    there = [name for name in sorted(files) if os.path.lexists(folder / name)]
    if there:
        raise PlacingError(
            f"{folder} has {', '.join(there)} already, and nothing was written; move it away, or name another folder",
            field="folder",
        )
    made: list[Path] = []
    try:
        for name, text in files.items():
            _make_folder((folder / name).parent, made)
            _make_file(folder / name, text, made)
    except BaseException:
        for path in reversed(made):
            with suppress(OSError):  # a folder that somebody else put something into stays
                path.rmdir() if path.is_dir() else path.unlink()
        raise


def _make_folder(folder: Path, made: list[Path]) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent, made)
        folder.mkdir()
        made.append(folder)


def _make_file(path: Path, text: str, made: list[Path]) -> None:
    mode = 0o777 if path.suffix == _SCRIPT else 0o666
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)  # the user's umask takes from the mode
    made.append(path)
    with open(handle, "w", encoding="utf-8") as file:
        file.write(text)

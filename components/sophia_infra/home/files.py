"""Files that appear whole or not at all, whenever the writer is killed."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def write_whole(
    path: Path, text: str, *, prefix: str | None = None, prepare: Callable[[str], None] | None = None
) -> None:
    """Replace a file in one step; it is on disk, and there under its name, when this returns.

    Args:
        path: the file; its folder is there.
        text: what it is to hold, in UTF-8.
        prefix: how the name of the draft beside it begins, for whoever tidies up after a kill.
        prepare: is given the draft's name before it takes the file's place: to set its mode or owner. Without it only
            the user may read the file.

    Raises:
        OSError: it can't be written; the old file stands and no draft is left.
    """
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=prefix or f".{path.name[:100]}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if prepare:
            prepare(draft)
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Bring a folder's names to disk: until then a power cut may undo the renaming (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

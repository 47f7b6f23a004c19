"""A copy of a project in a private folder, with some of its files otherwise: a preview runs there, and changes nothing.

Only what may differ is copied: the edited files, the program and the settings beside it. All else is a link, so a
program that names a place by a relative path, such as a zone's master file, means the same place from there.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

_COPIED = (".py", ".yaml", ".yml")
"""Endings of files in the project's folder that are copied: Python and the engine ask where they really are."""


def made(project: Path, folder: Path, texts: Mapping[str, str]) -> Path:
    """Make the copy at `folder` and return it; `texts` are the files that differ, by their paths in the project.

    Raises:
        OSError: it can't be made.
    """
    if folder.exists():
        shutil.rmtree(folder)
    _link(project, folder, {project / path: text for path, text in texts.items()})
    return folder


def _link(source: Path, target: Path, texts: Mapping[Path, str]) -> None:
    target.mkdir(mode=0o700, parents=True)
    for entry in os.scandir(source):
        path, there = Path(entry.path), target / entry.name
        if path in texts:
            there.write_text(texts[path], "utf-8", newline="")
            shutil.copymode(path, there)
        elif any(path in each.parents for each in texts):
            _link(path, there, texts)
        elif entry.name.endswith(_COPIED) and entry.is_file(follow_symlinks=False):
            shutil.copy2(path, there)
        else:
            os.symlink(path, there)

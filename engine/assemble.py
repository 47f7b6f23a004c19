"""Puts a built engine and this repository's language host into one folder, which goes on PATH."""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LAUNCHER = "pulumi-language-python"
HELPERS = ("pulumi-language-python-exec", "pulumi-resource-pulumi-python")


def assemble(built: Path, folder: Path, python: Path) -> Path:
    """Fill `folder` with what is in `built` and a launcher that runs the language host by `python`.

    `python` needs the Pulumi SDK. Every file is replaced in one step, and only when it differs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("pulumi", *HELPERS):
        if not same(built / name, folder / name):
            replace_with_copy(built / name, folder / name)
    launcher = launcher_text(folder, python)
    target = folder / LAUNCHER
    if not target.exists() or target.read_text() != launcher:
        replace_with_text(launcher, target)
    return folder


def launcher_text(folder: Path, python: Path) -> str:
    """A shell script: a shebang could not hold every path."""
    host, executor = HERE / "language_host", folder / HELPERS[0]
    words = [str(python), str(host), "--use-executor", str(executor)]
    return f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n'


def same(source: Path, target: Path) -> bool:
    """Whether `target` is `source` or a copy of it, by size and time."""
    if not target.exists():
        return False
    one, other = source.stat(), target.stat()
    return (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)


def replace_with_copy(source: Path, target: Path) -> None:
    """A hard link where the file system allows it: the engine looks for its helpers beside itself."""
    part = temporary(target)
    part.unlink()
    try:
        os.link(source, part)
    except OSError:
        shutil.copy2(source, part)
    part.replace(target)


def replace_with_text(text: str, target: Path) -> None:
    """Write an executable text file in one step."""
    part = temporary(target)
    part.write_text(text)
    part.chmod(0o755)
    part.replace(target)


def temporary(target: Path) -> Path:
    """An empty file beside `target`."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(handle)
    return Path(name)

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from engine.assemble import HELPERS, LAUNCHER, assemble


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "built"
    folder.mkdir()
    for name in ("pulumi", *HELPERS):
        (folder / name).write_text(name)
        (folder / name).chmod(0o755)
    return folder


def test_the_launcher_runs_the_host_by_the_given_python_with_spaces_in_paths(tmp_path: Path, built: Path) -> None:
    python = tmp_path / "a folder" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    folder = assemble(built, tmp_path / "an engine", python)
    said = subprocess.check_output([folder / LAUNCHER, "127.0.0.1:7"], text=True).splitlines()
    assert Path(said[0]).name == "language_host"
    assert (Path(said[0]) / "__main__.py").exists()
    assert said[1:] == ["--use-executor", str(folder / HELPERS[0]), "127.0.0.1:7"]


def test_assembling_again_changes_nothing_but_what_differs(tmp_path: Path, built: Path) -> None:
    folder = assemble(built, tmp_path / "engine", Path("/python"))
    before = {path.name: path.stat().st_ino for path in folder.iterdir()}
    (built / "pulumi").unlink()
    (built / "pulumi").write_text("newer engine")
    assemble(built, folder, Path("/python"))
    after = {path.name: path.stat().st_ino for path in folder.iterdir()}
    assert {name for name in before if before[name] != after[name]} == {"pulumi"}
    assert (folder / "pulumi").read_text() == "newer engine"


def test_a_file_system_without_links_gets_copies(tmp_path: Path, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    folder = assemble(built, tmp_path / "engine", Path("/python"))
    assert (folder / "pulumi").read_text() == "pulumi"
    assert os.access(folder / "pulumi", os.X_OK)
    assert {path.name for path in folder.iterdir()} == {"pulumi", LAUNCHER, *HELPERS}

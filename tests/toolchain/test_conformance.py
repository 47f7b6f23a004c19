from __future__ import annotations

from pathlib import Path

import pytest

from engine import conformance
from engine.ways import WayClosedError


def test_it_is_installed_once_at_its_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    commands: list[list[str]] = []

    def install(command: list[str], _: float) -> str:
        commands.append(command)
        program = Path(command[command.index("--prefix") + 1]) / conformance.PROGRAM
        program.parent.mkdir(parents=True)
        program.touch()
        return ""

    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SOPHIA_ENGINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(conformance, "run", install)
    assert conformance.look() is None
    found = conformance.ensure()
    assert found == conformance.ensure()
    assert conformance.look() == (str(found / "node_modules/.bin/node"), str(found / conformance.PROGRAM))
    ((*_, node, suite),) = commands
    assert (node, suite) == conformance.PACKAGES


def test_without_npm_it_says_why_and_passes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SOPHIA_ENGINE_CACHE", str(tmp_path / "cache"))
    with pytest.raises(WayClosedError):
        conformance.ensure()
    assert conformance.main() == 0
    said = capsys.readouterr()
    assert (said.out, "there is no `npm` on PATH" in said.err) == ("", True)

from __future__ import annotations

from pathlib import Path

import pytest

from engine import esc
from engine.ways import WayClosedError


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """What would be run, without running it; nothing is on PATH, and the cache is the test's."""
    run: list[list[str]] = []

    def build(command: list[str], _: float, __: dict[str, str]) -> str:
        run.append(command)
        Path(command[command.index("-o") + 1]).touch()
        return ""

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SOPHIA_ENGINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(esc, "run", build)
    return run


def test_the_reference_is_built_once_for_its_sources(commands: list[list[str]], tmp_path: Path) -> None:
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\n")
    go.chmod(0o755)
    assert esc.look() is None
    assert esc.ensure() == esc.look() == esc.ensure()
    assert len(commands) == 1


def test_where_the_reference_can_not_be_built_it_says_why_and_passes(
    commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(WayClosedError):
        esc.ensure()
    assert esc.main() == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "could not be built (there is no `go` on PATH); tests compare with its old answers" in said.err
    assert commands == []

from __future__ import annotations

from pathlib import Path

import pytest

from engine import pebble
from engine.ways import WayClosedError


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """What would be run, without running it; nothing is on PATH, and the cache is the test's."""
    run: list[list[str]] = []

    def build(command: list[str], _: float, settings: dict[str, str]) -> str:
        run.append(command)
        program = Path(settings["GOBIN"]) / "pebble"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        return ""

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SOPHIA_ENGINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(pebble, "run", build)
    return run


def test_it_is_built_once_at_its_version(commands: list[list[str]], tmp_path: Path) -> None:
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\n")
    go.chmod(0o755)
    assert pebble.look() is None
    found = pebble.ensure()
    assert found == pebble.look() == pebble.ensure()
    assert [command[-1] for command in commands] == [pebble.PACKAGE]
    assert pebble.PACKAGE.endswith(f"@v{pebble.VERSION}")


def test_where_it_can_not_be_built_it_says_why_and_passes(
    commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(WayClosedError):
        pebble.ensure()
    assert pebble.main() == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "Pebble could not be built (there is no `go` on PATH); tests that order certificates" in said.err
    assert commands == []

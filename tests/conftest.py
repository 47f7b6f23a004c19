"""Fixtures that every room may use."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from engine.provide import find
from tests.support.workspace import Workspace

settings.register_profile("unhurried", deadline=None)  # no test is about time, and machines are shared
settings.load_profile("unhurried")

REQUIRE = "SOPHIA_REQUIRE_ENGINE"
HINT = "no Pulumi engine: run `make setup`, or name a folder that holds one in SOPHIA_ENGINE_BIN"


@pytest.fixture(scope="session")
def engine() -> Path:
    """The folder that holds `pulumi` and its language host; without one, skips or fails."""
    if named := os.environ.get("SOPHIA_ENGINE_BIN"):
        return Path(named)
    in_venv = sys.prefix != sys.base_prefix
    if in_venv and (found := find(Path(sys.prefix))):
        return found
    if os.environ.get(REQUIRE):
        pytest.fail(HINT)
    pytest.skip(HINT)


@pytest.fixture
def workspace(tmp_path: Path, engine: Path) -> Workspace:
    """An empty Pulumi project with its own backend; nothing of it outlives the test."""
    return Workspace(tmp_path / "project", engine)

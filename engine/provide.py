"""Provides a virtual environment with an engine, by the first way that leads to one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from engine import cache
from engine.ways import GoBuild, Installer, OnPath, Way, WayClosedError


class NoEngineError(Exception):
    """No way leads to an engine. Names each way that was tried and what it said."""

    def __init__(self, tried: Sequence[tuple[str, str]]) -> None:
        self.tried = tuple(tried)
        reasons = "".join(f"\n  {name}: {reason}" for name, reason in tried)
        way_out = "Install Pulumi by hand (https://www.pulumi.com/docs/install/), then run this again."
        super().__init__(f"no Pulumi engine could be had:{reasons}\n{way_out}")


def own_folder(venv: Path) -> Path:
    """The folder of a virtual environment that holds an engine built here."""
    return venv / "engine"


def ways(venv: Path) -> tuple[Way, ...]:
    """All ways, best first. The environment's own folder is no way: it is filled from one."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    python, home = venv / "bin" / "python", cache.root()
    return (
        OnPath(os.pathsep.join(folder for folder in folders if Path(folder) != own_folder(venv))),
        Installer(python, home),
        GoBuild(home, own_folder(venv), python),
    )


def find(venv: Path, among: Sequence[Way] | None = None) -> Path | None:
    """The folder of an engine that is there already, ready to go on PATH; None when there is none."""
    for way in among or ways(venv):
        try:
            return way.look()
        except WayClosedError:
            continue
    return None


def ensure(venv: Path, among: Sequence[Way] | None = None) -> Path:
    """The folder of an engine, got by the first way that is open. Raises `NoEngineError`."""
    chosen = among or ways(venv)
    if found := find(venv, chosen):
        return found
    tried = []
    for way in chosen:
        try:
            return way.make()
        except WayClosedError as closed:
            tried.append((way.name, str(closed)))
    raise NoEngineError(tried)

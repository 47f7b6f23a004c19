"""Whoever has inherited a lock is found and ended, whatever else begins and ends meanwhile."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.engine_process import orphans

ENDED = f"/proc/{os.getpid()}/fd"
"""This process stands in for one that is gone once it was listed."""


def test_a_process_that_ends_while_others_are_looked_at_hides_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "running"
    lock.touch()
    with lock.open("r+") as held:
        orphan = subprocess.Popen(["sleep", "600"], pass_fds=(held.fileno(),))

    def failing(ask: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def asked(folder: Any = ".") -> Any:
            if os.fspath(folder) == ENDED:
                raise FileNotFoundError(folder)
            return ask(folder)

        return asked

    for name in ("listdir", "scandir"):
        monkeypatch.setattr(os, name, failing(getattr(os, name)))
    orphans.end(lock)
    assert orphan.wait(30) == -signal.SIGKILL

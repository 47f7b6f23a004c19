from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine import cache
from tests.support.workspace import REPO

# Publishes a folder whose making says "at work" and then waits for a line on stdin.
PUBLISHER = """
import sys
from pathlib import Path
from engine import cache
def make(folder):
    (folder / "half").write_text("made")
    print("at work", flush=True)
    sys.stdin.readline()
    (folder / "whole").write_text("made")
cache.publish(Path(sys.argv[1]), make)
print("published", flush=True)
"""


def publisher(target: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PUBLISHER, str(target)],
        cwd=REPO,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def error_line(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    return process.stderr.readline().strip()


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def test_the_variable_names_the_cache_and_xdg_comes_next() -> None:
    assert cache.root({"SOPHIA_ENGINE_CACHE": "/there", "XDG_CACHE_HOME": "/xdg"}) == Path("/there")
    assert cache.root({"XDG_CACHE_HOME": "/xdg"}) == Path("/xdg/sophia-infra/engine")


@pytest.mark.parametrize("environ", [{}, {"XDG_CACHE_HOME": ""}, {"XDG_CACHE_HOME": "relative"}])
def test_without_an_absolute_xdg_folder_the_cache_is_in_the_home(environ: dict[str, str]) -> None:
    assert cache.root(environ) == Path.home() / ".cache/sophia-infra/engine"


def test_a_published_folder_is_whole_and_is_made_once(tmp_path: Path) -> None:
    made = []
    for _ in range(2):
        cache.publish(tmp_path / "engine", lambda folder: made.append((folder / "file").write_text("x")))
    assert len(made) == 1
    assert visible(tmp_path) == ["engine"]
    assert (tmp_path / "engine").stat().st_mode & 0o777 == 0o755


def test_a_making_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("made")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        cache.publish(tmp_path / "engine", fail)
    assert visible(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_killed_making_leaves_no_engine_and_the_next_one_sweeps(tmp_path: Path, number: int) -> None:
    target = tmp_path / "engine"
    with publisher(target) as killed:
        assert line(killed) == "at work"
        os.kill(killed.pid, number)
    assert not target.exists()
    with publisher(target) as process:
        process.communicate("go on\n")
    assert visible(tmp_path) == ["engine"]
    assert visible(target) == ["half", "whole"]


def test_two_at_once_make_it_once_and_both_have_it(tmp_path: Path) -> None:
    target = tmp_path / "engine"
    with publisher(target) as first:
        assert line(first) == "at work"
        with publisher(target) as second:
            assert "waiting for it" in error_line(second)
            first.communicate("go on\n")
            assert line(second) == "published"
            second.communicate()
    assert visible(target) == ["half", "whole"]

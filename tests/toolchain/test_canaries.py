"""Whatever a test does, a secret of it is found where none may be."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.canaries import SHOWN, Watch
from tests.support.workspace import REPO

pytestmark = pytest.mark.plants_canaries
SECRET = "canary-77b2-planted"
KEY = "-----BEGIN EC PRIVATE KEY-----"


@pytest.mark.parametrize("secret", [SECRET, KEY])
@pytest.mark.parametrize(
    "name", ["journal.db", "a/b/run.log", "report.html", "x/.pulumi/stacks/demo/test.json", "home/acme/shop/order.json"]
)
def test_a_secret_in_a_file_that_must_hold_none_is_found(tmp_path: Path, name: str, secret: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"before {secret} after")
    watch = Watch()
    watch.look(tmp_path)
    assert watch.settled().startswith(f"{name}: ")
    assert watch.settled() == ""


@pytest.mark.parametrize("name", ["__main__.py", "shop.example.zone", "ca/root.key"])
def test_what_holds_secrets_by_its_nature_is_left_alone(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SECRET)
    watch = Watch()
    watch.look(tmp_path)
    assert watch.settled() == ""


def test_a_secret_that_a_command_says_is_found_unless_it_was_asked_for() -> None:
    watch = Watch()
    watch.command(["pulumi", "stack", "output", SHOWN], SECRET)
    assert watch.settled() == ""
    watch.command(["pulumi", "preview"], SECRET)
    assert SECRET in watch.settled()


TESTS = f"""
import logging

def test_a_journal(tmp_path):
    (tmp_path / "journal.db").write_text("{SECRET}")

def test_a_line():
    print("{KEY}")

def test_a_log():
    logging.getLogger("x").warning("{SECRET}")

def test_nothing(tmp_path):
    (tmp_path / "journal.db").write_text("x")
"""


def test_a_test_that_lets_a_secret_out_fails_by_name(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_runtest_makereport\n")
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(str(REPO / path) for path in ("", "components"))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.count(" - a secret got out") == 3, done.stdout + done.stderr
    assert "3 failed, 1 passed" in done.stdout

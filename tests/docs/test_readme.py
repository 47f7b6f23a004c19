"""The README's commands are run as written, and its program does what it says."""

import html
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.workspace import BIN, REPO, Workspace

README = (REPO / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
SHELL = [line for kind, body in BLOCKS if kind == "sh" for line in body.splitlines()]


def test_the_two_commands_stand_first() -> None:
    assert SHELL[:2] == ["make preview", "make test"]


@pytest.mark.engine
def test_make_preview_shows_what_the_readme_shows(tmp_path: Path, engine: Path) -> None:
    copy = tmp_path / "checkout"
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=REPO,
        capture_output=True,
        check=True,
    )
    for name in filter(None, names.stdout.decode().split("\0")):
        if (REPO / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPO / name, copy / name)
            os.utime(copy / name, (0, 0))  # older than the set-up, which would otherwise install the copy
    (copy / ".venv").symlink_to(sys.prefix)  # set-up itself is what `make test` has just done
    path = os.pathsep.join([str(engine), str(BIN), os.environ["PATH"]])
    told = {"PATH": path, "PULUMI_HOME": str(tmp_path / "home"), "PYTHONPATH": str(copy / "components")}
    told |= {"MAKEFLAGS": "", "ARGS": ""}  # the ARGS of a `make test` around it are not those of the preview
    done = subprocess.run(
        ["make", "preview"],
        cwd=copy,
        env=os.environ | told,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for shown in dict(BLOCKS)["text"].splitlines():
        assert shown in done.stdout + done.stderr, "the README's output is not what the command prints"
    for drawn in re.findall(r"<text[^>]*>([^<]*)</text>", (REPO / "docs" / "preview.svg").read_text())[1:]:
        line = html.unescape(drawn)
        assert line.strip() == "..." or line in done.stdout + done.stderr, "the picture is not what the command prints"
    assert not (copy / "zones").exists(), "a preview writes no zone"


@pytest.mark.parametrize("command", SHELL[2:])
def test_the_other_commands_run_as_written(command: str) -> None:
    program, *rest = command.split()
    assert program == "sophia"
    environment = os.environ | {"PYTHONPATH": str(REPO / "components")}
    done = subprocess.run(
        [sys.executable, "-m", "sophia_infra", *rest],
        cwd=REPO,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.engine
def test_the_program_of_the_readme_ends_with_a_zone_and_a_certificate(workspace: Workspace) -> None:
    (program,) = [body for kind, body in BLOCKS if kind == "python"]
    workspace.write("__main__.py", program)
    workspace.up()
    assert (workspace.root / "zones" / "db.shop.example").exists()
    assert workspace.outputs()["advice"]["verdict"] == "approve"
    (shown,) = [body for kind, body in BLOCKS if kind == "console"]
    command, _, answer = shown.partition("\n")
    words = [*shlex.split(command.removeprefix("$ sophia ")), "--stack", workspace.stack]
    done = subprocess.run(
        [sys.executable, "-m", "sophia_infra", *words],
        cwd=workspace.root,
        env=workspace.environment() | {"PYTHONPATH": str(REPO / "components")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, answer), done.stderr


def test_every_link_of_the_documents_leads_somewhere() -> None:
    documents = [REPO / "README.md", REPO / "CONTRIBUTING.md", *sorted((REPO / "docs").rglob("*.md"))]
    for document in documents:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"

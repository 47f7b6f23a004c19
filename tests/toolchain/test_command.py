from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine import __main__ as command
from engine.provide import NoEngineError
from tests.support.workspace import REPO


def test_the_folder_is_all_that_is_on_stdout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "ensure", lambda venv: venv / "engine")
    assert command.main(["somewhere"]) == 0
    assert capsys.readouterr().out == f"{Path.cwd()}/somewhere/engine\n"


def test_without_an_engine_it_fails_with_the_one_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: Path) -> Path:
        raise NoEngineError([("the only way", "it is closed")])

    monkeypatch.setattr(command, "ensure", refuse)
    assert command.main(["somewhere"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: no Pulumi engine could be had:\n  the only way: it is closed\n")


def test_an_interrupted_set_up_says_that_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "ensure", interrupt)
    assert command.main(["somewhere"]) == 130
    assert "nothing half-made is left" in capsys.readouterr().err


def test_nothing_but_the_standard_library_is_needed() -> None:
    script = "import sys; import engine.__main__, engine.debian; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.check_output(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(REPO)!r}); {script}"], text=True
    )
    foreign = set(loaded.split()) - set(sys.stdlib_module_names) - {"engine", "__main__"}
    assert not foreign


def test_make_help_lists_every_target() -> None:
    listed = subprocess.check_output(["make", "--no-print-directory", "help"], cwd=REPO, text=True)
    targets = {line.split()[1] for line in listed.splitlines()}
    phony = next(line for line in (REPO / "Makefile").read_text().splitlines() if line.startswith(".PHONY:"))
    assert targets == set(phony.split()[1:])


@pytest.mark.parametrize("target", ["preview", "up", "destroy"])
def test_the_dev_stack_asks_for_no_account_and_keeps_its_state_here(target: str) -> None:
    recipe = subprocess.check_output(["make", "-n", target], cwd=REPO, text=True)
    assert f'PULUMI_BACKEND_URL="file://{REPO}/.pulumi-state?metadata=skip"' in recipe
    assert "PULUMI_CONFIG_PASSPHRASE= " in recipe or "PULUMI_CONFIG_PASSPHRASE=\n" in recipe
    assert "--stack dev" in recipe


@pytest.mark.parametrize("target", ["preview", "up", "destroy"])
def test_the_dev_stack_takes_its_settings_from_its_environment(target: str) -> None:
    recipe = subprocess.check_output(["make", "-n", target], cwd=REPO, text=True)
    wrote = re.search(r"sophia esc config sophia/dev --stack dev --file (\S+)", recipe)
    read = re.search(rf"pulumi {target} .*--config-file (\S+)", recipe)
    assert wrote
    assert read
    assert wrote[1] == read[1]

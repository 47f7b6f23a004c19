from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine import debian


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What would be run, without running it; policy-rc.d is a file of the test's."""
    run: list[str] = []

    def record(command: list[str]) -> str:
        run.append(" ".join(command))
        return ""

    monkeypatch.setattr(debian, "failure", record)
    monkeypatch.setattr(debian, "POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr(debian, "SEARCH", str(tmp_path))
    return run


def test_nothing_is_run_when_nothing_is_missing(commands: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "missing", list)
    assert debian.main([]) == 0
    assert commands == []


def test_services_are_kept_down_while_packages_are_installed(commands: list[str]) -> None:
    assert debian.install(["knot", "nsd"], ["sudo", "-n"]) == ""
    forbid, update, install, allow = commands[:4]
    assert "exit 101" in forbid
    assert "apt-get update" in update
    assert install.startswith("sudo -n apt-get install")
    assert install.endswith("knot nsd")
    assert allow == f"sudo -n rm -f {debian.POLICY}"


def test_a_policy_of_the_machines_own_is_left_alone(commands: list[str]) -> None:
    debian.POLICY.write_text("#!/bin/sh\nexit 0\n")
    debian.install(["nsd"], [])
    assert not any("policy-rc.d" in command for command in commands)


def test_without_root_it_says_what_is_missing_and_passes(
    commands: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(debian, "as_root", lambda: None)
    assert debian.main([]) == 0
    assert commands == []
    said = capsys.readouterr().err
    assert f"{', '.join(debian.PACKAGES)} could not be installed (neither root" in said
    assert "tests that need them are skipped" in said


def test_a_failed_installation_is_said_and_passes(
    commands: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(debian, "as_root", list)
    monkeypatch.setattr(debian, "install", lambda packages, root: "no mirror")
    monkeypatch.setattr(shutil, "which", lambda name, path=None: name if name == "apt-get" else None)
    assert debian.main([]) == 0
    assert f"{', '.join(debian.PACKAGES)} could not be installed (no mirror)" in capsys.readouterr().err


def test_a_python_that_can_make_virtual_environments_needs_no_package(commands: list[str]) -> None:
    assert debian.main(["venv"]) == 0
    assert commands == []


def test_debians_bare_python_gets_its_venv_package(commands: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    provided: list[list[str]] = []
    monkeypatch.setattr(debian, "find_spec", lambda name: None)
    monkeypatch.setattr(debian, "provide", lambda packages, without: provided.append(packages))
    debian.main(["venv"])
    assert provided == [["python3-venv"]]

"""Where files of our own are."""

from pathlib import Path

import pytest

from sophia_infra.home import home, make_private, project_folder, user_folder


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SOPHIA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.chdir(tmp_path)


def test_a_project_keeps_its_files_beside_the_nearest_project_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "Pulumi.yaml").touch()
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "er")
    assert project_folder() == tmp_path / ".sophia"


def test_what_a_user_shares_is_in_the_state_folder_of_the_desktop_standard(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert user_folder() == tmp_path / "user" / ".local" / "state" / "sophia"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert user_folder() == tmp_path / "state" / "sophia"


def test_one_variable_moves_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert home() is None
    monkeypatch.setenv("SOPHIA_HOME", "~/mine")
    moved = tmp_path / "user" / "mine"
    assert (home(), project_folder(), user_folder()) == (moved, moved, moved / "state")
    assert project_folder("other") == tmp_path / "other"


def test_a_folder_that_is_made_is_closed_to_others_and_to_git(tmp_path: Path) -> None:
    make_private(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "a" / "b" / ".gitignore").read_text() == "*\n"

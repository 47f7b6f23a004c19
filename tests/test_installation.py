"""However the library was installed, its extras and its line in `requirements.txt` come from the same place."""

import json
from importlib import metadata

import pytest

from sophia_infra import installation
from tests.support.workspace import REPO

GIT = {"url": "https://git.example/sophia.git", "vcs_info": {"vcs": "git", "commit_id": "0a1b"}, "subdirectory": "lib"}


class Installed:
    version = "0.2.0"

    def __init__(self, noted: dict[str, object] | None) -> None:
        self.noted = noted

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return json.dumps(self.noted) if self.noted else None


@pytest.mark.parametrize(
    ("noted", "line", "command"),
    [
        (
            {"url": "file:///srv/my%20wheels/sophia.whl", "archive_info": {}},
            "sophia-infra[report] @ file:///srv/my%20wheels/sophia.whl",
            "python -m pip install 'sophia-infra[report] @ file:///srv/my%20wheels/sophia.whl'",
        ),
        (
            GIT,
            "sophia-infra[report] @ git+https://git.example/sophia.git@0a1b#subdirectory=lib",
            "python -m pip install 'sophia-infra[report] @ git+https://git.example/sophia.git@0a1b#subdirectory=lib'",
        ),
        (
            {"url": "file:///srv/my%20sophia", "dir_info": {"editable": True}},
            "sophia-infra[report] @ file:///srv/my%20sophia",
            "python -m pip install -e '/srv/my sophia[report]'",
        ),
        (None, "sophia-infra[report]==0.2.0", "python -m pip install 'sophia-infra[report]==0.2.0'"),
    ],
    ids=["wheel", "git", "checkout", "index"],
)
def test_an_extra_comes_from_where_the_library_came_from(
    monkeypatch: pytest.MonkeyPatch, noted: dict[str, object] | None, line: str, command: str
) -> None:
    monkeypatch.setattr(metadata, "distribution", lambda _name: Installed(noted))
    assert installation.requirement("report") == line
    assert installation.command("report") == command


def test_a_folder_on_the_path_is_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    assert installation.requirement() == f"sophia-infra @ {REPO.as_uri()}"
    assert installation.is_local(installation.requirement())

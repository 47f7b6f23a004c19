"""A whole rotation on the real engine and a real PostgreSQL, with a consumer that moves late."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from sophia_infra.journal import Journal
from sophia_infra.secrets.events import Ask, SecretEvent, SecretWish
from tests.support.workspace import Workspace

pytestmark = pytest.mark.xdist_group("secrets-engine")


def _program(server: str, group: str) -> str:
    return f"""
        import pulumi
        from sophia_infra import RotatingSecret

        db = RotatingSecret("app-db", {{
            "kind": "postgres", "server": "{server}", "group": "{group}", "soak": "0s", "consumers": ["api"],
        }})
        pulumi.export("url", db.current.url)
        pulumi.export("phase", db.phase)
        pulumi.export("generation", db.current.generation)
    """


def _up(workspace: Workspace) -> dict[str, Any]:
    workspace.up()
    return workspace.outputs(show_secrets=True)


def _phase(workspace: Workspace) -> Any:
    workspace.up()
    return workspace.outputs()["phase"]


def _connected(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url, application_name="api", autocommit=True)


def _left_in(folder: Path, values: list[str]) -> list[str]:
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            found += [f"{path.name}" for value in values if value.encode() in content]
    return found


def test_a_rotation_walks_on_with_its_consumer_and_ends_no_login_in_use(
    workspace: Workspace, server: str, group: str, files: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(workspace.root))
    workspace.program(_program(server, group))
    first = _up(workspace)
    assert (first["phase"], first["generation"]) == ("steady", 1)
    journal = Journal.open()
    (label,) = {found.key for found in journal.newest(SecretEvent, 9)}
    old = _connected(first["url"])
    assert old.execute("SELECT session_user, current_user").fetchone() == (f"{group}_a", group)

    journal.write(label, SecretWish(Ask.ROTATE, 1, "a person"))
    staged = _up(workspace)
    assert (staged["phase"], staged["url"]) == ("staged", first["url"])
    published = _up(workspace)
    assert (published["phase"], published["generation"]) == ("adopting", 2)
    assert urlsplit(published["url"]).username == f"{group}_b"

    preview = workspace.preview()
    assert "secret-consumer-late api: api at 127.0.0.1" in preview.text
    assert _phase(workspace) == "adopting"
    new = _connected(published["url"])
    old.close()
    assert _phase(workspace) == "suspended"
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        _connected(first["url"])
    assert _phase(workspace) == "steady"
    with pytest.raises(psycopg.OperationalError):
        _connected(first["url"])
    assert new.execute("SELECT 1").fetchone() == (1,)
    new.close()

    words = [found.row.what for found in journal.back(SecretEvent, label) if found.row.generation == 2]
    assert words[::-1] == [
        "minted", "staged", "verified", "published", "adopted", "suspended", "adopted", "revoked", "steady",
    ]  # fmt: skip
    values = [str(urlsplit(found["url"]).password) for found in (first, published)]
    assert [name for folder in (workspace.root, home, files) for name in _left_in(folder, values)] == []
    assert not any(value in preview.text for value in values)
    workspace.pulumi("destroy", "--yes", "--skip-preview")
    with psycopg.connect(server) as db:
        found = db.execute("SELECT rolcanlogin FROM pg_authid WHERE rolname LIKE %s", [f"{group}\\__"]).fetchall()
    assert found == [(False,), (False,)]

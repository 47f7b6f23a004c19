"""A secret is held to what its environment says of it: consumers, age and exposure."""

from pathlib import Path
from typing import Any

import pytest

from sophia_infra.secrets import environment_rules
from sophia_infra.secrets.spec import SecretSpec
from tests.secrets.stack import LABEL, Stack

PROD = "values:\n  db: none yet\n  admin: {fn::secret: 'postgresql://canary@db/'}\n  aboutValues:\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOPHIA_ESC_PASSPHRASE", "canary-passphrase")
    (tmp_path / "esc").mkdir()
    return tmp_path


def judged(folder: Path, about: str, **given: Any) -> list[tuple[str, str]]:
    (folder / "esc" / "prod.yaml").write_text(f"{PROD}    {about}\n")
    spec = SecretSpec.from_inputs({"kind": "password", "label": LABEL, "name": "app-db", "consumers": ["api"], **given})
    return [(each.code, each.subject) for each in environment_rules.judge(spec)]


PUBLISHED = {"esc": "sophia/prod:db"}


@pytest.mark.parametrize(
    ("about", "given", "found"),
    [
        ("db: {consumers: [api, reports]}", {}, [("secret-consumer-unnamed", "reports")]),
        ("db: {consumers: [api]}", {}, []),
        ("db: {max_age: 7d}", {}, [("secret-age-beyond", "app-db")]),
        ("db: {max_age: 30d}", {}, []),
        ("db: {max_age: quarterly}", {}, []),
        ("db: {max_age: 7d}", {"max_age": "168h"}, []),
        ("db: {exposure: critical}", {"max_age": "91d"}, [("secret-age-exposed", "app-db")]),
        ("db: {exposure: high}", {"max_age": "91d"}, [("secret-age-exposed", "app-db")]),
        ("db: {exposure: high}", {"max_age": "90d"}, []),
        ("db: {exposure: medium}", {"max_age": "91d"}, []),
        ("admin: {consumers: [reports]}", {}, []),
    ],
)
def test_what_is_published_is_held_to_what_is_said_of_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, about: str, given: Any, found: Any
) -> None:
    monkeypatch.setenv("SOPHIA_RUN", request.node.name)
    assert judged(folder, about, publish=PUBLISHED, **given) == found


def test_what_is_published_nowhere_is_held_to_what_is_said_of_its_server(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_RUN", "of the server")
    given = {"kind": "postgres", "group": "app", "server": "esc://sophia/prod/admin"}
    assert judged(folder, "admin: {consumers: [reports]}", **given) == [("secret-consumer-unnamed", "reports")]
    assert judged(folder, "admin: {consumers: [reports]}", publish=PUBLISHED, **given) == []
    monkeypatch.setenv("SOPHIA_RUN", "with no reference")
    assert judged(folder, "admin: {consumers: [reports]}", **{**given, "server": "postgresql://db/"}) == []


def test_a_run_tells_it_and_no_value(folder: Path) -> None:
    (folder / "esc" / "prod.yaml").write_text(f"{PROD}    db: {{consumers: [api, reports], owner: data}}\n")
    stack = Stack(kind="password", publish=PUBLISHED)
    found = stack.up()
    (warned,) = [each for each in found["advice"]["findings"] if each["code"] == "secret-consumer-unnamed"]
    assert (warned["subject"], warned["level"]) == ("reports", "warning")
    (folder / "esc" / "prod.yaml").write_text((folder / "esc" / "prod.yaml").read_text().replace(", reports", ""))
    assert "secret-consumer-unnamed" not in str(stack.up()["advice"])
    assert stack.current[1] not in "".join(
        path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file() and path.suffix != ".state"
    )

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.workspace import REPO

FILES = sorted((REPO / "esc").glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_environment_has_known_keys_imports_that_exist_and_references_that_resolve(file: Path) -> None:
    content = yaml.safe_load(file.read_text())
    assert content.keys() <= {"imports", "values"}
    values: dict[str, Any] = {}
    for name in content.get("imports", []):
        imported = yaml.safe_load((REPO / "esc" / f"{name.removeprefix('sophia/')}.yaml").read_text())
        values |= imported["values"]
    values |= content["values"]
    for reference in re.findall(r"\$\{([^}]+)\}", file.read_text()):
        found: Any = values
        for part in reference.split("."):
            found = found[part]


def test_no_file_holds_a_secret() -> None:
    for file in FILES:
        assert set(re.findall(r"fn::secret: (.+)", file.read_text())) <= {"replace-me"}


def test_the_production_stack_names_an_environment_that_is_here() -> None:
    stack = yaml.safe_load((REPO / "Pulumi.prod.yaml").read_text())
    assert [f"{name.removeprefix('sophia/')}.yaml" for name in stack["environment"]] == ["prod.yaml"]

"""docs/limits.md and docs/shared-zones.md name a test for each of their statements: every one of them exists."""

import re

import pytest

from tests.support.workspace import REPO


@pytest.mark.parametrize(("page", "least"), [("limits", 40), ("shared-zones", 20)])
def test_every_test_that_the_page_names_exists(page: str, least: int) -> None:
    text = (REPO / "docs" / f"{page}.md").read_text()
    rows = re.findall(r"^\| .+ \| (`test_.+`) in `(tests/.+\.py)` \|$", text, re.MULTILINE)
    assert len(rows) > least
    for names, file in rows:
        source = (REPO / file).read_text()
        for name in re.findall(r"test_\w+", names):
            assert re.search(rf"^def {name}\(", source, re.MULTILINE), f"{name} in {file}"

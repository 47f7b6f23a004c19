"""docs/limits.md names a test for each of its statements: every one of them exists."""

import re

from tests.support.workspace import REPO

ROWS = re.findall(
    r"^\| .+ \| (`test_.+`) in `(tests/.+\.py)` \|$", (REPO / "docs" / "limits.md").read_text(), re.MULTILINE
)


def test_every_test_that_the_page_names_exists() -> None:
    assert len(ROWS) > 40
    for names, file in ROWS:
        source = (REPO / file).read_text()
        for name in re.findall(r"test_\w+", names):
            assert re.search(rf"^def {name}\(", source, re.MULTILINE), f"{name} in {file}"

"""docs/rules.md has every rule of secrets with its fix, and no other."""

import re

from tests.support.workspace import REPO

ROOM = REPO / "components" / "sophia_infra" / "secrets"


def test_the_page_has_every_rule() -> None:
    code = "\n".join(path.read_text() for path in ROOM.rglob("*.py"))
    blocks = re.findall(r'Block\(\s*"([a-z-]+)"', code)
    said = {*re.findall(r'Finding\(\s*"(secret-[a-z-]+)"', code), *(f"secret-{block}" for block in blocks)}
    page = (REPO / "docs" / "rules.md").read_text().partition("\n## Secrets\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^#### `([a-z-]+)` \((?:error|warning|info)\)$", page, re.MULTILINE)) == said
    assert page.count("\nFix: ") == len(said)

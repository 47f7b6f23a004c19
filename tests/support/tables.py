"""Tables of the documentation, for tests that hold each of their cells."""

from tests.support.workspace import REPO


def table(page: str, corner: str) -> dict[tuple[str, str], str]:
    """Return the cells, by row and column, of the table in docs/<page>.md whose first column is called `corner`."""
    blocks = (REPO / "docs" / f"{page}.md").read_text().split("\n\n")
    lines = next(block[block.index(f"| {corner} |") :] for block in blocks if f"| {corner} |" in block).splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return {(row[0], column): cell for row in rows[2:] for column, cell in zip(rows[0][1:], row[1:], strict=True)}

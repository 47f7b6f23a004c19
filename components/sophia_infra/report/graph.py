"""What hangs on what changes, drawn: the record sets that change on the left, what needs them on the right. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from sophia_infra.report.model import Item

MOST = 20
"""So many of either side are drawn; the list below the picture has the others."""
_ROW, _TOP, _LONGEST = 34, 8, 20
LEFT, RIGHT, WIDTH = 178, 222, 400
"""Where the left side ends and the right one begins, in units of the picture, and how wide it is."""


@dataclass(frozen=True, slots=True)
class Node:
    """A box: its text, its whole name, the word for its colour, and where its middle is."""

    text: str
    name: str
    kind: str
    y: int


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes on both sides, and the lines between them by their heights."""

    changed: tuple[Node, ...]
    needing: tuple[Node, ...]
    edges: tuple[tuple[int, int], ...]
    height: int


def picture(item: Item) -> Picture | None:
    """Return the picture of an item; None where nothing is known to need what changes."""
    reasons = [reason for reason in {reason.subject: reason for reason in item.reasons}.values() if reason.needed_by]
    reasons = reasons[:MOST]
    users = list(dict.fromkeys(user for reason in reasons for user in reason.needed_by))[:MOST]
    if not users:
        return None
    changed = _column([(reason.subject, str(reason.exposure)) for reason in reasons])
    needing = _column([(user, "needs") for user in users])
    heights = {node.name: node.y for node in needing}
    edges = [
        (node.y, heights[user])
        for node, reason in zip(changed, reasons, strict=True)
        for user in reason.needed_by
        if user in heights
    ]
    return Picture(changed, needing, tuple(edges), 2 * _TOP + _ROW * max(len(changed), len(needing)))


def _column(found: Sequence[tuple[str, str]]) -> tuple[Node, ...]:
    return tuple(
        Node(name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…", name, kind, _TOP + _ROW * row + _ROW // 2)
        for row, (name, kind) in enumerate(found)
    )

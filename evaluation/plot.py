"""The results as one picture: for each runner a bar of verdicts, right, too strict and too mild."""

from collections.abc import Iterator, Sequence
from html import escape

from evaluation.evaluate import Result

WIDTH, LEFT, BAR, GAP, TOP = 720, 110, 22, 14, 44
PARTS = (("right", "#2f7d4f"), ("too strict", "#d9a441"), ("too mild", "#b3382c"))
_TEXT = 'font-family="sans-serif" font-size="13" fill="#333"'


def svg(results: Sequence[Result]) -> str:
    """Return the picture."""
    height = TOP + len(results) * (BAR + GAP)
    body = "\n".join((*_legend(), *(line for number, each in enumerate(results) for line in _bar(number, each))))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">\n'
        f"<title>Verdicts of each runner over the labelled set</title>\n"
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _legend() -> Iterator[str]:
    for number, (name, color) in enumerate(PARTS):
        x = LEFT + number * 120
        yield f'<rect x="{x}" y="12" width="14" height="14" fill="{color}"/>'
        yield f'<text x="{x + 20}" y="24" {_TEXT}>{name}</text>'


def _bar(number: int, result: Result) -> Iterator[str]:
    score, y, x = result.score, TOP + number * (BAR + GAP), float(LEFT)
    yield f'<text x="{LEFT - 10}" y="{y + 16}" text-anchor="end" {_TEXT}>{escape(result.runner)}</text>'
    for (_, color), count in zip(PARTS, (score.right, score.strict, score.mild), strict=True):
        width = (WIDTH - LEFT - 20) * count / max(score.cases, 1)
        yield f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{color}"/>'
        if width > 20:
            yield (
                f'<text x="{x + width / 2:.1f}" y="{y + 16}" text-anchor="middle" font-family="sans-serif" '
                f'font-size="13" fill="#fff">{count}</text>'
            )
        x += width

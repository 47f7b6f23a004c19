"""Results as rows, for a terminal and for docs/evaluation.md."""

from collections.abc import Sequence

from evaluation.evaluate import Result

HEADINGS = [
    "who",
    "verdict right",
    "too mild",
    "too strict",
    "exposure right",
    "findings: recall",
    "precision",
    "edits: wanted",
    "beside",
    "widened",
    "same each time",
    "answers",
    "tokens",
    "US dollars",
]


def rows(results: Sequence[Result]) -> list[list[str]]:
    """Return a heading and a row for each result."""
    return [HEADINGS, *map(_row, results)]


def markdown(results: Sequence[Result]) -> str:
    """Return the rows as a table in Markdown."""
    heading, *body = rows(results)
    ruled = ["---" if not number else "---:" for number in range(len(heading))]
    return "".join(f"| {' | '.join(row)} |\n" for row in (heading, ruled, *body))


def _row(result: Result) -> list[str]:
    score = result.score
    found, missed, _ = score.codes
    done, not_done, beside = score.edits
    answers = f"{result.calls - result.lacking} of {result.calls}" if result.calls else "-"
    return [
        result.runner,
        f"{score.right} of {score.cases}",
        str(score.mild),
        str(score.strict),
        f"{score.exposure} of {score.cases}",
        f"{found} of {found + missed}",
        f"{score.precision:.1%}",
        f"{done} of {done + not_done}",
        str(beside),
        str(len(result.widened)),
        f"{result.stable} of {score.cases}",
        answers,
        str(result.tokens) if result.calls else "-",
        "unknown" if result.cost is None else f"{result.cost:.2f}" if result.calls else "-",
    ]

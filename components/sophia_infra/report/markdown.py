"""A report as a comment on a pull request: Markdown of GitHub's kind (GFM), bounded, worst first. Pure.

Text from outside stays text. A name or a record stands in code, where nothing is a mention, a link or markup. In a
sentence each sign of Markdown is escaped, and what GitHub itself makes links of is broken up. There is no table: a
name with a bar in it would begin another cell.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from sophia_infra.report import sections
from sophia_infra.report.model import Report
from sophia_infra.report.sections import Row, Section, Span, Style
from sophia_infra.reporter import printable
from sophia_infra.values import listed

LIMIT = 65_536
"""GitHub takes so many characters in one comment."""
MARK = "<!-- sophia report -->"
"""The first line, by which a workflow finds its own comment again."""
_ROWS, _LINES, _NAMED, _LONGEST = 20, 40, 5, 400
"""So many rows of a list, lines of a block, names of what is left out, and characters of one text are shown."""
_RESERVE = 3_000
"""Is kept for the line that says what was left out."""
_SIGN = re.compile(r"[\\`*_\[\]<>#|~&:$@!]|(?<=www)\.", re.IGNORECASE)
"""What begins markup, a link or an emoji in the middle of a line; no line begins with text from outside."""
_GITHUB = re.compile(r"[@#](?=\S)|\bGH-(?=\d)|[0-9a-f]{6}(?=[0-9a-f])", re.IGNORECASE)
_BREAK = "\u200b"
"""Has no width, and no mention, number or commit goes across it."""

Block = tuple[str, str]
"""What it is called where it is left out, and its text."""


def render(report: Report, limit: int = LIMIT) -> str:
    """Return a report as Markdown of at most `limit` characters; what is left out is named at its end."""
    groups = [[("the overview", _overview(report))], *_items(report), [*_blocks(sections.of_rest(report), "")]]
    text, left = "", list[str]()
    for group in groups:
        is_cut = bool(left)
        for name, block in group:
            if is_cut or len(text) + len(block) > limit - _RESERVE:
                left.append(name)
            else:
                text += f"{block}\n"
    if left:
        named = listed([code(name) for name in left], _NAMED)
        text += f"**Left out**, since a comment takes {limit:,} characters: {named}. The page has all of it.\n"
    return text


def _overview(report: Report) -> str:
    of = f" of {code(report.stack)}" if report.stack else ""
    head = f"{MARK}\n## Preview{of}: {report.standing}\n\n{report.standing.meaning}.\n"
    return f"{head}\n{_section(sections.overview(report))}" if report.items else head


def _items(report: Report) -> Iterator[list[Block]]:
    for item in report.items:
        head = f"### {code(item.title)}: {item.standing}\n\n{_row(sections.sum_of(item))}\n"
        yield [(item.title, head), *_blocks(sections.of_item(item), f" of {item.title}")]


def _blocks(found: Iterable[Section], of: str) -> Iterator[Block]:
    for section in found:
        if section.rows or section.lines:
            yield f"{section.title}{of}", _section(section)


def _section(section: Section) -> str:
    title = [f"**{prose(section.title)}**", ""] if section.title else []
    if section.lines:
        return "\n".join([*title, *_fenced(section.lines, "diff" if section.is_diff else ""), ""])
    left = len(section.rows) - _ROWS
    rows = [_row(row) for row in section.rows[:_ROWS]] + ([f"and {left} more"] if left > 0 else [])
    return "\n".join([*title, *(f"- {row}" for row in rows), ""])


def _row(row: Row) -> str:
    return " ".join(filter(None, map(_span, row)))


def _span(span: Span) -> str:
    style, text = span
    if style is Style.CODE:
        return code(text)
    return f"**{prose(text)}**" if style is Style.STRONG else prose(text)


def _fenced(lines: Sequence[str], language: str) -> list[str]:
    left = len(lines) - _LINES
    shown = [_bounded(line) for line in lines[:_LINES]] + ([f"... and {left} more lines"] if left > 0 else [])
    mark = "`" * max(3, _longest_run("\n".join(shown)) + 1)
    return [f"{mark}{language}", *shown, mark]


def code(text: str) -> str:
    """Return text from outside as code, on one line."""
    shown = _bounded(text)
    mark = "`" * (_longest_run(shown) + 1)
    padding = " " if shown[:1] in ("`", " ") or shown[-1:] in ("`", " ") else ""
    return f"{mark}{padding}{shown}{padding}{mark}" if shown.strip() else ""


def prose(text: str) -> str:
    """Return a sentence that may quote what is from outside; what it has between backticks stays code."""
    parts = _bounded(text).split("`")
    if len(parts) % 2 == 0:
        return _escaped("`".join(parts))
    return "".join(code(part) if index % 2 else _escaped(part) for index, part in enumerate(parts))


def _escaped(text: str) -> str:
    return _SIGN.sub(r"\\\g<0>", _GITHUB.sub(rf"\g<0>{_BREAK}", text))


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _bounded(text: str) -> str:
    shown = printable(" ".join(str(text).splitlines()))
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}... ({len(shown):,} characters)"

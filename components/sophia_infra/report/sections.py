"""What a report says, once for the comment and the page: sections of rows, a row of spans. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sophia_infra.advice.model import Advice, Edit
from sophia_infra.report.document import Policy
from sophia_infra.report.model import Item, Report, Step, Weighed, Word

_NAMED = 5
"""So many names stand in one row."""


class Style(StrEnum):
    """How a span is shown: a sentence, which may quote what is from outside; a name or a command; a word of weight."""

    PROSE = "prose"
    CODE = "code"
    STRONG = "strong"


Span = tuple[Style, str]
Row = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report.

    Attributes:
        title: what it is called; empty for what needs no title.
        rows: its list.
        lines: its block of lines, in place of a list; those of a diff begin with a sign.
        is_diff: whether the lines are one.
    """

    title: str
    rows: tuple[Row, ...] = ()
    lines: tuple[str, ...] = ()
    is_diff: bool = False


def overview(report: Report) -> Section:
    """Return the line of each item."""
    return Section("", tuple((_strong(item.standing), _code(item.title), *sum_of(item)) for item in report.items))


def sum_of(item: Item) -> Row:
    """Return what an item comes to."""
    return (_prose(f"{item.counts}; exposure"), _strong(item.exposure)) if item.changes else (_prose(item.counts),)


def of_item(item: Item, *, each: bool = False) -> Iterator[Section]:
    """Yield what is said of an item; `each` finding by itself, in place of one for all of its kind."""
    yield Section("Refused", lines=tuple(item.refusal.splitlines()))
    yield Section("Changes", lines=tuple(f"{line.sign} {line.text}" for line in item.lines), is_diff=True)
    yield Section("Not shown", tuple((_code(name),) for name in item.hidden))
    more = ((_prose(item.more),),) if item.more else ()
    yield Section("Exposure", (*map(_reason, item.reasons), *more))
    yield Section("Policies", tuple(map(_policy, item.policies)))
    if item.advice:
        yield Section(f"Advice of {item.advice.advisor}: {item.advice.verdict}", tuple(_advice(item.advice, each=each)))
        yield Section("Proposed edits", lines=tuple(_edits(item.advice.edits)), is_diff=True)
    yield Section("Said by people", tuple(map(_word, item.words)))
    yield Section("What to do", tuple(map(_step, item.to_do)))


def of_rest(report: Report) -> Iterator[Section]:
    """Yield what is said beside the items."""
    yield Section("Policies of other resources", tuple(map(_policy, report.policies or ())))
    others = tuple((_prose(operation), *_names(names)) for operation, names in report.others.items())
    yield Section("Other resources", others)
    yield Section("The engine says", lines=tuple(line for text in report.said for line in text.splitlines()))
    yield Section("Notes", tuple((_prose(note),) for note in report.notes))


def _reason(reason: Weighed) -> Row:
    said = _prose(f"{reason.operation}: {reason.why}")
    needed = (
        () if "needed by" in reason.why or not reason.needed_by else (_prose("needed by"), *_names(reason.needed_by))
    )
    accepted = (_prose("(accepted)"),) if reason.accepted else ()
    return (_strong(reason.exposure), _code(reason.subject), said, *needed, *accepted)


def _advice(advice: Advice, *, each: bool) -> Iterator[Row]:
    for found in advice.findings if each else advice.kinds:
        fix, since = f" → {found.fix}" if found.fix else "", "as before: " if found.old else ""
        yield (_strong(found.level), _code(found.code), _code(found.subject), _prose(f"{since}{found.message}{fix}"))
    if advice.lacking:
        yield (_prose(f"without a word of the model: {advice.lacking}"),)


def _edits(edits: Iterable[Edit]) -> Iterator[str]:
    for edit in edits:
        yield f"# {edit.state} {edit.op} {edit.subject}: {edit.why}"
        yield from (f"- {line}" for line in edit.lost)
        yield from (f"+ {line}" for line in edit.new)


def _policy(policy: Policy) -> Row:
    return (_strong(policy.level), _code(policy.name), _prose(policy.text))


def _word(word: Word) -> Row:
    ends = f"until {word.until:%Y-%m-%d %H:%M} UTC" if word.until else "for one run"
    return (_prose(word.what), _prose("by"), _code(word.who), _prose(word.since or ends))


def _step(step: Step) -> Row:
    return (_prose(f"{step.what}:"), _code(step.command)) if step.command else (_prose(step.what),)


def _names(names: tuple[str, ...]) -> Row:
    left = len(names) - _NAMED
    return (*map(_code, names[:_NAMED]), *([_prose(f"and {left} more")] if left > 0 else []))


def _prose(text: str) -> Span:
    return Style.PROSE, text


def _code(text: str) -> Span:
    return Style.CODE, text


def _strong(word: object) -> Span:
    return Style.STRONG, str(word)

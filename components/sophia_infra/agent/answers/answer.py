"""From a question to its answer: found by its topic, bounded, and made harmless for a terminal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from sophia_infra.advice import redaction
from sophia_infra.agent.answers.question import Question, Row
from sophia_infra.agent.understanding import Kind, Understood
from sophia_infra.errors import SophiaError

if TYPE_CHECKING:
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent

MOST = 40
"""So many things are told; of what is beyond them the number is."""
LARGEST = 20_000
"""Characters of all lines before they are cut, which is about what their data takes."""
_A_CHANGE = "it is a change: sophia agent plan TEXT shows what it would do"
_NOTHING = ("no-journal", "no-advice")
"""Before the first run there is nothing to tell."""
_HOME = {"mail": "zones", "pools": "zones", "environments": "secrets", "settings": "secrets", "agent": "own"}
"""The files that answer several topics; each intent has its function there, `records_show` for `records.show`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question is answered with.

    Attributes:
        text: lines for people.
        data: `found`, a list of what the lines tell, as JSON values, and `more`, how many were left out.
        intent: what was asked, as `Understood.intent`.
    """

    text: str
    data: Mapping[str, Any]
    intent: str


def answer(agent: "SophiaInfrastructureAgent", asked: Understood) -> Answer:
    """Return the answer to a question. What is no question is answered with what to say instead.

    Raises:
        SophiaError: the journal, the state or a file can't be read, or there is no such run or advice.
    """
    if asked.kind != Kind.READ:
        instead = [_A_CHANGE] if asked.kind == Kind.CHANGE else []
        return Answer(_text([asked.why, *instead]), {"found": [], "more": 0}, asked.intent)
    lines = [asked.why] if asked.by else []
    found: list[Any] = []
    more = 0
    for each in asked.wishes or (asked,):
        rows = list(_found(agent, each))
        fits = _fitting(rows)
        lines += [line for line, _ in rows[:fits]] or [f"nothing is found: {each.why}"]
        lines += [f"and {len(rows[fits:])} more; name one of them to see it"] if rows[fits:] else []
        found += [value for _, value in rows[:fits]]
        more += len(rows[fits:])
    return Answer(_text(lines), {"found": found, "more": more}, asked.intent)


def _found(agent: "SophiaInfrastructureAgent", asked: Understood) -> Iterator[Row]:
    topic = asked.intent.partition(".")[0]
    home = import_module(f"{__package__}.{_HOME.get(topic, topic)}")  # only the file that is asked for is imported
    try:
        yield from getattr(home, asked.intent.replace(".", "_").replace("-", "_"))(Question(agent, asked))
    except SophiaError as error:
        if error.code not in _NOTHING:
            raise


def _fitting(rows: Sequence[Row]) -> int:
    """Return how many of some things are told: by their number, and by their size before a line is cut."""
    sizes = accumulate(len(line) for line, _ in rows[:MOST])
    return max(sum(size <= LARGEST for size in sizes), 1)


def _text(lines: Iterable[str]) -> str:
    return "\n".join(map(redaction.line, lines))

"""The labelled utterances: what each is to be understood as."""

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from sophia_infra.agent.understanding import Understood, understand
from tests.agent.stack import STACK

FOLDER = Path(__file__).parent / "utterances"
SETS = (
    "first",
    "second",
    "third",
    "fourth",
    "heldout",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
)
"""The labelled sets, in the order in which they were written."""


class Labelled(NamedTuple):
    """An utterance of `tests/agent/stack.py`'s stack, and what people would say that it asks for."""

    text: str
    kind: str
    intent: str
    subjects: tuple[str, ...]


def read(name: str) -> list[Labelled]:
    """Return the utterances of a file: `KIND INTENT`, below it each text with its subjects."""
    content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    return [
        Labelled(text, kind, intent, tuple(subjects))
        for head, texts in content.items()
        for kind, intent in (head.split(" "),)
        for text, subjects in texts.items()
    ]


def is_right(each: Labelled) -> bool:
    """Whether it is understood as it is labelled."""
    found = understood(each.text)
    return (found.kind, found.intent, found.subjects) == (each.kind, each.intent, each.subjects)


def understood(text: str) -> Understood:
    """Return what a text of a set is understood as: ` >> ` parts what is said from its correction."""
    found = None
    for said in text.split(" >> "):
        found = understand(said, STACK, found)
    assert found is not None
    return found


def traps() -> list[str]:
    """Return texts that none of is a change; ` >> ` parts what is said from its correction."""
    content: list[str] = yaml.safe_load((FOLDER / "traps.yaml").read_text())
    return content


def operations() -> dict[str, list[dict[str, Any]]]:
    """Return what is to be done, by the text, for a part of the utterances."""
    content: dict[str, list[dict[str, Any]]] = yaml.safe_load((FOLDER / "operations.yaml").read_text())
    return content

"""Reads an environment's file into nodes that know where they are written. One document, no alias, keys are texts.

libyaml scans it, as the reference's parser is a port of that; scalars resolve as in `numbers.scalar`.
"""

import re
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any, NamedTuple

import yaml

from sophia_infra.esc.errors import EscError, Place
from sophia_infra.esc.numbers import Number, Scalar, scalar

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TEXT_TAG = "tag:yaml.org,2002:str"
MOST_LEVELS = 100


class Node(NamedTuple):
    """A scalar, a list or a mapping. `span` is where its text begins and ends, in characters of the file."""

    place: Place
    content: "Scalar | list[Node] | dict[str, Node]"
    span: tuple[int, int]

    @property
    def children(self) -> "list[Node]":
        """What a list or a mapping holds."""
        held = self.content.values() if isinstance(self.content, dict) else self.content
        return [] if isinstance(held, str | bool | Number | None) else list(held)


def joined(path: str, key: str | int) -> str:
    """Return the path of a member: `a.b`, `a["odd key"]`, `a[0]`."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if _PLAIN_KEY.fullmatch(key):
        return f"{path}.{key}" if path else key
    quoted = key.replace('"', '\\"')
    return f'{path}["{quoted}"]'


def as_path(keys: Sequence[str | int]) -> str:
    """Return the path of keys."""
    return reduce(joined, keys, "")


def read(text: str, file: str) -> Node | None:
    """Return the first document of a file, None where it holds nothing.

    Raises:
        EscError: it is no YAML, or has what environments may not have.
    """
    try:
        return _Reader(file, yaml.parse(text, Loader=_LOADER)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1, "") if mark else Place(file, 1, 1, "")
        raise EscError(f"this is no YAML: {error.problem}", place, code="esc-syntax") from None
    except yaml.reader.ReaderError as error:
        place = Place(file, text.count("\n", 0, error.position) + 1, 1, "")
        raise EscError("a character that YAML does not allow", place, code="esc-syntax") from None


def bare(node: Node | None) -> Any:
    """Return what a node holds, without places."""
    content = node.content if node else None
    if isinstance(content, dict):
        return {key: bare(item) for key, item in content.items()}
    return [bare(item) for item in content] if isinstance(content, list) else content


class _Reader:
    def __init__(self, file: str, events: Iterator[Any]) -> None:
        self.file = file
        self.events = events

    def document(self) -> Node | None:
        next(self.events)
        if isinstance(next(self.events), yaml.StreamEndEvent):
            return None
        return self.node(next(self.events), "", 0)

    def node(self, event: Any, path: str, level: int) -> Node:
        place = self.place(event, path)
        if isinstance(event, yaml.AliasEvent):
            raise EscError("an alias; environments have none, so write a ${reference}", place, code="esc-syntax")
        if event.tag not in (None, _TEXT_TAG):
            raise EscError("a tag; environments have none but !!str", place, code="esc-syntax")
        if level > MOST_LEVELS:
            raise EscError(f"more than {MOST_LEVELS} levels", place, code="esc-syntax")
        content: Scalar | list[Node] | dict[str, Node]
        end: Any = event
        if isinstance(event, yaml.ScalarEvent):
            content = self.scalar(event, place)
        elif isinstance(event, yaml.SequenceStartEvent):
            content, end = self.items(path, level + 1)
        else:
            content, end = self.members(path, level + 1)
        return Node(place, content, (event.start_mark.index, end.end_mark.index))

    def items(self, path: str, level: int) -> tuple[list[Node], Any]:
        found: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            found.append(self.node(event, joined(path, len(found)), level))
        return found, event

    def members(self, path: str, level: int) -> tuple[dict[str, Node], Any]:
        found: dict[str, Node] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            place = self.place(event, path)
            name = self.scalar(event, place) if isinstance(event, yaml.ScalarEvent) else None
            if not isinstance(name, str):
                raise EscError("a key that is no text; quote it", place, code="esc-syntax")
            place = place._replace(path=joined(path, name))
            if name in found:
                raise EscError("the key stands here twice", place, code="esc-syntax")
            found[name] = self.node(next(self.events), place.path, level)
        return found, event

    def scalar(self, event: Any, place: Place) -> Scalar:
        if event.tag or not event.implicit[0]:  # quoted, or said to be a text
            return str(event.value)
        try:
            return scalar(event.value)
        except ValueError as error:
            raise EscError(str(error), place, code="esc-syntax") from None

    def place(self, event: Any, path: str) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1, path)

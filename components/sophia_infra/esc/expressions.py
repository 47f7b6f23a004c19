"""What stands in an environment, before it is evaluated: literals, references, texts, lists, mappings, calls.

Each is itself, and shows no value: without `eq` and `repr` these classes are made in half the time, too.
"""

from dataclasses import dataclass, field
from typing import TypeGuard

from sophia_infra.esc.errors import EscError, Place
from sophia_infra.esc.nodes import Node
from sophia_infra.esc.numbers import Scalar
from sophia_infra.esc.references import Key, Part, parts
from sophia_infra.esc.values import Value

PREFIX = "fn::"


@dataclass(slots=True, eq=False, repr=False)
class Expression:
    """Something with a value; `base` is what it overrides, and `value` what it came to."""

    place: Place
    base: Value | None = field(default=None, init=False)
    value: Value | None = field(default=None, init=False)
    is_begun: bool = field(default=False, init=False)


@dataclass(slots=True, eq=False, repr=False)
class Literal(Expression):
    """A scalar without references."""

    content: Scalar


@dataclass(slots=True, eq=False, repr=False)
class Reference(Expression):
    """`${a.b}` and nothing else: the value itself, of any type."""

    keys: tuple[Key, ...]


@dataclass(slots=True, eq=False, repr=False)
class Text(Expression):
    """A text with references in it."""

    parts: list[Part]


@dataclass(slots=True, eq=False, repr=False)
class Items(Expression):
    """A list."""

    items: list[Expression]


@dataclass(slots=True, eq=False, repr=False)
class Members(Expression):
    """A mapping."""

    members: dict[str, Expression]

    def settle(self, base: Value | None) -> None:
        """Say what it overrides, and what each of its members does."""
        self.base = base
        content = base.content if base and isinstance(base.content, dict) else {}
        for key, member in self.members.items():
            member.base = content.get(key)
            if isinstance(member, Members):
                member.settle(member.base)


@dataclass(slots=True, eq=False, repr=False)
class Call(Expression):
    """A call of a function; `argument` is what stands below its name."""

    name: str
    argument: Expression

    def wrong(self, what: str) -> EscError:
        """Return the error for an argument that the function does not take."""
        return EscError(f"{self.name} takes {what}", self.argument.place, code="esc-function")

    def pair(self, what: str) -> list[Expression]:
        """Return an argument that is a list of two."""
        if not isinstance(self.argument, Items) or len(self.argument.items) != 2:
            raise self.wrong(what)
        return self.argument.items

    def members(self, what: str, *needed: str) -> dict[str, Expression]:
        """Return the members of an argument that is a mapping with at least those that are needed."""
        members = self.argument.members if isinstance(self.argument, Members) else {}
        if not members.keys() >= set(needed):
            raise self.wrong(what)
        return members


def is_text(expression: Expression | None) -> TypeGuard[Literal]:
    """Whether an expression is a text without references."""
    return isinstance(expression, Literal) and isinstance(expression.content, str)


def parse(node: Node) -> Expression:
    """Return the expression that a node stands for.

    Raises:
        EscError: a reference that can't be read, or a call that is none.
    """
    content = node.content
    if isinstance(content, str):
        return _text(content, node.place)
    if isinstance(content, list):
        return Items(node.place, [parse(item) for item in content])
    if not isinstance(content, dict):
        return Literal(node.place, content)
    call = _call_in(content, node.place)
    if call:
        return Call(node.place, call, parse(content[call]))
    members = {_key(key, item): parse(item) for key, item in content.items()}
    if len(members) < len(content):  # `a$$` and `a$` are one key
        raise EscError("two keys are the same, with $$ for $", node.place, code="esc-syntax")
    return Members(node.place, members)


def _text(text: str, place: Place) -> Expression:
    found = parts(text, place)
    if not found or (len(found) == 1 and found[0].keys is None):
        return Literal(place, found[0].text if found else "")
    if len(found) == 1 and found[0].text == "" and found[0].keys:
        return Reference(place, found[0].keys)
    return Text(place, found)


def _call_in(content: dict[str, Node], place: Place) -> str:
    """The call that a mapping is, empty where it is none."""
    if len(content) != 1:
        if call := next((key for key in content if key.startswith(PREFIX)), None):
            raise EscError(f"{call} must be the only key of its mapping", place, code="esc-function")
        return ""
    (key,) = content
    return key if key.lower().startswith(PREFIX) else ""


def _key(text: str, node: Node) -> str:
    found = _text(text, node.place)
    if not is_text(found):
        raise EscError("a reference in a key", node.place, code="esc-syntax")
    return str(found.content)

"""Tools: functions with annotations, which give both the schema that a model sees and the check of what it passes.

    @tool(Effect.READ, narrow="give more of the name")
    def names(stack: Inventory, /, like: str) -> list[str]:
        '''Return the names of the stack that look like a text.'''

    Agent("understanding", [names.on(stack)])

`on` gives the positional parameters, those before `/`: they are no model's to give.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from inspect import Parameter, getdoc, signature
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from sophia_infra.codec import quoted
from sophia_infra.errors import SophiaError
from sophia_infra.values import Value

Reader = Callable[[Value], Any]
LONGEST = 2_000
"""Characters of a text that a model may pass."""
LARGEST = 2**53
"""The largest whole number: beyond it JSON's are not exact (RFC 8259 section 6)."""


class ToolError(SophiaError):
    """A call of a tool that is not there, or with arguments that it does not take; the model is told."""

    code = "tool"


class Effect(StrEnum):
    """What a tool may do, a constant of it. There is no third: no tool approves, applies or sets anything."""

    READ = "read"
    PROPOSE = "propose"


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that a model may have called.

    Attributes:
        what: what it returns, for the model.
        schema: the JSON schema of its arguments.
        narrow: how to ask for less, which is said where a result is cut.
    """

    name: str
    what: str
    effect: Effect
    schema: Mapping[str, Any]
    narrow: str
    function: Callable[..., Any]
    readers: Mapping[str, Reader]
    given: tuple[Any, ...] = ()

    def on(self, *given: Any) -> "Tool":
        """Return the tool with its positional parameters given."""
        return replace(self, given=given)

    def __call__(self, arguments: Any) -> Any:
        """Call it with what a model passes.

        Raises:
            ToolError: an argument is missing, not known, or of another type than is annotated.
        """
        read = Value(self.name, arguments, ToolError).read(self.readers, "argument", self.schema["required"])
        return self.function(*self.given, **read)

    def shown(self, value: Any, most: int) -> str:
        """Return a result as the model reads it: quoted, and so many characters of it, with how to ask for less."""
        text = quoted(value)
        if len(text) <= most:
            return text
        return f"{text[:most]}... cut after {most} of {len(text)} characters; {self.narrow}"


def tool(effect: Effect, narrow: str = "ask for less") -> Callable[[Callable[..., Any]], Tool]:
    """Make a tool of a function: its name, the first line of its docstring, its annotated parameters.

    Types are str, int, float, bool, Literal of texts, `list[T]` and `tuple[T, ...]` of these, and one of all these or
    None.

    Raises:
        TypeError: a parameter has another type.
    """

    def made(function: Callable[..., Any]) -> Tool:
        hints = get_type_hints(function)
        parameters = [each for each in signature(function).parameters.values() if each.kind != each.POSITIONAL_ONLY]
        shapes = {each.name: _shape(hints[each.name]) for each in parameters}
        schema = {
            "type": "object",
            "properties": {name: schema for name, (schema, _) in shapes.items()},
            "required": [each.name for each in parameters if each.default is Parameter.empty],
            "additionalProperties": False,
        }
        what = (getdoc(function) or "").partition("\n")[0]
        readers = {name: reader for name, (_, reader) in shapes.items()}
        return Tool(function.__name__, what, effect, schema, narrow, function, readers)

    return made


def _shape(hint: Any) -> tuple[Mapping[str, Any], Reader]:
    """Return the schema of an annotation, and what reads a value of it."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal and all(isinstance(each, str) for each in arguments):
        return {"type": "string", "enum": list(arguments)}, lambda value: value.word(arguments)
    if origin is list or (origin is tuple and arguments[1:] == (...,)):
        schema, read = _shape(arguments[0])
        return {"type": "array", "items": schema}, lambda value: [read(each) for each in value.items()]
    if origin in (Union, UnionType) and len(others := [each for each in arguments if each is not NoneType]) == 1:
        return _shape(others[0])
    raise TypeError(f"a tool can't take {hint}")


def _text(value: Value) -> str:
    return value.text(f"give a text of at most {LONGEST} characters", fits=lambda text: len(text) <= LONGEST)


_PLAIN: Mapping[Any, tuple[Mapping[str, Any], Reader]] = {
    str: ({"type": "string"}, _text),
    int: ({"type": "integer"}, lambda value: value.whole(-LARGEST, LARGEST)),
    float: ({"type": "number"}, Value.number),
    bool: ({"type": "boolean"}, Value.flag),
}

"""The functions of ESC: what each takes, and what it makes of that. A result of secrets is a secret."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sophia_infra.esc.errors import EscError
from sophia_infra.esc.expressions import Call, Expression, Items, Members, is_text
from sophia_infra.esc.numbers import DECODER
from sophia_infra.esc.values import SECRET, NotKnownError, Value

if TYPE_CHECKING:
    from sophia_infra.esc.evaluation import Evaluation

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_LIST = "a list of two: a delimiter, and "


def call(evaluation: Evaluation, call: Call) -> Value:
    """Return what a call comes to.

    Raises:
        EscError: the function does not take such an argument, or its provider fails.
    """
    name, _, provider = call.name.removeprefix("fn::").partition("::")
    if name in ("open", "rotate"):
        return _opened(evaluation, call, name, provider)
    if provider or name not in _FUNCTIONS:
        known = ", ".join(f"fn::{each}" for each in sorted((*_FUNCTIONS, "open", "rotate")))
        raise EscError(f"{call.name} is no function; known are {known}", call.place, code="esc-function")
    return _FUNCTIONS[name](evaluation, call)


def _concat(evaluation: Evaluation, call: Call) -> Value:
    takes = "a list of lists; it may not be a reference itself"
    if not isinstance(call.argument, Items):
        raise call.wrong(takes)
    lists = evaluation.known(call.argument)
    items: list[Value] = []
    for _, each in lists.members():
        if not isinstance(each.content, list):
            raise call.wrong(takes)
        items += each.content
    return Value(items, lists.has_secret, call.place)


def _final(evaluation: Evaluation, call: Call) -> Value:
    found = evaluation.of(call.argument)
    return _as_it_is(found, call, is_final=True)


def _as_it_is(found: Value, call: Call, *, is_final: bool = False) -> Value:
    """A value that passes through: as in the reference it is one secret, and no import shows through it."""
    return Value(found.bare.content, found.has_secret, call.place, is_final, is_closed=True)


def _from_base64(evaluation: Evaluation, call: Call) -> Value:
    text, secret = _text(evaluation, call, call.argument, "a text")
    text = text.replace("\r", "").replace("\n", "")
    if not _BASE64.fullmatch(text):
        raise EscError("this is no base64", call.place, code="esc-function")
    return Value(base64.b64decode(text).decode("utf-8", "surrogateescape"), secret, call.place)


def _from_json(evaluation: Evaluation, call: Call) -> Value:
    text, secret = _text(evaluation, call, call.argument, "a text")
    try:
        found, _ = DECODER.raw_decode(text.lstrip(" \t\r\n"))  # the reference takes what follows for no part of it
    except ValueError as error:
        at = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise EscError(f"this is no JSON{at}", call.place, code="esc-function") from None
    return Value.of(_sound(found), secret, call.place)


def _join(evaluation: Evaluation, call: Call) -> Value:
    takes = f"{_LIST}a list of texts"
    delimiter, secret, second = _delimited(evaluation, call, takes)
    items = evaluation.known(second)
    texts = [item.content for _, item in items.members() if isinstance(item.content, str)]
    if not isinstance(items.content, list) or len(texts) != len(items.content):
        raise call.wrong(takes)
    return Value(delimiter.join(texts), secret or items.has_secret, call.place)


def _split(evaluation: Evaluation, call: Call) -> Value:
    takes = f"{_LIST}a text"
    delimiter, secret, second = _delimited(evaluation, call, takes)
    text, hidden = _text(evaluation, call, second, takes)
    pieces = text.split(delimiter) if delimiter else list(text)
    # As in the reference the list is the secret, and a piece that is taken out of it is none.
    return Value([Value(piece, place=call.place) for piece in pieces], secret or hidden, call.place)


def _delimited(evaluation: Evaluation, call: Call, takes: str) -> tuple[str, bool, Expression]:
    first, second = call.pair(takes)
    return *_text(evaluation, call, first, takes), second


def _secret(evaluation: Evaluation, call: Call) -> Value:
    argument = call.argument
    if is_text(argument):
        return Value(argument.content, True, call.place)
    if isinstance(argument, Members) and argument.members.keys() == {"ciphertext"}:
        text = argument.members["ciphertext"]
        if is_text(text):
            from sophia_infra.esc import cipher

            sealed = cipher.unwrapped(str(text.content), call.place)
            if not evaluation.run.opens:
                raise NotKnownError
            decrypter = evaluation.run.decrypter or cipher.TeamKey()
            return Value(cipher.opened(sealed, decrypter, call.place), True, call.place)
    raise call.wrong("a text without references, or {ciphertext: ...}")


def _to_base64(evaluation: Evaluation, call: Call) -> Value:
    text, secret = _text(evaluation, call, call.argument, "a text")
    return Value(base64.b64encode(text.encode("utf-8", "surrogateescape")).decode(), secret, call.place)


def _to_json(evaluation: Evaluation, call: Call) -> Value:
    found = evaluation.known(call.argument)
    return Value(found.json(), found.has_secret, call.place)


def _to_string(evaluation: Evaluation, call: Call) -> Value:
    text, secret = evaluation.known(call.argument).text()
    return Value(text, secret, call.place)


def _to_yaml(evaluation: Evaluation, call: Call) -> Value:
    from sophia_infra.esc import yaml_text

    found = evaluation.known(call.argument)
    return Value(yaml_text.written(found, call.place), found.has_secret, call.place)


def _validate(evaluation: Evaluation, call: Call) -> Value:
    from sophia_infra.esc import schema

    members = call.members("a mapping with schema and value", "schema", "value")
    said, found = evaluation.known(members["schema"]), evaluation.known(members["value"])
    try:
        schema.compiled(said, members["schema"].place).check(found, members["value"].place)
    except EscError as error:
        if not said.has_secret:
            raise
        raise EscError("it does not fit, by a schema with a secret", error.place, code=error.code) from None
    return _as_it_is(found, call)


def _opened(evaluation: Evaluation, call: Call, name: str, provider: str) -> Value:
    """`fn::open` and `fn::rotate`, in the long form and in the short one, and what a provider gives for them."""
    from sophia_infra.esc.providers import SHIPPED  # with what asks servers and runs commands

    inputs: Expression = call.argument
    state: Expression | None = None
    if not provider:
        named = call.members("a mapping with provider and inputs", "provider", "inputs")["provider"]
        if not is_text(named):
            raise EscError("a provider's name must be a text without references", named.place, code="esc-function")
        provider = str(named.content)
    if isinstance(inputs, Members) and (name == "rotate" or not call.name.startswith("fn::open::")):
        state, inputs = inputs.members.get("state"), inputs.members.get("inputs", inputs)
    known = {**SHIPPED, **evaluation.run.providers}
    if not (found := known.get(provider)):
        told = f"there is no provider {provider!r} for environments in files; known are {', '.join(sorted(known))}"
        raise EscError(told, call.place, code="esc-provider")
    if name == "rotate":
        return _rotated(evaluation, call, state)
    given = evaluation.known(inputs)
    if not isinstance(given.content, dict):
        raise EscError("the inputs must be a mapping", inputs.place, code="esc-function")
    if not evaluation.run.asks:
        raise NotKnownError
    try:
        return Value.of(found.open(given.content), place=call.place)
    except EscError as error:
        raise EscError(f"{provider}: {_without(given, str(error))}", call.place, code=error.code) from None
    except ValueError:  # a zero octet, a URL that is none, NaN; its message may quote it
        told = f"{provider}: an input that can't be used, or an answer that is no JSON"
        raise EscError(told, call.place, code="esc-provider") from None


def _without(inputs: Value, told: str, secret: bool = False) -> str:
    """A message without those inputs that are secrets."""
    secret = secret or inputs.secret
    if secret and isinstance(inputs.content, str) and inputs.content:
        told = told.replace(inputs.content, SECRET)
    for _, each in inputs.members():
        told = _without(each, told, secret)
    return told


def _rotated(evaluation: Evaluation, call: Call, state: Expression | None) -> Value:
    """What a secret that is rotated came to last: `state` holds it, and opening makes no new one."""
    call.members("a mapping with inputs and state", "inputs")
    if not isinstance(state, Members):
        raise EscError("it has no state: it has never been rotated", call.place, code="esc-provider")
    return Value.of(evaluation.known(state), place=call.place)


def _text(evaluation: Evaluation, call: Call, argument: Expression, takes: str) -> tuple[str, bool]:
    found = evaluation.known(argument)
    if not isinstance(found.content, str):
        raise call.wrong(takes)
    return found.content, found.secret


def _sound(value: Any) -> Any:
    """JSON values without halves of surrogate pairs, for which Go has U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_sound(key): _sound(item) for key, item in value.items()}
    return [_sound(item) for item in value] if isinstance(value, list) else value


_FUNCTIONS: dict[str, Callable[[Evaluation, Call], Value]] = {
    "concat": _concat,
    "final": _final,
    "fromBase64": _from_base64,
    "fromJSON": _from_json,
    "join": _join,
    "secret": _secret,
    "split": _split,
    "toBase64": _to_base64,
    "toJSON": _to_json,
    "toString": _to_string,
    "toYAML": _to_yaml,
    "validate": _validate,
}

"""Evaluates an environment and what it imports. The first error ends it: no value is ever left unknown.

Names and merging follow the reference, github.com/pulumi/esc v0.26, package eval; tests/esc compare each with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from sophia_infra.esc.documents import Document, load
from sophia_infra.esc.errors import AbsentError, EscError, Place
from sophia_infra.esc.expressions import Call, Expression, Items, Literal, Members, Reference, Text
from sophia_infra.esc.nodes import as_path
from sophia_infra.esc.references import Key
from sophia_infra.esc.values import UNKNOWN, NotKnownError, Value
from sophia_infra.values import known_are

Held = TypeVar("Held")


class Definitions(Protocol):
    """What defines environments."""

    def text(self, name: str) -> tuple[str, str]:
        """Return what defines an environment, and what to call that in errors, such as its file's name.

        MUST raise `EscError` where there is no such environment.
        """


class Provider(Protocol):
    """Gives values from outside; a class of one's own needs no more than this."""

    def open(self, inputs: Mapping[str, Value]) -> Any:
        """Return JSON values, in which a `Value` may mark a secret.

        MUST raise `EscError` where it can't, with no secret in the message.
        """


class Decrypter(Protocol):
    """Opens the secrets of environments."""

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Return the secret. MUST raise `EscError` where the key does not fit or the text was altered."""


@dataclass(slots=True)
class Run:
    """What the environments of one evaluation share; each of them is evaluated once.

    Attributes:
        decrypter: opens secrets; None for the team's key.
        providers: by name, beside the shipped ones.
        opens: whether secrets are opened; they are unknown otherwise.
        asks: whether providers are asked; what they would give is unknown otherwise.
    """

    definitions: Definitions
    decrypter: Decrypter | None
    providers: Mapping[str, Provider]
    context: Mapping[str, Value]
    root: str
    opens: bool = True
    asks: bool = True
    done: dict[str, Value | None] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def evaluate(self, name: str, place: Place | None = None) -> Value:
        """Return what an environment comes to; `place` is where it is imported.

        Raises:
            EscError: it, or one that it imports, has an error.
        """
        if name in self.done:
            if found := self.done[name]:
                return found
            raise EscError(f"{name} imports itself, by way of others or not", place, code="esc-cycle")
        try:
            text, file = self.definitions.text(name)
        except EscError as error:
            raise EscError(str(error), place, code=error.code, subject=error.subject) from None
        self.done[name] = None
        found = self.done[name] = Evaluation(self, name, load(text, file)).value()
        return found


class Evaluation:
    """One environment while it is evaluated."""

    def __init__(self, run: Run, name: str, document: Document) -> None:
        self.run = run
        self._document = document
        self._root = document.values
        names = {"currentEnvironment": name, "rootEnvironment": run.root}
        context = {**run.context, **{key: Value.of({"name": found}) for key, found in names.items()}}
        self._roots = {"context": Value(context)}

    def value(self) -> Value:
        """Return all values."""
        base: Value | None = None
        imports: dict[str, Value] = {}
        for each in self._document.imports:
            imports[each.name] = self.run.evaluate(each.name, each.place)
            if each.merge:
                base = imports[each.name].over(base)
        self._roots["imports"] = Value(imports)
        self._root.settle(base)
        self.run.warnings += [
            f"{place}: environments have no such key; it does nothing" for place in self._document.unknown
        ]
        return self.of(self._root)

    def of(self, expression: Expression) -> Value:
        """Return the value of an expression; it is worked out once."""
        if expression.value is not None:
            return expression.value
        if expression.is_begun:
            raise EscError("it refers to itself, by way of others or not", expression.place, code="esc-cycle")
        expression.is_begun = True
        base = expression.base
        if base and base.is_final:
            self.run.warnings.append(f"{expression.place}: this overrides nothing: {base.place} has it as final")
            expression.value = base
        else:
            try:
                expression.value = self._worked_out(expression).over(base)
            except NotKnownError:
                expression.value = Value(UNKNOWN, place=expression.place)
        return expression.value

    def known(self, expression: Expression) -> Value:
        """Return the value of an expression.

        Raises:
            NotKnownError: a part of it is unknown, as some are in a check.
        """
        found = self.of(expression)
        if not (self.run.opens and self.run.asks) and found.has_unknown:
            raise NotKnownError
        return found

    def _worked_out(self, expression: Expression) -> Value:
        match expression:
            case Literal():
                return Value(expression.content, place=expression.place)
            case Members():
                members = expression.members
                return Value({key: self.of(members[key]) for key in sorted(members)}, place=expression.place)
            case Items():
                return Value([self.of(item) for item in expression.items], place=expression.place)
            case Reference():
                return self._referred(expression.keys, expression.place)
            case Text():
                return self._interpolated(expression)
            case Call():
                from sophia_infra.esc.functions import call  # many an environment calls none

                return call(self, expression)
        raise AssertionError(f"{expression} is no expression")

    def _interpolated(self, expression: Text) -> Value:
        written, secret = [], False
        for part in expression.parts:
            written.append(part.text)
            if part.keys is not None:
                text, hidden = self._referred(part.keys, expression.place).text()
                written.append(text)
                secret = secret or hidden
        return Value("".join(written), secret, expression.place)

    def _referred(self, keys: Sequence[Key], place: Place) -> Value:
        """Walk through what is written, evaluating no more than is asked for, then through values."""
        if found := self._roots.get(str(keys[0])):
            return follow(found, keys, 1, place)
        if keys[0] == "environments":
            return self._elsewhere(keys, place)
        receiver: Expression = self._root
        for at in range(len(keys)):
            if not isinstance(receiver, Items | Members):
                return follow(self.of(receiver), keys, at, place)
            holder = receiver.items if isinstance(receiver, Items) else receiver.members
            member = _member(holder, keys, at, place)
            if member is None:
                base = receiver.base
                if base and (base.content is UNKNOWN or isinstance(base.content, dict)):
                    return follow(base, keys, at, place)
                raise _unknown(keys, at, holder, place)
            receiver = member
        return self.of(receiver)

    def _elsewhere(self, keys: Sequence[Key], place: Place) -> Value:
        if len(keys) < 3 or not all(isinstance(key, str) for key in keys[1:3]):
            raise EscError("name both: ${environments.project.environment}", place, code="esc-reference")
        return follow(self.run.evaluate(f"{keys[1]}/{keys[2]}", place), keys, 3, place)


def follow(receiver: Value, keys: Sequence[Key], start: int, place: Place) -> Value:
    """Return what a value holds at a path, from its key number `start` on.

    Raises:
        EscError: there is no such thing.
    """
    secret = False
    for at in range(start, len(keys)):
        content = receiver.content
        secret = secret or receiver.secret
        if content is UNKNOWN:
            return receiver
        if not isinstance(content, list | dict):
            kind = AbsentError if content is None else EscError
            raise kind(f"{_told(keys, at)} holds neither list nor mapping", place, code="esc-reference")
        found = _member(content, keys, at, place)
        if found is None:
            raise _unknown(keys, at, () if secret else content, place)
        receiver = found
    return receiver


def _member(holder: list[Held] | dict[str, Held], keys: Sequence[Key], at: int, place: Place) -> Held | None:
    """What a list or a mapping holds by key number `at`; None where a mapping lacks it."""
    key = keys[at]
    if isinstance(holder, dict):
        if isinstance(key, str):
            return holder.get(key)
        wrong = f"is a mapping, and [{key}] no key"
    elif isinstance(key, str):
        wrong = f"is a list, and {key!r} no index"
    elif 0 <= key < len(holder):
        return holder[key]
    else:
        wrong = f"has {len(holder)} items, and so no [{key}]"
    raise EscError(f"{_told(keys, at)} {wrong}", place, code="esc-reference")


def _unknown(keys: Sequence[Key], at: int, known: Iterable[object], place: Place) -> EscError:
    way_out = f"; {known_are(str(keys[at]), names)}" if (names := sorted(map(str, known))) else ""
    return AbsentError(f"{_told(keys, at)} has no {keys[at]!r}{way_out}", place, code="esc-reference")


def _told(keys: Sequence[Key], end: int) -> str:
    return as_path(keys[:end]) or "the environment"

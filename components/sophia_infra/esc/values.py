"""What an environment evaluates to: values with a mark for secrets and the place that they come from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from sophia_infra.esc.errors import EscError, Place
from sophia_infra.esc.go_text import json_text, quoted
from sophia_infra.esc.numbers import Number

SECRET = "[secret]"  # noqa: S105  what stands in a secret's place


class Unknown:
    """What a provider would give, or a key would open, where an environment is checked alone."""


UNKNOWN = Unknown()


class NotKnownError(Exception):
    """A call that a check can't work out. It never leaves the evaluation."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Value:
    """A value and all below it; `content` is None, a bool, a `Number`, a text, a list or a mapping of values. It may be
    `UNKNOWN` in a check alone.

    `secret` marks this value alone: a mapping with a secret in it is none itself. Octets that are no UTF-8, as
    `fn::fromBase64` makes, stand in a text as Python's `surrogateescape` has them.

    Attributes:
        place: where the environment has it, None for what a provider or the context gives.
        is_final: `fn::final`; environments that import it can't override it.
        own: the keys that a mapping has from where it is written, and not from imports; None where all are.
        is_closed: a mapping that overrides what is none, so that nothing further below shows through.
    """

    content: "bool | Number | str | list[Value] | dict[str, Value] | Unknown | None"
    secret: bool = False
    place: Place | None = None
    is_final: bool = False
    own: frozenset[str] | None = None
    is_closed: bool = False

    def __repr__(self) -> str:
        return f"Value({self.json(redact=True)})"

    @classmethod
    def of(cls, plain: Any, secret: bool = False, place: Place | None = None) -> Self:
        """Return JSON values as a value, with all below it secret; a secret among them keeps the marks that it has."""
        if isinstance(plain, cls):
            found = cls.of(plain.content, secret and not plain.secret, place or plain.place)
            return replace(found, secret=True) if plain.secret else found
        if isinstance(plain, Mapping):
            plain = {str(key): cls.of(item, secret, place) for key, item in plain.items()}
        elif isinstance(plain, list | tuple):
            plain = [cls.of(item, secret, place) for item in plain]
        elif isinstance(plain, int | float) and not isinstance(plain, bool):
            plain = Number(json_text(plain))
        return cls(plain, secret, place)

    def over(self, base: "Value | None") -> "Value":
        """Return this value with what an imported one has beside: mappings merge, all else replaces."""
        if base is None or base is self or not isinstance(self.content, dict) or self.is_closed:
            return self
        if base.content is UNKNOWN:
            return base
        if not isinstance(base.content, dict):
            return replace(self, is_closed=True)
        merged = {**base.content}
        for key, item in self.content.items():
            merged[key] = item.over(base.content.get(key))
        own = frozenset(self.content) if self.own is None else self.own
        return Value(merged, self.secret, self.place, self.is_final, own, base.is_closed)

    @property
    def bare(self) -> "Value":
        """The value without what it has from imports."""
        if self.own is None or not isinstance(self.content, dict):
            return self
        return Value({key: self.content[key] for key in self.own}, self.secret, self.place)

    @property
    def has_secret(self) -> bool:
        """Whether this value or any below it is a secret."""
        return self.secret or any(item.has_secret for _, item in self.members())

    @property
    def has_unknown(self) -> bool:
        """Whether this value or any below it is unknown."""
        return self.content is UNKNOWN or any(item.has_unknown for _, item in self.members())

    def members(self) -> Iterator[tuple[str | int, "Value"]]:
        """Yield what a list or a mapping holds, by index or key."""
        if isinstance(self.content, dict):
            yield from self.content.items()
        elif isinstance(self.content, list):
            yield from enumerate(self.content)

    def plain(self, *, redact: bool = False, number: Any = None) -> Any:
        """Return Python values; with `redact` a secret is `[secret]`. `number` is called for each number."""
        if redact and self.secret:
            return SECRET
        if isinstance(self.content, Number):
            try:
                return number(self.content) if number else self.content.plain
            except ValueError:
                raise EscError("a number that is too large for Python", self.place, code="esc-unsupported") from None
        if isinstance(self.content, dict):
            return {key: item.plain(redact=redact, number=number) for key, item in self.content.items()}
        if isinstance(self.content, list):
            return [item.plain(redact=redact, number=number) for item in self.content]
        return self.content

    def json(self, *, redact: bool = False, indent: int | None = None) -> str:
        """Return JSON, keys sorted, numbers by their text."""
        return json_text(self.plain(redact=redact, number=lambda found: found), indent)

    def text(self) -> tuple[str, bool]:
        """Return what the value is within a text, and whether that is a secret: a mapping is `"a"="1","b"="2"`."""
        content, secret = self.bare.content, self.secret
        if isinstance(content, dict | list):
            items = [
                (f"{quoted(key)}=" if isinstance(key, str) else "", *item.text())
                for key, item in sorted(self.bare.members())
            ]
            return ",".join(f"{key}{quoted(text)}" for key, text, _ in items), secret or any(
                hidden for *_, hidden in items
            )
        if isinstance(content, Unknown):
            raise NotKnownError
        if isinstance(content, bool):
            return ("true" if content else "false"), secret
        if isinstance(content, Number):
            return content.text, secret
        return content or "", secret

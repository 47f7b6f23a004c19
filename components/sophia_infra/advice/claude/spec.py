"""What a stack sets of the model behind advice: which one, its key, and how much of it one run may use."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from sophia_infra.advice.claude.prices import Price, price_of
from sophia_infra.values import ABOVE_ZERO, Value

MODEL = "claude-sonnet-5-5"


@dataclass(frozen=True, slots=True)
class ClaudeSpec:
    """The model, and the bounds of its use (`sophia:claude`).

    Attributes:
        key: returns the API key; CredentialError where there is none. It is asked for right before a call.
        model: the vendor's name of the model, default `claude-sonnet-5-5`.
        timeout: seconds that one answer may take, with all its retries.
        max_calls: answers that one run may ask for.
        max_seconds: seconds that one run may wait for answers; those in which it waits for several at once count once.
        max_tokens: tokens that one run may use, in and out.
        max_cost: US dollars that one run may spend; None for no such bound.
        price: what the model costs; None where no price is known, and `max_tokens` alone bounds it.
    """

    key: Callable[[], str] = field(repr=False, compare=False)
    model: str = MODEL
    timeout: float = 30.0
    max_calls: int = 50
    max_seconds: float = 300.0
    max_tokens: int = 300_000
    max_cost: float | None = None
    price: Price | None = field(default_factory=lambda: price_of(MODEL))

    @classmethod
    def from_value(cls, given: Value, key: Callable[[], str]) -> Self:
        """Read `sophia:claude`: any of the attributes but the key. A wrong one is refused by its path."""
        members: Mapping[str, Any] = given.members(NAMES).mapping()
        model = given.get("model", MODEL).text(_MODEL, fits=_NAME.fullmatch)
        bounds: dict[str, Any] = {
            name: given.get(name).whole(1, math.inf, _WHOLE)
            if name in _COUNTS
            else given.get(name).number(ABOVE_ZERO, way_out=_NUMBER)
            for name in members.keys() & {*_COUNTS, *_NUMBERS}
        }
        price = _price(given.get("price")) if "price" in members else price_of(model)
        if price is None and "max_cost" in bounds:
            told = f"{given.path}.max_cost bounds nothing, since the price of {model} is not known; give price as well"
            raise given.error(told, field=f"{given.path}.max_cost", value=bounds["max_cost"])
        return cls(key=key, model=model, price=price, **bounds)


_NUMBERS = ("timeout", "max_seconds", "max_cost")
_COUNTS = ("max_calls", "max_tokens")
NAMES = ("model", *_NUMBERS, *_COUNTS, "price")
_NAME = re.compile(r"[A-Za-z0-9][\w.:@/-]*")
_MODEL = "give the vendor's name of a model, such as claude-sonnet-5-5"
_NUMBER = "give a number above 0"
_WHOLE = "give a whole number, 1 or more"


def _price(given: Value) -> Price:
    """Read US dollars for a million tokens of each kind: all four, since a kind left out would cost nothing."""
    names = [price.name for price in fields(Price)]
    given.members(names)
    return Price(*(given.get(name).number(0, way_out="give US dollars for a million tokens") for name in names))

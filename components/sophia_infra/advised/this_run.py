"""What one run accepts: `SOPHIA_ACCEPT="shop.example: @ MX, max_deletes=12" pulumi up`.

It holds for the zone or certificate of that name, each time it is judged while the variable is set, and is told and
journaled as an override is. Others follow after a semicolon.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sophia_infra.changes import Limits
from sophia_infra.changes.overrides import Override, name_of
from sophia_infra.settings import LIMITS, SettingError, limits_from
from sophia_infra.values import Value

VARIABLE = "SOPHIA_ACCEPT"
VERDICT = "max_verdict=block"
_EXAMPLE = f"write it as {VARIABLE}='shop.example: @ MX, max_deletes=12'"


@dataclass(frozen=True, slots=True)
class ThisRun:
    """What a run accepts of one resource.

    Attributes:
        overrides: one that accepts subjects, or none.
        limits: the limits that it sets, as `settings.limits_from` reads them.
        blocked: whether it goes on against advice to block.
    """

    overrides: tuple[Override, ...] = ()
    limits: Mapping[str, Any] = field(default_factory=dict)
    blocked: bool = False

    def over(self, limits: Limits) -> Limits:
        """Return the limits that hold for this run."""
        return limits_from(self.limits, VARIABLE, limits)


def this_run(subject: str) -> ThisRun:
    """Return what this run accepts of the resource that messages call `subject`: `shop.example`.

    Raises:
        SettingError: the variable can't be read, whomever it is for.
        OverrideError: a pattern may name everything.
    """
    given = [words for named, words in _entries(os.environ.get(VARIABLE, "")) if named == subject]
    words = [word for entry in given for word in entry]
    names = tuple(name_of(Value(VARIABLE, word, SettingError)) for word in words if "=" not in word)
    limits = dict(_limit(word) for word in words if "=" in word and word != VERDICT)
    accepted = ThisRun((Override(names, None, VARIABLE),) if names else (), limits, VERDICT in words)
    accepted.over(Limits())  # refuses what is no limit
    return accepted


def to_accept(subject: str, words: Iterable[str]) -> str:
    """Return the setting of the variable that accepts these words of a resource."""
    return f"{VARIABLE}='{subject}: {', '.join(dict.fromkeys(words))}'"


def _entries(text: str) -> list[tuple[str, list[str]]]:
    entries = []
    for entry in filter(str.strip, text.split(";")):
        named, colon, listed = entry.partition(":")
        words = [word.strip() for word in listed.split(",") if word.strip()]
        if not (colon and named.strip() and words):
            raise SettingError(f"{VARIABLE} holds {entry.strip()!r}; {_EXAMPLE}", field=VARIABLE)
        entries.append((named.strip().rstrip(".").lower(), words))
    return entries


def _limit(word: str) -> tuple[str, Any]:
    name, _, value = word.partition("=")
    name = name.strip()
    if name not in LIMITS:
        listed = ", ".join((*LIMITS, "max_verdict"))
        raise SettingError(f"{VARIABLE}: {word!r} sets no limit; known are {listed}", field=VARIABLE)
    try:
        return name, json.loads(value)
    except (ValueError, RecursionError):
        return name, value.strip()

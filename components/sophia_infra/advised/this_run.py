"""What one run accepts: `SOPHIA_ACCEPT="shop.example: @ MX, max_deletes=12" pulumi up`.

It holds for the zone of that name, each time it is judged while the variable is set, and is told and journaled as an
override is. A certificate often has the name of its zone, so its entry says so: `certificate shop.example: ...`. Others
follow after a semicolon. An entry for none of the program's is told once the program has ended.
"""

import json
import os
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sophia_infra.changes import Limits
from sophia_infra.changes.overrides import THIS_RUN, Override, name_of
from sophia_infra.settings import LIMITS, SettingError, limits_from
from sophia_infra.values import Value, known_are, like

ZONE = "zone"
KINDS = (ZONE, "certificate", "key", "secret")
"""What limits hold for: the word before a name, a zone's may be left out."""
VARIABLE = THIS_RUN
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


def this_run(named: str) -> ThisRun:
    """Return what this run accepts of a resource, by what messages call it: `zone shop.example`.

    Raises:
        SettingError: the variable can't be read, whomever it is for.
        OverrideError: a pattern may name everything.
    """
    given = [words for whom, words in _entries() if whom == named]
    words = [word for entry in given for word in entry]
    names = tuple(name_of(Value(VARIABLE, word, SettingError)) for word in words if "=" not in word)
    limits = dict(_limit(word) for word in words if "=" in word and word != VERDICT)
    accepted = ThisRun((Override(names, None, VARIABLE),) if names else (), limits, VERDICT in words)
    accepted.over(Limits())  # refuses what is no limit
    return accepted


def to_accept(named: str, words: Iterable[str]) -> str:
    """Return the setting of the variable that accepts these words of a resource, `zone shop.example`."""
    text = f"{named.removeprefix(f'{ZONE} ')}: {', '.join(dict.fromkeys(words))}"
    return f"{VARIABLE}={shlex.quote(text)}"  # a record's name may hold anything, and people paste this


def addressees() -> list[str]:
    """Return for whom the variable is, as messages call them.

    Raises:
        SettingError: it can't be read.
    """
    return list(dict.fromkeys(whom for whom, _ in _entries()))


def for_others(named: str) -> str:
    """Return a line where the variable is set for others, and not for the resource that is refused; else nothing.

    Raises:
        SettingError: it can't be read.
    """
    others = addressees()
    return f"\n{VARIABLE} of this run names {', '.join(others)}" if others and named not in others else ""


def strangers(known: Collection[str]) -> list[str]:
    """Return a line for each entry that is for none of the resources that a program is known to have.

    Raises:
        SettingError: the variable can't be read.
    """
    return [_stranger(whom, sorted(known)) for whom in addressees() if whom not in known]


def _stranger(whom: str, known: Sequence[str]) -> str:
    close = like(whom, known)
    return (
        f"{VARIABLE} names {whom}, and the program has none that is known by that name: nothing is accepted by it, "
        f"unless one of that name is deleted{f'; did you mean {close}?' if close else ''}"
    )


def _entries() -> list[tuple[str, list[str]]]:
    entries = []
    for entry in filter(str.strip, os.environ.get(VARIABLE, "").split(";")):
        named, _, listed = entry.partition(":")
        words = [word.strip() for word in listed.split(",") if word.strip()]
        *kind, name = named.split() or [""]
        if not name or not words or len(kind) > 1:
            raise SettingError(f"{VARIABLE} holds {entry.strip()!r}; {_EXAMPLE}", field=VARIABLE)
        entries.append((f"{_kind(*kind)} {name.rstrip('.').lower()}", words))
    return entries


def _kind(word: str = ZONE) -> str:
    if word not in KINDS:
        raise SettingError(f"{VARIABLE}: {word} is no kind of resource; {known_are(word, KINDS)}", field=VARIABLE)
    return word


def _limit(word: str) -> tuple[str, Any]:
    name, _, value = word.partition("=")
    name = name.strip()
    if name not in LIMITS:
        way_out = known_are(name, (*LIMITS, "max_verdict"))
        raise SettingError(f"{VARIABLE}: {word!r} sets no limit; {way_out}", field=VARIABLE)
    try:
        return name, json.loads(value)
    except (ValueError, RecursionError):
        return name, value.strip()

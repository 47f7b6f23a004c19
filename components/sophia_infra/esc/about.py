"""What people and programs should know of a value, beside the value: `aboutValues`, by path.

aboutValues:
  db.url: {purpose: orders, owner: team-data, consumers: [api, reports], max_age: 30d, exposure: high}
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sophia_infra.errors import SophiaError
from sophia_infra.esc import references
from sophia_infra.esc.errors import EscError, Place
from sophia_infra.esc.nodes import joined
from sophia_infra.esc.references import Key
from sophia_infra.esc.values import UNKNOWN, Value
from sophia_infra.values import Value as Given
from sophia_infra.values import length_of

KEY = "aboutValues"
EXPOSURES = ("none", "low", "medium", "high", "critical")
_PROJECTIONS = (KEY, "environmentVariables", "files", "pulumiConfig")


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a value; what is not said is empty.

    Attributes:
        purpose: what it is for.
        owner: whose it is: who is asked before it changes.
        consumers: who uses it, by the names that they connect with.
        max_age: how old it may get before it is rotated, such as `30d`.
        exposure: how much hangs on it, from `none` to `critical`.
    """

    purpose: str = ""
    owner: str = ""
    consumers: tuple[str, ...] = ()
    max_age: str = ""
    exposure: str = ""

    @property
    def rotation(self) -> dict[str, Any]:
        """What a RotatingSecret takes of it, as its arguments."""
        given = {"consumers": list(self.consumers), "max_age": self.max_age}
        return {name: value for name, value in given.items() if value}


def read(said: dict[str, Value]) -> dict[str, About]:
    """Return what is said of values, by path; what a check leaves unknown is left out.

    Raises:
        EscError: it says what nothing reads, or holds a secret.
    """
    return {path: _read(path, item) for path, item in said.items() if not item.has_unknown}


def _read(path: str, item: Value) -> About:
    if item.has_secret:
        raise EscError(f"what is said of {path} holds a secret, and is for all to read", item.place, code="esc-about")
    try:
        found = Given(f"{KEY}.{path}", item.plain(), SophiaError).read(
            {
                **dict.fromkeys(("purpose", "owner", "max_age"), Given.text),
                "consumers": lambda given: tuple(each.text() for each in given.items()),
                "exposure": lambda given: given.word(EXPOSURES),
            }
        )
    except SophiaError as error:
        raise EscError(str(error), item.place, code="esc-about", field=error.field) from None
    return About(**found)


def at(said: Mapping[str, About], path: str) -> About:
    """Return what is said of the value at a path; what is said of a mapping holds for all below it.

    Raises:
        EscError: it is no path.
    """
    keys, found = _keys(path), About()
    by_keys = {_keys(each): about for each, about in said.items()}
    for end in range(1, len(keys) + 1):
        about = asdict(by_keys.get(keys[:end], found))
        found = replace(found, **{name: value for name, value in about.items() if value})
    return found


def _keys(path: str) -> tuple[Key, ...]:
    return references.path(path, Place("", 1, 1, path))


def unsaid(values: Value, said: dict[str, About]) -> Iterator[str]:
    """Yield a line for each secret of which nothing says whose it is, where anything is said of values, and for each
    `max_age` that is no time.
    """
    for path, about in said.items():
        if about.max_age and length_of(about.max_age) is None:
            yield f"{KEY}.{path}: max_age is {about.max_age!r}, and no rule goes by it: give a time, such as 30d or 36h"
    owned = {path for path, about in said.items() if about.owner}
    for path, item in _secrets(values, "", owned) if said else ():
        yield f"{item.place}: {path} is a secret, and {KEY} does not say whose"


def _secrets(value: Value, path: str, owned: set[str]) -> Iterator[tuple[str, Value]]:
    if path in owned:
        return
    if value.secret or value.content is UNKNOWN:
        yield path, value
        return
    for key, item in value.members():
        if path or key not in _PROJECTIONS:
            yield from _secrets(item, joined(path, key), owned)

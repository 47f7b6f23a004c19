"""What one run does to the stack's resources, counted as the engine announces it, and the limits on that."""

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from typing import Any, Self

import pulumi

from sophia_infra.changes import Exposure
from sophia_infra.errors import SophiaError
from sophia_infra.values import listed, shown

OVERRIDE = "SOPHIA_BLAST_RADIUS"
EXPOSURE = "max_exposure"
SHOWN = 10


class GuardError(SophiaError, pulumi.RunError):
    """A guard that can't be set up as written, or an operation that it refuses; printed without a traceback."""

    code = "guard"


def wrong(field: str, value: Any, way_out: str) -> GuardError:
    """Return the error for an argument, or a setting of the variable, that is no limit and no list of globs."""
    plain = value if isinstance(value, str | int | float) else None
    return GuardError(f"BlastRadius: {field} is {shown(value)}; {way_out}", field=field, value=plain)


@dataclass(frozen=True, slots=True)
class Caps:
    """How many resources one run may touch; None for no limit. docs/limits.md gives the reasons for the defaults."""

    max_creates: int | None = None
    max_updates: int | None = 100
    max_replaces: int | None = 5
    max_deletes: int | None = 5
    max_exposure: Exposure = Exposure.HIGH
    """The most that may hang on what leaves with a resource of this library."""

    def __post_init__(self) -> None:
        for limit in fields(self):
            value = getattr(self, limit.name)
            if limit.name == EXPOSURE:
                continue
            if value is not None and (type(value) is not int or value < 0):
                raise wrong(limit.name, value, "use a number from 0, or None for no limit")

    def __str__(self) -> str:
        values = ((limit.name, getattr(self, limit.name)) for limit in fields(self))
        return " ".join(f"{name}={'none' if value is None else value}" for name, value in values)

    @classmethod
    def ceiling(cls, word: str, field: str) -> Exposure:
        """Read `max_exposure`. Raises GuardError: it is no exposure."""
        if isinstance(word, str) and word.upper() in Exposure.__members__:
            return Exposure.parse(word)
        raise wrong(field, word, f"use one of {', '.join(map(str, Exposure))}")

    def overridden(self, environment: Mapping[str, str] = os.environ) -> Self:
        """Return these limits with what `SOPHIA_BLAST_RADIUS` changes for one run: `max_deletes=20 max_updates=none`.

        Raises:
            GuardError: the variable names no limit, or a value that is neither a number nor `none`.
        """
        text = environment.get(OVERRIDE, "")
        changed: dict[str, Any] = dict(self._setting(word) for word in text.replace(",", " ").split())
        return replace(self, **changed)

    def _setting(self, word: str) -> tuple[str, int | Exposure | None]:
        name, _, value = word.partition("=")
        if name == EXPOSURE:
            return name, self.ceiling(value, f"{OVERRIDE}: {name}")
        known = [limit.name for limit in fields(self)]
        if name not in known or not (value == "none" or (value.isascii() and value.isdigit())):
            way_out = f"the limits are {', '.join(known)}"
            raise GuardError(f"{OVERRIDE}: {word!r} is not <limit>=<number or none>; {way_out}", field=OVERRIDE)
        return name, None if value == "none" else int(value)


@dataclass(slots=True)
class Tally:
    """The operations of one run so far. Each method counts one operation and raises `GuardError` to refuse it.

    A resource is counted by its URN. A replacement is a create and a delete of one URN, in either order: it
    counts towards `max_replaces` and, because it makes a new object, towards `max_creates`, not `max_deletes`.
    """

    caps: Caps
    protect: tuple[str, ...] = ()
    done: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    """Per verb, the URNs in the order in which they came."""
    spent: int = 0
    """How many deletes count as done by the run before, which stopped at the limit."""

    def create(self, urn: str) -> None:
        """Count a new object: a new resource, or the new half of a replacement."""
        self._count("create", urn)

    def update(self, urn: str) -> None:
        """Count a change in place."""
        self._count("update", urn)

    def delete(self, urn: str, *, replacing: bool = False) -> bool:
        """Count a deletion, and return whether it is for good: `replacing` says that a new object will follow."""
        verb = "replace" if replacing or urn in self.done["create"] else "delete"
        self._refuse_protected(urn, f"{verb}d")
        self._count(verb, urn)
        return verb == "delete"

    def _count(self, verb: str, urn: str) -> None:
        urns, limit = self.done[verb], f"max_{verb}s"
        urns[urn] = None
        cap: int | None = getattr(self.caps, limit)
        spent = self.spent if verb == "delete" else 0
        if cap is None or len(urns) + spent <= cap:
            return
        if spent:
            raise GuardError(
                f"{limit} is {cap}, and the run before stopped at it: this one has no new allowance, and would {verb} "
                f"{_label(urn)}. If it is meant, for this run only set {OVERRIDE}={limit}=<number>",
                field=limit,
                value=len(urns) + spent,
                limit=cap,
            )
        message = f"{limit} is {cap}, and this would be {verb} number {len(urns)} of the run"
        if len(urns) == cap + 1:
            message = (
                f"{limit} is {cap}, and this run would {verb} at least {len(urns)}: "
                f"{listed([*map(_label, urns)], SHOWN)}. "
                f"If it is meant, raise {limit} in BlastRadius, or for this run only set {OVERRIDE}={limit}=<number>"
            )
        raise GuardError(message, field=limit, value=len(urns), limit=cap)

    def _refuse_protected(self, urn: str, verb: str) -> None:
        for pattern in self.protect:
            if any(fnmatchcase(text, pattern) for text in (urn, *_type_and_name(urn))):
                raise GuardError(
                    f"{_label(urn)} would be {verb}, and {pattern!r} in BlastRadius(protect=...) forbids it. "
                    f"If it is meant, take the pattern out for this change",
                    field="protect",
                )


def _label(urn: str) -> str:
    type_, name = _type_and_name(urn)
    return f"{name} ({type_})"


def _type_and_name(urn: str) -> tuple[str, str]:
    """Take a URN apart: `urn:pulumi:stack::project::parent$type::name`, where the name may hold `::`."""
    _, _, chain, name = urn.split("::", 3)
    return chain.rpartition("$")[2], name

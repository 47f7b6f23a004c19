"""Overrides: what somebody accepts for a few names, until some day, and why. They lift exposure, and never a count."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sophia_infra.changes.subjects import covers
from sophia_infra.errors import SophiaError

LONGEST = timedelta(days=90)
LONGEST_WHY = 500
_FIELDS = {"names", "until", "why"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_GLOB = re.compile(r"[*?\[]")


class OverrideError(SophiaError):
    """An override that says too little or accepts too much; the message says what would do."""

    code = "override"


@dataclass(frozen=True, slots=True)
class Override:
    """Accepts the exposure of some names or sets, protected ones included, until a time.

    Attributes:
        names: patterns of subjects (`@ MX`, `www`, `?*.dev A`), as `changes.covers` reads them.
        until: when it ends, in UTC.
        why: the reason, for whoever reads the journal.
        zone: the zone that it is for; empty for one that stands in the zone's own arguments.
    """

    names: tuple[str, ...]
    until: datetime
    why: str
    zone: str = ""

    def __str__(self) -> str:
        return f"override of {', '.join(self.names)} until {self.until:%Y-%m-%d %H:%M} UTC ({self.why})"

    def accepts(self, subject: str) -> bool:
        """Whether a subject is among the names; the zone as a whole (`@ ANY`) never is."""
        return not subject.endswith(" ANY") and any(covers(name, subject) for name in self.names)


def read(given: Any, where: str, now: datetime, *, of_stack: bool = False) -> tuple[Override, ...]:
    """Read a list of overrides; those of a stack name their `zone` as well. `where` is what errors call the list.

    Raises:
        OverrideError: one lacks a field, names everything, or is to last for more than 90 days.
    """
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise OverrideError(
            f"{where} is {given!r}; give a list of overrides, each with names, until and why", field=where
        )
    fields = _FIELDS | {"zone"} if of_stack else _FIELDS
    return tuple(_read(one, f"{where}[{index}]", now, fields) for index, one in enumerate(given))


def _read(given: Any, where: str, now: datetime, fields: set[str]) -> Override:
    if not isinstance(given, Mapping) or given.keys() != fields:
        raise OverrideError(f"{where} is {given!r}; give exactly {', '.join(sorted(fields))}", field=where)
    return Override(
        names=_names(given["names"], f"{where}.names"),
        until=_until(given["until"], f"{where}.until", now),
        why=_why(given["why"], f"{where}.why"),
        zone=str(given.get("zone", "")).rstrip(".").lower(),
    )


def _names(given: Any, where: str) -> tuple[str, ...]:
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise OverrideError(f"{where} is {given!r}; give a list of names or sets, such as ['@ MX', 'www']", field=where)
    for name in given:
        if not isinstance(name, str) or not name.strip():
            raise OverrideError(f"{where} holds {name!r}; give names or sets, such as '@ MX' or 'www'", field=where)
        if not _is_scoped(name):
            raise OverrideError(
                f"{where} holds {name!r}, which may name everything; write out one label at least", field=where
            )
    return tuple(given)


def _is_scoped(name: str) -> bool:
    """Whether a pattern names one owner, or has a label without `*` and `?`; `*` is the zone's wildcard itself."""
    owner = name.split()[0]
    return owner == "*" or any(label and not _GLOB.search(label) for label in owner.split("."))


def _until(given: Any, where: str, now: datetime) -> datetime:
    until = _moment(given)
    if until is None:
        raise OverrideError(
            f"{where} is {given!r}; give a day or a time with an offset, such as {now + LONGEST / 3:%Y-%m-%d}",
            field=where,
        )
    if until > now + LONGEST:
        latest = f"{now + LONGEST - timedelta(days=1):%Y-%m-%d}"
        raise OverrideError(
            f"{where} is {given}, more than {LONGEST.days} days ahead; {latest} is the last day", field=where
        )
    return until


def _moment(given: Any) -> datetime | None:
    """The end of a day, in UTC, or a time (RFC 3339)."""
    try:
        if _DAY.fullmatch(given):
            return datetime.combine(date.fromisoformat(given) + timedelta(days=1), time(), UTC)
        moment = datetime.fromisoformat(given)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def _why(given: Any, where: str) -> str:
    if not isinstance(given, str) or not given.strip():
        raise OverrideError(f"{where} is {given!r}; say why, for whoever reads the journal", field=where)
    if len(given) > LONGEST_WHY:
        raise OverrideError(f"{where} has {len(given)} characters; {LONGEST_WHY} are allowed", field=where)
    return given.strip()

"""Overrides: what somebody accepts for a few names, until some day, and why. They lift exposure, and never a count."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sophia_infra.changes.model import covers
from sophia_infra.errors import SophiaError
from sophia_infra.values import Value

THIS_RUN = "SOPHIA_ACCEPT"
"""The variable with what one run accepts; `advised.this_run` reads it."""
LONGEST = timedelta(days=90)
LONGEST_WHY = 500
_NAMES = "names or sets, such as '@ MX' or 'www'"
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
        until: when it ends, in UTC; None with the run (`advised.this_run`), and then it may name the zone as a whole.
        why: the reason, for whoever reads the journal.
        zone: the zone that it is for; empty for one that stands in the zone's own arguments.
    """

    names: tuple[str, ...]
    until: datetime | None
    why: str
    zone: str = ""

    def __str__(self) -> str:
        if self.until is None:
            return f"{self.why} of this run"
        return f"override of {', '.join(self.names)} until {self.until:%Y-%m-%d %H:%M} UTC ({self.why})"

    def holds(self, now: datetime) -> bool:
        """Whether it has not ended yet."""
        return self.until is None or self.until > now

    def accepts(self, subject: str) -> bool:
        """Whether a subject is among the names; the zone as a whole (`@ ANY`) never is by a pattern."""
        if subject.endswith(" ANY"):
            return self.until is None and subject in self.names
        return any(covers(name, subject) for name in self.names)


def read(given: Any, where: str, now: datetime, *, of_stack: bool = False) -> tuple[Override, ...]:
    """Read a list of overrides; those of a stack name their `zone` as well. `where` is what errors call the list.

    Raises:
        OverrideError: one lacks a field, names everything, or is to last for more than 90 days.
    """
    listed = Value(where, given, OverrideError).items("give a list of overrides, each with names, until and why")
    fields = ["names", "until", "why", *(["zone"] if of_stack else [])]
    exactly = f"give exactly {', '.join(fields)}"
    for override in listed:
        if override.mapping(exactly).keys() != set(fields):
            raise override.wrong(exactly)
    return tuple(
        Override(
            names=tuple(map(name_of, override.get("names").items(f"give a list of {_NAMES}", least=1))),
            until=until_of(override.get("until"), now),
            why=why_of(override.get("why")),
            zone=str(override.get("zone", "").value).rstrip(".").lower(),
        )
        for override in listed
    )


def name_of(given: Value) -> str:
    """Return a pattern that names one owner, or has a label without `*` and `?`; `*` is the zone's wildcard itself.

    Raises:
        The error of the value: it may name everything.
    """
    owner = given.text(f"give {_NAMES}", fits=str.strip).split()[0]
    if owner != "*" and not any(label and not _GLOB.search(label) for label in owner.split(".")):
        raise given.wrong("it may name everything; write out one label at least")
    return str(given.value)


def until_of(given: Value, now: datetime) -> datetime:
    """Return when an override, or an approval, ends: with a day, or at a time, in the next 90 days.

    Raises:
        The error of the value: it is neither, or later.
    """
    until = _moment(given.value)
    if until is None:
        raise given.wrong(f"give a day or a time with an offset, such as {now + LONGEST / 3:%Y-%m-%d}")
    if until > now + LONGEST:
        latest = f"{now + LONGEST - timedelta(days=1):%Y-%m-%d}"
        raise given.wrong(f"that is more than {LONGEST.days} days ahead; {latest} is the last day")
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


def why_of(given: Value) -> str:
    """Return a reason.

    Raises:
        The error of the value: it is none, or too long.
    """
    why = given.text("say why, for whoever reads the journal", fits=str.strip)
    if len(why) > LONGEST_WHY:
        raise given.error(
            f"{given.path} has {len(why)} characters; {LONGEST_WHY} are allowed",
            field=given.path,
            value=len(why),
            limit=LONGEST_WHY,
        )
    return why.strip()

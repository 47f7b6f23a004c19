"""Overrides: what a policy lets pass for some subjects, until a day and for a reason."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase

from sophia_policy_kit import Property, Schema, printable

CONFIGURATION = "in the pack's configuration"
OVERRIDES: Schema = {
    "overrides": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {name: {"type": "string"} for name in ("of", "until", "why")},
            "required": ["of", "until", "why"],
            "additionalProperties": False,
        },
        "default": [],
        "description": "What passes for a while: `of`, a glob over subjects; `until`, its last day, in UTC; and `why`.",
    }
}


def today() -> date:
    """Return the day of today in UTC."""
    return datetime.now(UTC).date()


def unless_overridden(messages: Iterable[str], subject: str, config: Property) -> Iterator[str]:
    """Yield violations of a subject, none while an override holds; one that has ended is named.

    Raises:
        ContractError: an override can't be read; it is then no override of anything.
    """
    days = {
        _day(entry.get("until")): entry.get("why").text()
        for entry in config.get("overrides").items()
        if fnmatchcase(subject, entry.get("of").text())
    }
    last = max(days, default=None)
    if last and last >= today():
        return
    ended = f". An override ended on {last} ({printable(days[last], 80)})" if last else ""
    yield from (message + ended for message in messages)


def _day(given: Property) -> date:
    try:
        return date.fromisoformat(given.text())
    except ValueError:
        raise given.wrong("a day, such as 2026-12-31") from None

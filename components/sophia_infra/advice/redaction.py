"""The one place where facts become a request: what may be said is listed here, and all else is dropped.

An advisor, the journal and the logs see a request only as this module made it. Text from outside stays
data: it is cut, and what could move a terminal or start a new line is written as an escape.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from sophia_infra.advice.model import Finding, Request
from sophia_infra.reporter import printable

MAX_ITEMS = 20
MAX_TEXT = 200
MOST_LINE = 1_000
"""Characters of a line that is told: a message with its way out fits, and a DKIM key."""

_OF_A_SET = ("before", "after", "needed_by")

Bound = Callable[[Any], Any]
"""Returns the value made harmless, or None when it is not of the expected shape."""


def text(value: Any, most: int = MAX_TEXT) -> str | None:
    """Return text on one line, of at most so many characters; a longer one ends in its digest."""
    if not isinstance(value, str):
        return None
    shown = printable(value)
    if len(shown) <= most:
        return shown
    mark = f"...{_digest(value)}"
    return shown[: most - len(mark)] + mark


def line(value: str) -> str:
    """Return text on one line, of at most 1,000 characters."""
    return text(str(value), MOST_LINE) or ""


def texts(value: Any) -> list[str] | None:
    """Return at most 20 texts; when there are more, the last says how many and carries the digest of all."""
    if not isinstance(value, list | tuple):
        return None
    found = [shown for shown in map(text, value) if shown is not None]
    if len(found) <= MAX_ITEMS:
        return found
    shown = found[: MAX_ITEMS - 1]
    return [*shown, f"and {len(found) - len(shown)} more...{_digest(chr(10).join(found))}"]


def number(value: Any) -> int | None:
    """Return a whole number; the engine hands integers over as floats."""
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
    return int(value) if whole else None


def flag(value: Any) -> bool | None:
    """Return a truth value."""
    return value if isinstance(value, bool) else None


def sizes(value: Any) -> dict[str, int] | None:
    """Return the numbers `before` and `after`, as the `source` of `changes` holds them."""
    if not isinstance(value, Mapping):
        return None
    found = {name: number(value.get(name)) for name in ("before", "after")}
    return {name: size for name, size in found.items() if size is not None}


def shown_sets(value: Any) -> list[dict[str, Any]] | None:
    """Return at most 20 record sets: `subject`, and the texts `before`, `after` and `needed_by` of each."""
    if not isinstance(value, list | tuple):
        return None
    found = [
        {"subject": text(each.get("subject")), **{name: texts(each.get(name)) or [] for name in _OF_A_SET}}
        for each in value[:MAX_ITEMS]
        if isinstance(each, Mapping)
    ]
    return [each for each in found if each["subject"]]


def _facts(**names: str) -> Mapping[str, Bound]:
    """The facts of a kind of resource, by their shapes."""
    bounds: Mapping[str, Bound] = {"text": text, "texts": texts, "number": number, "flag": flag}
    return {name: bounds[shape] for shape, listed in names.items() for name in listed.split()}


_COMMON = {
    **_facts(
        number="creates updates deletes ttl_only type_changes before after",
        text="exposure base autonomy rules desired unread advisor",
        texts="pending reasons credentials",
    ),
    "source": sizes,
    "sets": shown_sets,
}
FACTS: Mapping[str, Mapping[str, Bound]] = {
    "deployment": _COMMON,
    "zone": {**_COMMON, **_facts(text="backend stack label home renewals", texts="protected issuers")},
    "certificate": {
        **_COMMON,
        **_facts(
            text="key_type issuer directory profile challenge zone serial served_issuer served_key_type"
            " not_before not_after renewal withdrawn",
            texts="domains why caa served_names",
            number="lifetime_days window_days",
            flag="due",
        ),
    },
    "secret": {
        **_COMMON,
        **_facts(
            text="secret_kind phase",
            texts="steps consumers blocks",
            number="generation published old_sessions new_sessions",
        ),
    },
}
"""What an advisor may be told of each kind of resource: a new fact is added here, with its shape.

`desired` and `base` are hashes, `rules` the rules' version, `unread` why the live state could not be read.
"""


def request(kind: str, subject: str, facts: Mapping[str, Any]) -> Request:
    """Return the request that may leave: the listed facts in their listed shapes, everything else dropped.

    Raises:
        ValueError: the kind is not one of FACTS.
    """
    if kind not in FACTS:
        raise ValueError(f"no facts are listed for {kind!r}, only for {', '.join(sorted(FACTS))}")
    bounded = {name: bound(facts[name]) for name, bound in FACTS[kind].items() if name in facts}
    shaped = {name: fact for name, fact in bounded.items() if fact is not None}
    return Request(kind, text(subject) or "", shaped)


def finding(found: Finding) -> Finding:
    """Return a finding whose every field is one bounded line, fit for inputs, journal and terminal."""
    subject, message, fix = (text(field) or "" for field in (found.subject, found.message, found.fix))
    return Finding(found.code, found.level, subject, message, fix, found.old)


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:32]

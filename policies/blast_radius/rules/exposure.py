"""How much may hang on a change, and what may not be touched at all."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from .contract import EXPOSURES, Property, Reason, exposure, reasons
from .policy import Schema, policy

CEILING: Schema = {
    "maxExposure": {
        "type": "string",
        "enum": list(EXPOSURES),
        "default": "high",
        "description": "The highest exposure that may pass.",
    },
    "allow": {
        "type": "array",
        "items": {"type": "string"},
        "default": [],
        "description": "Subjects whose exposure is accepted for this run: `@ MX`, `www` (all its types), `ns? A`.",
    },
}


def names(setting: str, forbidden: str) -> Schema:
    """Return the setting of a list of subjects."""
    text = f"Subjects that may not be {forbidden}: `@ MX`, `www` (all its types), `ns? A`."
    return {setting: {"type": "array", "items": {"type": "string"}, "default": [], "description": text}}


def exposure_ceiling(changes: Property, config: Property) -> Iterator[str]:
    """Judge each reason above the ceiling that is not allowed by name."""
    ceiling, allow = config.get("maxExposure").word(EXPOSURES), config.get("allow").texts()
    stated = exposure(changes)
    if not _above(stated, ceiling):
        return
    named, complete = reasons(changes)
    high = [one for one in named if _above(one.exposure, ceiling)]
    for one in high:
        if not _named(one.subject, allow):
            yield f"{one.text}; maxExposure is {ceiling}. If it is meant, add {one.subject!r} to `allow` for this run"
    if not high or (len(high) == len(named) and not complete):
        yield (
            f"The exposure is {stated}, and not all reasons for it are named; maxExposure is {ceiling}. "
            f"Apply the change in smaller steps"
        )


def protected_names(changes: Property, config: Property) -> Iterator[str]:
    """Judge whether a protected name is deleted or changed; what is not named can't be proved harmless."""
    kept, fixed = config.get("neverDelete").texts(), config.get("neverChange").texts()
    if not (kept or fixed):
        return
    named, _ = reasons(changes)
    for one in named:
        hit = _named(one.subject, [*kept, *fixed] if one.operation == "delete" else fixed)
        if hit and one.operation != "create":
            yield f"{one.text}; {hit!r} is protected. If it is meant, take it out of the pack's configuration"
    hidden = changes.get("deletes").count() - _sets(one for one in named if one.operation == "delete")
    if fixed:
        touched = changes.get("deletes").count() + changes.get("updates").count()
        hidden = touched - _sets(one for one in named if one.operation != "create")
    if hidden > 0:
        yield (
            f"{hidden} changes are not named, so nothing proves that {', '.join([*kept, *fixed])} stay untouched. "
            f"Apply the change in smaller steps"
        )


def _above(level: str, ceiling: str) -> bool:
    return EXPOSURES.index(level) > EXPOSURES.index(ceiling)


def _sets(counted: Iterable[Reason]) -> int:
    """Count the record sets that reasons name; `@ ANY` stands for a whole zone."""
    return len({one.subject for one in counted if not one.subject.endswith(" ANY")})


def _named(subject: str, patterns: list[str]) -> str | None:
    """Return the pattern that names a subject; a `*` owner is the zone's wildcard itself, never a pattern."""
    owner, _, kind = subject.partition(" ")
    for pattern in patterns:
        wanted, _, wanted_kind = pattern.strip().partition(" ")
        literal = wanted == "*" or wanted.startswith("*.")
        same = owner == wanted.lower() if literal else fnmatchcase(owner, wanted.lower())
        if same and (not wanted_kind or kind == "ANY" or fnmatchcase(kind, wanted_kind.upper())):
            return pattern
    return None


EXPOSURE_CEILING = policy(
    "exposure-ceiling", "Only so much may hang on a change.", "changes", exposure_ceiling, CEILING
)
PROTECTED_NAMES = policy(
    "protected-names",
    "Protected names stay as they are.",
    "changes",
    protected_names,
    {**names("neverDelete", "deleted"), **names("neverChange", "deleted or updated")},
)

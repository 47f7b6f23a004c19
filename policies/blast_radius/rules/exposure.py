"""How much may hang on a change, and what may not be touched at all."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from sophia_policy_kit import EXPOSURES, Property, Reason, Schema, exposure, policy, reasons

_HARMLESS = ("create", "shrink")
"""Operations that leave every set that exists as it is."""

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
    "honourOverrides": {
        "type": "boolean",
        "default": False,
        "description": "Whether what a program's own overrides accept passes here as well.",
    },
}


def names(setting: str, forbidden: str) -> Schema:
    """Return the setting of a list of subjects."""
    text = f"Subjects that may not be {forbidden}: `@ MX`, `www` (all its types), `ns? A`."
    return {setting: {"type": "array", "items": {"type": "string"}, "default": [], "description": text}}


def exposure_ceiling(changes: Property, config: Property) -> Iterator[str]:
    """Judge each reason above the ceiling that is not allowed by name, here or in an override that is honoured."""
    ceiling, allow = config.get("maxExposure").word(EXPOSURES), config.get("allow").texts()
    honoured = changes.get("accepted", []).texts() if config.get("honourOverrides").flag() else []
    stated = exposure(changes)
    if not _above(stated, ceiling):
        return
    named, complete = reasons(changes)
    high = [reason for reason in named if _above(reason.exposure, ceiling)]
    for reason in high:
        if reason.subject not in honoured and not _named(reason.subject, allow):
            way_out = f"If it is meant, add {reason.subject!r} to `allow` for this run"
            yield f"{reason.text}; maxExposure is {ceiling}. {way_out}"
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
    named = [reason for reason in reasons(changes)[0] if reason.operation not in _HARMLESS]
    for reason in named:
        if hit := _named(reason.subject, [*_kept(kept, reason.operation), *fixed]):
            yield f"{reason.text}; {hit!r} is protected. If it is meant, take it out of the pack's configuration"
    gone = changes.get("deletes").count() + changes.get("type_changes", 0).count()
    hidden = gone - _sets(reason for reason in named if reason.operation in ("delete", "replace"))
    if fixed:
        touched = changes.get("deletes").count() + changes.get("updates").count()
        hidden = touched - _sets(named)
    if hidden > 0:
        yield (
            f"{hidden} changes are not named, so nothing proves that {', '.join([*kept, *fixed])} stay untouched. "
            f"Apply the change in smaller steps"
        )


def _kept(patterns: list[str], operation: str) -> list[str]:
    """Return what may not be deleted, as far as an operation deletes: a set that gets another type leaves its name."""
    if operation == "replace":
        return [pattern for pattern in patterns if " " in pattern.strip()]
    return patterns if operation == "delete" else []


def _above(level: str, ceiling: str) -> bool:
    return EXPOSURES.index(level) > EXPOSURES.index(ceiling)


def _sets(counted: Iterable[Reason]) -> int:
    """Count the record sets that reasons name; `@ ANY` stands for a whole zone."""
    return len({reason.subject for reason in counted if not reason.subject.endswith(" ANY")})


def _named(subject: str, patterns: list[str]) -> str | None:
    """Return the pattern that names a subject; a `*` owner is the zone's wildcard itself, never a pattern."""
    owner, _, rtype = subject.partition(" ")
    for pattern in patterns:
        wanted, _, wanted_rtype = pattern.strip().partition(" ")
        literal = wanted == "*" or wanted.startswith("*.")
        same = owner == wanted.lower() if literal else fnmatchcase(owner, wanted.lower())
        if same and (not wanted_rtype or rtype == "ANY" or fnmatchcase(rtype, wanted_rtype.upper())):
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

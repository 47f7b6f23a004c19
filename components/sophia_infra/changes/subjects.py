"""Subjects: what names an object, such as a record set, in reasons, and the patterns that people write for them."""

from fnmatch import fnmatchcase


def subject_of(reason: str) -> str:
    """Return the subject that the text of a reason names, `@ MX`; nothing for a line that only counts more of them."""
    return " ".join(reason.split(" ", 3)[1:3]) if ": " in reason else ""


def covers(pattern: str, subject: str) -> bool:
    """Whether a pattern names a subject: `www`, `www A`, `ns? A`; an owner alone covers all its types.

    A `*` owner is the zone's wildcard itself, never a pattern.
    """
    owner, _, kind = subject.partition(" ")
    wanted, _, wanted_kind = pattern.strip().partition(" ")
    return _matches(wanted.lower(), owner) and (not wanted_kind or fnmatchcase(kind.upper(), wanted_kind.upper()))


def _matches(wanted: str, owner: str) -> bool:
    if wanted == "*" or wanted.startswith("*."):
        return owner == wanted
    return fnmatchcase(owner, wanted)

"""What a change is: counts of objects, how much hangs on them, and against which state it was planned."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import IntEnum
from fnmatch import fnmatchcase
from typing import Any, Self

from sophia_infra.codec import decode, encode
from sophia_infra.errors import SophiaError

MAX_REASONS = 20
PROTECTED = "protected: the program says never to delete it"
"""Why what stands in `protect` is a reason of its own, the first of its kind; no ceiling of exposure lets it pass."""
RESOLVED = "resolved"
"""The input that holds the `changes` and `advice` of an apply by a saved plan whose `changes` left values pending."""


class EditingError(SophiaError):
    """A change that no declared file takes; the message says what a person would change, and where."""

    code = "not-editable"


class BaseMovedError(SophiaError):
    """What is live is no longer what the plan was made against. Nothing was written."""

    code = "base-moved"

    def __init__(self, location: str) -> None:
        super().__init__(
            f"{location} has changed since the preview, so what was previewed is not what would happen; "
            "nothing was written: run the preview again and look at it"
        )


class Exposure(IntEnum):
    """How much hangs on a change, from nothing to the whole domain."""

    NONE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def parse(cls, word: str) -> Self:
        """Return the exposure that a word names.

        Raises:
            ValueError: the word is not one of none, low, medium, high, critical.
        """
        try:
            return cls[word.upper()]
        except KeyError:
            raise ValueError(f"{word!r} is not one of {', '.join(str(one) for one in cls)}") from None


Weight = tuple[Exposure, str]
"""How much hangs on a change, and why."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a change weighs what it weighs: `critical @ MX delete: mail for the domain has nowhere to go`."""

    exposure: Exposure
    subject: str
    operation: str
    why: str

    def __str__(self) -> str:
        return f"{self.exposure} {self.subject} {self.operation}: {self.why}"


@dataclass(frozen=True, slots=True)
class Changes:
    """One planned change, small enough to stand in a resource's inputs. Counts are objects: the record sets of a zone.

    `ttl_only` says how many of the updates change nothing but a TTL, `type_changes` how many change a set's type;
    `before` and `after` count the sets of the live and of the desired state; `source` holds the size of the
    last applied desired state and of the new one; `pending` names what is not known before the apply;
    `accepted` names the subjects among the reasons whose exposure an override of the program accepts;
    `base` is the hash of the live state the plan was made against.
    """

    creates: int = 0
    updates: int = 0
    deletes: int = 0
    ttl_only: int = 0
    type_changes: int = 0
    before: int = 0
    after: int = 0
    source: tuple[int, int] = (0, 0)
    pending: tuple[str, ...] = ()
    exposure: Exposure = Exposure.NONE
    reasons: tuple[str, ...] = field(default=())
    accepted: tuple[str, ...] = ()
    base: str = ""

    @classmethod
    def of_one(cls, reasons: list[Reason], base: str = "", pending: tuple[str, ...] = (), *, exists: bool) -> Self:
        """Return the changes of one object: it is made where it does not exist, else updated for reasons."""
        return cls(
            creates=int(not exists),
            updates=int(exists and bool(reasons)),
            before=int(exists),
            after=1,
            source=(int(exists), 1),
            pending=pending,
            exposure=max((reason.exposure for reason in reasons), default=Exposure.NONE),
            reasons=worst_first(reasons),
            base=base,
        )

    def __bool__(self) -> bool:
        return bool(self.creates or self.updates or self.deletes or self.pending)

    @property
    def rewrites(self) -> int:
        """Updates that change values, not only a TTL."""
        return self.updates - self.ttl_only

    def as_inputs(self) -> dict[str, Any]:
        """Return the public `changes` property, as docs/contracts.md describes it."""
        before, after = self.source
        return {**encode(self), "source": {"before": before, "after": after}}

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any]) -> Self:
        """Read a `changes` property back; the engine hands integers over as floats.

        Raises:
            KeyError, TypeError, ValueError: the mapping is not a `changes` property.
        """
        known = {"type_changes": 0, "accepted": (), **inputs}
        known["source"] = (known["source"]["before"], known["source"]["after"])
        changes: Self = decode(cls, {field.name: known[field.name] for field in fields(cls)})
        return changes

    @classmethod
    def of_resource(cls, inputs: Mapping[str, Any]) -> Self:
        """Read the plan that the inputs of a resource hold. Raises: as `from_inputs`."""
        resolved = inputs.get(RESOLVED)
        return cls.from_inputs((resolved if isinstance(resolved, Mapping) else inputs)["changes"])


def worst_first(reasons: list[Reason]) -> tuple[str, ...]:
    """Return at most 20 reasons as text, worst first, and a last line that says how many more there are."""
    ordered = sorted(reasons, key=lambda reason: -reason.exposure)
    shown = [str(reason) for reason in ordered[:MAX_REASONS]]
    left = len(ordered) - len(shown)
    return (*shown, f"and {left} more") if left else tuple(shown)


def fingerprint(text: str) -> str:
    """Return the hash that stands for a state: SHA-256 of its canonical text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def subject_of(reason: str) -> str:
    """Return the subject that the text of a reason names, `@ MX`; nothing for a line that only counts more of them."""
    return " ".join(reason.split(" ", 3)[1:3]) if ": " in reason else ""


def covers(pattern: str, subject: str) -> bool:
    """Whether a pattern names a subject, such as a record set: `www`, `www A`, `ns? A`; an owner covers all its types.
    Capitals count as small letters, as names of DNS do.

    A `*` owner is the zone's wildcard itself, never a pattern.
    """
    owner, _, rtype = subject.lower().partition(" ")
    wanted, _, wanted_rtype = pattern.strip().lower().partition(" ")
    is_wildcard = wanted == "*" or wanted.startswith("*.")
    named = owner == wanted if is_wildcard else fnmatchcase(owner, wanted)
    return named and (not wanted_rtype or fnmatchcase(rtype.upper(), wanted_rtype.upper()))

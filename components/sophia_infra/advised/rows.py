"""What the journal records of a check: what a run planned, and which overrides it used."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self

from sophia_infra.journal import Kind

_PLANNED = ("run", "place", "desired", "base", "edits")


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What a run plans at a location.

    Attributes:
        run: the engine's run; None where it can't be told.
        desired, base: what stands for what is asked for, and for what it was planned against.
        edits: the digests of the approved edits that it applies.
        claim: the resource's own keys: who plans which part of the location.
    """

    KIND: ClassVar = Kind.PLAN
    RESOURCE: ClassVar = ""

    run: str | None
    location: str
    desired: str
    base: str
    edits: tuple[str, ...]
    claim: Mapping[str, Any]

    def to_body(self) -> dict[str, Any]:
        """Return the journal's row."""
        values = (self.run, self.location, self.desired, self.base, list(self.edits))
        return {**self.claim, **dict(zip(_PLANNED, values, strict=True))}

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Self:
        """Read the journal's row."""
        claim = {key: value for key, value in body.items() if key not in _PLANNED}
        edits = tuple(body.get("edits") or ())
        return cls(body["run"], body["place"], body["desired"], body["base"], edits, claim)


@dataclass(frozen=True, slots=True)
class OverrideRow:
    """Who used overrides against which base, and per reason accepted: until when, and why."""

    KIND: ClassVar = Kind.OVERRIDE
    RESOURCE: ClassVar = ""

    who: str
    base: str
    accepted: tuple[tuple[str, datetime, str], ...]

    def to_body(self) -> dict[str, Any]:
        """Return the journal's row."""
        accepted = [{"reason": what, "until": until.isoformat(), "why": why} for what, until, why in self.accepted]
        return {"who": self.who, "base": self.base, "accepted": accepted}

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Self:
        """Read the journal's row."""
        accepted = ((used["reason"], datetime.fromisoformat(used["until"]), used["why"]) for used in body["accepted"])
        return cls(body["who"], body["base"], tuple(accepted))

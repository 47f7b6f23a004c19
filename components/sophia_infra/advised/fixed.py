"""A resource for tests, of this library and of its users: it plans what it is told to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sophia_infra.advice.journal import Journal
from sophia_infra.advice.model import Edit
from sophia_infra.advised.resource import Plan, Terms
from sophia_infra.changes import Changes


@dataclass(slots=True)
class FixedResource:
    """Plans `changes` as `digest`, applies every edit, and keeps the edits of each plan it was asked for.

    Example: `check(FixedResource(Plan(Changes(deletes=200, before=300))), Journal.open(tmp_path))` is refused.
    """

    planned: Plan = field(default_factory=lambda: Plan(Changes(creates=1)))
    terms: Terms = field(default_factory=Terms)
    before: tuple[Mapping[str, Any] | None, tuple[Edit, ...]] = (None, ())
    asked: list[tuple[Edit, ...]] = field(default_factory=list)
    kind: str = "certificate"
    subject: str = "shop.example"
    location: str = "here"
    part: str = "all"
    unit: str = "objects"

    def plan(self, edits: Sequence[Edit]) -> Plan:
        """Return the fixed plan with the edits applied."""
        self.asked.append(tuple(edits))
        return replace(self.planned, edits=tuple(edits))

    def refuse_rivals(self, journal: Journal) -> None:
        """Know no rival."""

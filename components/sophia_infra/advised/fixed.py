"""A resource for tests, of this library and of its users: it plans what it is told to."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sophia_infra.advice.model import Edit
from sophia_infra.advised.resource import About, Plan
from sophia_infra.changes import Changes
from sophia_infra.journal import Journal


@dataclass(slots=True)
class FixedResource:
    """Plans `changes` as `digest`, applies every edit, and keeps the edits of each plan it was asked for.

    Example: `check(FixedResource(Plan(Changes(deletes=200, before=300))), Journal.open(tmp_path))` is refused.
    """

    planned: Plan = field(default_factory=lambda: Plan(Changes(creates=1)))
    about: About = About("certificate", "shop.example", "here", unit="objects")  # noqa: RUF009  # it is frozen
    asked: list[tuple[Edit, ...]] = field(default_factory=list)

    def plan(self, edits: Sequence[Edit]) -> Plan:
        """Return the fixed plan with the edits applied."""
        self.asked.append(tuple(edits))
        return replace(self.planned, edits=tuple(edits))

    def refuse_rivals(self, journal: Journal) -> None:
        """Know no rival."""

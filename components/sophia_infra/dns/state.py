"""A zone as a stack's state holds it: what the last run published or applied, and what this one is to apply."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from sophia_infra.advice.model import Edit
from sophia_infra.changes import Changes, fingerprint
from sophia_infra.dns.late_values import LateValues
from sophia_infra.dns.ownership import Ownership
from sophia_infra.dns.rr.record import merged, records_of, subjects_of, to_text


@dataclass(frozen=True, slots=True)
class ZoneState:
    """The inputs that `check` returned, or the outputs of an apply; fields as in `ZoneSpec` where the names agree.

    Every field may be missing: before the first run there is no state, and an older release may have stored less.

    Attributes:
        text: canonical text of what is applied beside the late values, the apex included; None before the first run.
        stages, health: the properties of these names: steps of staged switches, standings of pools' targets.
        aliases: the property of this name: by owner, the targets of ALIAS whose addresses were looked up.
        looked_up: text of the addresses that ALIAS published, where a refresh put others into `text`; None where it is
            `text` that says so.
        edits: the approved edits that are applied.
        holder: names the resource in the journal for as long as it lives, whatever the program calls it.
        serial: the SOA's serial after the last apply.
        written: the hash of what this resource wrote last, of its part; empty where it found all as asked for and wrote
            nothing, None where an older release did not say.
        removal: inputs that a later delete goes by, as they came: the backend, what is protected, limits, overrides.
    """

    domain: str = ""
    text: str | None = None
    late: LateValues = field(default_factory=LateValues)
    stack: str | None = None
    label: str | None = None
    target: str | None = None
    ownership: Ownership = field(default_factory=Ownership)
    changes: Changes = field(default_factory=Changes)
    stages: Mapping[str, Any] = field(default_factory=dict)
    health: Mapping[str, Any] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    looked_up: str | None = None
    edits: tuple[Edit, ...] = ()
    holder: str = ""
    serial: int = 0
    written: str | None = None
    removal: tuple[Any, ...] = ()

    @classmethod
    def from_inputs(cls, props: Mapping[str, Any]) -> Self:
        """Read inputs or outputs, with None for each value that is not known yet."""
        return cls(
            domain=props.get("domain") or "",
            text=props.get("text"),
            late=LateValues.from_inputs(props),
            stack=props.get("stack"),
            label=props.get("label"),
            target=props.get("home"),
            ownership=Ownership.from_inputs(props.get("manage"), props.get("ignore")),
            changes=_changes(props),
            stages=props.get("stages") or {},
            health=props.get("health") or {},
            aliases=props.get("aliases") or {},
            looked_up=props.get("looked_up"),
            edits=tuple(Edit(**edit) for edit in props.get("edits") or ()),
            holder=props.get("holder") or "",
            serial=int(props.get("serial") or 0),
            written=props.get("written"),
            removal=tuple(props.get(name) or None for name in ("backend", "protect", "limits", "overrides")),
        )

    @property
    def zone(self) -> str:
        """Canonical text of all that was asked for: the text and the late values that are known."""
        return merged(self.text or "", self.late.records(self.domain))

    @property
    def published_of_aliases(self) -> str:
        """Canonical text of the addresses that the last run published in place of ALIAS."""
        if self.looked_up is not None:
            return self.looked_up
        subjects = [f"{owner} {rtype}" for owner in self.aliases for rtype in ("A", "AAAA")]
        return to_text(records_of(self.text or "", subjects))

    @property
    def subjects(self) -> set[str]:
        """The record sets that were asked for: what this stack wrote, by its own state."""
        return subjects_of(self.text or "").union(self.late.subjects)

    @property
    def digest(self) -> str:
        """The hash that stands for what was asked for; secret values are left out, since a short one can be guessed."""
        return fingerprint(merged(self.text or "", self.late.public.records(self.domain)))

    @property
    def is_static(self) -> bool:
        """Whether `text` is what the program gave, the apex aside."""
        return not (self.late.values or self.edits or self.stages or self.health or self.aliases)

    def applies_as(self, other: "ZoneState") -> bool:
        """Whether both ask for the same of the same backend, and a delete would go by the same."""
        asked = [(state.text, state.late.values, state.ownership, state.removal) for state in (self, other)]
        return asked[0] == asked[1]


def _changes(props: Mapping[str, Any]) -> Changes:
    """The plan that the inputs hold. Without a readable one its base is that of no zone, so that no apply passes."""
    try:
        return Changes.of_resource(props)
    except (KeyError, TypeError, ValueError):
        return Changes()

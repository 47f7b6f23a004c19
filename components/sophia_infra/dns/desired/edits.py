"""The edits that a person approved, applied to the zone. Pure."""

from dataclasses import replace

from sophia_infra.dns.desired.desired import Desired, World
from sophia_infra.dns.edits import APPLIED, with_edits


def with_approved(desired: Desired, world: World) -> Desired:
    """Apply the approved edits, and keep of them those that could be applied."""
    if not desired.edits:
        return desired
    spec = world.spec
    elsewhere = [*spec.late.subjects, *spec.pooled, *(record.subject for record in world.part.foreign)]
    text, tried = with_edits(desired.text, desired.edits, spec.domain, elsewhere)
    return replace(desired, text=text, edits=tuple(edit for edit in tried if edit.state == APPLIED))

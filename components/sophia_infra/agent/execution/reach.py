"""What a preview changes beyond what was asked for: an apply takes along what others changed and have not applied."""

from collections.abc import Iterator, Sequence

from sophia_infra.agent.editing import FileEdit, Places
from sophia_infra.agent.editing.edits import declared
from sophia_infra.agent.execution.preview import Previewed
from sophia_infra.agent.operations import OfRecords, Operation
from sophia_infra.dns.reader import zone_name
from sophia_infra.report.document import Urn
from sophia_infra.report.gather import SAME

_ZONE, _PROVIDERS = "ZoneRecords", "pulumi:providers:"


def beyond(
    found: Previewed, places: Places, operations: Sequence[Operation], edits: Sequence[FileEdit], *, is_more: bool
) -> tuple[str, ...]:
    """Return the record sets, as `shop.example www A`, and the resources that change and that no edit is about.

    Only records say what they are about. Beside a setting or a value of an environment anything may be its own; where
    a renewal or a rotation `is_more`, any resource that is no zone.
    """
    if not all(isinstance(each, OfRecords) for each in operations):
        return ()
    asked = set(_edited(places, operations, edits))
    shown = dict.fromkeys(subject for subject, _ in found.named if subject not in asked)
    zones = {step.urn for step, _ in found.zones}
    steps = (step.urn for step in found.preview.steps if step.op not in SAME and step.urn not in zones)
    others = dict.fromkeys(urn for urn in steps if not Urn.parse(urn).type.startswith(_PROVIDERS))
    return (*shown, *(urn for urn in others if not is_more or Urn.parse(urn).kind == _ZONE))


def _edited(places: Places, operations: Sequence[Operation], edits: Sequence[FileEdit]) -> Iterator[str]:
    """The record sets in which the edited texts differ."""
    texts = {edit.path: edit for edit in edits}
    for operation in operations:
        if isinstance(operation, OfRecords):
            path = places.file_of(operation)
            if edit := texts.get(str(path.relative_to(places.folder))):
                zone = zone_name(operation.zone)
                before, after = (declared(path, zone, text).sets for text in (edit.before, edit.after))
                for owner, rtype in before.keys() | after.keys():
                    if before.get((owner, rtype)) != after.get((owner, rtype)):
                        yield f"{zone} {owner} {rtype}"

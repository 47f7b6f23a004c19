"""Zones of other tools -> canonical records. What can't be carried over is named, never dropped in silence."""

from typing import TYPE_CHECKING

from sophia_infra.deferred import deferred

if TYPE_CHECKING:
    from sophia_infra.dns.importers.collector import Imported
    from sophia_infra.dns.importers.formats import SOURCES, Format, import_zone, zones_of

__all__ = ["SOURCES", "Format", "Imported", "import_zone", "zones_of"]

# Whoever reads a state needs none of the formats.
__getattr__ = deferred(__name__, dict.fromkeys(__all__, "formats"))

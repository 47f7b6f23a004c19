"""Zones of other tools -> canonical records. What can't be carried over is named, never dropped in silence."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sophia_infra.dns.importers.collector import Imported
    from sophia_infra.dns.importers.formats import SOURCES, Format, import_zone, zones_of

__all__ = ["SOURCES", "Format", "Imported", "import_zone", "zones_of"]


def __getattr__(name: str) -> Any:
    """Import the formats where one is first asked for: whoever reads a state needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.formats"), name)

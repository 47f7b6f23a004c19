"""Zones of other tools -> canonical records. What can't be carried over is named, never dropped in silence."""

from typing import Protocol

from sophia_infra.dns.importers import (
    cloudflare,
    cloudflare_export,
    dnscontrol,
    master,
    octodns,
    pulumi,
    route53,
    terraform,
    tinydns,
)
from sophia_infra.dns.importers.collector import Imported
from sophia_infra.dns.reader import OpenInclude

__all__ = ["SOURCES", "Format", "Imported", "import_zone", "zones_of"]


class Format(Protocol):
    """A module of this room."""

    def records(self, text: str, origin: str, file: str, /) -> Imported:
        """Return one zone of a text; what is wrong with it are problems. Raises ZoneTextError for the origin only."""

    def zones(self, text: str, file: str, /) -> list[str]:
        """Return the zones that a text names, none where the format doesn't say. Raises nothing."""


SOURCES: dict[str, Format] = {
    "cloudflare": cloudflare_export,
    "cloudflare-json": cloudflare,
    "dnscontrol": dnscontrol,
    "master": master,
    "octodns": octodns,
    "pulumi": pulumi,
    "route53": route53,
    "terraform": terraform,
    "tinydns": tinydns,
}
"""The formats by name."""
_INCLUDING = {"master": master.records, "octodns": octodns.records}


def import_zone(
    text: str, origin: str, source: str, *, file: str = "<text>", open_include: OpenInclude | None = None
) -> Imported:
    """Return the zone that a text of another format holds; `source` is a name in `SOURCES`.

    `open_include` serves master files with `$INCLUDE`, as in `reader.read`, and octoDNS files with `!include`; the
    other formats have nothing like it.

    Raises:
        ZoneTextError: the origin is not a domain name.
        KeyError: there is no such source.
    """
    if source in _INCLUDING:
        return _INCLUDING[source](text, origin, file, open_include)
    return SOURCES[source].records(text, origin, file)


def zones_of(text: str, source: str, *, file: str = "<text>") -> list[str]:
    """Return the zones that a text names, without trailing dots, in its order; a format may name none."""
    return SOURCES[source].zones(text, file)

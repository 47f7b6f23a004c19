"""Zones of other tools -> canonical records. What can't be carried over is named, never dropped in silence."""

from collections.abc import Callable

from sophia_infra.dns.importers import cloudflare, master, octodns, tinydns
from sophia_infra.dns.importers.collector import Imported
from sophia_infra.dns.reader import OpenInclude

__all__ = ["SOURCES", "Imported", "import_zone"]

SOURCES: dict[str, Callable[[str, str, str], Imported]] = {
    "cloudflare-json": cloudflare.records,
    "master": master.records,
    "octodns": octodns.records,
    "tinydns": tinydns.records,
}
"""The formats by name; each takes text, origin and the file's name."""


def import_zone(
    text: str, origin: str, source: str, *, file: str = "<text>", open_include: OpenInclude | None = None
) -> Imported:
    """Return the zone that a text of another format holds; `source` is a name in `SOURCES`.

    `open_include` serves master files with `$INCLUDE`, as in `reader.read`; the other formats have nothing like it.

    Raises:
        ZoneTextError: the origin is not a domain name.
        KeyError: there is no such source.
    """
    if source == "master":
        return master.records(text, origin, file, open_include)
    return SOURCES[source](text, origin, file)

"""The formats of zones, by the tools that write them, and how each is read."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from sophia_infra.dns.importers import cloudflare, dnscontrol, godaddy, octodns, route53, state, state_files, tinydns
from sophia_infra.dns.importers.collector import Imported, read_master, zones_of_master
from sophia_infra.dns.reader import OpenInclude
from sophia_infra.dns.reader.problems import Refused


class Format(NamedTuple):
    """How one format is read."""

    records: Callable[..., Imported]
    """Returns one zone of a text, of an origin and a file's name; what is wrong with it are problems. Where the format
    `includes` other files, it takes an `OpenInclude` beside. Raises ZoneTextError for the origin only."""
    zones: Callable[[str, str], list[str]]
    """Returns the zones that a text, in a file of that name, is about. Raises Refused where it is not of the format."""
    includes: bool = False


SOURCES: dict[str, Format] = {
    "cloudflare": Format(cloudflare.export_records, cloudflare.export_zones),
    "cloudflare-json": Format(cloudflare.records, cloudflare.zones),
    "dnscontrol": Format(dnscontrol.records, dnscontrol.zones),
    "godaddy": Format(godaddy.records, godaddy.zones),
    "master": Format(read_master, zones_of_master, includes=True),
    "octodns": Format(octodns.records, octodns.zones, includes=True),
    "pulumi": Format(partial(state.records, state_files.pulumi), partial(state.zones, state_files.pulumi)),
    "route53": Format(route53.records, route53.zones),
    "terraform": Format(partial(state.records, state_files.terraform), partial(state.zones, state_files.terraform)),
    "tinydns": Format(tinydns.records, tinydns.zones),
}
"""The formats by name."""


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
    given = SOURCES[source]
    return given.records(text, origin, file, *([open_include] if given.includes else []))


def zones_of(text: str, source: str, *, file: str = "<text>") -> list[str]:
    """Return the zones that a text names, without trailing dots, in its order; a format may name none."""
    try:
        return SOURCES[source].zones(text, file)
    except Refused:
        return []

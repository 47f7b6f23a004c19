"""GoDaddy's export of a zone: a master file by its looks, in which names with a dot in them are full ones.

In 2014 it wrote them without their last dot (`@ 3600 IN MX 10 mx.provider.example`), and meant them in full. `@` is the
zone, at the end of an owner too, and a name of one label is relative.
"""

import re

from sophia_infra.dns.importers.collector import Collector, Imported, export_line
from sophia_infra.dns.importers.values import with_targets
from sophia_infra.dns.reader import syntax
from sophia_infra.dns.reader.problems import bounded

_EXPORTED = re.compile(r"^; Exported \(y-m-d hh:mm:ss\):", re.MULTILINE)
_SOA = re.compile(r"^; SOA Record", re.MULTILINE)
_DOMAIN = re.compile(r"^; Domain:[ \t]*(\S+)", re.MULTILINE)
_ORIGIN = re.compile(r"^\$ORIGIN[ \t]+(\S+)", re.MULTILINE)
_NO_RECORD = re.compile(r"[ \t]*(?:;|\$ORIGIN[ \t]|\$TTL[ \t])", re.IGNORECASE)


def is_export(text: str) -> bool:
    """Return whether a text has the header of an export, and the comment on its SOA after it."""
    exported = _EXPORTED.search(text)
    return bool(exported and _SOA.search(text, exported.end()))


def records(text: str, origin: str, file: str) -> Imported:
    """Read the zone of an export; each line has an owner, a TTL, a class, a type and data."""
    collector = Collector(origin, file)
    undotted: list[tuple[int, str]] = []
    lines = enumerate(text.splitlines(), 1)
    for line, content in lines:
        if content.strip() and not _NO_RECORD.match(content):
            with collector.refusing(line):
                names = _carry(collector, line, content, lines)
                undotted += [(line, name) for name in names]
    if undotted:
        (line, name), more = undotted[0], len(undotted) - 1
        others = f" and {more} more are" if more else " is"
        collector.note(line, f"{bounded(name)}{others} taken in full, as GoDaddy means it, though no dot ends it")
    return collector.imported()


def zones(text: str, _: str) -> list[str]:
    """Return the zone that the export is of."""
    found = _DOMAIN.findall(text) or _ORIGIN.findall(text)
    return [name.rstrip(".").lower() for name in found[:1]]


def _carry(collector: Collector, line: int, content: str, following: syntax.Lines) -> list[str]:
    owner, ttl, rtype, shown = export_line(content, following, "GoDaddy")
    undotted: list[str] = []
    zone = collector.zone

    def full(name: str) -> str:
        if name == "@":
            return zone
        if name.endswith("."):
            return name
        if "." not in name:
            return f"{name}.{zone}"
        undotted.append(name)
        return f"{name}."

    subject = f"{bounded(owner)} {bounded(rtype)}"
    if collector.knows(line, subject, rtype, shown):
        collector.add(line, _owner(owner, zone), ttl, rtype, with_targets(rtype, shown, full))
    return undotted


def _owner(name: str, zone: str) -> str:
    """Return an owner in full; the zone's own name may lack its dot."""
    if name == "@" or name.rstrip(".").lower() == zone.rstrip("."):
        return zone
    return name if name.endswith(".") else f"{name}.{zone}"

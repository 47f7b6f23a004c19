"""The files of octoDNS' YamlProvider: whole zones, zones split over a folder, and what all zones share.

Source: the provider's documentation, https://octodns.readthedocs.io/en/latest/api/octodns.provider.yaml.html
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dns.exception
import dns.name

from sophia_infra.dns.importers.collector import Collector, Imported
from sophia_infra.dns.importers.octodns import DEFAULT_TTL, Entry, carry, entries, merged
from sophia_infra.dns.importers.octodns_yaml import Includes
from sophia_infra.dns.reader import ZoneTextError
from sophia_infra.dns.reader.names import zone_origin
from sophia_infra.dns.reader.problems import Refused


@dataclass(frozen=True, slots=True)
class Source:
    """A YamlProvider: where its files are, and how it reads them.

    `endings` are those of the folders that a zone is split over, behind its name.
    """

    directory: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    endings: tuple[str, ...] = (".", "")

    def files(self, zone: str) -> list[Path]:
        """Return the files of a zone, absolute and canonical, in the order in which octoDNS reads them."""
        names = _spellings(zone)
        found = [path for name in names for path in self._split(name)]
        if not self.options.get("disable_zonefile"):
            found += [path for name in names if (path := self.directory / f"{name}.yaml").is_file()]
        if self.options.get("shared_filename"):
            found.append(self.directory / str(self.options["shared_filename"]))
        return sorted(set(found), key=str)

    def _split(self, name: str) -> Iterator[Path]:
        for ending in self.endings:
            yield from (self.directory / f"{name}{ending}").glob("*.yaml")

    def zones(self) -> list[str]:
        """Return the zones that it has files of."""
        found = set()
        for path in self.directory.iterdir():
            if path.is_dir():
                found |= {_split_zone(path.name, ending) for ending in self.endings if any(path.glob("*.yaml"))}
            elif path.suffix == ".yaml" and "." in path.stem and not self.options.get("disable_zonefile"):
                found.add(path.stem)
        return sorted(found - {""})


def _split_zone(folder: str, ending: str) -> str:
    """Return the zone that a folder is split off for; empty where it is none's."""
    name = folder.removesuffix(ending).rstrip(".") if folder.endswith(ending) else ""
    return name if "." in name else ""


@dataclass(frozen=True, slots=True)
class Layout:
    """What there is to import, by zone: the sources it is read from, notes, and whose files an alias zone shares.

    `folders` are those that files may be included from.
    """

    sources: Mapping[str, Sequence[Source]]
    folders: tuple[Path, ...]
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)


def read(path: Path, found: Layout, zone: str) -> Imported:
    """Read one of the layout's zones from all its sources.

    Raises:
        ZoneTextError: the name is no zone's.
        OSError: a file can't be opened.
    """
    collector, includes = Collector(zone, str(path)), Includes(found.folders)
    for note in dict.fromkeys(found.notes.get(zone, ())):
        collector.note(0, note)
    kept: list[Entry] = []
    for source in found.sources[zone]:
        fresh = _from_source(collector, source, zone_origin(found.aliases.get(zone, zone)), includes)
        kept = merged(collector, kept, fresh, replacing=bool(source.options.get("populate_should_replace")))
    for entry in kept:
        carry(collector, entry)
    return collector.imported()


def _from_source(collector: Collector, source: Source, zone: str, includes: Includes) -> list[Entry]:
    paths = source.files(zone)
    spelt = [path for name in _spellings(zone) if (path := source.directory / f"{name}.yaml") in paths]
    if len(spelt) > 1:
        message = f"{' and '.join(path.name for path in spelt)} are files of the same zone"
        collector.refuse(0, Refused("field-invalid", "sources", message, fix="keep one of them, as octoDNS asks for"))
    if not paths and not source.options.get("ignore_missing_zones"):
        message = f"there is no {zone}yaml in {source.directory}"
        collector.refuse(0, Refused("file-missing", "sources", message, fix="check the provider's directory"))
    ttl, escaped = source.options.get("default_ttl", DEFAULT_TTL), bool(source.options.get("escaped_semicolons", True))
    found: list[Entry] = []
    for path in paths:
        collector.enter(str(path))
        found += entries(collector, read_text(path), str(path), includes.open, ttl, escaped=escaped)
    return found


def read_text(path: Path) -> str:
    """Return a file's text. Raises ZoneTextError where it is none, OSError where it can't be opened."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ZoneTextError([Refused("not-text", "file", "it is not UTF-8").at(str(path), 0)]) from None


def _spellings(zone: str) -> list[str]:
    """A zone's name in A-labels and in U-labels; files may bear either."""
    bare = zone.rstrip(".")
    try:
        return list(dict.fromkeys([bare, dns.name.from_text(zone).to_unicode(omit_final_dot=True)]))
    except (dns.exception.DNSException, UnicodeError):
        return [bare]

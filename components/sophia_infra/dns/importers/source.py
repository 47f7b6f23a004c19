"""What a user names to import from, a file or a folder: its format, the zones in it, and one of them."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Self

from sophia_infra.dns.files import read_file
from sophia_infra.dns.importers import Imported, dnscontrol, godaddy, import_zone, octodns_config, zones_of
from sophia_infra.dns.importers.cloudflare import export_zones
from sophia_infra.dns.importers.octodns_config import Layout
from sophia_infra.dns.importers.octodns_yaml import Includes
from sophia_infra.dns.reader.names import zone_origin
from sophia_infra.dns.reader.problems import Refused, bounded
from sophia_infra.errors import SophiaError
from sophia_infra.values import listed

SHOWN_ZONES = 20
_TINYDNS = re.compile(r"(?:#.*|[.&=+@'^CZ:%-][^\s:]*(?::.*)?)?[ \t\r]*")
_CLOUDFLARE_COMMENT = re.compile(r"; ?cf_tags=|[ \t];[^\n]*cf-proxied:(?:true|false)")
_SHOWN_LINES = 50
"""Lines of a text that are looked at."""


class OriginError(SophiaError):
    """A zone that is not in the input, or has to be picked from several; the message names those there are."""

    code = "origin"


@dataclass(frozen=True, slots=True)
class Source:
    """An input that has been opened. `text` is empty, and `layout` given, where several files make up a zone."""

    file: str
    format: str
    text: str = ""
    layout: Layout | None = None

    @classmethod
    def of_text(cls, text: str, file: str, chosen: str | None = None) -> Self:
        """Take a text; `chosen` is its format's name, which is else found out."""
        return cls(file, chosen or detect(text, file), text)

    @classmethod
    def of_path(cls, path: Path, text: str, chosen: str | None = None) -> Self:
        """Take a file with its text, or a folder; an octoDNS configuration brings the files that it names.

        Raises:
            ZoneTextError: a folder, or a configuration, that octoDNS can't have written.
            OSError: a file can't be opened.
        """
        source = cls(str(path), "octodns") if path.is_dir() else cls.of_text(text, str(path), chosen)
        if path.is_dir() or (source.format == "octodns" and octodns_config.is_config(text)):
            return cls(str(path), "octodns", "", octodns_config.layout(path))
        return source

    def zones(self) -> list[str]:
        """Return the names of the zones in it; none where the format does not say."""
        return list(self.layout.sources) if self.layout else zones_of(self.text, self.format, file=self.file)

    def pick(self, wanted: str | None) -> str:
        """Return the zone to import: the one that is wanted, or the only one that there is.

        Raises:
            OriginError: it holds several, or names none, or not the one that is wanted.
        """
        names = self.zones()
        if wanted is not None:
            return self._known(wanted, names) if self.layout else wanted
        if not names:
            told = f"{self.file} does not say of which zone it is; name it with --origin"
            raise OriginError(told, code="origin-unsaid", field="--origin", subject=self.file)
        if len(names) > 1:
            told = f"{self.file} holds {_listed(names)}; pick one with --origin"
            raise OriginError(told, code="several-zones", field="--origin", subject=self.file, value=len(names))
        return names[0]

    def read(self, zone: str) -> Imported:
        """Return a zone, of those that `pick` lets through.

        Raises:
            OriginError: there is nothing of that zone in it.
            ZoneTextError: the zone's name is none.
            OSError: a file can't be opened.
        """
        imported = self._read(zone)
        names = self.zones()
        if names and not imported.records and not imported.problems and _bare(zone) not in map(_bare, names):
            told = f"{self.file} holds nothing of {bounded(zone)}, but {_listed(names)}"
            raise OriginError(told, field="--origin", subject=self.file, value=bounded(zone))
        return imported

    def _read(self, zone: str) -> Imported:
        if self.layout:
            return octodns_config.read(Path(self.file), self.layout, zone)
        path = Path(self.file)
        if self.format == "master" and path.is_file():
            return Imported.of(read_file(path, zone), self.file)
        includes = Includes((path.parent,)).open if self.format == "octodns" and path.is_file() else None
        return import_zone(self.text, zone, self.format, file=self.file, open_include=includes)

    def _known(self, wanted: str, names: Sequence[str]) -> str:
        for name in names:
            if _bare(name) == _bare(wanted):
                return name
        told = f"{self.file} has no zone {bounded(wanted)}, but {_listed(names)}"
        raise OriginError(told, field="--origin", subject=self.file, value=bounded(wanted))


def _bare(name: str) -> str:
    try:
        return zone_origin(name)
    except Refused:
        return name


def _listed(names: Sequence[str]) -> str:
    return listed([*map(bounded, names)], SHOWN_ZONES) or "no zone"


def detect(text: str, file: str) -> str:
    """Return the name of a text's format; `master` for one that looks like none of the others."""
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start in ("{", "["):
        return _of_json(text)
    if PurePath(file).suffix in (".yaml", ".yml"):
        return "octodns"
    if export_zones(text, file) or _CLOUDFLARE_COMMENT.search(text):
        return "cloudflare"
    if godaddy.is_export(text):
        return "godaddy"
    if dnscontrol.TSV.match(text):
        return "dnscontrol"
    lines = text.split("\n", _SHOWN_LINES)[:_SHOWN_LINES]
    if any(":" in line for line in lines) and all(map(_TINYDNS.fullmatch, lines)):
        return "tinydns"
    return "master"


def _of_json(text: str) -> str:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return "cloudflare-json"  # which then says what is wrong with it
    keys = found.keys() if isinstance(found, Mapping) else ()
    known = {
        "deployment": "pulumi",
        "domains": "dnscontrol",
        "format_version": "terraform",
        "ResourceRecordSets": "route53",
        "terraform_version": "terraform",
    }
    return next((name for key, name in known.items() if key in keys), "cloudflare-json")

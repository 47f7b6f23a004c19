"""octoDNS as people keep it: a configuration with providers and zones, or the directory with the zones' files.

A zone is a file, is split over a folder, or both; what all zones share stands in one more file. Sources:
https://octodns.readthedocs.io/en/latest/configuration.html and the documentation of its YamlProvider,
https://octodns.readthedocs.io/en/latest/api/octodns.provider.yaml.html.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import dns.exception
import dns.name
import yaml

from sophia_infra.dns.importers.collector import Collector, Imported
from sophia_infra.dns.importers.octodns import carry_all, entries, merged
from sophia_infra.dns.importers.octodns_yaml import DEFAULT_TTL, INCLUDED_LIMIT, Entry, Includes, load
from sophia_infra.dns.importers.values import mapping
from sophia_infra.dns.reader import ZoneTextError, zone_name
from sophia_infra.dns.reader.names import zone_origin
from sophia_infra.dns.reader.problems import Refused, bounded, quoted

_YAML, _SPLIT = "octodns.provider.yaml.YamlProvider", "octodns.provider.yaml.SplitYamlProvider"
_LISTS = ("processors", "post_processors")
_SWITCHES = ("auto_arpa", "include_meta")


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
        folders = [self.directory / f"{name}{ending}" for name in names for ending in self.endings]
        found = [path for folder in folders for path in folder.glob("*.yaml")]
        if not self.options.get("disable_zonefile"):
            found += [path for name in names if (path := self.directory / f"{name}.yaml").is_file()]
        if self.options.get("shared_filename"):
            found.append(self.directory / str(self.options["shared_filename"]))
        return sorted(set(found), key=str)

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


def read(path: Path, found: Layout, zone: str, included_limit: int = INCLUDED_LIMIT) -> Imported:
    """Read one of the layout's zones from all its sources.

    Raises:
        ZoneTextError: the name is no zone's.
        OSError: a file can't be opened.
    """
    collector, includes = Collector(zone, str(path)), Includes(found.folders, included_limit)
    for note in dict.fromkeys(found.notes.get(zone, ())):
        collector.note(0, note)
    kept: list[Entry] = []
    for source in found.sources[zone]:
        fresh = _from_source(collector, source, zone_origin(found.aliases.get(zone, zone)), includes)
        kept = merged(collector, kept, fresh, replacing=bool(source.options.get("populate_should_replace")))
    carry_all(collector, kept)
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
    """Return a file's text. Raises ZoneTextError where it is none or too large, OSError where it can't be opened."""
    with path.open("rb") as file:
        octets = file.read(INCLUDED_LIMIT + 1)
    if len(octets) > INCLUDED_LIMIT:
        message = f"it holds more than {INCLUDED_LIMIT} octets, the limit"
        raise ZoneTextError([Refused("file-too-large", "file", message).at(str(path), 0)])
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ZoneTextError([Refused("not-text", "file", "it is not UTF-8").at(str(path), 0)]) from None


def _spellings(zone: str) -> list[str]:
    """A zone's name in A-labels and in U-labels; files may bear either."""
    bare = zone.rstrip(".")
    try:
        return list(dict.fromkeys([bare, dns.name.from_text(zone).to_unicode(omit_final_dot=True)]))
    except (dns.exception.DNSException, UnicodeError):
        return [bare]


def is_config(text: str) -> bool:
    """Return whether a text is an octoDNS configuration, and not a zone."""
    return bool(re.search(r"^zones:", text, re.MULTILINE) and re.search(r"^providers:", text, re.MULTILINE))


def layout(path: Path) -> Layout:
    """Read a configuration file, or a directory: one that holds `config.yaml`, or the zones' files themselves.

    Raises:
        ZoneTextError: it can't be read, or is neither.
        OSError: a file can't be opened.
    """
    if not path.is_dir():
        return _configured(path)
    config = path / "config.yaml"
    if config.is_file() and is_config(read_text(config)):
        return _configured(config)
    source = Source(path)
    found = source.zones()
    if not found:
        raise _error(path, "it holds no zone: no shop.example.yaml, no split directory shop.example., no config.yaml")
    return Layout({name: [source] for name in found}, (path,))


def _configured(path: Path) -> Layout:
    config = _mapping(path, "file", _yaml(path))
    zones = _mapping(path, "zones", config.get("zones"))
    providers = _mapping(path, "providers", config.get("providers"))
    handlers = {*_mapping(path, "secret_handlers", config.get("secret_handlers") or {})}
    sources = {str(name): _source(path, str(name), one, handlers) for name, one in providers.items()}
    general = list(_general_notes(config))
    found: dict[str, list[Source]] = {}
    notes: dict[str, list[str]] = {}
    aliases: dict[str, str] = {}
    for pattern, given in sorted(zones.items(), key=lambda item: str(item[0]).startswith("*")):
        options = _mapping(path, f"zones.{pattern}", given or {})
        if "alias" in options:
            of = str(options["alias"])
            aliases[zone_name(str(pattern), str(pattern))] = zone_name(of, of)
            continue
        used, told = _used(options, sources, providers)
        for name in _names(str(pattern), options, used):
            if name not in found:
                found[name], notes[name] = used, [*general, *told]
    aliases = {name: zone for name, zone in aliases.items() if zone in found}
    found |= {name: found[zone] for name, zone in aliases.items()}
    notes |= {name: notes[zone] for name, zone in aliases.items()}
    folders = (path.parent, *(source.directory for source in sources.values() if source))
    return Layout(found, tuple(dict.fromkeys(folders)), notes, aliases)


def _names(pattern: str, options: Mapping[str, Any], sources: Sequence[Source]) -> Iterator[str]:
    """A dynamic zone, `*`, stands for every zone that its sources have files of."""
    if not pattern.startswith("*"):
        yield zone_name(pattern, pattern)
        return
    glob, regex = options.get("glob"), options.get("regex")
    try:
        wanted = re.compile(str(regex or ""))
    except re.error:
        refusal = Refused("field-invalid", "regex", f"{quoted(str(regex))} is no regular expression")
        raise ZoneTextError([refusal.at(f"zones.{pattern}", 0)]) from None
    for name in dict.fromkeys(name for source in sources if source.directory.is_dir() for name in source.zones()):
        zone = f"{name}."
        if (not glob or fnmatchcase(zone, str(glob))) and wanted.search(zone):
            yield zone_name(zone, zone)


def _used(
    options: Mapping[str, Any], sources: Mapping[str, Source | None], providers: Mapping[str, Any]
) -> tuple[list[Source], list[str]]:
    names = options.get("sources") or []
    names = names if isinstance(names, list) else [names]
    notes = [f"the processor {bounded(repr(one))} is not carried over" for one in _processors(options)]
    used = []
    for name in names:
        source = sources.get(str(name))
        if source is None:
            kind = mapping(providers.get(str(name))).get("class", "which the configuration does not describe")
            notes.append(f"the source {bounded(repr(name))} ({bounded(str(kind))}) is not read, and not carried over")
        else:
            used.append(source)
    return used, notes


def _processors(options: Mapping[str, Any]) -> Iterator[Any]:
    for key in _LISTS:
        found = options.get(key) or []
        yield from found if isinstance(found, list) else [found]


def _general_notes(config: Mapping[str, Any]) -> Iterator[str]:
    manager = mapping(config.get("manager"))
    for one in _processors(manager):
        yield f"the processor {bounded(repr(one))} is not carried over"
    for switch in _SWITCHES:
        if manager.get(switch):
            yield f"manager.{switch} is not carried over"


def _source(path: Path, name: str, provider: Any, handlers: Set[str]) -> Source | None:
    given = mapping(provider)
    if given.get("class") not in (_YAML, _SPLIT):
        return None  # its options may be credentials: they are not looked at
    options = {key: _expanded(path, f"providers.{name}.{key}", value, handlers) for key, value in given.items()}
    split = options.get("split_extension")
    if given["class"] == _SPLIT:
        split = options.get("extension", ".")
        options["disable_zonefile"] = True
    directory = Path(str(options.get("directory", ".")))
    # octoDNS takes it from the working directory, which usually is the configuration's folder or the one above
    places = [path.parent / directory, path.parent.parent / directory, directory]
    place = next((place for place in places if place.is_dir()), places[0])
    return Source(place, options, (str(split),) if split else ())


def _expanded(path: Path, setting: str, value: Any, handlers: Set[str]) -> Any:
    """Return a provider's setting with what `env/NAME` or `env/NAME/default` stands for."""
    handler, slash, rest = value.partition("/") if isinstance(value, str) else ("", "", "")
    if not slash or handler not in {"env", *handlers}:
        return value
    name, _, default = rest.partition("/")
    found = os.environ.get(name, default if "/" in rest else None) if handler == "env" else None
    if found is None:
        where = f"the environment has no {bounded(name)}" if handler == "env" else f"{bounded(handler)} is not asked"
        message = f"{setting} is {quoted(value)}, and {where}"
        refusal = Refused("field-invalid", setting, message, value=value, fix="write the value itself there")
        raise ZoneTextError([refusal.at(str(path), 0)])
    return int(found) if found.isdecimal() else found


def _yaml(path: Path) -> Any:
    try:
        return load(read_text(path), str(path), Includes((path.parent,)).open)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        # the file may hold credentials: nothing of it is quoted
        mark = getattr(error, "problem_mark", None)
        place = Path(mark.name) if mark else path
        raise _error(place, "it is not YAML that can be read", mark.line + 1 if mark else 0) from None


def _mapping(path: Path, name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _error(path, f"{quoted(name)} is not a mapping, as in an octoDNS configuration")
    return value


def _error(path: Path, message: str, line: int = 0) -> ZoneTextError:
    fix = "name a zone's file, a configuration or its directory"
    return ZoneTextError([Refused("field-invalid", "file", message, fix=fix).at(str(path), line)])

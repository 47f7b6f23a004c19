"""YAML as octoDNS loads it: `!include` puts another file in its own place, and `<<` merges in the order of the lines.

Source: https://octodns.readthedocs.io/en/latest/include_directive.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from stat import S_ISREG
from typing import Any

import yaml

from sophia_infra.dns.reader import OpenInclude, ZoneTextError
from sophia_infra.dns.reader.master import INCLUDES_LIMIT
from sophia_infra.dns.reader.problems import Refused, bounded, quoted

DEFAULT_TTL = 3600
"""Seconds of a record without a TTL: the default of octoDNS' YamlProvider."""
DEPTH_LIMIT = 16
"""Files that may include one another, each the next."""
INCLUDED_LIMIT = 64 * 2**20
"""Octets of all that one zone or configuration includes, together: 64 MiB."""
_INCLUDE, _MERGE, _VALUE = "!include", "tag:yaml.org,2002:merge", "tag:yaml.org,2002:value"
_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+")
_NULL, _TEXT = "tag:yaml.org,2002:null", "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class Entry:
    """One record, or set of values, as it stands in a file; `line` counts from 1.

    `counts` unless the name stands again further on: YAML keeps the last. `escaped` says whether a semicolon in a text
    is written `\\;`.
    """

    file: str
    line: int
    name: str
    data: Any
    counts: bool
    default_ttl: object = DEFAULT_TTL
    escaped: bool = True

    @property
    def key(self) -> tuple[str, str]:
        """Name and type, of which octoDNS has but one record; a later source may replace it."""
        rtype = self.data.get("type") if isinstance(self.data, Mapping) else f"what stands on line {self.line}"
        return "" if self.name == "@" else self.name.lower(), str(rtype).upper()


@dataclass(slots=True)
class Includes:
    """Opens included files that lie in one of these folders, as long as they are no more and no larger than may be."""

    folders: tuple[Path, ...]
    limit: int = INCLUDED_LIMIT
    read: int = 0
    files: int = 0

    def open(self, path: str, including: str) -> tuple[str, str]:
        """Return the name and the text of a file that another one includes; see `OpenInclude`.

        Raises:
            ZoneTextError: it lies elsewhere, is no text or no plain file, or is more than what may still be read.
            OSError: it can't be opened.
        """
        place = Path(including).parent / Path(path).expanduser()
        if not any(place.resolve().is_relative_to(folder.resolve()) for folder in self.folders):
            within = " or ".join(map(str, self.folders))
            message = f"{quoted(path)} lies outside of {within}"
            raise _error("include-refused", message, including, fix="put the part in its place, or the file in there")
        self.files += 1
        if self.files > INCLUDES_LIMIT:
            message = f"{quoted(path)} would be file {self.files} that is included, the limit is {INCLUDES_LIMIT}"
            raise _error("include-too-many", message, including)
        if not S_ISREG(place.stat().st_mode):  # a pipe would be waited for
            raise _error("file-unreadable", f"{quoted(path)} is no plain file", including)
        with place.open("rb") as file:
            octets = file.read(self.limit - self.read + 1)
        self.read += len(octets)
        if self.read > self.limit:
            message = f"with {quoted(path)}, more than {self.limit} octets are included"
            raise _error("file-too-large", message, including)
        try:
            return str(place), octets.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise _error("not-text", f"{quoted(path)} is not UTF-8", including) from None


def load(text: str, file: str, open_include: OpenInclude | None) -> Any:
    """Return what a YAML text holds.

    Raises:
        yaml.YAMLError, ValueError, TypeError, RecursionError: it is not YAML, or holds what YAML can't read.
        ZoneTextError: a file that it includes can't be read.
    """
    loader = _Loader(text, file, open_include)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def names(text: str, file: str, open_include: OpenInclude | None) -> Iterator[Entry]:
    """Yield a zone file's names with their records, in its order; raises as `load` does.

    Names come as they are written, where YAML would take `no` for a truth value.
    """
    loader = _ZoneLoader(text, file, open_include)
    try:
        root = loader.get_single_node()
        if root is None or root.tag == _NULL:
            return
        if not isinstance(root, yaml.MappingNode):
            raise yaml.constructor.ConstructorError(None, None, "the file is not a mapping of names", root.start_mark)
        loader.flatten_mapping(root)
        last = {str(key.value): place for place, (key, _) in enumerate(root.value)}
        for place, (key, value) in enumerate(root.value):
            name = str(key.value)
            for node in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                mark = node.start_mark
                data = loader.construct_object(node, deep=True)
                yield Entry(mark.name, mark.line + 1, name, data, last[name] == place)
    finally:
        loader.dispose()


class _Loader(yaml.SafeLoader):
    """A safe loader that composes an included file's nodes in the place of its `!include`."""

    def __init__(self, text: str, file: str, open_include: OpenInclude | None, above: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.name = file
        self._open, self._chain = open_include, (*above, file)

    def compose_scalar_node(self, anchor: Any) -> Any:
        node = super().compose_scalar_node(anchor)
        if node.tag != _INCLUDE:
            return node
        included = self._included(node.value, node.start_mark)
        if anchor is not None:
            self.anchors[anchor] = included
        return included

    def _included(self, path: str, mark: Any) -> Any:
        if self._open is None:
            message = f"{quoted(path)} can't be opened from here"
            raise _error("include-refused", message, self.name, mark, "name the file by its path, or its folder")
        if len(self._chain) >= DEPTH_LIMIT:
            message = f"{quoted(path)} stands {DEPTH_LIMIT} files deep"
            raise _error("include-too-deep", message, self.name, mark, "nest !include less deeply")
        try:
            file, text = self._open(path, self.name)
        except ZoneTextError as error:
            raise ZoneTextError([replace(problem, line=mark.line + 1) for problem in error.problems]) from None
        except (OSError, ValueError, RuntimeError) as error:  # of `~nobody/file` there is no home
            reason = getattr(error, "strerror", None) or "it is no path"
            raise _error("file-missing", f"{quoted(path)} can't be opened: {reason}", self.name, mark) from None
        if any(Path(file).resolve() == Path(one).resolve() for one in self._chain):
            raise _error("include-loop", f"{quoted(path)} includes itself", self.name, mark)
        loader = _Loader(text, file, self._open, self._chain)
        try:
            found = loader.get_single_node()
        finally:
            loader.dispose()
        return yaml.ScalarNode(_NULL, "", mark, mark) if found is None else found

    def flatten_mapping(self, node: Any) -> None:
        """Put what `<<` names in its place: of two keys that are the same, the later one counts, as in octoDNS."""
        found = []
        for key, value in node.value:
            if key.tag == _MERGE:
                found += self._merged(value)
            else:
                key.tag = _TEXT if key.tag == _VALUE else key.tag
                found.append((key, value))
        node.value = found

    def _merged(self, node: Any) -> list[Any]:
        if isinstance(node, yaml.MappingNode):
            self.flatten_mapping(node)
            return _unique(node.value)
        if isinstance(node, yaml.SequenceNode) and all(isinstance(one, yaml.MappingNode) for one in node.value):
            return _unique(pair for one in reversed(node.value) for pair in self._merged(one))
        message = f"only mappings can be merged, not a {node.id}"
        raise yaml.constructor.ConstructorError(None, None, bounded(message), node.start_mark)


@dataclass(frozen=True, slots=True, repr=False)
class Unclear:
    """A number that YAML reads as another text than the one that is written, such as `0123456` or `12:30:00`."""

    written: str
    value: object

    def __repr__(self) -> str:
        return f"{self.written} ({self.value} in YAML)"


class _ZoneLoader(_Loader):
    """A loader of records: what is written as a number may be meant as a text."""

    def construct_whole(self, node: Any) -> object:
        value = self.construct_yaml_int(node)
        return value if str(value) == node.value else Unclear(node.value, value)

    def construct_fraction(self, node: Any) -> object:
        is_plain = _DECIMAL.fullmatch(node.value)
        return node.value if is_plain else Unclear(node.value, self.construct_yaml_float(node))


_ZoneLoader.add_constructor("tag:yaml.org,2002:int", _ZoneLoader.construct_whole)
_ZoneLoader.add_constructor("tag:yaml.org,2002:float", _ZoneLoader.construct_fraction)


def _unique(pairs: Iterable[tuple[Any, Any]]) -> list[Any]:
    """Return one pair for each key, the last: mappings that merge each other would double with each level."""
    found = {key.value if isinstance(key, yaml.ScalarNode) else id(key): (key, value) for key, value in pairs}
    return list(found.values())


def _error(code: str, message: str, file: str, mark: Any = None, fix: str = "") -> ZoneTextError:
    return ZoneTextError([Refused(code, _INCLUDE, message, fix=fix).at(file, mark.line + 1 if mark else 0)])

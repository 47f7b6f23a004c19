"""Operations applied to files, each with what becomes of it."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sophia_infra.agent.editing import stack_file
from sophia_infra.agent.editing.places import Places
from sophia_infra.agent.operations import (
    ANY,
    AddRecords,
    OfFiles,
    OfRecords,
    Operation,
    RemoveRecords,
    SetEnvironmentValue,
    SetRecords,
    SetSetting,
)
from sophia_infra.changes import EditingError
from sophia_infra.dns.editing import DeclaredZone
from sophia_infra.dns.files import read_file

_CONTEXT = 2
_SECRET = re.compile(r"fn::secret|\bsecure[\"']?\s*:")


@dataclass(frozen=True, slots=True)
class FileEdit:
    """What becomes of one file of a project: `path` relative to its folder, and its whole text before and after."""

    path: str
    before: str
    after: str

    @property
    def is_yaml(self) -> bool:
        """Whether it is the file of a stack or of an environment."""
        return self.path.endswith((".yaml", ".yml"))

    @property
    def diff(self) -> str:
        """The lines that come and go, as `diff -u` has them. In YAML none stands around them: it may be a secret."""
        context = 0 if self.is_yaml else _CONTEXT
        before, after = (text.splitlines() for text in (self.before, self.after))
        names = (f"a/{self.path}", f"b/{self.path}")
        return "\n".join(difflib.unified_diff(before, after, *names, n=context, lineterm=""))


def edits_of(places: Places, operations: Sequence[Operation]) -> tuple[FileEdit, ...]:
    """Return what becomes of which files, in the order in which the operations name them.

    Raises:
        EditingError: no declared file takes an operation; its message holds what a person would change.
        ZoneTextError, EscError: a file can't be read, or no reader would take what would become of it.
        OSError: a file can't be read.
    """
    before: dict[Path, str] = {}
    after: dict[Path, str] = {}
    for operation in operations:
        if not isinstance(operation, OfFiles):
            raise EditingError(f"{operation.op} is no change of a declared file; do it by hand", subject=operation.op)
        path = places.file_of(operation)
        before.setdefault(path, places.text(path))
        after[path] = _applied(operation, path, after.get(path, before[path]))
    return tuple(_changed(places.folder, before, after))


def _changed(folder: Path, before: Mapping[Path, str], after: Mapping[Path, str]) -> Iterator[FileEdit]:
    for path, text in after.items():
        if text != before[path]:
            edit = FileEdit(str(path.relative_to(folder)), before[path], text)
            if edit.is_yaml and _SECRET.search(edit.diff):
                told = f"{edit.path} has a secret on a line that would change; edit it by hand"
                raise EditingError(told, code="entangled", subject=edit.path)
            yield edit


def _applied(operation: OfFiles, path: Path, text: str) -> str:
    match operation:
        case SetSetting(key, value):
            return stack_file.changed(text, path.name, key, value)
        case SetEnvironmentValue(_, where, value):
            return stack_file.with_environment(text, path.name, where, value)
    return _with_records(declared(path, operation.zone, text), operation).text


def declared(path: Path, zone: str, text: str) -> DeclaredZone:
    """Return a zone as a text declares it that stands, or is to stand, in a file."""
    return DeclaredZone(text, zone, lambda written: read_file(path, zone, text=written))


def _with_records(zone: DeclaredZone, operation: OfRecords) -> DeclaredZone:
    match operation:
        case SetRecords(_, owner, rtype, values, ttl):
            return zone.with_records(owner, rtype, values, ttl)
        case AddRecords(_, owner, rtype, values, ttl):
            return zone.with_records(owner, rtype, values, ttl, stay=True)
        case RemoveRecords(_, owner, rtype, values):
            return zone.without_name(owner) if rtype.upper() == ANY else zone.without(owner, rtype, values)
    return zone.with_ttl(operation.owner, operation.rtype, operation.ttl)

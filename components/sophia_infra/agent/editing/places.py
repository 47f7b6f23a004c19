"""In which declared file of a project an operation belongs, and which files the agent leaves alone."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sophia_infra.agent.operations import OfFiles, SetEnvironmentValue, SetSetting
from sophia_infra.changes import EditingError
from sophia_infra.doctor.stack import PROJECT, Stack
from sophia_infra.esc import Files
from sophia_infra.esc.files import FOLDER
from sophia_infra.esc.sources import VARIABLE
from sophia_infra.home import home


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one stack: `folder` is that of its project, links resolved, `stack` its name without the project."""

    folder: Path
    stack: str

    @property
    def stack_file(self) -> Path:
        """The stack's own file."""
        return self.folder / f"Pulumi.{self.stack.rpartition('/')[2]}.yaml"

    @property
    def settings(self) -> Stack:
        """What the files set."""
        return Stack.read(self.stack_file if self.stack_file.exists() else self.folder / PROJECT)

    @property
    def approvals(self) -> Path | None:
        """The file of approvals, where the stack's settings name one."""
        named = self.settings.get("sophia:approvals")
        return self.folder / named if named else None

    def file_of(self, operation: OfFiles) -> Path:
        """Return the file that declares what an operation changes.

        Raises:
            EditingError: no declared file does, or several may; it is none that the agent writes.
        """
        from sophia_infra.dns.reader import zone_name  # a question reads no zone, and is quick

        if isinstance(operation, SetSetting):
            return self.own(self.stack_file)
        if isinstance(operation, SetEnvironmentValue):
            return self._environment(operation)
        found = list(dict.fromkeys(self._zone_files(zone_name(operation.zone))))
        if len(found) == 1:
            return self.own(found[0])
        named = ", ".join(str(path.relative_to(self.folder)) for path in found)
        what = f"may be declared in {named}" if found else "is declared in no master file, so the program declares it"
        told = f"{operation.zone} {what}; by hand: {_patch(operation)}"
        raise EditingError(told, code="several-files" if found else "declared-in-program", subject=operation.zone)

    def _environment(self, operation: SetEnvironmentValue) -> Path:
        """The file of an environment; EscError where there is none."""
        if (os.environ.get(VARIABLE) or "files") != "files":
            told = f"{VARIABLE} says that environments are elsewhere; by hand: sophia esc edit {operation.environment}"
            raise EditingError(told, code="not-in-files", subject=operation.environment)
        files = Files(self.folder / FOLDER)
        files.text(operation.environment)
        return self.own(files.path(operation.environment))

    def own(self, path: Path) -> Path:
        """Return a file that the agent may write.

        Raises:
            EditingError: it is outside of the project, reached over a link, hidden, or no file.
        """
        inside = path.is_relative_to(self.folder) and Path(os.path.normpath(path)) == path
        if not inside or Path(os.path.realpath(path)) != path:
            told = f"{path} is outside of the project, or reached over a link; edit what it leads to by hand"
            raise EditingError(told, code="foreign-file", subject=str(path))
        if not path.is_file() or any(part.startswith(".") for part in path.relative_to(self.folder).parts):
            raise EditingError(f"{path} is hidden, or no file that is there", code="foreign-file", subject=str(path))
        return path

    def text(self, path: Path) -> str:
        """Return the text of a file as it stands, its byte order mark and line ends too.

        Raises:
            EditingError: it is larger than a zone may be, or no UTF-8.
            OSError: it can't be read.
        """
        from sophia_infra.dns.files import ZONE_FILE_LIMIT

        with path.open("rb") as file:
            octets = file.read(ZONE_FILE_LIMIT + 1)
        try:
            text = octets.decode()
        except UnicodeDecodeError:
            text = ""
        if len(octets) > ZONE_FILE_LIMIT or (octets and not text):
            raise EditingError(f"{path} is too large, or no UTF-8; edit it by hand", subject=str(path))
        return text

    def _zone_files(self, zone: str) -> Iterator[Path]:
        """The files that a setting names, and those that are called by the zone; none that a backend of ours writes."""
        from sophia_infra.dns.files import declares, names_of

        names = names_of(zone)
        for value in self.settings.values.values():
            if isinstance(value, str) and Path(value).name in names and declares(self.folder / value):
                yield self.folder / value
        for folder, inner, files in os.walk(self.folder):
            inner[:] = [name for name in inner if not is_foreign(folder, name)]
            yield from (path for path in (Path(folder) / name for name in files if name in names) if declares(path))


def is_foreign(folder: str, name: str) -> bool:
    """Return whether a folder is hidden, SOPHIA_HOME, or holds packages: nothing in it is the project's own."""
    if (ours := home()) and ours.resolve() == Path(folder) / name:
        return True
    packages = name in ("node_modules", "site-packages") or (Path(folder) / name / "pyvenv.cfg").exists()
    return packages or name.startswith((".", "__"))


def _patch(operation: OfFiles) -> str:
    body = operation.to_body()
    return ", ".join(f"{name} {value}" for name, value in body.items() if value not in (None, ()))

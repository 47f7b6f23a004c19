"""Where environments are kept and evaluated. `SOPHIA_ENVIRONMENTS` says which: `files`, the default, or `cloud`."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from sophia_infra.esc.environment import Environment
from sophia_infra.esc.errors import AbsentError, EscError
from sophia_infra.esc.evaluation import Decrypter, Definitions, Provider, Run
from sophia_infra.esc.files import Files
from sophia_infra.esc.nodes import MOST_LEVELS
from sophia_infra.esc.values import Value

VARIABLE = "SOPHIA_ENVIRONMENTS"
_MOST_VALUES = 1_000_000


class Source(Protocol):
    """Where environments are kept and evaluated."""

    def open(self, name: str, *, opens: bool = True, asks: bool = True) -> Environment:
        """Return an environment with all its values. MUST raise `EscError` where it can't.

        Secrets need not be opened, nor providers asked, where that is not wanted: what needs them may be unknown.
        """

    def check(self, name: str) -> tuple[str, ...]:
        """Return what is odd about an environment, a line each. No provider is asked, and no secret opened.

        MUST raise `EscError` where it has an error.
        """

    def refuse_closed(self, name: str, path: str) -> None:
        """Refuse a place that would take no secret; nothing is written. MUST raise `EscError` then."""

    def write(self, name: str, path: str, value: str, *, secret: bool, is_text: bool = True) -> None:
        """Set a value at a path; all else stays as it is. A secret is the text, and what is none is read as written.

        MUST raise `EscError` where somebody else has changed the environment between reading and writing.
        """


@dataclass(frozen=True)
class _Edited:
    """The same definitions, but for one that has another text."""

    definitions: Definitions
    name: str
    text_of_name: tuple[str, str]

    def text(self, name: str) -> tuple[str, str]:
        return self.text_of_name if name == self.name else self.definitions.text(name)


@dataclass(frozen=True)
class Local:
    """Environments that are defined in files, and evaluated here.

    Attributes:
        definitions: what defines them; the files of the folder `esc` by default.
        decrypter: opens secrets in them; None for the team's key.
        providers: by name, beside the shipped ones.
        context: what `${context.*}` has beside `rootEnvironment.name` and `currentEnvironment.name`.
    """

    definitions: Definitions = field(default_factory=Files)
    decrypter: Decrypter | None = None
    providers: Mapping[str, Provider] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)

    def open(self, name: str, *, opens: bool = True, asks: bool = True) -> Environment:
        """Evaluate an environment and what it imports.

        Args:
            name: such as `sophia/dev`.
            opens: whether secrets are opened, which needs the key; they are unknown otherwise.
            asks: whether providers are asked; what they would give is unknown otherwise.

        Raises:
            EscError: there is no such environment, or it has an error.
        """
        context = {key: Value.of(item) for key, item in self.context.items()}
        run = Run(self.definitions, self.decrypter, self.providers, context, name, opens, asks)
        try:
            found = Environment(name, run.evaluate(name), tuple(run.warnings))
        except RecursionError:
            told = f"{name} refers from one value to the next too often"
            raise EscError(told, code="esc-cycle", field=name) from None
        _refuse_vast(found)
        return found

    def check(self, name: str, *, opens_secrets: bool = False) -> tuple[str, ...]:
        """Return what is odd about an environment. Its providers are not asked: what needs them is not looked at.

        Raises:
            EscError: there is no such environment, or it has an error.
        """
        from sophia_infra.esc import about  # a program opens environments, and checks none

        found = self.open(name, opens=opens_secrets, asks=False)
        return (*found.warnings, *about.unsaid(found.values, found.about))

    def write(self, name: str, path: str, value: str, *, secret: bool, is_text: bool = True) -> None:
        """Set a value at a path of an environment's file.

        Raises:
            EscError: it has no such place, it has an error or would have one, there is no key, or somebody else has
                changed it meanwhile.
            OSError: it can't be written; what was there stands.
        """
        self._files(name).change(name, self._edit(name, path, value, secret=secret, is_text=is_text))

    def refuse_closed(self, name: str, path: str) -> None:
        """Refuse a place that would take no secret; nothing is written.

        Raises:
            EscError: it has no such place, it has an error or would have one, or there is no key.
        """
        self._edit(name, path, "", secret=True, is_text=True)(*self._files(name).text(name))

    def define(self, name: str, text: str, before: str) -> None:
        """Replace what an environment's file has by what has no error, if it is what it was.

        Raises:
            EscError: the new text has an error, or somebody else has changed the file meanwhile.
            OSError: it can't be written; what was there stands.
        """
        self._files(name).write(name, self._sound(name, text), before)

    def _edit(self, name: str, path: str, value: str, *, secret: bool, is_text: bool) -> Callable[[str, str], str]:
        """Return what makes of an environment's text, and its file's name, the one with a value."""
        from sophia_infra.esc import file_edits  # most programs write nothing

        def make(text: str, file: str) -> str:
            return self._sound(name, file_edits.with_value(text, file, path, value, secret=secret, is_text=is_text))

        return make

    def _sound(self, name: str, text: str) -> str:
        """The text, by which an environment's file has no error."""
        files = self._files(name)
        replace(self, definitions=_Edited(files, name, (text, str(files.path(name))))).check(name)
        return text

    def _files(self, name: str) -> Files:
        if not isinstance(self.definitions, Files):
            raise EscError(f"{name} is in no file, so nothing is written", code="esc-source", field=name)
        return self.definitions


def _refuse_vast(found: Environment) -> None:
    """Refuse what no reader gets through: thirty lists of twice the one before have 2,000,000,000 values."""
    level, values = [found.values], 0
    for _ in range(MOST_LEVELS):
        level = [item for value in level for _, item in value.members()]
        values += len(level)
        if values > _MOST_VALUES or not level:
            break
    if level:
        told = f"{found.name} comes to more than {MOST_LEVELS} levels or {_MOST_VALUES:,} values"
        raise EscError(told, code="esc-unsupported", field=found.name)


def chosen(folder: str | Path | None = None) -> Source:
    """Return where environments are: in the files of a folder where one is named, or as `SOPHIA_ENVIRONMENTS` says.

    Raises:
        EscError: it names none.
    """
    if folder is not None:
        return Local(Files(folder))
    match os.environ.get(VARIABLE) or "files":
        case "files":
            return Local()
        case "cloud":
            from sophia_infra.esc.cloud import Cloud  # most environments are in files

            return Cloud()
        case named:
            told = f"{VARIABLE} is {named!r}; give files or cloud, or unset it"
            raise EscError(told, code="esc-source", field=VARIABLE)


def held(name: str, path: str, folder: str | Path | None = None) -> Value | None:
    """Return the value at a path of an environment, None where a mapping on the way lacks its key.

    In files no provider is asked, unless the value hangs on one.

    Raises:
        EscError: there is no such environment, it has an error, or the path leads through what is no mapping or list.
    """
    source = chosen(folder)
    found = _at(source.open(name, asks=False), path)
    return _at(source.open(name), path) if found and found.has_unknown else found


def _at(environment: Environment, path: str) -> Value | None:
    with suppress(AbsentError):
        return environment.value(path)
    return None

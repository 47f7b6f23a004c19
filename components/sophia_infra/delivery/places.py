"""Where a secret is put for those who use it: a file of theirs, an ESC environment. Each is written whole, and read."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sophia_infra import home
from sophia_infra.delivery import MEMBERS, OWN, Access, OwnerError
from sophia_infra.errors import SophiaError
from sophia_infra.esc import EscError
from sophia_infra.esc.sources import chosen, held
from sophia_infra.values import Value

CONTENTS = ("url", "password", "json")
_ESC = re.compile(r"([^:\s]+):(\S.*)")


class DeliveryError(SophiaError):
    """A secret that can't be put where it belongs; what was there stands. `field` is the argument."""

    code = "delivery"


@dataclass(frozen=True, slots=True)
class Places:
    """Where a secret is put.

    Attributes:
        file: the file, None for none; `access` says who may read it.
        environment: the ESC environment, empty for none; `path` is the place of the value in it.
        content: one of `CONTENTS`, empty for the URL where there is one and the password elsewhere.
    """

    file: Path | None = None
    access: Access = OWN
    environment: str = ""
    path: str = ""
    content: str = ""

    @classmethod
    def read(cls, given: Value) -> Self:
        """Read the settings; the error of `given` is raised where one is not allowed."""
        if given.value is None:
            return cls()
        given.mapping("write it like {'file': '/run/secrets/app-db'}")
        given.members(("file", "esc", "content", *MEMBERS))
        file = given.get("file", "").text("give the path of a file")
        esc = given.get("esc", "").text(
            "give an environment and a path in it, such as 'sophia/prod:db'",
            fits=lambda text: not text or _ESC.fullmatch(text),
        )
        environment, _, path = esc.partition(":")
        content = given.get("content", "").word(("", *CONTENTS), f"known are {', '.join(CONTENTS)}")
        return cls(Path(file) if file else None, Access.read(given), environment, path, content)

    def beyond(self, other: "Places") -> Iterator[str]:
        """Yield the places that another one does not have."""
        if self.file and self.file != other.file:
            yield str(self.file)
        if self.environment and (self.environment, self.path) != (other.environment, other.path):
            yield f"{self.environment}:{self.path}"

    def astray(self, text: str) -> Iterator[str]:
        """Yield what keeps each place from holding a text as it should; no secret is shown, and nothing is changed."""
        if self.file and (fault := self._of_file(text)):
            yield fault
        if self.environment and (fault := self._of_environment(text)):
            yield fault

    def closed(self) -> Iterator[str]:
        """Yield why a place can take nothing, as far as that shows before anything is written."""
        if self.file:
            try:
                self.access.numbers()
                if not self.file.parent.is_dir():
                    yield f"publish.file: {self.file.parent} is no folder that is there"
                elif self.file.is_dir():
                    yield f"publish.file: {self.file} is a folder; give the path of a file in it"
            except OwnerError as error:
                yield f"publish.{error.field}: {error}"
        if self.environment:
            try:
                chosen().refuse_closed(self.environment, self.path)
                held(self.environment, self.path)  # and the team's key opens what stands there
            except EscError as error:
                yield f"publish.esc: {error}"

    def put(self, text: str) -> None:
        """Put a text into every place that does not hold it, and see that it stands there.

        Raises:
            DeliveryError: a place can't be written, or does not hold it afterwards.
            EscError: the environment can't be written, or somebody else has changed it meanwhile.
        """
        if self.file and self._of_file(text):
            file = self.file
            _written("publish.file", str(file), lambda: self.access.write(file, text), lambda: self._of_file(text))
        if self.environment and self._of_environment(text):
            _written("publish.esc", self.environment, lambda: self._set(text), lambda: self._of_environment(text))

    def clear(self, text: str) -> Iterator[str]:
        """Take a text out of each place that holds it; yield why one may hold it still. What others put there stays.

        The file goes. The environment keeps its path, with an empty secret: other environments may refer to it.
        """
        try:
            if self.file and self.file.read_bytes() == text.encode():
                self.file.unlink()
                home.sync(self.file.parent)
        except FileNotFoundError:
            pass  # so it holds nothing
        except OSError as error:
            yield f"publish.file {self.file}: {error.strerror or error}"
        try:
            found = held(self.environment, self.path) if self.environment else None
            if found and found.content == text:
                self._set("")
        except (EscError, OSError) as error:
            yield f"publish.esc {self.environment}: {error}"

    def _of_file(self, text: str) -> str:
        """Return what is wrong about the file, empty where nothing is."""
        assert self.file  # noqa: S101  # or nobody asks
        try:
            if self.file.read_bytes() != text.encode():
                return f"{self.file} holds something else"
            return self.access.fault(self.file)
        except FileNotFoundError:
            return f"{self.file} is not there"
        except (OSError, OwnerError) as error:
            return f"{self.file} can't be read: {getattr(error, 'strerror', None) or error}"

    def _of_environment(self, text: str) -> str:
        """Return what is wrong about the value in the environment, empty where nothing is."""
        try:
            found = held(self.environment, self.path)
        except EscError as error:
            return str(error)
        if found and (found.content, found.secret) == (text, True):
            return ""
        return f"{self.environment} has another value at {self.path}{f', by {found.place}' if found else ''}"

    def _set(self, text: str) -> None:
        chosen().write(self.environment, self.path, text, secret=True)


def _written(field: str, where: str, write: Callable[[], None], look: Callable[[], str]) -> None:
    """Write a place, and see that it holds what was written."""
    try:
        write()
    except OSError as error:
        told = f"{field} {where} can't be written: {error.strerror or error}; what was there stands"
        raise DeliveryError(told, field=field, subject=where) from None
    if fault := look():
        raise DeliveryError(f"{field} was written, and {fault}", field=field, subject=where)


NOWHERE = Places()

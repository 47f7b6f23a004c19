"""Where a value is written, and the error that names the place."""

from typing import NamedTuple

from sophia_infra.errors import SophiaError


class Place(NamedTuple):
    """A place in an environment's file; line and column count from 1, `path` is such as `values.app.ports[0]`."""

    file: str
    line: int
    column: int
    path: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class EscError(SophiaError):
    """An environment that can't be evaluated; `subject` is file:line:column, `field` the path in the file.

    Attributes:
        place: where it is written, None where it is about no place, such as an environment that is not there.
    """

    code = "esc"

    def __init__(
        self, message: str, place: Place | None = None, *, code: str, field: str = "", subject: str = ""
    ) -> None:
        if place:
            message = f"{place}: {place.path}{': ' if place.path else ''}{message}"
            field, subject = field or place.path, subject or str(place)
        super().__init__(message, code=code, field=field, subject=subject)
        self.place = place


class AbsentError(EscError):
    """A path by which there is nothing, and may be: a mapping on the way lacks its key."""

    code = "esc-reference"

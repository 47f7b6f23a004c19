"""The contract of a backend."""

from dataclasses import dataclass
from typing import Protocol

from sophia_infra.changes import fingerprint
from sophia_infra.dns.serial import with_serial
from sophia_infra.errors import SophiaError


class BackendError(SophiaError):
    """A zone that can't be read or written where it lives, or a backend that is set up wrongly."""


class BaseMovedError(BackendError):
    """The live zone is no longer the one that the plan was made against. Nothing was written."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"{place} has changed since the preview, so what was previewed is not what would happen; "
            "nothing was written: run the preview again and look at it"
        )


@dataclass(frozen=True, slots=True)
class Live:
    """A zone as it is served: canonical text with its SOA, empty where there is no zone."""

    text: str = ""
    serial: int | None = None

    @property
    def base(self) -> str:
        """The hash that a plan is made against. A serial alone does not move it: servers may raise it."""
        return fingerprint(with_serial(self.text, 0))


class Backend(Protocol):
    """Reads and replaces one zone. Several threads and processes may use the same zone through it at once.

    `place` names the zone's home for messages and the journal: one place, one zone, whatever the path to it.
    """

    @property
    def place(self) -> str: ...  # noqa: D102  # described above

    def read(self) -> Live:
        """Return the zone as it is now.

        Raises:
            BackendError: it can't be read whole; a part of a zone MUST never pass for all of it.
        """

    def apply(self, desired: str, base: str) -> Live:
        """Make the zone hold exactly `desired` (canonical text; the SOA's serial is the backend's), if it is at `base`.

        MUST check the base and write under one lock; MUST leave either the old zone or the new one after a crash; MUST
        raise the serial and never lower it; MUST do nothing, and succeed, where the zone is `desired` already.

        Raises:
            BaseMovedError: the live zone's hash is not `base`; nothing was written.
            BackendError: it can't be written; nothing was written.
        """

    def remove(self) -> None:
        """Stop serving the zone. MUST keep a way back, and succeed where there is no zone."""

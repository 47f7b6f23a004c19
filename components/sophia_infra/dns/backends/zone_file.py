"""Zones as master files, which BIND, Knot and NSD load."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from sophia_infra import clock
from sophia_infra.changes import fingerprint
from sophia_infra.credentials import Credentials
from sophia_infra.dns.backends.base import BackendError, Decide, Live, refuse_aliases, unusable
from sophia_infra.dns.backends.locks import hold
from sophia_infra.dns.files import WRITTEN_BY_US, ZONE_FILE_LIMIT, is_ours, read_file
from sophia_infra.dns.reader import ZoneTextError
from sophia_infra.dns.rr.record import to_text
from sophia_infra.dns.serial import SCHEMES, next_serial, serial_of, with_serial
from sophia_infra.home import write_whole
from sophia_infra.reporter import STDERR
from sophia_infra.values import Value

_HEADER = (
    f"{WRITTEN_BY_US}: what is edited here is shown as drift, and undone by the next `pulumi up`"
    + """
; sha256 {digest}
{by}$ORIGIN {origin}.
"""
)
_BY = "; by "


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """A master file. Settings: `path` (default `zones/db.<domain>`), `serial` (`date` or `counter`)."""

    has_alias: ClassVar = False
    domain: str
    path: Path
    serial: str = "date"
    writer: str = ""
    """Who writes, for a comment in the file: `shop of acme/prod`."""

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], domain: str, _: Credentials) -> Self:
        """Read the settings; BackendError names one that is not known or not allowed."""
        given = Value("backend", settings, BackendError).members(("path", "serial"), "setting of a zone file")
        serial = given.get("serial", "date").word(SCHEMES)
        path = settings.get("path", f"zones/db.{domain.rstrip('.')}")
        if not isinstance(path, str) or "\0" in path or not path:
            raise BackendError(
                "backend.path is not a path; give the master file's, such as zones/db.shop.example",
                field="backend.path",
            )
        return cls(domain, Path(os.path.realpath(path)), serial)

    @property
    def location(self) -> str:
        """The file, links resolved."""
        return str(self.path)

    def read(self) -> Live:
        """Return the file's zone; a file that a name server would refuse is refused as well."""
        with self._explained("read"):
            if not self.path.exists():
                return Live()
        writer, own = self._own_text()
        if own is not None:
            return Live(own, serial_of(own), writer=writer)
        reading = read_file(self.path, self.domain)
        if reading.problems:
            found = ZoneTextError(reading.problems)
            raise BackendError(
                f"the live zone can't be read, so nothing is planned against it: {found}",
                code="unreadable",
                subject=self.location,
            ) from None
        text = to_text(reading.records)
        return Live(text, serial_of(text), writer=f"{writer} and others" if writer else "")

    def refuse_unwritable(self) -> None:
        """Refuse a folder that this user may not write: a file is replaced as a whole."""
        folder = next(above for above in self.path.parents if above.exists())
        with self._explained("written"):
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def for_writer(self, writer: str) -> Self:
        """Return the same file, in which a comment says who writes."""
        return replace(self, writer=writer)

    def normalize(self, zone: str, live: Live) -> str:
        """Return the zone itself: a file holds any that name servers load."""
        refuse_aliases(zone, self.location)
        if len(zone.encode()) > ZONE_FILE_LIMIT - len(self._header(zone, self.writer)):
            raise BackendError(
                f"{self.location} would be larger than {ZONE_FILE_LIMIT} octets, the most that is read; split it",
                code="too-large",
                subject=self.location,
                limit=ZONE_FILE_LIMIT,
            )
        return zone

    def apply(self, decide: Decide) -> Live:
        """Replace the file atomically; see `Backend.apply`."""
        with self._locked():
            live = self.read()
            desired = decide(live)
            if with_serial(live.text, 0) == with_serial(desired, 0):
                return live
            last = live.serial or self._removed_serial() or serial_of(desired)
            serial = next_serial(last or None, self.serial, clock.now().date())
            text = with_serial(desired, serial)
            with self._explained("written"):
                self._keep_original()
                write_whole(self.path, self._header(text, self.writer) + text, prepare=self._hand_over)
            return Live(text, serial, writer=self.writer)

    def remove(self) -> None:
        """Move the file aside to `<name>.removed`; a zone made anew continues its serial from there."""
        with self._locked(), self._explained("moved aside"):
            if not self.path.exists():
                return
            if self._removed.exists():
                os.replace(self._removed, f"{self._removed}.{self._removed.stat().st_mtime_ns}")
            os.replace(self.path, self._removed)
            STDERR.say_once(f"zone {self.domain}: what was live is in {self._removed}")

    def _header(self, text: str, writer: str = "") -> str:
        by = f"{_BY}{writer}\n" if writer else ""
        return _HEADER.format(digest=fingerprint(text), by=by, origin=self.domain.rstrip("."))

    def _own_text(self) -> tuple[str, str | None]:
        """Who wrote the file, and the text if it is that to the last octet: it need not be parsed again."""
        with self._explained("read"):
            if self.path.stat().st_size > ZONE_FILE_LIMIT:
                return "", None
            content = self.path.read_bytes()
        if not content.startswith(WRITTEN_BY_US.encode()):
            return "", None
        lines = content.decode("utf-8", "replace").split("\n", _HEADER.count("\n") + 1)
        writer = lines[2].removeprefix(_BY) if lines[2:] and lines[2].startswith(_BY) else ""
        text = "\n".join(lines[_HEADER.count("\n") + bool(writer) :])
        return writer, text if content == (self._header(text, writer) + text).encode() else None

    @property
    def _removed(self) -> Path:
        return self.path.with_name(f"{self.path.name}.removed")

    def _removed_serial(self) -> int | None:
        if not self._removed.exists():
            return None
        return serial_of(to_text(read_file(self._removed, self.domain).records))

    def _keep_original(self) -> None:
        """Copy a file of somebody's to `<name>.original`, once: its comments and includes would be lost."""
        original = self.path.with_name(f"{self.path.name}.original")
        if self.path.exists() and not original.exists() and not is_ours(self.path):
            shutil.copy2(self.path, original)

    def _hand_over(self, name: str) -> None:
        """Give a new file the old one's mode, group and, where that is allowed, owner: its name server must read it."""
        if not self.path.exists():
            os.chmod(name, 0o644)
            return
        old = self.path.stat()
        for owner in (old.st_uid, -1):
            with contextlib.suppress(PermissionError):
                os.chown(name, owner, old.st_gid)
                break
        if os.stat(name).st_gid != old.st_gid and old.st_mode & 0o044 == 0o040:
            raise BackendError(
                f"{self.location} is read by its group {old.st_gid}, which this user can't give a new file; add the "
                "user to the group, or let the folder give it (chmod g+s)",
                code="unusable",
                subject=self.location,
                value=old.st_gid,
            )
        os.chmod(name, old.st_mode & 0o777)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with contextlib.ExitStack() as held:
            with self._explained("locked"):
                self.path.parent.mkdir(parents=True, exist_ok=True)
                hold(held, self.path.with_name(f".{self.path.name}.lock"), self.location)
            yield

    @contextlib.contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            way_out = "check the folder's permissions and free space"
            raise unusable(f"{self.location} can't be {what}", error, way_out, self.location) from None

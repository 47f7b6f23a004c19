"""The folder of the embedded CA: a lock, and files that appear whole or not at all."""

import contextlib
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sophia_infra import home
from sophia_infra.home import write_whole
from sophia_infra.tls.issuers import IssuerError

LOCK_SECONDS = 60.0
MAX_FOLDER_NAME = 200  # file systems stop at 255
_NEW = ".new-"


@dataclass(frozen=True, slots=True)
class Store:
    """A folder only its owner may enter. Reading takes no lock, since every file is replaced in one step."""

    path: Path
    lock_seconds: float = LOCK_SECONDS
    noun: str = "CA folder"
    elsewhere: str = "issuer.folder"
    """The setting that names another folder."""

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder alone, among all threads and processes; the system lets go of a killed holder's lock.

        Raises:
            IssuerError: another run held it for too long (a minute; ten by ACME), or the folder can't be written.
        """
        with contextlib.ExitStack() as held:
            with self._translated():
                self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
                held.enter_context(home.locked(self.path / "lock", self.lock_seconds))
                self._tidy()
            yield

    def read(self, name: str) -> str:
        """Return a file's text, empty when there is none."""
        with self._translated():
            try:
                return (self.path / name).read_text(encoding="ascii", errors="replace")
            except FileNotFoundError:
                return ""

    def names(self, folder: str) -> list[str]:
        """Return the PEM files in a sub-folder, sorted, as names that `read` takes."""
        return sorted(str(found.relative_to(self.path)) for found in self.path.glob(f"{folder}/*.pem"))

    def write(self, name: str, text: str) -> None:
        """Write a file that only its owner may read; on disk, and there under its name, when this returns."""
        target = self.path / name
        with self._translated():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(target, text, prefix=_NEW)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with self._translated():
            (self.path / name).unlink(missing_ok=True)

    def _tidy(self) -> None:
        """Close the folder to others and to git, and remove what a killed run left half-written."""
        self.path.chmod(0o700)
        for left in self.path.rglob(f"{_NEW}*"):
            left.unlink()
        if not (self.path / ".gitignore").exists():
            self.write(".gitignore", "*\n")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            told, seconds = f"{self.noun} {self.path}: another run has held it", self.lock_seconds
            told += f" for {seconds:g} s; wait for it or end it, then run again"
            raise IssuerError(told, code="locked", subject=str(self.path), limit=seconds) from None
        except OSError as error:
            told = f"{self.noun} {self.path} can't be used: {error.strerror}: {error.filename}"
            way_out = f"give it to the user who runs this, or name another in {self.elsewhere}"
            field = self.elsewhere
            raise IssuerError(f"{told}; {way_out}", code="unusable", field=field, subject=str(self.path)) from None


def folder_of(label: str) -> str:
    """Return the sub-folder of a label's certificates; any label makes a safe name."""
    name = quote(label, safe="")
    if len(name) > MAX_FOLDER_NAME or name.startswith("."):
        name = hashlib.sha256(label.encode()).hexdigest()
    return f"issued/{name}"

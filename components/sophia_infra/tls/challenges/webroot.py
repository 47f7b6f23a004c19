"""HTTP-01 by files in a web server's folder (RFC 8555 section 8.3)."""

import errno
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sophia_infra.home import write_whole
from sophia_infra.tls.challenges import Proof
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.values import shown

FOLDER = ".well-known/acme-challenge"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,200}")
_READABLE, _OPEN = 0o644, 0o755
"""Modes of files and folders: whatever the umask is, the web server must get at them."""


@dataclass(frozen=True, slots=True)
class Webroot:
    """The folder that the web server of the names serves at `/`. It must be there; what is made below it stays.

    `root` is relative to the project.
    """

    root: Path

    def present(self, proofs: Sequence[Proof]) -> None:
        """Write a file for each proof, which anybody may read."""
        try:
            self.root.stat()  # a folder that is made here is one that no server serves
            for folder in (self.root / ".well-known", self.root / FOLDER):
                if not folder.is_dir():
                    folder.mkdir()
                    folder.chmod(_OPEN)
            for proof in proofs:
                file, draft = self._file(proof), _draft(proof)
                write_whole(file, proof.content, prefix=draft, prepare=lambda path: Path(path).chmod(_READABLE))
        except OSError as error:
            raise self._unusable(error) from None

    def remove(self, proofs: Sequence[Proof]) -> None:
        """Delete the files of the proofs, and drafts of them that a kill has left."""
        try:
            for proof in proofs:
                file = self._file(proof)
                for each in (file, *file.parent.glob(f"{_draft(proof)}*")):
                    each.unlink(missing_ok=True)
        except OSError as error:
            raise self._unusable(error) from None

    def refuse_unready(self) -> None:
        """Refuse a folder that is not there, or that may not be written, as a preview can tell."""
        deepest = next((each for each in (self.root / FOLDER, self.root / ".well-known") if each.is_dir()), self.root)
        if not self.root.is_dir():
            raise self._unusable(FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.root)))
        if not os.access(deepest, os.W_OK | os.X_OK):
            raise self._unusable(PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(deepest)))

    def _file(self, proof: Proof) -> Path:
        # The token comes from outside and becomes a file's name.
        if not _TOKEN.fullmatch(proof.token):
            told = f"the CA's token for {proof.domain} is {shown(proof.token)}; no file may be called so"
            raise IssuerError(told, code="challenge", subject=proof.domain)
        return self.root / FOLDER / proof.token

    def _unusable(self, error: OSError) -> IssuerError:
        field, way_out = "challenge.webroot", "name the folder that the web server serves, and that this user may write"
        told = f"{field} {self.root} can't be used: {error.strerror}: {error.filename}; {way_out}"
        return IssuerError(told, code="challenge", field=field, subject=str(self.root))


def _draft(proof: Proof) -> str:
    return f".{proof.token}."

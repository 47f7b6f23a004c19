"""A certificate as files, which change all at once: a folder for each version, and a link to the one in use.

<files>/versions/<mark>-<random>/   privkey.pem, cert.pem, chain.pem, fullchain.pem
<files>/current                     leads to the version that the server reads
<files>/previous                    leads to the one before it

A version is whole before `current` leads to it, in one step. A run that is killed leaves a version that nothing leads
to, which the next one removes.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sophia_infra import home
from sophia_infra.delivery import OwnerError
from sophia_infra.tls.certificates import mark
from sophia_infra.tls.deploy import DeployError, DeploySettings

KEY, LEAF, CHAIN, FULL = "privkey.pem", "cert.pem", "chain.pem", "fullchain.pem"
"""The names that certbot gave them: servers are moved here by one path."""
CURRENT, PREVIOUS, _VERSIONS, _LOCK, _DRAFT = "current", "previous", "versions", ".lock", ".link"
LOCK_SECONDS = 60.0
_PUBLIC, _OPEN = 0o644, 0o755
_OURS = re.compile(r"[0-9a-f]{16}-[a-z0-9_]{8}")


def version(private_key: str, certificate: str, chain: str) -> dict[str, str]:
    """Return the files of a version by name; all texts are PEM."""
    return {KEY: private_key, LEAF: certificate, CHAIN: chain, FULL: certificate + chain}


@dataclass(frozen=True, slots=True)
class Files:
    """The folder of one certificate."""

    settings: DeploySettings

    @property
    def folder(self) -> Path:
        """Where its versions are."""
        return self.settings.files

    def fault(self, wanted: Mapping[str, str]) -> str:
        """Return what keeps the version in use from being the wanted one, empty where nothing does."""
        with self._translated():
            found = self._read(CURRENT)
            if not found:
                return f"{self.folder}/{CURRENT} is not there"
            if found.get(LEAF) != wanted[LEAF]:
                return f"{self.folder}/{CURRENT} holds another certificate"
            if wrong := [name for name in wanted if found.get(name) != wanted[name]]:
                return f"{self.folder}/{CURRENT}/{wrong[0]} is not what was deployed"
            return self.settings.access.fault(self.folder / CURRENT / KEY)

    def refuse_unusable(self) -> None:
        """Refuse what a deploy could not write, as far as can be told beforehand; nothing is changed.

        Raises:
            DeployError: the folder can't be written, or its owner or group is not known here.
        """
        with self._translated():
            self.settings.access.numbers()
            there = self.folder if self.folder.exists() else self.folder.parent
            there.stat()
            if not os.access(there, os.W_OK | os.X_OK):
                raise PermissionError(13, os.strerror(13), str(there))

    def install(self, wanted: Mapping[str, str]) -> None:
        """Write a version, and have `current` lead to it; the one in use until then is `previous`."""
        with self._locked():
            self._tidy()
            made = Path(tempfile.mkdtemp(prefix=f"{mark(wanted[LEAF])}-", dir=self._versions))
            for name, text in wanted.items():
                access = self.settings.access if name == KEY else replace(self.settings.access, mode=_PUBLIC)
                access.write(made / name, text)
            made.chmod(_OPEN)
            home.sync(self._versions)
            if used := self._target(CURRENT):
                self._link(PREVIOUS, used)
            self._link(CURRENT, made.name)
            self._tidy()

    def used(self, link: str = CURRENT) -> dict[str, str]:
        """Return the files of the version in use, as far as they are there."""
        with self._translated():
            return self._read(link)

    def previous(self) -> dict[str, str]:
        """Return the files that `roll_back` would bring back, none where there are no other ones."""
        before = self.used(PREVIOUS)
        return {} if before == self.used() else before

    def roll_back(self) -> None:
        """Have `current` lead to the version before it again."""
        with self._locked():
            self._link(CURRENT, self._target(PREVIOUS))
            self._tidy()

    def _read(self, link: str) -> dict[str, str]:
        """Return the files of a version, as far as they are there."""
        found = {}
        for name in (KEY, LEAF, CHAIN, FULL):
            path = self.folder / link / name
            if path.is_file():
                found[name] = path.read_text("ascii", errors="replace")
        return found

    def _link(self, name: str, target: str) -> None:
        """Have a link lead to a version, in one step."""
        draft = self.folder / _DRAFT
        draft.unlink(missing_ok=True)
        draft.symlink_to(Path(_VERSIONS) / target)
        draft.replace(self.folder / name)
        home.sync(self.folder)

    def _target(self, name: str) -> str:
        """Return the version that a link leads to, empty where there is none: a link that we made names it alone."""
        path = self.folder / name
        return path.readlink().name if path.is_symlink() else ""

    @property
    def _versions(self) -> Path:
        return self.folder / _VERSIONS

    def _tidy(self) -> None:
        """Remove the versions that no link leads to."""
        kept = {self._target(CURRENT), self._target(PREVIOUS)}
        for path in self._versions.iterdir():
            if _OURS.fullmatch(path.name) and path.name not in kept:
                shutil.rmtree(path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._translated():
            for folder in (self.folder, self._versions):
                if not folder.is_dir():
                    folder.mkdir()
                    folder.chmod(_OPEN)
            with home.locked(self.folder / _LOCK, LOCK_SECONDS):
                yield

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OwnerError as error:
            field = f"deploy.{error.field}"
            raise DeployError(f"deploy.{error}", code="deploy-owner", field=field, value=error.value) from None
        except OSError as error:
            field = "deploy.files"
            way_out = "name a folder that the user who runs this may write, below one that is there"
            why = f"{error.strerror or error}: {error.filename or self.folder}; {way_out}"
            told = f"{field} {self.folder} can't be used: {why}"
            raise DeployError(told, code="deploy-files", field=field, subject=str(self.folder)) from None

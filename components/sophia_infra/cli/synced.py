"""An environment in a file and in Pulumi Cloud: what differs, and each as the other takes it.

A secret is encrypted with the team's key in the file, and with Cloud's own in Cloud. Between the two it goes in plain
text, by https, and is compared so.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from sophia_infra.esc import EscError, Place, cipher, file_edits, references
from sophia_infra.esc.cloud import Cloud
from sophia_infra.esc.go_text import json_text
from sophia_infra.esc.nodes import bare, joined, read
from sophia_infra.esc.values import SECRET
from sophia_infra.esc.yaml_text import quoted
from sophia_infra.home import make_private, project_folder, write_whole


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in which a file and Cloud differ; a side that has nothing there is empty, and others are JSON."""

    path: str
    file: str
    cloud: str
    secret: bool

    def __str__(self) -> str:
        if not self.cloud:
            return f"+ {self.path}: {self.file}"
        return f"- {self.path}: {self.cloud}" if not self.file else f"~ {self.path}: {self.cloud} -> {self.file}"


class _Leaf(NamedTuple):
    content: str
    secret: bool


_NOTHING = _Leaf("", False)


def differences(file: str, cloud: str, *, show_secrets: bool = False) -> list[Difference]:
    """Return where the file differs, in the form that Cloud takes, from what Cloud has; order and comments are none."""
    sides = (file, "the file"), (cloud, "Pulumi Cloud")
    here, there = (dict(_leaves(bare(read(text, where)), "")) for text, where in sides)
    found = []
    for path in sorted(here.keys() | there.keys()):
        ours, theirs = here.get(path, _NOTHING), there.get(path, _NOTHING)
        if ours != theirs:
            secret = ours.secret or theirs.secret
            hide = secret and not show_secrets
            shown = (SECRET if hide and side.content else side.content for side in (ours, theirs))
            found.append(Difference(path, next(shown), next(shown), secret))
    return found


def _leaves(content: Any, path: str) -> Iterator[tuple[str, _Leaf]]:
    if isinstance(content, dict) and content.keys() == {file_edits.CALL}:
        yield path, _Leaf(json_text(content[file_edits.CALL]), True)
    elif isinstance(content, dict | list) and content:
        for key, item in content.items() if isinstance(content, dict) else enumerate(content):
            yield from _leaves(item, joined(path, key))
    elif path:
        yield path, _Leaf(json_text(content), False)


def for_cloud(text: str, file: str) -> str:
    """Return a file's text as Cloud takes it: with secrets in plain text, which Cloud encrypts.

    Raises:
        EscError: it can't be read, or the team's key does not open a secret.
    """
    return file_edits.with_secrets(text, file, lambda *secret: quoted(_opened(*secret)))


def for_file(cloud: str, name: str, before: str) -> str:
    """Return what Cloud has as a file has it; a secret that has not changed since `before` keeps its ciphertext.

    Raises:
        EscError: it can't be read, or there is no key of the team.
    """
    sealed: dict[tuple[str, str], str] = {}

    def keep(text: str, is_ciphertext: bool, place: Place) -> str:
        if is_ciphertext:
            sealed[place.path, _opened(text, is_ciphertext, place)] = f"{{ciphertext: {text}}}"
        return quoted(text)

    def seal(text: str, is_ciphertext: bool, place: Place) -> str:
        if is_ciphertext:
            told = "Pulumi Cloud does not open this secret for your token; have somebody pull whose token may"
            raise EscError(told, place, code="esc-refused")
        return sealed.get((place.path, text)) or file_edits.sealed(text)

    file_edits.with_secrets(before, name, keep)
    return file_edits.with_secrets(cloud, name, seal)


def opened_like(edited: str, sealed: str, opened: str, name: str) -> str:
    """Return an edited text as Cloud takes it, by the same text with its secrets `sealed` and `opened`.

    Raises:
        EscError: it can't be read, or has a ciphertext that Cloud did not give.
    """
    ciphertexts, texts = _behind_secrets(sealed, name), _behind_secrets(opened, name)
    known = {ciphertext: texts[path] for path, ciphertext in ciphertexts.items() if path in texts}

    def open_(text: str, is_ciphertext: bool, place: Place) -> str:
        if is_ciphertext and text not in known:
            raise EscError("this is no ciphertext of Pulumi Cloud's; give a text", place, code="esc-ciphertext")
        return quoted(known[text] if is_ciphertext else text)

    return file_edits.with_secrets(edited, name, open_)


def _behind_secrets(text: str, name: str) -> dict[str, str]:
    found = {}

    def note(text: str, _: bool, place: Place) -> str:
        found[place.path] = text
        return quoted(text)

    file_edits.with_secrets(text, name, note)
    return found


def _opened(text: str, is_ciphertext: bool, place: Place) -> str:
    """The secret of a file: what stands there, or what its ciphertext has."""
    if is_ciphertext:
        text = cipher.opened(cipher.unwrapped(text, place), cipher.TeamKey(), place)
    else:
        text = "".join(part.text for part in references.parts(text, place))
    if not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text):
        raise EscError("octets that are no UTF-8: Pulumi Cloud takes texts", place, code="esc-unsupported")
    return text


class Record:
    """What a file and Cloud were when they were the same last, kept beside the project."""

    def __init__(self, cloud: Cloud, name: str, text: str | None) -> None:
        self._path = _records() / f"{name.replace('/', '+')}.json"
        self._cloud, self._name, self._text = cloud, name, text
        try:
            self._held = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            self._held = {}

    def has_file(self) -> bool:
        """Whether the file is what it was."""
        return self._text is not None and self._held.get("file") == _digest(self._text)

    def has_cloud(self, etag: str) -> bool:
        """Whether Cloud has what it had, and no environment that was made anew and has come to the same ETag."""
        known, host = self._held, self._cloud.login.url
        found = self._of_cloud(etag) if (known.get("host"), known.get("etag")) == (host, etag) else ""
        return bool(found) and found == known.get("cloud")

    def keep(self, etag: str, text: str) -> None:
        """Note that they are the same now."""
        make_private(project_folder())
        self._path.parent.mkdir(exist_ok=True)
        known = {"host": self._cloud.login.url, "etag": etag, "cloud": self._of_cloud(etag), "file": _digest(text)}
        write_whole(self._path, json.dumps(known))

    def _of_cloud(self, etag: str) -> str:
        """What stands for Cloud's definition, ciphertexts and all; empty where it has another ETag by now."""
        held = self._cloud.definition(self._name)
        return _digest(held.text) if held.etag == etag else ""


def known_names() -> list[str]:
    """Return the environments that were pushed or pulled in this project."""
    return sorted(path.stem.replace("+", "/") for path in _records().glob("*.json"))


def _records() -> Path:
    return project_folder() / "esc"


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

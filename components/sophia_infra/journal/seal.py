"""Which rows of a journal's file this machine vouches for: anyone can make a file with a chain that is whole.

The seal of a row is an HMAC-SHA256 (RFC 2104) over its hash, and so over its place in the chain, by the key that
machines share, SOPHIA_ADVICE_KEY, else by one that this user has on this machine alone: `journal.key` in
`$XDG_STATE_HOME/sophia`, else `~/.local/state/sophia`. SOPHIA_HOME does not move it: what lies beside a journal travels
with it. SOPHIA_ADVICE_KEY_OLD is the shared key of before, whose seals hold until `sophia audit rekey` replaced them.
"""

import hashlib
import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path

from sophia_infra.credentials import fetch
from sophia_infra.home import locked, make_user_folder, state_folder, write_whole
from sophia_infra.journal.storage import JournalError
from sophia_infra.reporter import STDERR

KEY = "SOPHIA_ADVICE_KEY"
"""Names the shared key of machines that preview and apply."""
OLD = "SOPHIA_ADVICE_KEY_OLD"
"""Names the shared key of before, while it is replaced."""
SHORTEST_KEY = 32
"""How many octets a key has at least."""
_SECONDS = 10.0
ACCEPT = "look (sophia audit list) and take them on: sophia audit accept"


_KNOWN: dict[Path, bytes] = {}
"""The keys that this process read last."""


class SealError(JournalError):
    """This machine has no key, and can't keep one: what it would seal could not be told from what others made."""

    code = "seal"


def key() -> bytes:
    """Return the key that this machine seals with, which is made where there is none.

    Raises:
        SealError: no key can be kept, or the shared one is shorter than 32 octets.
    """
    shared_one = shared()
    _long_enough(shared_one, KEY)
    return shared_one or _own(_file()) or _made(_file())


def sealed(row: str) -> bytes:
    """Return the seal of the row with this hash; empty where no key can be kept, which is told.

    Raises:
        SealError: the shared key is too short.
    """
    try:
        return _hmac(key(), row)
    except SealError as error:
        if error.limit is not None:
            raise
        _tell_unsealed(str(error))
        return b""


def holds(seal: object, row: str) -> bool:
    """Return whether a seal is that of the row with this hash, by a shared key or by this machine's own."""
    if not isinstance(seal, bytes):
        return False
    try:
        own = _own(_file())
    except SealError as error:
        _tell_unsealed(str(error))
        own = b""
    keys = [key for key in (shared(), own, shared(OLD)) if len(key) >= SHORTEST_KEY]
    return any(hmac.compare_digest(seal, _hmac(key, row)) for key in keys)


def lack(seal: object) -> str:
    """Return why a seal that does not hold for its row does not, and what is to be done about such rows."""
    if not isinstance(seal, bytes):
        return f"they have no seal (a release without seals wrote them, or somebody put them there); {ACCEPT}"
    if not seal:
        return f"they were written while no key could be read or kept; {ACCEPT}"
    return (
        f"they were sealed by a key that is not known here, another machine's or a former {KEY}; give all machines one "
        f"{KEY} and a former one as {OLD}, or {ACCEPT}"
    )


def check() -> None:
    """Refuse a key that rows could not be sealed with. Nothing is made.

    Raises:
        SealError: as `key`, or the shared key of before is too short.
    """
    for name in (KEY, OLD):
        _long_enough(shared(name), name)
    if not is_shared() and not _own(_file()):
        folder = next(parent for parent in _file().parents if parent.exists())
        if not os.access(folder, os.W_OK | os.X_OK):
            raise _unkept(_file(), f"{folder} can't be written to")


def is_shared() -> bool:
    """Return whether machines share the key."""
    return bool(shared())


def made() -> int | None:
    """Return when this user's own key was made, in nanoseconds, None where there is none. OSError: it can't be told."""
    try:
        return os.stat(_file()).st_ctime_ns
    except FileNotFoundError:
        return None


def _hmac(secret: bytes, row: str) -> bytes:
    return hmac.digest(secret, f"sophia journal row 1\n{row}".encode(), hashlib.sha256)


def _long_enough(key: bytes, name: str) -> None:
    if key and len(key) < SHORTEST_KEY:
        told = f"{name} has {len(key)} octets; give {SHORTEST_KEY} or more, such as: openssl rand -hex 32"
        raise SealError(told, field=name, value=len(key), limit=SHORTEST_KEY)


def shared(name: str = KEY) -> bytes:
    """Return the shared key of a variable, empty where there is none. CredentialError: it refers to nothing."""
    return fetch(name, os.environ.get).strip().encode()


def _file() -> Path:
    return _file_of(os.environ.get("XDG_STATE_HOME"), os.environ.get("HOME"))


@lru_cache(maxsize=4)
def _file_of(*_environment: str | None) -> Path:
    return state_folder() / "journal.key"  # each row that is read asks for it


def _own(file: Path) -> bytes:
    """The key of a file, empty where there is none. One that can't be read for a while stays the one it was.

    Raises:
        SealError: it is there, and can't be read, or is too short: another one in its place would disown every journal.
    """
    try:
        found = os.stat(file)
        key = _read(file, found.st_ino, found.st_mtime_ns)
    except OSError as error:
        if known := _KNOWN.get(file):  # what a run began it can end: its outcome is known as its intent is
            return known
        if isinstance(error, (FileNotFoundError, NotADirectoryError)):
            return b""
        told = f"{file} can't be read ({error}); give it back to its user (chmod u+r), or a shared key in {KEY}"
        raise SealError(told, field=KEY, subject=str(file)) from error
    if len(key) < SHORTEST_KEY:
        told = f"{file} has {len(key)} octets, no key of ours: put it back, or move it away and a new one is made"
        raise SealError(told, field=KEY, subject=str(file))
    _KNOWN[file] = key
    return key


@lru_cache(maxsize=4)
def _read(file: Path, _inode: int, _changed: int) -> bytes:
    return file.read_bytes().strip()


def _made(file: Path) -> bytes:
    try:
        make_user_folder(file.parent)
        with locked(file.with_suffix(".lock"), _SECONDS):
            if not _own(file):
                write_whole(file, secrets.token_hex(SHORTEST_KEY) + "\n")
    except OSError as error:
        raise _unkept(file, error) from error
    return _own(file)


def _unkept(file: Path, why: object) -> SealError:
    told = f"{file} can't be kept ({why}); give a shared key in {KEY} instead"
    return SealError(told, field=KEY, subject=str(file))


def _tell_unsealed(why: str) -> None:
    STDERR.say_once(f"what is journaled here will not be known as this machine's: {why}")


def tell_foreign(journal: str, lacks: str) -> None:
    """Say on stderr, once in a process, that a journal has rows which count for nothing here, and what they lack."""
    STDERR.say_once(
        f"journal {journal} has rows that let nothing through here (no approval, no word on who wrote a zone): {lacks}"
    )

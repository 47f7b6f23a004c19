"""Whether an approval was given on this machine: a journal's file may come from another one, with approvals in it.

A seal is an HMAC-SHA256 (RFC 2104) by the key that machines share, SOPHIA_ADVICE_KEY, else by one that this user has on
this machine alone: `approvals.key` in `$XDG_STATE_HOME/sophia`, else `~/.local/state/sophia`. SOPHIA_HOME does not move
it: what lies beside a journal travels with it.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from sophia_infra.credentials import fetch
from sophia_infra.errors import SophiaError
from sophia_infra.home import PRIVATE, locked, state_folder, write_whole

KEY = "SOPHIA_ADVICE_KEY"
"""Names the shared key of machines that preview and apply."""
SHORTEST_KEY = 32
"""How many octets a key has at least."""
_SECONDS = 10.0


class SealError(SophiaError):
    """This machine has no key, and can't keep one: what it would seal could not be told from what others made."""

    code = "seal"


def sealed(text: str) -> str:
    """Return the seal of a text, by a key that is made where there is none.

    Raises:
        SealError: no key can be kept, or the shared one is shorter than 32 octets.
    """
    shared = _shared()
    if shared and len(shared) < SHORTEST_KEY:
        told = f"{KEY} has {len(shared)} octets; give {SHORTEST_KEY} or more, such as: openssl rand -hex 32"
        raise SealError(told, field=KEY, value=len(shared), limit=SHORTEST_KEY)
    return _hmac(shared or _made(_file()), text)


def holds(seal: str, text: str) -> bool:
    """Return whether a seal is that of a text, by the shared key or by this machine's own."""
    return any(hmac.compare_digest(seal.encode(errors="replace"), _hmac(key, text).encode()) for key in _keys())


def _keys() -> Iterator[bytes]:
    for key in (_shared(), _own(_file())):
        if len(key) >= SHORTEST_KEY:
            yield key


def _hmac(key: bytes, text: str) -> str:
    return hmac.new(key, f"sophia approval 1\n{text}".encode(), hashlib.sha256).hexdigest()


def _shared() -> bytes:
    return fetch(KEY, os.environ.get).strip().encode()


def _file() -> Path:
    return state_folder() / "approvals.key"


def _own(file: Path) -> bytes:
    try:
        return file.read_bytes().strip()
    except OSError:
        return b""


def _made(file: Path) -> bytes:
    try:
        file.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        with locked(file.with_suffix(".lock"), _SECONDS):
            if len(_own(file)) < SHORTEST_KEY:
                write_whole(file, secrets.token_hex(SHORTEST_KEY) + "\n")
    except OSError as error:
        told = f"{file} can't be kept ({error}); give a shared key in {KEY} instead"
        raise SealError(told, field=KEY, subject=str(file)) from error
    return _own(file)

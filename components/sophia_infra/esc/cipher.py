"""Secrets in files: `fn::secret: {ciphertext: ...}`, encrypted with a key of the team's.

The envelope is the reference's: base64 of "escx", a version and a CRC around octets that only the keeper of the key
can read. Those are here: version 1, salt (16), nonce (12), then AES-256-GCM with its tag, under a key that scrypt
(RFC 7914; N 32768, r 8, p 1) derives from the passphrase.
"""

import base64
import binascii
import os
import struct
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

from sophia_infra import home
from sophia_infra.esc.errors import EscError, Place

if TYPE_CHECKING:
    from sophia_infra.esc.evaluation import Decrypter

PASSPHRASE = "SOPHIA_ESC_PASSPHRASE"  # noqa: S105  the variable's name
KEY_FILE = "SOPHIA_ESC_KEY_FILE"
_MAGIC = b"escx"
_VERSION = struct.pack(">I", 1)
_OURS = b"\x01"
_SALT, _NONCE, _LEAST = 16, 12, 16


def wrapped(ciphertext: bytes) -> str:
    """Return octets in the envelope."""
    body = _MAGIC + _VERSION + ciphertext
    return base64.b64encode(body + struct.pack(">I", zlib.crc32(body))).decode()


def unwrapped(text: str, place: Place) -> bytes:
    """Return the octets in an envelope.

    Raises:
        EscError: it is none.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    body, checksum = raw[:-4], raw[-4:]
    if len(raw) < _LEAST or body[:8] != _MAGIC + _VERSION or struct.pack(">I", zlib.crc32(body)) != checksum:
        raise EscError("this is no ciphertext of an environment, or it was altered", place, code="esc-ciphertext")
    return body[8:]


def opened(ciphertext: bytes, decrypter: "Decrypter", place: Place) -> str:
    """Return the secret.

    Raises:
        EscError: the key does not open it.
    """
    try:
        return decrypter.decrypt(ciphertext).decode("utf-8", "surrogateescape")
    except EscError as error:
        raise EscError(str(error), place, code=error.code) from None


class TeamKey:
    """The team's key: the passphrase in `SOPHIA_ESC_PASSPHRASE`, or what the file in `SOPHIA_ESC_KEY_FILE` holds.

    It is looked up with the first secret: many an environment has none. Deriving takes 50 ms, once for each salt.
    """

    def encrypt(self, plaintext: bytes) -> bytes:
        """Return ciphertext."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
        return _OURS + salt + nonce + AESGCM(_derived(_passphrase(), salt)).encrypt(nonce, plaintext, _OURS + salt)

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Return the plaintext.

        Raises:
            EscError: this is not its key, or the ciphertext was altered.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        salt, rest = ciphertext[1 : 1 + _SALT], ciphertext[1 + _SALT :]
        try:
            if ciphertext[:1] != _OURS or len(rest) <= _NONCE:
                raise InvalidTag
            return AESGCM(_derived(_passphrase(), salt)).decrypt(rest[:_NONCE], rest[_NONCE:], _OURS + salt)
        except InvalidTag:
            told = "the key does not open this secret: it is another team's key, or the ciphertext was altered"
            raise EscError(told, code="esc-key") from None


def _passphrase() -> bytes:
    if given := os.environ.get(PASSPHRASE):
        return given.encode("utf-8", "surrogateescape")
    if not (name := os.environ.get(KEY_FILE)):
        told = f"there is no key for secrets; give it as {PASSPHRASE}, or its file as {KEY_FILE}"
        raise EscError(told, code="esc-key", field=PASSPHRASE)
    try:
        held = home.read_secret(name).strip()
    except OSError as error:
        raise EscError(f"{KEY_FILE} {name}: {error.strerror}", code="esc-key", field=KEY_FILE) from None
    if not held:
        raise EscError(f"{KEY_FILE} {name} is empty", code="esc-key", field=KEY_FILE)
    return held


@lru_cache(maxsize=64)
def _derived(passphrase: bytes, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return Scrypt(salt=salt, length=32, n=1 << 15, r=8, p=1).derive(passphrase)

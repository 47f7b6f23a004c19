"""What the record of a DKIM key says (RFC 6376 section 3.6.1), and what a change of it breaks."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable

from sophia_infra.dns.rr.txt import quote, tags

ED25519_OCTETS = 32
_TAG_NAME = re.compile(r"[a-z]\w*", re.IGNORECASE)
# The version that a private key begins with (RFC 8017 appendix A.1.2, RFC 5958 section 2), and a public one does not.
_PRIVATE_VERSIONS = (b"\0", b"\1")
_PRIVATE = "holds the private key, which everybody can read by now; make a new pair"


class _NoKeyError(ValueError):
    """A public key that can't be read; the message is a phrase."""


def key_of(text: str) -> str | None:
    """Return the public key of a record in Base64, empty where it is revoked; None where receivers find no `p=`."""
    found = tags(text)
    values = dict(found)
    return "".join(values["p"].split()) if "p" in values and not _repeated(found) else None


def read(text: str) -> tuple[int | None, str]:
    """Return the size of an RSA key in bits, and a phrase that says why receivers can't read the record, or nothing.

    The size is None for a key that can't be read or is revoked, and for other algorithms.
    """
    try:
        return _bits(text), ""
    except _NoKeyError as fault:
        return None, str(fault)


def is_sound(text: str) -> bool:
    """Whether a text holds a whole key, and not a revoked one."""
    return not read(text)[1] and key_of(text) != ""


def is_test(text: str) -> bool:
    """Whether a key is marked as a test."""
    return "y" in (flag.strip() for flag in dict(tags(text)).get("t", "").split(":"))


def hashes(text: str) -> set[str]:
    """Return the hashes that a key may be used with; none where it may be used with all."""
    return {name.strip().lower() for name in dict(tags(text)).get("h", "").split(":") if name.strip()}


def _repeated(found: Iterable[tuple[str, str]]) -> str:
    """Return the first name of a tag that stands twice, which makes the whole list invalid (RFC 6376 section 3.2)."""
    names = [name for name, _ in found]
    return next((name for place, name in enumerate(names) if name in names[:place]), "")


def _values(text: str) -> dict[str, str]:
    """Return the tags of a record; raises what is wrong with their list."""
    found = tags(text)
    values = dict(found)
    if repeated := _repeated(found):
        raise _NoKeyError(f"has the tag {quote(repeated)} more than once")
    if "p" not in values:
        raise _NoKeyError(f"has no `p=` tag: {quote(text)}")
    if "v" in values and found[0] != ("v", "DKIM1"):
        raise _NoKeyError(f"does not start with exactly `v=DKIM1`: {quote(text)}")
    for name in values:
        if _TAG_NAME.fullmatch(name) is None:
            raise _NoKeyError(f"holds what is no tag: {quote(name)}")
    return values


def _bits(text: str) -> int | None:
    values = _values(text)
    key, algorithm = octets_of(values["p"]), values.get("k", "rsa")
    if key is None:
        raise _NoKeyError(_PRIVATE if "PRIVATE KEY" in values["p"] else "holds a `p=` that is no Base64")
    if not key:
        return None
    if algorithm == "ed25519":
        if len(key) != ED25519_OCTETS:
            raise _NoKeyError(f"holds an Ed25519 key of {len(key)} octets in place of {ED25519_OCTETS}")
        return None
    if algorithm != "rsa":
        raise _NoKeyError(f"names an unknown algorithm: {quote(algorithm)}")
    return _modulus_bits(key)


def octets_of(encoded: str) -> bytes | None:
    """Return what Base64 stands for, with blanks in it or without; None for what is none."""
    try:
        return b64decode("".join(encoded.split()), validate=True)
    except (Base64Error, ValueError):
        return None


def _modulus_bits(key: bytes) -> int:
    """Return the modulus' size of a SubjectPublicKeyInfo (RFC 5280) or a bare RSAPublicKey (RFC 8017)."""
    try:
        _, content, _ = _element(key)
        tag, first, rest = _element(content)
        if tag == 0x30:  # an algorithm, then the key in a bit string, whose first octet counts unused bits
            _, bit_string, _ = _element(rest)
            _, content, _ = _element(bit_string[1:])
            tag, first, rest = _element(content)
        if tag == 0x02 and first in _PRIVATE_VERSIONS:
            raise _NoKeyError(_PRIVATE)
        if tag != 0x02 or not rest:
            raise _NoKeyError("holds a key that is no RSA key")
    except IndexError:
        raise _NoKeyError("holds a key that was cut off") from None
    return int.from_bytes(first, "big").bit_length()


def _element(der: bytes) -> tuple[int, bytes, bytes]:
    """Return tag, content and what follows the first DER element; raise IndexError where octets are missing."""
    size, start = der[1], 2
    if size & 0x80:  # the long form (X.690 section 8.1.3): so many octets hold the length
        start += size & 0x7F
        size = int.from_bytes(der[2:start], "big")
    content = der[start : start + size]
    if len(content) < size:
        raise IndexError
    return der[0], content, der[start + size :]


def broken(old: Iterable[str], new: Iterable[str]) -> str:
    """Return why mail that the old texts of a selector verify fails with the new ones; empty where none does."""
    before, after = ({key for text in texts if (key := key_of(text))} for texts in (old, new))
    if before and not after:
        return "the key is revoked, and mail signed with it fails (DKIM)"
    return "mail signed with the old key fails (DKIM)" if before and not before & after else ""

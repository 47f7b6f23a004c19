"""The hash that stands for a state."""

import hashlib


def fingerprint(text: str) -> str:
    """Return the hash that stands for a state: SHA-256 of its canonical text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()

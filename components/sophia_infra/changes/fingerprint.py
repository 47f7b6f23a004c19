"""The hash that stands for a state, and the error where a state is no longer the one that was planned against."""

import hashlib

from sophia_infra.errors import SophiaError


class BaseMovedError(SophiaError):
    """What is live is no longer what the plan was made against. Nothing was written."""

    code = "base-moved"

    def __init__(self, location: str) -> None:
        super().__init__(
            f"{location} has changed since the preview, so what was previewed is not what would happen; "
            "nothing was written: run the preview again and look at it"
        )


def fingerprint(text: str) -> str:
    """Return the hash that stands for a state: SHA-256 of its canonical text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()

"""Where a zone lives. A backend is one file of this room; `open_backend` maps its kind to it."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from sophia_infra.dns.backends.base import Backend, BackendError, BaseMovedError, Decide, Live, base_of
from sophia_infra.dns.backends.credentials import Credentials
from sophia_infra.dns.backends.zone_file import ZoneFile

Opener = Callable[[Mapping[str, Any], str, Credentials], Backend]

_KINDS: dict[str, Opener] = {"file": ZoneFile.from_settings}


def open_backend(settings: Mapping[str, Any], domain: str, credentials: Credentials | None = None) -> Backend:
    """Return the backend that a zone's `backend` settings describe; opening one touches nothing.

    `kind` is one that this library has, or `package.module:opener` for one of the user's own (examples/custom-backend).

    Raises:
        BackendError: the kind, or one of its settings, is not known.
    """
    given = dict(settings)
    kind = given.pop("kind", "file")
    opener = _KINDS.get(kind) or _of_the_user(kind)
    return opener(given, domain, credentials or Credentials())


def _of_the_user(kind: Any) -> Opener:
    module, colon, name = str(kind).partition(":")
    if not colon:
        raise BackendError(f"backend.kind is {kind!r}; known are {', '.join(_KINDS)}, or package.module:opener")
    try:
        opener: Opener = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise BackendError(f"backend.kind {kind!r} can't be imported: {error}") from None
    return opener


__all__ = [
    "Backend",
    "BackendError",
    "BaseMovedError",
    "Credentials",
    "Decide",
    "Live",
    "Opener",
    "ZoneFile",
    "base_of",
    "open_backend",
]

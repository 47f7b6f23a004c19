"""Where a zone lives. A backend is one file of this room; `open_backend` maps its kind to it."""

from collections.abc import Mapping
from typing import Any

from sophia_infra.dns.backends.base import Backend, BackendError, BaseMovedError, Live
from sophia_infra.dns.backends.zone_file import ZoneFile

_KINDS = {"file": ZoneFile.from_settings}


def open_backend(settings: Mapping[str, Any], domain: str) -> Backend:
    """Return the backend that a zone's `backend` settings describe; opening one touches nothing.

    Raises:
        BackendError: the kind, or one of its settings, is not known.
    """
    given = dict(settings)
    kind = given.pop("kind", "file")
    if kind not in _KINDS:
        raise BackendError(f"backend.kind is {kind!r}; known are {', '.join(_KINDS)}")
    return _KINDS[kind](given, domain)


__all__ = ["Backend", "BackendError", "BaseMovedError", "Live", "ZoneFile", "open_backend"]

"""Where a zone lives. A backend is one file, or folder, of this room; `open_backend` maps its kind to it."""

from collections.abc import Mapping
from importlib import import_module
from operator import attrgetter
from typing import Any, cast

from sophia_infra.changes import BaseMovedError
from sophia_infra.credentials import Credentials
from sophia_infra.dns.backends.base import (
    Backend,
    BackendError,
    Decide,
    Lag,
    Live,
    base_of,
    credential_of,
    credentials_of,
    for_part,
    for_writer,
    has_alias,
    reached_at,
    refuse_unwritable,
)
from sophia_infra.values import shown

# Imported on use: a stack pays for the libraries of the backends that it has.
KINDS = {
    "cloudflare": "sophia_infra.dns.backends.cloudflare.backend:Cloudflare",
    "file": "sophia_infra.dns.backends.zone_file:ZoneFile",
    "namecheap": "sophia_infra.dns.backends.namecheap.backend:Namecheap",
    "rfc2136": "sophia_infra.dns.backends.rfc2136.backend:Rfc2136",
}


def open_backend(settings: Mapping[str, Any], domain: str, credentials: Credentials | None = None) -> Backend:
    """Return the backend that a zone's `backend` settings describe; opening one touches nothing.

    `kind` is one that this library has, or `package.module:Class` for one of the user's own (examples/custom-backend).
    The class has `from_settings(settings, domain, credentials)`, which refuses settings that it does not know. Of any
    kind `credential` names which of several credentials of that kind to use.

    Raises:
        BackendError: the kind, or one of its settings, is not known.
        CredentialError: `credential` is no name.
    """
    given = dict(settings)
    kind, name = given.pop("kind", "file"), given.pop("credential", None)
    found = credentials or Credentials()
    chosen = found if name is None else found.called(name, "backend.credential")
    backend = _class_of(kind).from_settings(given, domain, chosen)
    if not hasattr(backend, "location"):
        type(backend).location = property(attrgetter("place"))  # as backends of users' own may call it
    return cast(Backend, backend)


def lag_of(kind: str) -> Lag:
    """Return how the servers of a kind of backend follow it; a backend that knows says so with `lag`, of its class."""
    try:
        found: Lag = getattr(_class_of(kind), "lag", Lag())
    except BackendError:
        return Lag()
    return found


def _class_of(kind: Any) -> Any:
    module, colon, name = KINDS.get(str(kind), str(kind)).partition(":")
    if not colon:
        raise BackendError(
            f"backend.kind is {shown(kind)}; known are {', '.join(KINDS)}, or package.module:Class",
            field="backend.kind",
            value=kind,
        )
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise BackendError(
            f"backend.kind {kind!r} can't be imported: {error}", field="backend.kind", value=kind
        ) from None


__all__ = [
    "Backend",
    "BackendError",
    "BaseMovedError",
    "Credentials",
    "Decide",
    "Lag",
    "Live",
    "base_of",
    "credential_of",
    "credentials_of",
    "for_part",
    "for_writer",
    "has_alias",
    "lag_of",
    "open_backend",
    "reached_at",
    "refuse_unwritable",
]

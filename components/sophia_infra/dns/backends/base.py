"""The contract of a backend."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from sophia_infra.changes import fingerprint
from sophia_infra.credentials import Credentials, Pair
from sophia_infra.dns.rr.rtype import ALIAS
from sophia_infra.dns.serial import with_serial
from sophia_infra.errors import SophiaError


class BackendError(SophiaError):
    """A zone that can't be read or written where it lives, or a backend that is set up wrongly."""

    code = "backend"


def not_held(subject: str, message: str, value: float | str | None = None, limit: float | None = None) -> BackendError:
    """Return the error for a record set that this backend can't hold; the message names it and the way out."""
    return BackendError(message, code="not-held", subject=subject, value=value, limit=limit)


def unusable(what: str, error: OSError, way_out: str, subject: str) -> BackendError:
    """Return the error for a file or folder that the system refuses; `what` says what can't be done."""
    return BackendError(f"{what}: {error.strerror or error}; {way_out}", code="unusable", subject=subject)


@dataclass(frozen=True, slots=True)
class Live:
    """A zone as it is served: canonical text with its SOA, empty where there is no zone.

    `writer` is who wrote it last, `shop of acme/prod`; empty where the backend can't tell.
    """

    text: str = ""
    serial: int | None = None
    writer: str = field(default="", kw_only=True)

    @property
    def base(self) -> str:
        """The hash that a plan is made against. A serial alone does not move it: servers may raise it."""
        return base_of(self.text)

    @property
    def beside(self) -> Mapping[str, Any]:
        """What zone text can't hold, as settings of the backend that bring it back with a restore. Here: nothing."""
        return {}

    def refuse_unreachable(self, desired: str) -> None:
        """Refuse a whole zone that no apply can make of this one. Here: none; a provider that keeps records says which.

        Raises:
            BackendError: a record that nobody can change or take away there would have to; the way out is `ignore`.
        """


@dataclass(frozen=True, slots=True)
class Lag:
    """How the name servers of a backend follow what is written there.

    Attributes:
        propagation: how long they may take until they serve a change.
        proxied: the record types in whose place a proxy's addresses may be answered.
    """

    propagation: timedelta = timedelta(minutes=15)
    proxied: frozenset[str] = frozenset()


def base_of(text: str) -> str:
    """Return the hash that stands for a live zone, or a stack's part of one, whatever its serial."""
    return fingerprint(with_serial(text, 0))


def refuse_aliases(zone: str, location: str) -> None:
    """Raise BackendError for canonical text with an ALIAS, at a backend that has no such type."""
    lines = (line.split(" ", 3) for line in zone.splitlines()) if f" {ALIAS} " in zone else ()
    for owner, _, rtype, target in lines:
        if rtype == ALIAS:
            raise not_held(
                f"{owner} {ALIAS}",
                f"{owner} ALIAS is asked for, and {location} has no such type, since it is none of the DNS: write A "
                f"and AAAA with the addresses of {target}, or CNAME where nothing else stands at {owner}; or let each "
                "run look them up (the zone's argument alias='resolve')",
            )


Decide = Callable[[Live], str]
"""Told the zone as it is, says what it must hold from now on, or raises BaseMovedError where it is not as planned."""


class Backend(Protocol):
    """Reads and changes one zone. Several threads and processes may use the same zone through it at once.

    Opening one touches nothing and needs no credentials. `location` names where the zone is for messages and the
    journal: one location, one zone, whatever the path to it.
    """

    @property
    def location(self) -> str: ...  # noqa: D102  # described above

    def read(self) -> Live:
        """Return the zone as it is now, with the SOA and the NS at the apex that the world sees.

        Raises:
            BackendError: it can't be read whole; a part of a zone MUST never pass for all of it.
        """

    def normalize(self, zone: str, live: Live) -> str:
        """Return a zone as this backend would hold it: TTLs that it rounds, what it sets itself as `live` has it.

        What comes back from `read` after an `apply` MUST be equal to it, the SOA's serial aside.

        Raises:
            BackendError: it holds no such record; the message names the record and the way out.
        """

    def apply(self, decide: Decide) -> Live:
        """Make the zone hold exactly what `decide` says of it as it is; the SOA's serial is the backend's.

        MUST read, decide and write so that no other writer comes between: under one lock, or with prerequisites that
        the server checks. MUST do nothing, and succeed, where the zone is as decided already. Killed at any point, a
        second `apply` MUST end with the zone as decided, and lookups MUST find the old or the new set until then.

        Raises:
            BaseMovedError: `decide` raised it, or another writer came between; nothing was written.
            BackendError: it can't be written; the message says what was written, if anything was.
        """

    def remove(self) -> None:
        """Stop serving the zone's records. MUST keep a way back, and succeed where there is surely no zone.

        Raises:
            BackendError: the zone can't be read or written, or it can't be told from a fault that there is none.
        """


def has_alias(backend: Backend) -> bool:
    """Return whether a backend has ALIAS; one that has none says so with `has_alias = False`."""
    return bool(getattr(backend, "has_alias", True))


def credential_of(backend: Backend) -> Pair | None:
    """Return which credential a backend reads, None for none, or where it does not say so by `credential`."""
    found: Pair | None = getattr(backend, "credential", None)
    return found


def credentials_of(backend: Backend) -> dict[str, str]:
    """Return what the settings hold that a backend's credential comes from, by name; empty for none."""
    found, pair = getattr(backend, "credentials", None), credential_of(backend)
    return found.written(*pair) if isinstance(found, Credentials) and pair else {}


def reached_at(backend: Backend) -> tuple[str, int] | None:
    """Return host and port of where a backend talks to, None for nowhere, or where it does not say so."""
    found: tuple[str, int] | None = getattr(backend, "reached_at", None)
    return found


def refuse_unwritable(backend: Backend) -> None:
    """Refuse a zone that could not be written, as far as its backend can be asked with nothing changed.

    A backend that can ask has a method `refuse_unwritable`; of any other nothing is known.

    Raises:
        BackendError: it could not be written; the message says why.
        CredentialError: there is no credential for it.
    """
    asked: Callable[[], None] = getattr(backend, "refuse_unwritable", lambda: None)
    asked()


def for_part(backend: Backend) -> Backend:
    """Return a backend as one that writes a part of its zone: no record that is not in the part, the SOA among them.

    A backend that writes more than what differs has a method `for_part` that says how. Most write what differs anyway.
    """
    narrowed: Callable[[], Backend] = getattr(backend, "for_part", lambda: backend)
    return narrowed()


def for_writer(backend: Backend, writer: str) -> Backend:
    """Return a backend as one that notes who writes, `shop of acme/prod`, for `Live.writer`.

    A backend with a place for it, as a master file has comments, has a method `for_writer` that says how.
    """
    noting: Callable[[str], Backend] = getattr(backend, "for_writer", lambda _: backend)
    return noting(writer)

"""The backend of zones at Cloudflare."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from sophia_infra.credentials import CLOUDFLARE, Credentials
from sophia_infra.dns.backends import backup
from sophia_infra.dns.backends.base import BackendError, Decide, Lag, Live
from sophia_infra.dns.backends.cloudflare import listing
from sophia_infra.dns.backends.cloudflare.client import Client, connected
from sophia_infra.dns.backends.cloudflare.listing import Listing
from sophia_infra.dns.backends.cloudflare.records import PROXIABLE, proxied_owners, to_proxy
from sophia_infra.dns.backends.cloudflare.terms import Terms, normalized
from sophia_infra.dns.backends.cloudflare.writer import Writer
from sophia_infra.dns.backends.locks import locked
from sophia_infra.dns.backends.providers import host_and_port, named, safe_endpoint
from sophia_infra.dns.rr.record import to_text
from sophia_infra.reporter import STDERR
from sophia_infra.values import ABOVE_ZERO, Value

ENDPOINT = "https://api.cloudflare.com/client/v4"
TIMEOUT = 30.0
"""Seconds without a single octet after which a request counts as failed."""
PLANS = ("free", "paid", "enterprise")
_SETTINGS = ("account_id", "zone_id", "plan", "endpoint", "proxied", "timeout")
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Cloudflare:
    """A zone at Cloudflare; docs/cloudflare.md says what each setting means.

    `plan` empty: what Cloudflare says of the zone. `proxied` are patterns of owner names, as `changes.covers` reads
    them, whose addresses and aliases are proxied; whatever else is proxied stays so.
    """

    credential: ClassVar = CLOUDFLARE
    # seconds as a rule: https://blog.cloudflare.com/dns-build-improvement/
    lag: ClassVar = Lag(timedelta(minutes=5), PROXIABLE)
    domain: str
    credentials: Credentials
    account_id: str = ""
    zone_id: str = ""
    plan: str = ""
    endpoint: str = ENDPOINT
    proxied: tuple[str, ...] = ()
    timeout: float = TIMEOUT

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], domain: str, credentials: Credentials) -> Self:
        """Read the settings; BackendError names one that is not known or not allowed."""
        Value("backend", settings, BackendError).members(_SETTINGS, "setting of Cloudflare")
        given = {
            name: Value(f"backend.{name}", value, BackendError) for name, value in settings.items() if value is not None
        }
        return cls(domain.rstrip(".").lower(), credentials, **{name: _READ[name](given[name]) for name in given})

    @property
    def location(self) -> str:
        """The zone's name at Cloudflare, whichever way it is found there."""
        return f"cloudflare:{self.domain}" + ("" if self.endpoint == ENDPOINT else f"@{urlsplit(self.endpoint).netloc}")

    @property
    def reached_at(self) -> tuple[str, int]:
        """The API's host and port."""
        return host_and_port(self.endpoint)

    def read(self) -> Live:
        """Return the zone with the SOA and NS that Cloudflare serves; without text where it has no such zone."""
        with connected(self.endpoint, self.timeout, self.credentials) as client:
            return self._read(client)

    def normalize(self, zone: str, live: Live) -> str:
        """Return a zone with Cloudflare's own SOA and NS, TTLs within its bounds, and those of proxied names."""
        if not live.text:
            raise BackendError(
                f"there is no zone {self.domain} at Cloudflare that this token can see; add it there, or let "
                "backend.zone make it (docs/cloudflare.md)",
                code="no-zone",
                subject=self.domain,
            )
        entries = live.entries if isinstance(live, Listing) else ()
        if direct := {entry.record.owner for entry in to_proxy(entries, self.proxied)}:
            STDERR.say_once(f"{self.location}: not proxied yet, and to be with the next change: {named(direct)}")
        terms = Terms(self._plan(live), self.domain, frozenset(proxied_owners(entries)), self.proxied)
        return normalized(zone, live.text, terms)

    def apply(self, decide: Decide) -> Live:
        """Send the difference in batches, each a transaction; see `Backend.apply`.

        Cloudflare has no locks: the zone is listed right before, what another writer did meanwhile is noticed after.
        """
        with self._alone() as client:
            live = self._read(client)
            writer = self._writer(client, live)
            served = writer.write(decide(live))
            if writer.written:
                STDERR.say_once(f"{self.location}: {writer.written} changes written in {client.spent}")
            return served

    def remove(self) -> None:
        """Keep a backup, and take all records away that Cloudflare lets go; the zone itself stays.

        A token that is not for the zone sees none, just as one for a zone that is gone: nobody can tell which.
        """
        with self._alone() as client:
            live = self._read(client)
            if live.zone is None:
                raise BackendError(
                    f"there is no zone {self.domain} at Cloudflare that this token can see, so nothing was removed: "
                    "give a token that can; where the zone is gone, forget its records with `pulumi state delete`",
                    code="no-zone",
                    subject=self.domain,
                )
            staying = [entry.record for entry in live.entries if entry.is_kept or entry.is_apex]
            if len(staying) == len(live.entries):
                return
            backup.keep(live, self.domain)
            self._writer(client, live).write(to_text([*live.zone.apex, *staying]))

    @contextmanager
    def _alone(self) -> Iterator[Client]:
        with locked(self.location), connected(self.endpoint, self.timeout, self.credentials) as client:
            yield client

    def _read(self, client: Client) -> Listing:
        return listing.read(client, self.domain, self.account_id, self.zone_id)

    def _writer(self, client: Client, live: Listing) -> Writer:
        plan = self._plan(live)
        return Writer(self.location, self.domain, live, plan, self.proxied, client, lambda: self._read(client))

    def _plan(self, live: Live) -> str:
        return self.plan or (live.zone.plan if isinstance(live, Listing) and live.zone else "")


def _id(given: Value) -> str:
    return given.text("give the 32 hexadecimal digits of the dashboard", fits=_ID.fullmatch)


def _patterns(given: Value) -> tuple[str, ...]:
    way_out = "give a list of owner names or patterns, such as ['@', 'www']"
    return tuple(item.text(way_out) for item in given.items(way_out))


_READ: Mapping[str, Callable[[Value], Any]] = {
    "account_id": _id,
    "zone_id": _id,
    "plan": lambda given: given.word(PLANS),
    "endpoint": lambda given: safe_endpoint(given).rstrip("/"),
    "proxied": _patterns,
    "timeout": lambda given: given.number(ABOVE_ZERO, sys.float_info.max, "give seconds above 0"),
}

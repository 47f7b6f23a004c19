"""Namecheap as a backend: read all, decide, write all, read back."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from sophia_infra.advice.report import STDERR
from sophia_infra.credentials import Credentials
from sophia_infra.dns.backends import backup
from sophia_infra.dns.backends.base import BackendError, Decide, Live
from sophia_infra.dns.backends.locks import locked
from sophia_infra.dns.backends.namecheap.api import (
    THROTTLED_PAUSE,
    TRIES,
    Api,
    NoDomainError,
    ThrottledError,
    UnansweredError,
)
from sophia_infra.dns.backends.namecheap.holding import held
from sophia_infra.dns.backends.namecheap.hosts import MAIL_BY_RECORDS, Host, HostList, host_of, is_apex, parted
from sophia_infra.dns.backends.namecheap.settings import api_from
from sophia_infra.dns.backends.retries import again
from sophia_infra.dns.rr.record import Record, from_text, to_text
from sophia_infra.dns.serial import with_serial

_SHOWN = 5
Held = tuple[str, str]
"""What a message may call a part of a host list, and the part."""


@dataclass(frozen=True, slots=True)
class NamecheapLive(Live):
    """A zone with what zone text can't hold: each record's host, the hosts that are no records, the e-mail type."""

    records: Mapping[Record, Host] = field(default_factory=dict)
    carried: tuple[Host, ...] = ()
    email: str = ""

    @property
    def dynamic(self) -> list[str]:
        """The hosts that take dynamic updates."""
        return [str(host) for host in (*self.records.values(), *self.carried) if host.dynamic]


@dataclass(frozen=True, slots=True)
class Namecheap:
    """A domain registered and served at Namecheap.

    Settings: `username`; `client_ip`, the whitelisted public IPv4 address of this machine; `api_user` (default the
    username); `sandbox`; `timeout` in seconds (30); `quota`, requests in a minute, an hour and a day; `endpoint`.
    """

    api: Api

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], domain: str, credentials: Credentials) -> Self:
        """Read the settings; the key is `sophia:namecheapApiKey`, or NAMECHEAP_API_KEY in the environment.

        Raises:
            BackendError: a setting is not known, is missing, or has a value that is not allowed.
        """
        return cls(api_from(settings, domain, credentials))

    @property
    def place(self) -> str:
        """The domain, where it is served."""
        return f"{urlsplit(self.api.endpoint).netloc}/{self.api.domain}"

    def read(self) -> NamecheapLive:
        """Return the zone; redirects, and MX records that Namecheap sets itself, are no part of its text."""
        return self._read()

    def normalize(self, zone: str, live: Live) -> str:
        """Return the zone with the SOA and name servers that Namecheap sets."""
        if not isinstance(live, NamecheapLive):
            live = NamecheapLive(live.text, live.serial)
        wanted = held(zone, live.text, live.carried, live.email, self.api.domain)
        if live.dynamic and with_serial(wanted, 0) != with_serial(live.text, 0):
            STDERR.say_once(
                f"{self.place}: {_listed(Counter(live.dynamic))} takes dynamic updates, which the API can't write back "
                "with the list; look in the panel after the apply whether it still does"
            )
        return wanted

    def apply(self, decide: Decide) -> Live:
        """Write the whole host list, and read it back; see `Backend.apply`.

        Other processes on this machine wait. Namecheap has no way to refuse a write because the list moved: somebody
        who edits it in the panel in the second between reading and writing is overwritten.
        """
        with locked(self.place):
            return again(ThrottledError, lambda: self._applied(decide), attempts=TRIES, pause=THROTTLED_PAUSE)

    def remove(self) -> None:
        """Take all records away, after a copy was kept; redirects and mail that Namecheap handles stay."""
        with locked(self.place):
            try:
                live = self._read(to_write=True)
            except NoDomainError:
                return
            if live.records:
                backup.keep(live, self.api.domain)
                self._written(live, to_text([record for record in from_text(live.text) if is_apex(record)]))

    def _read(self, *, to_write: bool = False) -> NamecheapLive:
        return self._live(_apex(self.api.name_servers()), to_write=to_write)

    def _live(self, apex: list[Record], *, to_write: bool = False) -> NamecheapLive:
        found = self.api.host_list(to_write=to_write)
        records, carried = parted(found, self.api.domain)
        text = to_text([*apex, *records])
        return NamecheapLive(text, 0, records, carried, found.email)

    def _applied(self, decide: Decide) -> Live:
        live = self._read(to_write=True)
        desired = decide(live)
        if with_serial(live.text, 0) == with_serial(desired, 0):
            return live
        return self._written(live, desired)

    def _written(self, live: NamecheapLive, desired: str) -> Live:
        records = [record for record in from_text(desired) if not is_apex(record)]
        hosts = [live.records.get(record) or host_of(record) for record in records]
        wanted = HostList(_email(live.email, hosts, self.api.domain), (*live.carried, *hosts))
        _all_active(wanted.hosts, self.api.domain)
        lost: UnansweredError | None = None
        try:
            self.api.set_hosts(wanted)
        except UnansweredError as error:
            lost = error
        after = self._live([record for record in from_text(live.text) if is_apex(record)])
        if lost and _same(after, live):
            raise BackendError(f"{lost}; {self.api.domain} is as it was before: run it again")
        expected = _contents(records, live)
        found = _contents(after.records, after)
        if expected != found:
            raise BackendError(self._told(expected, found))
        return after

    def _told(self, expected: Counter[Held], found: Counter[Held]) -> str:
        """Name what is wrong by its sets: a value may be a secret that another resource made."""
        missing, surplus = (_listed(Counter(name for name, _ in one)) for one in (expected - found, found - expected))
        return (
            f"{self.api.domain} was written, but Namecheap holds something else: missing {missing}; not asked for "
            f"{surplus}; run the preview again and look at it"
        )


def _same(one: NamecheapLive, other: NamecheapLive) -> bool:
    return (one.text, one.email, sorted(one.carried)) == (other.text, other.email, sorted(other.carried))


def _email(live: str, hosts: list[Host], domain: str) -> str:
    """The e-mail type goes with the MX records where those are the owner's; any other is left as it is."""
    if not live:
        raise BackendError(f"Namecheap does not tell how the mail of {domain} is handled, so nothing was written")
    if live not in MAIL_BY_RECORDS:
        return live
    return "MX" if any(host.type == "MX" for host in hosts) else "NONE"


def _all_active(hosts: tuple[Host, ...], domain: str) -> None:
    for host in hosts:
        if not host.active:
            raise BackendError(
                f"the host {host} of {domain} is switched off, which Namecheap's API can't write back, so nothing was "
                "written; switch it on in the panel, or delete it there"
            )


def _apex(servers: tuple[str, ...]) -> list[Record]:
    """The SOA and NS that the domain is served with. The API tells the servers; the SOA is the one that they serve."""
    authority = f"{servers[0]} hostmaster.registrar-servers.com. 0 43200 3600 604800 3601"
    return [Record("@", 3601, "SOA", authority), *(Record("@", 1800, "NS", server) for server in servers)]


def _contents(records: Iterable[Record], zone: NamecheapLive) -> Counter[Held]:
    """What a host list holds, to compare: Namecheap numbers and orders it anew with each write."""
    mail = [("its e-mail type", zone.email)] if zone.email not in MAIL_BY_RECORDS else []
    held = [(record.subject, str(record)) for record in records]
    return Counter([*held, *((str(host), host.address) for host in zone.carried), *mail])


def _listed(contents: Counter[str]) -> str:
    return ", ".join(sorted(contents)[:_SHOWN]) or "nothing"

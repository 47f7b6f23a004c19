"""Namecheap as a backend: read all, decide, write all, read back."""

import ipaddress
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from sophia_infra.credentials import NAMECHEAP, Credentials
from sophia_infra.dns.backends import backup
from sophia_infra.dns.backends.base import BackendError, Decide, Lag, Live
from sophia_infra.dns.backends.budget import Budget, Window
from sophia_infra.dns.backends.locks import locked
from sophia_infra.dns.backends.namecheap.api import Api, NoDomainError, UnansweredError, admitted
from sophia_infra.dns.backends.namecheap.hosts import MAIL_BY_RECORDS, Host, HostList, host_of, normalized, parted
from sophia_infra.dns.backends.providers import host_and_port, is_apex, named, safe_endpoint
from sophia_infra.dns.reader.names import zone_origin
from sophia_infra.dns.reader.problems import Refused
from sophia_infra.dns.rr.record import Record, apex_of, from_text, to_text
from sophia_infra.dns.serial import with_serial
from sophia_infra.reporter import STDERR
from sophia_infra.values import ABOVE_ZERO, Value, is_number

PRODUCTION = "https://api.namecheap.com/xml.response"
SANDBOX = "https://api.sandbox.namecheap.com/xml.response"
QUOTA = (20, 700, 8000)
"""Requests that Namecheap allows an account in a minute, an hour and a day."""

_PERIODS = (60, 3600, 86400)
_SETTINGS = ("username", "api_user", "client_ip", "sandbox", "endpoint", "timeout", "quota")
_TIMEOUT = 30.0
_LONGEST_TIMEOUT = 600


@dataclass(frozen=True, slots=True)
class NamecheapLive(Live):
    """A zone with what zone text can't hold: each record's host, the hosts that are no records, the e-mail type."""

    records: Mapping[Record, Host] = field(default_factory=dict)
    carried: tuple[Host, ...] = ()
    email: str = ""


@dataclass(frozen=True, slots=True)
class Namecheap:
    """A domain registered and served at Namecheap.

    Settings: `username`; `client_ip`, the whitelisted public IPv4 address of this machine; `api_user` (default the
    username); `sandbox`; `timeout` in seconds (30); `quota`, requests in a minute, an hour and a day; `endpoint`.
    """

    credential: ClassVar = NAMECHEAP
    # as long as lego waits for it: https://go-acme.github.io/lego/dns/namecheap/
    lag: ClassVar = Lag(timedelta(hours=1))
    api: Api
    credentials: Credentials = field(default=Credentials(), repr=False, compare=False)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], domain: str, credentials: Credentials) -> Self:
        """Read the settings; BackendError names one that is not known, is missing or not allowed.

        The key is `sophia:namecheapApiKey`, or NAMECHEAP_API_KEY in the environment; it is looked up when first used.
        """
        given = Value("backend", settings, BackendError).members(_SETTINGS, "setting of Namecheap")
        username = _text(given, "username")
        user = _text(given, "api_user", username)
        endpoint = safe_endpoint(given.get("endpoint", SANDBOX if given.get("sandbox", False).flag() else PRODUCTION))
        seconds = f"give seconds, above 0 and at most {_LONGEST_TIMEOUT}"
        account = f"Namecheap account {user} at {urlsplit(endpoint).netloc}"
        api = Api(
            domain=_canonical(domain),
            username=username,
            api_user=user,
            client_ip=_address(given),
            endpoint=endpoint,
            timeout=given.get("timeout", _TIMEOUT).number(ABOVE_ZERO, _LONGEST_TIMEOUT, seconds),
            budget=Budget(account, _windows(given.get("quota", QUOTA))),
            key=lambda: credentials.get(*NAMECHEAP),
        )
        return cls(api, credentials)

    @property
    def location(self) -> str:
        """The domain, where it is served."""
        return f"{urlsplit(self.api.endpoint).netloc}/{self.api.domain}"

    @property
    def reached_at(self) -> tuple[str, int]:
        """The API's host and port."""
        return host_and_port(self.api.endpoint)

    def read(self, *, to_write: bool = False) -> NamecheapLive:
        """Return the zone; redirects, and MX records that Namecheap sets itself, are no part of its text."""
        return self._live(_apex(self.api.name_servers()), to_write=to_write)

    def normalize(self, zone: str, live: Live) -> str:
        """Return the zone with the SOA and name servers that Namecheap sets."""
        if not isinstance(live, NamecheapLive):
            live = NamecheapLive(live.text, live.serial)
        wanted = normalized(zone, live.text, live.carried, live.email, self.api.domain)
        dynamic = [str(host) for host in (*live.records.values(), *live.carried) if host.dynamic]
        if dynamic and with_serial(wanted, 0) != with_serial(live.text, 0):
            STDERR.say_once(
                f"{self.location}: {named(dynamic)} takes dynamic updates, which the API can't write back "
                "with the list; look in the panel after the apply whether it still does"
            )
        return wanted

    def apply(self, decide: Decide) -> Live:
        """Write the whole host list, and read it back; see `Backend.apply`.

        Other processes on this machine wait. Namecheap has no way to refuse a write because the list moved: somebody
        who edits it in the panel in the second between reading and writing is overwritten.
        """
        with locked(self.location):
            return admitted(lambda: self._applied(decide))

    def remove(self) -> None:
        """Take all records away, after a copy was kept; redirects and mail that Namecheap handles stay."""
        with locked(self.location):
            try:
                live = self.read(to_write=True)
            except NoDomainError:
                return
            if live.records:
                backup.keep(live, self.api.domain)
                self._written(live, to_text(apex_of(live.text)))

    def _live(self, apex: list[Record], *, to_write: bool = False) -> NamecheapLive:
        found = self.api.host_list(to_write=to_write)
        records, carried = parted(found, self.api.domain)
        text = to_text([*apex, *records])
        return NamecheapLive(text, 0, records, carried, found.email)

    def _applied(self, decide: Decide) -> Live:
        live = self.read(to_write=True)
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
        after = self._live(apex_of(live.text))
        expected, found = _contents(records, live), _contents(after.records, after)
        if lost and found == _contents(live.records, live):
            message = f"{lost}; {self.api.domain} is as it was before: run it again"
            raise BackendError(message, code=lost.code, subject=lost.subject, value=lost.value)
        if expected != found:
            # by sets: a value may be a secret that another resource made
            missing, surplus = (
                named({name for name, _ in part}) or "nothing" for part in (expected - found, found - expected)
            )
            raise BackendError(
                f"{self.api.domain} was written, but Namecheap holds something else: missing {missing}; not asked for "
                f"{surplus}; run the preview again and look at it",
                code="another-writer",
                subject=missing,
                value=surplus,
            )
        return after


def _email(live: str, hosts: list[Host], domain: str) -> str:
    """The e-mail type goes with the MX records where those are the owner's; any other is left as it is."""
    if not live:
        message = f"Namecheap does not tell how the mail of {domain} is handled, so nothing was written"
        raise BackendError(message, code="unreadable", subject="EmailType")
    if live not in MAIL_BY_RECORDS:
        return live
    return "MX" if any(host.type == "MX" for host in hosts) else "NONE"


def _all_active(hosts: tuple[Host, ...], domain: str) -> None:
    for host in hosts:
        if not host.active:
            raise BackendError(
                f"the host {host} of {domain} is switched off, which Namecheap's API can't write back, so nothing was "
                "written; switch it on in the panel, or delete it there",
                code="set-there",
                subject=str(host),
            )


def _apex(servers: tuple[str, ...]) -> list[Record]:
    """The SOA and NS that the domain is served with. The API tells the servers; the SOA is the one that they serve."""
    authority = f"{servers[0]} hostmaster.registrar-servers.com. 0 43200 3600 604800 3601"
    return [Record("@", 3601, "SOA", authority), *(Record("@", 1800, "NS", server) for server in servers)]


def _contents(records: Iterable[Record], zone: NamecheapLive) -> Counter[tuple[str, str]]:
    """What a host list holds, by what a message may call it: Namecheap numbers and orders it anew with each write."""
    mail = [("its e-mail type", zone.email)] if zone.email not in MAIL_BY_RECORDS else []
    held = [(record.subject, str(record)) for record in records]
    return Counter([*held, *((str(host), host.address) for host in zone.carried), *mail])


def _canonical(domain: str) -> str:
    try:
        return zone_origin(domain).rstrip(".")
    except Refused as refusal:
        raise BackendError(
            f"domain is {domain!r}: {refusal}; give the registered domain, such as shop.example",
            field="domain",
            value=domain,
        ) from None


def _text(given: Value, name: str, default: str | None = None) -> str:
    return given.get(name, default).text(f"give Namecheap's {name.replace('_', ' ')} as a text", fits=str.strip)


def _address(given: Value) -> str:
    try:
        return str(ipaddress.IPv4Address(_text(given, "client_ip")))
    except ValueError:
        raise given.get("client_ip").wrong("give this machine's public IPv4 address") from None


def _windows(quota: Value) -> tuple[Window, ...]:
    way_out = f"give requests in a minute, an hour and a day: {list(QUOTA)}"
    counts = [count.value for count in quota.items(way_out)]
    if len(counts) != len(_PERIODS) or not all(is_number(count) and count >= 1 and count % 1 == 0 for count in counts):
        raise quota.wrong(way_out)
    return tuple(Window(int(count), period) for count, period in zip(counts, _PERIODS, strict=True))

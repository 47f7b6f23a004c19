"""Namecheap's host list, and what of it is DNS records. Pure.

Source: https://www.namecheap.com/support/api/methods/domains-dns/get-hosts/ and set-hosts/.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple, cast

import dns.rdata
from dns.rdtypes.ANY.TXT import TXT

from sophia_infra.dns.backends.base import BackendError
from sophia_infra.dns.program.inputs import header_of
from sophia_infra.dns.reader import ZoneTextError, read_rdata
from sophia_infra.dns.rr.record import Record

TYPES = ("A", "AAAA", "CAA", "CNAME", "MX", "NS", "TXT")
"""The host types that are records of a zone. Redirects (URL, URL301, APEX), ALIAS and MXE are Namecheap's own."""

MAIL_BY_RECORDS = ("MX", "NONE", "")
"""E-mail types under which the domain's MX records are the owner's; under any other, Namecheap sets them."""

REDIRECTS = ("URL", "URL301", "APEX", "ALIAS")

_DEFAULT_PREFERENCE = "10"
_TARGETS = ("CNAME", "MX", "NS")


class Host(NamedTuple):
    """One entry of the list, as the API has it: `address` is the value, `preference` counts for MX only.

    A `dynamic` one is changed by whoever runs Namecheap's dynamic DNS client.
    """

    name: str
    type: str
    address: str
    preference: str
    ttl: int
    active: bool = True
    dynamic: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.type}"


@dataclass(frozen=True, slots=True)
class HostList:
    """A domain's hosts, and how its mail is handled: `email` is MX, NONE, MXE, FWD, OX or GMAIL."""

    email: str
    hosts: tuple[Host, ...]


class Parted(NamedTuple):
    """A host list, parted: the hosts of each record, and those that are carried through as they are."""

    records: dict[Record, Host]
    carried: tuple[Host, ...]


def parted(found: HostList, domain: str) -> Parted:
    """Part a host list into records and what is Namecheap's own; the page it parks an empty domain on is neither.

    A set whose hosts differ in TTL gets the lowest one, as resolvers do (RFC 2181 section 5.2).

    Raises:
        BackendError: the value of a host can't be read.
    """
    hosts = () if _is_parked(found.hosts) else found.hosts
    carried = tuple(host for host in hosts if not _is_record(host, found.email, domain))
    read = [(_record(host, domain), host) for host in hosts if _is_record(host, found.email, domain)]
    lowest: dict[str, int] = defaultdict(lambda: 2**31)
    for record, _ in read:
        lowest[record.subject] = min(lowest[record.subject], record.ttl)
    return Parted({record._replace(ttl=lowest[record.subject]): host for record, host in read}, carried)


def host_of(record: Record) -> Host:
    """Return the host that holds a record."""
    address, preference = record.rdata, _DEFAULT_PREFERENCE
    if record.type == "MX":
        preference, _, address = record.rdata.partition(" ")
    elif record.type == "TXT":
        address = text_of(record.rdata)
    return Host(record.owner, record.type, address, preference, record.ttl)


def text_of(rdata: str) -> str:
    """Return the text that the strings of TXT data make together, as the API takes it.

    Raises:
        UnicodeDecodeError: it is no text.
    """
    data = cast(TXT, dns.rdata.from_text("IN", "TXT", rdata))
    return b"".join(data.strings).decode()


def data_of(text: str, domain: str) -> str:
    """Return the TXT data that the API's text stands for: it is split into strings of 255 octets when it is served."""
    try:
        return read_rdata("TXT", text, domain)
    except ZoneTextError:  # starts with a quote, and is not in quotes
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return read_rdata("TXT", f'"{escaped}"', domain)


def owner_of(host: Host, domain: str) -> str:
    """Return a host's owner name, relative to the domain.

    Raises:
        BackendError: it is no domain name.
    """
    name = host.name.lower().rstrip(".")
    name = "@" if name == domain else name.removesuffix(f".{domain}")
    try:
        return header_of({"name": name, "type": "A"}, domain, label="host").owner
    except ZoneTextError as error:
        raise _unreadable(host, domain, error) from None


def _is_record(host: Host, email: str, domain: str) -> bool:
    if host.type == "MX":
        return email in MAIL_BY_RECORDS
    # The name servers of the domain itself are set elsewhere.
    return host.type in TYPES and (host.type, owner_of(host, domain)) != ("NS", "@")


def _record(host: Host, domain: str) -> Record:
    address = host.address
    if host.type in _TARGETS:
        address = f"{address.rstrip('.')}."
    try:
        if host.type == "MX":
            data = read_rdata("MX", f"{host.preference} {address}", domain)
        elif host.type == "TXT":
            data = data_of(address, domain)
        else:
            data = read_rdata(host.type, address, domain)
    except ZoneTextError as error:
        raise _unreadable(host, domain, error) from None
    return Record(owner_of(host, domain), host.ttl, host.type, data)


def _unreadable(host: Host, domain: str, error: ZoneTextError) -> BackendError:
    return BackendError(f"the host {host} of {domain} can't be read; mend it in Namecheap's panel: {error}")


def _is_parked(hosts: tuple[Host, ...]) -> bool:
    """Whether a domain holds only what Namecheap puts into an empty one: a redirect, an alias of its parking page."""
    return sorted(host.type for host in hosts) == ["CNAME", "URL"] and any(
        host.address.rstrip(".").lower() == "parkingpage.namecheap.com" for host in hosts
    )

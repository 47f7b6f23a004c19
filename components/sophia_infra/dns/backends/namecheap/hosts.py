"""Namecheap's host list, what of it is DNS records, and what it can hold of a zone. Pure.

Source: https://www.namecheap.com/support/api/methods/domains-dns/get-hosts/ and set-hosts/; of the limits
https://www.namecheap.com/support/knowledgebase/article.aspx/10058/10/namecheap-dns-limits/.
"""

import re
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple, cast

import dns.rdata
from dns.rdtypes.ANY.TXT import TXT

from sophia_infra.dns.backends.base import BackendError, not_held
from sophia_infra.dns.backends.providers import is_apex, own_apex
from sophia_infra.dns.program.inputs import header_of
from sophia_infra.dns.reader import ZoneTextError, read_rdata
from sophia_infra.dns.rr.record import Record, from_text, to_text
from sophia_infra.dns.rr.rtype import ALIASES

TYPES = ("A", "AAAA", "ALIAS", "CAA", "CNAME", "MX", "NS", "TXT")
"""The host types that are records of a zone. Redirects (URL, URL301, APEX) and MXE are Namecheap's own."""

MAIL_BY_RECORDS = ("MX", "NONE", "")
"""E-mail types under which the domain's MX records are the owner's; under any other, Namecheap sets them."""

REDIRECTS = ("URL", "URL301", "APEX")
TTLS = (60, 60000)
MOST_HOSTS = 150
LONGEST_NAME = 60
LONGEST_TEXT = 2500
CAA_TAGS = ("issue", "issuewild", "iodef")

_DEFAULT_PREFERENCE = "10"
_TARGETS = (*ALIASES, "MX", "NS")
_REPORT = re.compile(r'"(?:mailto:.*@|[a-z]+://)')
_BESIDE_NO_REDIRECT = ("A", "AAAA", *ALIASES, "NS")


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


def parted(found: HostList, domain: str) -> tuple[dict[Record, Host], tuple[Host, ...]]:
    """Part a host list into the hosts of each record and those that are carried through as they are.

    The page that Namecheap parks an empty domain on is neither. A set whose hosts differ in TTL gets the lowest one, as
    resolvers do (RFC 2181 section 5.2).

    Raises:
        BackendError: the value of a host can't be read.
    """
    hosts = () if _is_parked(found.hosts) else found.hosts
    carried = tuple(host for host in hosts if not _is_record(host, found.email, domain))
    read = [(_record(host, domain), host) for host in hosts if _is_record(host, found.email, domain)]
    lowest: dict[str, int] = defaultdict(lambda: 2**31)
    for record, _ in read:
        lowest[record.subject] = min(lowest[record.subject], record.ttl)
    return {record._replace(ttl=lowest[record.subject]): host for record, host in read}, carried


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


def _data_of(text: str, domain: str) -> str:
    """Return the TXT data that the API's text stands for: it is split into strings of 255 octets when it is served."""
    try:
        return read_rdata("TXT", text, domain)
    except ZoneTextError:  # starts with a quote, and is not in quotes
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return read_rdata("TXT", f'"{escaped}"', domain)


def _owner_of(host: Host, domain: str) -> str:
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
    return host.type in TYPES and (host.type, _owner_of(host, domain)) != ("NS", "@")


def _record(host: Host, domain: str) -> Record:
    address = host.address
    if host.type in _TARGETS:
        address = f"{address.rstrip('.')}."
    try:
        if host.type == "MX":
            data = read_rdata("MX", f"{host.preference} {address}", domain)
        elif host.type == "TXT":
            data = _data_of(address, domain)
        else:
            data = read_rdata(host.type, address, domain)
    except ZoneTextError as error:
        raise _unreadable(host, domain, error) from None
    return Record(_owner_of(host, domain), host.ttl, host.type, data)


def _unreadable(host: Host, domain: str, error: ZoneTextError) -> BackendError:
    return BackendError(
        f"the host {host} of {domain} can't be read; mend it in Namecheap's panel: {error}",
        code="unreadable",
        subject=str(host),
    )


def _is_parked(hosts: tuple[Host, ...]) -> bool:
    """Whether a domain holds only what Namecheap puts into an empty one: a redirect, an alias of its parking page."""
    return sorted(host.type for host in hosts) == ["CNAME", "URL"] and any(
        host.address.rstrip(".").lower() == "parkingpage.namecheap.com" for host in hosts
    )


def normalized(zone: str, live: str, carried: Collection[Host], email: str, domain: str) -> str:
    """Return a zone as Namecheap would hold it beside the hosts that are carried through; see `Backend.normalize`.

    Raises:
        BackendError: it can't hold it; the message names the record and the way out.
    """
    asked, served = from_text(zone), set(from_text(live))
    apex = own_apex(zone, live, domain, "Namecheap")
    others = [record for record in asked if not is_apex(record)]
    taken = {_owner_of(host, domain): host for host in carried if host.type in REDIRECTS}
    for record in others:
        if record not in served:
            _beside_others(record, taken, email)
    if len(others) + len(carried) > MOST_HOSTS:
        beside = f" beside {len(carried)} redirects and the like" if carried else ""
        raise BackendError(
            f"{domain} would hold {len(others)} records{beside}; Namecheap holds {MOST_HOSTS} in all: "
            "take some out, or serve the domain elsewhere",
            code="too-large",
            subject=domain,
            value=len(others) + len(carried),
            limit=MOST_HOSTS,
        )
    return to_text([*apex, *(record if record in served else _sound(record, domain) for record in others)])


def _beside_others(record: Record, taken: dict[str, Host], email: str) -> None:
    redirect = taken.get(record.owner)
    if redirect and record.type in _BESIDE_NO_REDIRECT:
        raise BackendError(
            f"{record.subject} is asked for, but {record.owner} is a Namecheap {redirect.type} host "
            f"({redirect.address}); delete that in the panel first, or leave the record out",
            code="set-there",
            subject=record.subject,
            value=redirect.type,
        )
    if record.type == "MX" and email not in MAIL_BY_RECORDS:
        raise BackendError(
            f"{record.subject} is asked for, but Namecheap handles the domain's mail (e-mail type {email}) and sets "
            "its MX records; choose Custom MX under Advanced DNS > Mail Settings first, or leave the MX records out",
            code="set-there",
            subject=record.subject,
            value=email,
        )


def _sound(record: Record, domain: str) -> Record:
    """Return a record as it would be held."""
    if record.type not in TYPES:
        why = "its API has no SRV: set it in the panel" if record.type == "SRV" else f"it holds {', '.join(TYPES)}"
        raise not_held(record.subject, f"Namecheap can't hold {record.subject}: {why}, and leave it out here")
    lowest, highest = TTLS
    if not lowest <= record.ttl <= highest:
        message = f"{record.subject} has a TTL of {record.ttl}; Namecheap takes {lowest} to {highest} seconds"
        raise not_held(record.subject, message, record.ttl, lowest if record.ttl < lowest else highest)
    if len(record.owner) > LONGEST_NAME or "\\" in record.owner:
        message = f"{record.subject}: Namecheap takes names of at most {LONGEST_NAME} plain characters"
        raise not_held(record.subject, message, len(record.owner), LONGEST_NAME)
    if record.type == "MX" and record.rdata.endswith(" ."):
        raise not_held(record.subject, f"{record.subject}: Namecheap can't hold a null MX; leave the set out")
    if record.type == "CAA":
        _check_issuance(record)
    return record._replace(rdata=_sound_text(record, domain)) if record.type == "TXT" else record


def _check_issuance(record: Record) -> None:
    _, tag, value = record.rdata.split(" ", 2)
    if tag.lower() not in CAA_TAGS:
        message = f"{record.subject} says {tag}; Namecheap takes {', '.join(CAA_TAGS)}: leave it out"
        raise not_held(record.subject, message, tag)
    if tag.lower() == "iodef" and not _REPORT.match(value):
        message = f"{record.subject} iodef is {value}; Namecheap takes mailto:name@domain or a URL"
        raise not_held(record.subject, message, value)


def _sound_text(record: Record, domain: str) -> str:
    try:
        text = text_of(record.rdata)
    except UnicodeDecodeError:
        text = ""
    if not text or text != text.strip() or not text.isprintable() or '"' in text:
        why = "Namecheap takes text without quotes, control characters, and blanks at its ends"
        raise not_held(record.subject, f"{record.subject}: {why}")
    if len(text) > LONGEST_TEXT:
        message = f"{record.subject} has {len(text)} characters; Namecheap takes {LONGEST_TEXT}"
        raise not_held(record.subject, message, len(text), LONGEST_TEXT)
    return _data_of(text, domain)

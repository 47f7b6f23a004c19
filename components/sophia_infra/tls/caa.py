"""CAA records (RFC 8659): which issuers a zone allows to sign for a name. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from sophia_infra.tls.names import base, parent, within


class Property(NamedTuple):
    """One CAA record: the name it stands at, its tag in lower case, and the issuer it names, empty for nobody."""

    owner: str
    tag: str
    issuer: str


def tag(name: str) -> str:
    """Return the tag that decides on a name."""
    return "issuewild" if name.startswith("*.") else "issue"


def allowed(name: str, lines: Sequence[str], zone: str) -> set[str] | None:
    """Return who may sign for a name, by the records nearest above it in the zone; None where nothing binds anybody.

    `lines` are canonical zone text. Without an `issuewild`, `issue` decides on wildcards too (section 4.3).
    """
    properties = [_read(line, zone) for line in lines]
    at = base(name)
    while at and within(at, zone):
        if here := [record for record in properties if record.owner == at]:
            tags = {record.tag for record in here} & {tag(name), "issue"}
            deciding = tag(name) if tag(name) in tags else "issue"
            return {record.issuer for record in here if record.tag == deciding} - {""} if tags else None
        at = parent(at)
    return None


def _read(line: str, zone: str) -> Property:
    owner, _ttl, _type, _flags, found, value = line.split(" ", 5)
    issuer = value.strip('"').partition(";")[0].strip().lower()
    return Property(zone if owner == "@" else f"{owner}.{zone}", found.strip('"').lower(), issuer)

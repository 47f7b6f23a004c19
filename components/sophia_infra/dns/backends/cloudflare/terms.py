"""What Cloudflare makes of a zone that it is asked to hold: its SOA and NS, TTLs within bounds, types it has. Pure."""

from collections import Counter, defaultdict
from dataclasses import dataclass

import dns.rdata

from sophia_infra.dns.backends.base import BackendError, not_held
from sophia_infra.dns.backends.cloudflare.records import AUTOMATIC, OPAQUE, PROXIABLE, TYPES, is_asked
from sophia_infra.dns.backends.providers import is_apex, own_apex
from sophia_infra.dns.importers.cloudflare import AUTOMATIC_TTL
from sophia_infra.dns.rr.record import Record, from_text, to_text
from sophia_infra.dns.rr.rtype import ALIAS

TTL_FLOOR, ENTERPRISE_TTL_FLOOR, TTL_CEILING = 60, 30, 86400
"""Seconds (developers.cloudflare.com/dns/manage-dns-records/reference/ttl)."""
RECORD_LIMIT, SET_LIMIT = 4096, 8192
"""Octets of one record on the wire, and characters of all values of one name and type (reference/dns-record-types)."""
_HEADER = 10  # octets of type, class, TTL and length
_BESIDE_NS = frozenset({"NS", "DS", OPAQUE})
"""What may stand at the name of a delegation; the API's reference says it with every call that makes a record."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holding a zone depends on: its plan, the names that are proxied, and patterns of those that are to be."""

    plan: str
    domain: str
    proxied: frozenset[str]
    asked: tuple[str, ...]

    def is_proxied(self, owner: str) -> bool:
        """Whether a name's addresses and aliases are proxied, or are to be."""
        return owner in self.proxied or is_asked(owner, self.asked)

    def ttl(self, record: Record) -> int:
        """Return the seconds that Cloudflare serves for a record."""
        if (record.type in PROXIABLE and self.is_proxied(record.owner)) or record.ttl == AUTOMATIC:
            return AUTOMATIC_TTL
        floor = ENTERPRISE_TTL_FLOOR if self.plan == "enterprise" else TTL_FLOOR
        return min(max(record.ttl, floor), TTL_CEILING)


def normalized(zone: str, live: str, terms: Terms) -> str:
    """Return a zone as Cloudflare would hold it; see `Backend.normalize`.

    Raises:
        BackendError: it names other name servers, or a record that can't be held.
    """
    records = from_text(zone)
    wanted = [record._replace(ttl=ttl) if (ttl := terms.ttl(record)) != record.ttl else record for record in records]
    apex = own_apex(zone, live, terms.domain, "Cloudflare")
    wanted = [*apex, *(record for record in wanted if not is_apex(record))]
    _check(wanted)
    _check_aliases(wanted, terms)
    _check_delegations(wanted)
    _check_opaque(wanted, live)
    return zone if wanted == records else to_text(wanted)


def _check(records: list[Record]) -> None:
    lengths: Counter[tuple[str, str]] = Counter()
    for record in records:
        owner, _, rtype, rdata = record
        if rtype in ("SOA", OPAQUE):
            continue
        if rtype not in TYPES:
            way_out = "write it as TXT (RFC 7208 section 3.1)" if rtype == "SPF" else "take it out"
            asked = f"Cloudflare holds no {rtype} records, and {owner} {rtype} is asked for"
            raise not_held(record.subject, f"{asked}; {way_out}")
        if rdata == '""':
            refused = f"{owner} TXT is empty, which Cloudflare refuses"
            raise not_held(record.subject, f"{refused}; give it a text, or take it out")
        lengths[owner, rtype] += len(rdata)
    for (owner, rtype), length in lengths.items():
        if length > SET_LIMIT:
            raise BackendError(
                f"the {rtype} records of {owner} have {length} characters together; Cloudflare takes {SET_LIMIT}: "
                "take some out, or spread them over several names",
                code="too-large",
                subject=f"{owner} {rtype}",
                value=length,
                limit=SET_LIMIT,
            )
    for record in records:
        # no form of data is less than half as long as its octets
        if len(record.rdata) > RECORD_LIMIT // 2 and (size := _size(record)) > RECORD_LIMIT:
            raise BackendError(
                f"{record.subject} has {size} octets on the wire; Cloudflare takes {RECORD_LIMIT}",
                code="too-large",
                subject=record.subject,
                value=size,
                limit=RECORD_LIMIT,
            )


def _check_aliases(records: list[Record], terms: Terms) -> None:
    for record in records:
        if record.type == ALIAS and record.owner != "@" and not terms.is_proxied(record.owner):
            raise not_held(
                record.subject,
                f"{record.subject} is asked for, and Cloudflare answers with a target's addresses at the apex and at "
                f"proxied names only: write CNAME, or name {record.owner} in backend.proxied",
            )


def _size(record: Record) -> int:
    """The octets of a record, without what its owner's name takes."""
    return _HEADER + len(dns.rdata.from_text("IN", record.type, record.rdata).to_wire() or b"")


def _check_delegations(records: list[Record]) -> None:
    cuts = {record.owner for record in records if record.type in ("NS", "DS")} - {"@"}
    rtypes: dict[str, set[str]] = defaultdict(set)
    for record in records if cuts else ():
        if record.owner in cuts:
            rtypes[record.owner].add(record.type)
    for owner, found in rtypes.items():
        if "NS" in found and (others := found - _BESIDE_NS):
            out = ", ".join(f"{owner} {rtype}" for rtype in sorted(others))
            raise not_held(
                out,
                f"{owner} is a delegation, and Cloudflare takes nothing beside its NS but DS (81056): take {out} out; "
                f"a name server's address there goes to a name below, such as ns1.{owner}",
            )
        if "DS" in found and "NS" not in found:
            asked = f"{owner} DS"
            raise not_held(asked, f"{asked} is asked for, and Cloudflare takes one beside NS only: add {owner} NS")


def _check_opaque(records: list[Record], live: str) -> None:
    asked = [record for record in records if record.type == OPAQUE]
    there = {(record.owner, record.type, record.rdata) for record in from_text(live)} if asked else set()
    for record in asked:
        if (record.owner, record.type, record.rdata) not in there:
            raise not_held(
                record.subject,
                f"{record.subject} stands for an object of Cloudflare's, and the one that is asked for is not there; "
                "it can't be made here, so take it out",
            )

"""A zone as Cloudflare's API tells it: which zone it is, all its record objects, and the SOA and NS that it serves."""

import math
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sophia_infra.dns.backends.base import BackendError, Live, not_held
from sophia_infra.dns.backends.cloudflare.client import Client, RefusedError
from sophia_infra.dns.backends.cloudflare.records import Entry, entries, proxied_owners
from sophia_infra.dns.backends.providers import named
from sophia_infra.dns.reader.names import Targets
from sophia_infra.dns.rr.record import Record, collector_paused, from_text, to_text
from sophia_infra.dns.rr.rtype import ALIAS

PAGE = 5000
"""Record objects in one answer."""
AT_ONCE = 4
"""Pages that are asked for at once: a second's wait less for a zone of 100,000 records."""
READINGS = 4
"""How often a zone that changes while it is listed is read before giving up."""

# What Cloudflare serves where the token may not see the zone's DNS settings
# (developers.cloudflare.com/dns/manage-dns-records/reference/dns-record-types, "SOA").
_NS_TTL = 86400
_SOA = {"rname": "dns.cloudflare.com", "refresh": 10000, "retry": 2400, "expire": 604800, "min_ttl": 1800, "ttl": 3600}
_SERIAL = 0  # the API does not tell it
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone: its id, what Cloudflare calls its plan (`free`, `pro`, ...), and the records at the apex it makes."""

    id: str
    plan: str
    apex: tuple[Record, ...]

    @property
    def records_path(self) -> str:
        """Where its record objects are."""
        return f"/zones/{self.id}/dns_records"


@dataclass(frozen=True, slots=True)
class Listing(Live):
    """A live zone with the objects that it is made of."""

    zone: Zone | None = None
    entries: tuple[Entry, ...] = field(default=(), repr=False, compare=False)

    @property
    def beside(self) -> Mapping[str, Any]:
        """The names that are proxied: restored without them, they would show the origin's addresses."""
        owners = sorted(proxied_owners(self.entries))
        return {"proxied": owners} if owners else {}

    def refuse_unreachable(self, desired: str) -> None:
        """Refuse a zone without a record that Cloudflare keeps; see `Live.refuse_unreachable`."""
        kept = [entry for entry in self.entries if entry.is_kept]
        lines = set(desired.split("\n")) if kept else set()
        lost = sorted({(entry.why_kept, entry.record.subject) for entry in kept if str(entry.record) not in lines})
        if lost:
            more = f"; and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
            raise BackendError(
                f"{'; '.join(why for why, _ in lost[:_SHOWN])}{more}; nothing was written",
                code="set-there",
                subject=named([subject for _, subject in lost]),
            )
        _refuse_alias_alone(desired)


def _refuse_alias_alone(desired: str) -> None:
    """Refuse what would be read back as another type: alone at its name, a proxied CNAME is called so."""
    records = from_text(desired) if " ALIAS " in desired else []
    mixed = {record.owner for record in records if record.type != ALIAS}
    for record in records:
        if record.type == ALIAS and record.owner not in mixed:
            why = "stands alone at its name: Cloudflare has CNAME for that, so write it"
            raise not_held(record.subject, f"{record.subject} {why}")


@collector_paused()
def read(client: Client, domain: str, account_id: str, zone_id: str) -> Listing:
    """Return a whole zone, without text where this token sees none of the name.

    Raises:
        BackendError: it can't be read whole.
    """
    found = _zone(client, domain, account_id, zone_id)
    if found is None:
        return Listing()
    zone = Zone(found["id"], str((found.get("plan") or {}).get("legacy_id", "")), _apex(client, found, domain))
    objects, ttl = entries(_objects(client, zone), domain), zone.apex[-1].ttl
    # NS at the apex join those of Cloudflare, at their TTL
    records = [entry.record._replace(ttl=ttl) if entry.is_apex else entry.record for entry in objects]
    return Listing(to_text([*zone.apex, *records]), _SERIAL, zone, tuple(objects))


def count(client: Client, zone: Zone) -> int:
    """Return how many objects a zone has."""
    return _total(client.get(zone.records_path, per_page=1))


def _zone(client: Client, domain: str, account_id: str, zone_id: str) -> Mapping[str, Any] | None:
    if zone_id:
        found = _mapping(client.get(f"/zones/{zone_id}").get("result"))
        if found.get("name") != domain:
            raise BackendError(
                f"backend.zone_id is of the zone {found.get('name')}, not of {domain}; mend one of them",
                field="backend.zone_id",
                value=str(found.get("name")),
            )
        return found
    scope = {"account.id": account_id} if account_id else {}
    result = client.get("/zones", name=domain, per_page=50, **scope).get("result")
    zones = [zone for zone in result or () if isinstance(zone, Mapping) and zone.get("name") == domain]
    if len(zones) > 1:
        raise BackendError(
            f"{len(zones)} zones are called {domain}; say which in backend.zone_id",
            field="backend.zone_id",
            value=len(zones),
            limit=1,
        )
    return _mapping(zones[0]) if zones else None


def _mapping(found: Any) -> Mapping[str, Any]:
    if not isinstance(found, Mapping) or not isinstance(found.get("id"), str):
        raise BackendError("Cloudflare sent a zone that has no id", code="unreadable", subject="zone")
    return found


def _apex(client: Client, zone: Mapping[str, Any], domain: str) -> tuple[Record, ...]:
    servers = zone.get("vanity_name_servers") or zone.get("name_servers")
    if not servers:
        raise BackendError(
            f"{domain} has no name servers at Cloudflare (type {zone.get('type')}): it is served elsewhere",
            code="no-zone",
            subject=domain,
            value=str(zone.get("type")),
        )
    try:
        result = client.get(f"/zones/{zone['id']}/dns_settings").get("result")
    except RefusedError:
        result = None  # a token need not be allowed to see them
    settings = result if isinstance(result, Mapping) else {}
    absolute = Targets(".")
    set_here = {key: value for key, value in (settings.get("soa") or {}).items() if value is not None}
    soa = _SOA | {"mname": min(servers)} | set_here
    timers = " ".join(str(int(soa[name])) for name in ("refresh", "retry", "expire", "min_ttl"))
    authority = f"{absolute[soa['mname']]} {absolute[soa['rname']]} {_SERIAL} {timers}"
    servers_ttl = int(settings.get("ns_ttl") or _NS_TTL)
    return (
        Record("@", int(soa["ttl"]), "SOA", authority),
        *(Record("@", servers_ttl, "NS", absolute[server]) for server in sorted(servers)),
    )


def _objects(client: Client, zone: Zone) -> list[Mapping[str, Any]]:
    for _ in range(READINGS):
        pages = _pages(lambda number: client.get(zone.records_path, page=number, per_page=PAGE))
        objects = [given for page in pages for given in page["result"]]
        # an object that is made or deleted meanwhile moves others from page to page: some come twice, some never
        if {len(objects), len({given.get("id") for given in objects})} == {_total(page) for page in pages}:
            return objects
    raise BackendError(
        f"the zone changed each of the {READINGS} times it was listed; run it again when it is quiet",
        code="another-writer",
        limit=READINGS,
    )


def _pages(get: Callable[[int], Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    first = get(1)
    numbers = range(2, math.ceil(_total(first) / PAGE) + 1)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        pages = [first, *threads.map(get, numbers)]
    for page in pages:
        objects = page.get("result")
        if not isinstance(objects, list) or not all(isinstance(given, Mapping) for given in objects):
            raise BackendError("Cloudflare sent a list of records that is none", code="unreadable", subject="records")
    return pages


def _total(answer: Mapping[str, Any]) -> int:
    info = answer.get("result_info")
    total = info.get("total_count") if isinstance(info, Mapping) else None
    if not isinstance(total, int):
        raise BackendError(
            "Cloudflare sent a list of records that does not say how many there are",
            code="unreadable",
            subject="total_count",
        )
    return total

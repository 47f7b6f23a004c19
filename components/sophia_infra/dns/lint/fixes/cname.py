"""CNAME: at the apex, to an address, to nothing, in circles, and over too many steps."""

from ipaddress import ip_address

from sophia_infra.dns.lint.cname import LONG
from sophia_infra.dns.lint.fixes.fix import Change, fix, fix_set
from sophia_infra.dns.lint.fixes.pointers import respelled
from sophia_infra.dns.lint.fixes.spelling import may_mean_another
from sophia_infra.dns.lint.pointers import preference, service
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.target import Target, retarget, target_of


@fix("mx-target-is-cname", "ns-target-is-cname", "srv-target-is-cname")
def follow_alias(zone: Zone, record: Record) -> Record | Change:
    """Point at the host that an alias leads to, if that is known, once and at its best preference."""
    end, passed = end_of(zone, target_of(record))
    if zone.target(end) is not Target.HOST:
        return record
    here = [alias for alias in passed if alias in zone.at(alias.owner, "CNAME")]
    pointed = retarget(record, end)
    twins = [one for one in zone.at(record.owner, record.type) if service(one) == service(pointed)]
    best = min((*twins, pointed), key=preference)
    return Change((record, *twins, *here), (best, *here))


@fix("cname-chain-long")
def shorten_chain(zone: Zone, record: Record) -> Record | Change:
    """Let every alias that is too far from the host point at it."""
    end, passed = end_of(zone, record.rdata)
    chain = [alias for alias in (record, *passed) if alias in zone.at(alias.owner, "CNAME")]
    if zone.target(end) in {Target.MISSING, Target.EMPTY, Target.ALIAS}:
        return record
    far, near = chain[:-LONG], chain[-LONG:]
    return Change(tuple(chain), (*(retarget(alias, end) for alias in far), *near))


def end_of(zone: Zone, name: str) -> tuple[str, list[Record]]:
    """Return the name at the end of aliases, and the aliases."""
    passed: list[Record] = []
    while zone.target(name) is Target.ALIAS:
        alias = next(answer for answer in zone.answers_to(name) if answer.type == "CNAME")
        if alias in passed:
            break
        passed.append(alias)
        name = alias.rdata
    return name, passed


@fix_set("cname-at-apex")
def give_addresses(zone: Zone, owner: str, kind: str) -> Change | None:
    """Give the apex the addresses of the host that its alias leads to, where that is in the zone."""
    apex = tuple(zone.at("@", "CNAME"))
    end, passed = end_of(zone, apex[0].rdata)
    host = zone.relative(end)
    if host is None or zone.target(end) is not Target.HOST:
        return None
    base = (*(alias for alias in passed if alias not in apex), *zone.at(host, "A", "AAAA"))
    copies = tuple(record._replace(owner="@") for record in zone.at(host, "A", "AAAA"))
    return Change((*apex, *base), (*base, *copies)) if copies else None


@fix("cname-target-is-address")
def write_as_address(zone: Zone, record: Record) -> Record:
    """Write the address as A or AAAA, where the name may be that of a host."""
    if "_" in record.owner:
        return record
    try:
        address = ip_address(zone.relative(record.rdata) or record.rdata.removesuffix("."))
    except ValueError:
        return record
    return record._replace(type="A" if address.version == 4 else "AAAA", rdata=str(address))


@fix("cname-target-missing")
def respell_alias(zone: Zone, record: Record) -> Record | Change:
    """Point at the name a letter away, if it is one; else remove the alias, which leads nowhere until there is."""
    if meant := respelled(zone, record, record.rdata):
        return meant
    target = zone.relative(record.rdata)
    if target is None or zone.wildcard_over(record.owner) or may_mean_another(zone, target, but=[record.owner]):
        return record
    return Change((record,), until=(f"{target} ANY",))


@fix_set("cname-loop")
def open_circle(zone: Zone, owner: str, kind: str) -> Change | None:
    """Remove the aliases of a circle and those that lead into it; none of them ever answered."""
    circle = zone.at(owner, "CNAME")
    lost = [alias for alias in zone.of("CNAME") if alias in circle or circle[0] in end_of(zone, alias.rdata)[1]]
    owners = [alias.owner for alias in lost]
    is_kept = any(zone.wildcard_over(owner) or may_mean_another(zone, owner, but=owners) for owner in owners)
    return None if is_kept else Change(tuple(lost))


@fix("dname-loop")
def drop_dname(zone: Zone, record: Record) -> Record | None:
    """Remove a DNAME whose names lead to ever longer ones; none of them ever answered."""
    below = f".{record.rdata}".endswith(f".{zone.absolute(record.owner)}")
    return None if below and zone.wildcard_over(record.owner) is None else record

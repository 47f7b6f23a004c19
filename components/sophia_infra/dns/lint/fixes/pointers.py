"""Names in RDATA that gained or lost the origin, and MX, NS, SRV, SVCB and HTTPS that lead to nothing."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from sophia_infra.dns.lint.fixes.fix import Change, addresses_of, drop, fix
from sophia_infra.dns.lint.fixes.spelling import is_slip, may_mean_another, near
from sophia_infra.dns.lint.pointers import is_localhost, preference, service
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.spf.record import is_policy, parse
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.target import Target, retarget, target_of

_GOOD = frozenset({Target.HOST, Target.ELSEWHERE})
# Names that hosts of a service usually have; the first one that is free is given to an address.
_USUAL = {"MX": ("mail", "mx", "mx1"), "NS": ("ns", "ns1", "ns2")}


@fix("target-lacks-dot")
def add_dot(zone: Zone, record: Record) -> Record:
    """End a name that is complete with its dot."""
    name = target_of(record)
    if zone.target(name) is not Target.DOT_MISSING:
        return record
    return retarget(record, name.removesuffix(zone.absolute("@")))


@fix("target-excess-dot")
def remove_dot(zone: Zone, record: Record) -> Record:
    """Complete a bare label with the origin."""
    name = target_of(record)
    return retarget(record, name + zone.absolute("@")) if zone.target(name) is Target.DOT_EXTRA else record


@fix(
    *("mx-target-missing", "ns-target-missing", "srv-target-missing"),
    *("mx-target-no-address", "ns-target-no-address", "srv-target-no-address"),
)
def respell_or_drop(zone: Zone, record: Record) -> Record | Change:
    """Point at the host whose name is a letter away, or leave a host out that is none, where others remain."""
    name = target_of(record)
    if zone.target(name) not in {Target.MISSING, Target.EMPTY}:
        return record
    if meant := respelled(zone, record, name):
        return meant
    others = [one for one in zone.at(record.owner, record.type) if zone.target(target_of(one)) in _GOOD]
    return drop_lost(zone, record, others)


def drop_lost(zone: Zone, record: Record, others: Sequence[Record]) -> Record | Change:
    """Leave out a record whose target has no address, until it has, where no name of the zone may be meant."""
    owner = zone.relative(target_of(record))
    named = [zone.relative(target_of(one)) for one in others if one.type == record.type]
    if owner is None or not others or may_mean_another(zone, owner, but=named):
        return record
    return drop(record, others, addresses_of(owner))


def respelled(zone: Zone, record: Record, name: str) -> Change | None:
    """Point a record at the one host whose name is surely meant."""
    wrong = zone.relative(name)
    if wrong is None or wrong in zone.by_name:
        return None
    good = {Target.HOST, Target.ALIAS} if record.type == "CNAME" else {Target.HOST}
    meant = (owner for owner in near(zone, wrong) if is_slip(wrong, owner))
    hosts = [owner for owner in meant if zone.target(zone.absolute(owner)) in good]
    if len(hosts) != 1 or may_mean_another(zone, wrong, but=hosts):
        return None
    return Change((record,), (retarget(record, zone.absolute(hosts[0])),), addresses_of(wrong))


@fix("mx-target-is-address", "ns-target-is-address", "srv-target-is-address")
def name_address(zone: Zone, record: Record) -> Record | Change:
    """Point at the host that has the address, or give the address the name that such a host usually has."""
    host = _host_at(zone, record) if zone.target(target_of(record)) is Target.LITERAL else None
    if host is None:
        return record
    known = host in zone.at(host.owner, host.type)
    pointed = retarget(record, zone.absolute(host.owner))
    return Change((record, host), (pointed, host)) if known else Change((record,), (pointed, host))


def _host_at(zone: Zone, record: Record) -> Record | None:
    try:
        address = ip_address(_literal(zone, target_of(record)))
    except ValueError:
        return None
    kind = "A" if address.version == 4 else "AAAA"
    names = list(_usual(record))
    known = [one for one in zone.of(kind) if one.rdata == str(address) and _is_host(zone, one.owner)]
    if known:
        return min(known, key=lambda one: (one.owner not in names, len(one.owner), one.owner))
    free = (name for name in names if not zone.exists(name) and not zone.is_pending(name))
    return next((Record(name, record.ttl, kind, str(address)) for name in free), None)


def _literal(zone: Zone, name: str) -> str:
    return zone.relative(name) or name.removesuffix(".")


def _is_host(zone: Zone, owner: str) -> bool:
    return "*" not in owner and "_" not in owner and zone.target(zone.absolute(owner)) is Target.HOST


def _usual(record: Record) -> Iterator[str]:
    if record.type in _USUAL:
        yield from _USUAL[record.type]
    elif record.owner.startswith("_"):
        yield record.owner[1:].partition(".")[0]


@fix("target-localhost")
def say_there_is_none(zone: Zone, record: Record) -> Record | Change:
    """Leave a machine out that is none where others remain; else say that there is no such service, or no mail.

    Receivers refuse mail from a name with a null MX (RFC 7505 section 4.2), so its SPF has to say that there is none.
    """
    if not is_localhost(zone, record):
        return record
    others = [one for one in zone.at(record.owner, record.type) if not is_localhost(zone, one)]
    if others or record.type == "NS":
        return drop(record, others) if others else record
    if record.type == "MX":
        return record._replace(rdata="0 .") if _sends_nothing(zone, record.owner) else record
    return record._replace(rdata="0 0 0 .")


def _sends_nothing(zone: Zone, owner: str) -> bool:
    """Whether the SPF record of a name passes nobody and judges all others as forged."""
    policies = [parse(text) for text in zone.texts_by_name.get(owner, ()) if is_policy(text)]
    ends = [policy.effective[0] for policy in policies if len(policy.effective) == 1 and not policy.faults]
    return len(policies) == 1 and [(end.name, end.qualifier) for end in ends] == [("all", "-")]


@fix("target-repeated")
def keep_best(zone: Zone, record: Record) -> Record | Change:
    """Keep a host at its best preference only."""
    twins = [one for one in zone.at(record.owner, record.type) if service(one) == service(record)]
    best = min(twins, key=preference)
    return drop(record, [best]) if preference(record) > preference(best) else record

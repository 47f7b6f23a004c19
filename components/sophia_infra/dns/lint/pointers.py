"""MX, NS and SRV that point at an alias, an address or nothing, and names that gained or lost the origin."""

from collections.abc import Iterator, Sequence

from sophia_infra.dns.lint.cname import follow_aliases, literal_of
from sophia_infra.dns.lint.rule import ERROR, INFO, WARNING, Change, Problem, address_sets_of, drop, fix, rule
from sophia_infra.dns.lint.spelling import may_mean_another, respelled
from sophia_infra.dns.rr.reach import Reach, reach_of
from sophia_infra.dns.rr.record import Record, labels
from sophia_infra.dns.rr.rtype import retarget, target_of
from sophia_infra.dns.rr.txt import quote
from sophia_infra.dns.spf.record import is_policy, parse
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.target import Target, records_to, resolve

_TRAFFIC = {"MX": "mail", "NS": "queries", "SRV": "clients"}
_GOOD = frozenset({Target.HOST, Target.ELSEWHERE})
# Names that hosts of a service usually have; the first one that is free is given to an address.
_USUAL = {"MX": ("mail", "mx", "mx1"), "NS": ("ns", "ns1", "ns2")}


# A rule a row and type: the end of its code, what the target comes to, and why that is wrong.
_ROWS = (
    ("is-cname", Target.ALIAS, "{rtype} must name a host with addresses of its own, and {name} is a CNAME."),
    ("is-address", Target.LITERAL, "{rtype} needs a host name, and {name} is read as a name that nobody can resolve."),
    ("missing", Target.MISSING, "{name} does not exist in its zone, so {traffic} sent there are lost."),
    ("no-address", Target.EMPTY, "{name} exists but has neither A nor AAAA, so {traffic} can't reach it."),
)
_WAYS_OUT = {
    Target.ALIAS: "Point it at the name that the CNAME leads to.",
    Target.LITERAL: "Give the address a name by an A or AAAA record, and point at that.",
}


def _enter(rtype: str, code: str, target: Target, why: str) -> None:
    @rule(f"{rtype.lower()}-target-{code}", WARNING if (rtype, target) == ("SRV", Target.ALIAS) else ERROR)
    def check(zone: Zone) -> Iterator[Problem]:
        for record, name in records_to(zone, rtype, target):
            words = {"rtype": rtype, "traffic": _TRAFFIC[rtype], "name": quote(name)}
            way_out = _WAYS_OUT.get(target, f"Give {quote(name)} an address, or point at another host.")
            yield Problem(record.subject, why.format_map(words), way_out)


for _rtype in _TRAFFIC:
    for _row in _ROWS:
        _enter(_rtype, *_row)


@fix("mx-target-is-cname", "ns-target-is-cname", "srv-target-is-cname")
def follow_alias(zone: Zone, record: Record) -> Record | Change:
    """Point at the host that an alias leads to, if that is known, once and at its best preference."""
    end, passed = follow_aliases(zone, target_of(record))
    if resolve(zone, end) is not Target.HOST:
        return record
    here = [alias for alias in passed if alias in zone.at(alias.owner, "CNAME")]
    pointed = retarget(record, end)
    twins = [other for other in zone.at(record.owner, record.type) if _service(other) == _service(pointed)]
    best = min((*twins, pointed), key=_preference)
    return Change((record, *twins, *here), (best, *here))


@rule("target-localhost", WARNING)
def target_localhost(zone: Zone) -> Iterator[Problem]:
    """RFC 6761 section 6.3: `localhost` is the machine that asks. Who wants no mail says `0 .` (RFC 7505)."""
    for rtype in _TRAFFIC:
        for record in zone.of(rtype):
            if _is_localhost(zone, record):
                why = f"{quote(target_of(record))} is the machine that asks, so nobody gets anywhere."
                yield Problem(record.subject, why, "Name the host, or say that there is none: the target `.`.")


def _is_localhost(zone: Zone, record: Record) -> bool:
    """Whether a record leads to `localhost.`, or to a `localhost` here all of whose addresses are the asker's own."""
    name = target_of(record)
    if labels(name)[0] != "localhost" or resolve(zone, name) not in _GOOD:
        return False
    reaches = {reach_of(found.rdata) for found in zone.answers_to(name) if found.type in {"A", "AAAA"}}
    return name == "localhost." or reaches == {Reach.LOOPBACK}


@fix("target-localhost")
def say_there_is_none(zone: Zone, record: Record) -> Record | Change:
    """Leave a machine out that is none where others remain; else say that there is no such service, or no mail.

    Receivers refuse mail from a name with a null MX (RFC 7505 section 4.2), so its SPF has to say that there is none.
    """
    if not _is_localhost(zone, record):
        return record
    others = [other for other in zone.at(record.owner, record.type) if not _is_localhost(zone, other)]
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


@rule("target-repeated", INFO)
def target_repeated(zone: Zone) -> Iterator[Problem]:
    """RFC 5321 section 5.1, RFC 2782: clients that failed at a host try the same one again."""
    for rtype in ("MX", "SRV"):
        for owner, records in zone.several(rtype).items():
            hosts = list(map(_service, records))
            twice = next((host for host in hosts if hosts.count(host) > 1), None)
            if twice is not None:
                why = f"{quote(twice)} stands there more than once, so it is no help when it fails."
                yield Problem(f"{owner} {rtype}", why, "Keep the one with the preference that is meant.")


def _service(record: Record) -> str:
    """Return the host of an MX or NS, the port and host of an SRV."""
    host = target_of(record)
    return f"{record.rdata.split(' ')[2]} {host}" if record.type == "SRV" else host


def _preference(record: Record) -> int:
    """Return how far behind others a host stands; those of an NS set stand side by side."""
    return int(record.rdata.partition(" ")[0]) if record.type in {"MX", "SRV"} else 0


_POINTING = ("CNAME", "DNAME", "NS", "MX", "SRV", "PTR", "SVCB", "HTTPS")


@fix("target-repeated")
def keep_best(zone: Zone, record: Record) -> Record | Change:
    """Keep a host at its best preference only."""
    twins = [other for other in zone.at(record.owner, record.type) if _service(other) == _service(record)]
    best = min(twins, key=_preference)
    return drop(record, [best]) if _preference(record) > _preference(best) else record


@rule("target-lacks-dot", ERROR)
def target_lacks_dot(zone: Zone) -> Iterator[Problem]:
    """Catch `mail.shop.example.shop.example.` and `ghs.google.com.shop.example.`."""
    for record, name in _pointing(zone, Target.DOT_MISSING):
        meant = name.removesuffix(zone.absolute("@"))
        why = f"The origin was appended to a name that is complete without it: {quote(name)}."
        yield Problem(record.subject, why, f"Write {quote(meant)}, with a dot at its end.")


@fix("target-lacks-dot")
def add_dot(zone: Zone, record: Record) -> Record:
    """End a name that is complete with its dot."""
    name = target_of(record)
    if resolve(zone, name) is not Target.DOT_MISSING:
        return record
    return retarget(record, name.removesuffix(zone.absolute("@")))


@rule("target-excess-dot", ERROR)
def target_excess_dot(zone: Zone) -> Iterator[Problem]:
    """Catch `MX 10 mail.` where the zone has a host `mail`."""
    for record, name in _pointing(zone, Target.DOT_EXTRA):
        meant = name + zone.absolute("@")
        why = f"{quote(name)} is a top-level name because of its dot; this zone's host is {quote(meant)}."
        yield Problem(record.subject, why, f"Write {quote(meant)}.")


def _pointing(zone: Zone, target: Target) -> Iterator[tuple[Record, str]]:
    return (found for rtype in _POINTING for found in records_to(zone, rtype, target))


@fix("target-excess-dot")
def remove_dot(zone: Zone, record: Record) -> Record:
    """Complete a bare label with the origin."""
    name = target_of(record)
    return retarget(record, name + zone.absolute("@")) if resolve(zone, name) is Target.DOT_EXTRA else record


@fix(
    *("mx-target-missing", "ns-target-missing", "srv-target-missing"),
    *("mx-target-no-address", "ns-target-no-address", "srv-target-no-address"),
)
def respell_or_drop(zone: Zone, record: Record) -> Record | Change:
    """Point at the host whose name is a letter away, or leave a host out that is none, where others remain."""
    name = target_of(record)
    if resolve(zone, name) not in {Target.MISSING, Target.EMPTY}:
        return record
    if meant := respelled(zone, record, name):
        return meant
    others = [other for other in zone.at(record.owner, record.type) if resolve(zone, target_of(other)) in _GOOD]
    return drop_lost(zone, record, others)


def drop_lost(zone: Zone, record: Record, others: Sequence[Record]) -> Record | Change:
    """Leave out a record whose target has no address, until it has, where no name of the zone may be meant."""
    owner = zone.relative(target_of(record))
    named = [zone.relative(target_of(other)) for other in others if other.type == record.type]
    if owner is None or not others or may_mean_another(zone, owner, but=named):
        return record
    return drop(record, others, address_sets_of(owner))


@fix("mx-target-is-address", "ns-target-is-address", "srv-target-is-address")
def name_address(zone: Zone, record: Record) -> Record | Change:
    """Point at the host that has the address, or give the address the name that such a host usually has."""
    host = _host_at(zone, record) if resolve(zone, target_of(record)) is Target.LITERAL else None
    if host is None:
        return record
    known = host in zone.at(host.owner, host.type)
    pointed = retarget(record, zone.absolute(host.owner))
    return Change((record, host), (pointed, host)) if known else Change((record,), (pointed, host))


def _host_at(zone: Zone, record: Record) -> Record | None:
    rtype, address = literal_of(zone, target_of(record))
    if not address:
        return None
    # A service is often served by a host of its name: `_sip._tcp` by `sip`.
    names = _USUAL.get(record.type) or ((record.owner[1:].partition(".")[0],) if record.owner.startswith("_") else ())
    hosts = [host for host in zone.of(rtype) if host.rdata == address and not {"*", "_"} & {*host.owner}]
    known = [host for host in hosts if resolve(zone, zone.absolute(host.owner)) is Target.HOST]
    if known:
        return min(known, key=lambda host: (host.owner not in names, len(host.owner), host.owner))
    free = (name for name in names if not zone.is_found(name) and not zone.is_pending(name))
    return next((Record(name, record.ttl, rtype, address) for name in free), None)

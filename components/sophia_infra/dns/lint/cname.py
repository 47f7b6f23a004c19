"""CNAME and ALIAS: at the apex, to nothing, to an address, in circles. What may stand beside one, the reader knows."""

from collections.abc import Iterator
from ipaddress import ip_address

from sophia_infra.dns.lint.rule import ERROR, WARNING, Change, Problem, fix, fix_set, rule
from sophia_infra.dns.lint.spelling import may_mean_another, respelled
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.rtype import retarget
from sophia_infra.dns.rr.txt import quote
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.target import Target, records_to, resolve

LONG = 4
# No resolver follows further, so a longer circle counts as a long chain.
_FAR = 32


@rule("cname-at-apex", ERROR)
def cname_at_apex(zone: Zone) -> Iterator[Problem]:
    """An apex has SOA and NS, and a CNAME tolerates nothing beside it (RFC 1912 section 2.4)."""
    if zone.at("@", "CNAME"):
        why = "A CNAME at the apex stands beside SOA and NS, so servers refuse the zone and mail to it fails."
        yield Problem("@ CNAME", why, "Use A and AAAA records, or your provider's ALIAS, in its place.")


@fix_set("cname-at-apex")
def give_addresses(zone: Zone, owner: str, rtype: str) -> Change | None:
    """Give the apex the addresses of the host that its alias leads to, where that is in the zone."""
    apex = tuple(zone.at("@", "CNAME"))
    end, passed = follow_aliases(zone, apex[0].rdata)
    host = zone.relative(end)
    if host is None or resolve(zone, end) is not Target.HOST:
        return None
    base = (*(alias for alias in passed if alias not in apex), *zone.at(host, "A", "AAAA"))
    copies = tuple(record._replace(owner="@") for record in zone.at(host, "A", "AAAA"))
    return Change((*apex, *base), (*base, *copies)) if copies else None


@rule("cname-target-missing", ERROR)
def cname_target_missing(zone: Zone) -> Iterator[Problem]:
    """The target is in this zone, and has no record of any type.

    ACME challenges are exempt: their targets come and go.
    """
    for outcome in (Target.MISSING, Target.EMPTY):
        for record, name in records_to(zone, "CNAME", outcome):
            if record.owner.startswith("_acme-challenge") or zone.answers_to(name):
                continue
            why = f"{quote(name)} has no records, so the alias does not resolve."
            yield Problem(record.subject, why, f"Add records for {quote(name)}, or remove the alias.")


@rule("alias-target-missing", ERROR)
def alias_target_missing(zone: Zone) -> Iterator[Problem]:
    """The target is in this zone and has no address, so neither has the name: an ALIAS has none of its own."""
    for outcome in (Target.MISSING, Target.EMPTY):
        for record, name in records_to(zone, "ALIAS", outcome):
            why = f"{quote(name)} has no address, so the name has none."
            yield Problem(record.subject, why, f"Add addresses for {quote(name)}, or point the ALIAS at another name.")


@fix("alias-target-missing")
def respell_target(zone: Zone, record: Record) -> Record | Change:
    """Point at the name a letter away, if it is one; nobody can tell what else was meant."""
    return respelled(zone, record, record.rdata) or record


@fix("cname-target-missing")
def respell_alias(zone: Zone, record: Record) -> Record | Change:
    """Point at the name a letter away, if it is one; else remove the alias, which leads nowhere until there is."""
    if meant := respelled(zone, record, record.rdata):
        return meant
    target = zone.relative(record.rdata)
    if target is None or zone.wildcard_over(record.owner) or may_mean_another(zone, target, but=[record.owner]):
        return record
    return Change((record,), until=(f"{target} ANY",))


@rule("cname-target-is-address", ERROR)
def cname_target_is_address(zone: Zone) -> Iterator[Problem]:
    """An alias leads to a name; an address belongs into A or AAAA."""
    for record, name in records_to(zone, "CNAME", Target.LITERAL):
        why = f"A CNAME leads to a name, and {quote(name)} is read as one that nobody can resolve."
        yield Problem(record.subject, why, "Use an A or AAAA record for the address.")


@rule("alias-target-is-address", ERROR)
def alias_target_is_address(zone: Zone) -> Iterator[Problem]:
    """An ALIAS leads to a name; an address belongs into A or AAAA."""
    for record, name in records_to(zone, "ALIAS", Target.LITERAL):
        why = f"An ALIAS leads to a name, and {quote(name)} is read as one that nobody can resolve."
        yield Problem(record.subject, why, "Use an A or AAAA record for the address.")


@fix("alias-target-is-address", "cname-target-is-address")
def write_as_address(zone: Zone, record: Record) -> Record:
    """Write the address as A or AAAA, where the name may be that of a host."""
    rtype, address = literal_of(zone, record.rdata)
    return record._replace(type=rtype, rdata=address) if address and "_" not in record.owner else record


def literal_of(zone: Zone, name: str) -> tuple[str, str]:
    """Return an address that stands where a name belongs, as the type and RDATA of its record; nothing for a name."""
    try:
        address = ip_address(zone.relative(name) or name.removesuffix("."))
    except ValueError:
        return "", ""
    return ("A" if address.version == 4 else "AAAA"), str(address)


@rule("cname-loop", ERROR)
def cname_loop(zone: Zone) -> Iterator[Problem]:
    """RFC 1034 section 3.6.2: a loop resolves to an error."""
    for owner, chain in zone.shared(_chains).items():
        if owner in chain:
            path = " -> ".join((owner, *chain[: chain.index(owner) + 1]))
            why = f"The aliases lead in a circle: {quote(path)}."
            yield Problem(f"{owner} CNAME", why, "Let one of them lead to a host.")


@fix_set("cname-loop")
def open_circle(zone: Zone, owner: str, rtype: str) -> Change | None:
    """Remove the aliases of a circle and those that lead into it; none of them ever answered."""
    circle = zone.at(owner, "CNAME")
    lost = [alias for alias in zone.of("CNAME") if alias in circle or circle[0] in follow_aliases(zone, alias.rdata)[1]]
    owners = [alias.owner for alias in lost]
    is_kept = any(zone.wildcard_over(owner) or may_mean_another(zone, owner, but=owners) for owner in owners)
    return None if is_kept else Change(tuple(lost))


@rule("cname-chain-long", WARNING)
def cname_chain_long(zone: Zone) -> Iterator[Problem]:
    """Resolvers give up after eight to sixteen links, and every link can fail or cost a query."""
    for owner, chain in zone.shared(_chains).items():
        loops = len(set(chain)) < len(chain)
        if len(chain) > LONG and not loops and owner not in zone.alias_targets:
            why = f"The alias takes {len(chain)} steps inside this zone, and some resolvers give up on long chains."
            yield Problem(f"{owner} CNAME", why, f"Point it at {quote(zone.absolute(chain[-1]))} directly.")


def _chains(zone: Zone) -> dict[str, list[str]]:
    """Return the names that each alias passes inside the zone; a circle ends with the first name passed again."""
    step = {record.owner: zone.relative(record.rdata) for record in zone.of("CNAME")}
    chains = {owner: [target] for owner, target in step.items() if target is not None and target in step}
    for chain in chains.values():
        while len(chain) < _FAR and chain[-1] not in chain[:-1] and (target := step.get(chain[-1])) is not None:
            chain.append(target)
    return chains


@fix("cname-chain-long")
def shorten_chain(zone: Zone, record: Record) -> Record | Change:
    """Let every alias that is too far from the host point at it."""
    end, passed = follow_aliases(zone, record.rdata)
    chain = [alias for alias in (record, *passed) if alias in zone.at(alias.owner, "CNAME")]
    if resolve(zone, end) in {Target.MISSING, Target.EMPTY, Target.ALIAS}:
        return record
    far, near = chain[:-LONG], chain[-LONG:]
    return Change(tuple(chain), (*(retarget(alias, end) for alias in far), *near))


def follow_aliases(zone: Zone, name: str) -> tuple[str, list[Record]]:
    """Return the name at the end of aliases, and the aliases."""
    passed: list[Record] = []
    while resolve(zone, name) is Target.ALIAS:
        alias = next(answer for answer in zone.answers_to(name) if answer.type == "CNAME")
        if alias in passed:
            break
        passed.append(alias)
        name = alias.rdata
    return name, passed


@rule("dname-loop", ERROR)
def dname_loop(zone: Zone) -> Iterator[Problem]:
    """RFC 6672 section 2.4: each step makes the name longer, until resolvers give up."""
    for record in zone.of("DNAME"):
        if f".{record.rdata}".endswith(f".{zone.absolute(record.owner)}"):
            why = f"Names below it lead to {quote(record.rdata)}, which is below it as well, and so on."
            yield Problem(record.subject, why, "Point it at another tree.")


@fix("dname-loop")
def drop_dname(zone: Zone, record: Record) -> Record | None:
    """Remove a DNAME whose names lead to ever longer ones; none of them ever answered."""
    below = f".{record.rdata}".endswith(f".{zone.absolute(record.owner)}")
    return None if below and zone.wildcard_over(record.owner) is None else record

"""Record sets: added, set, removed; zones as a whole, and pools, which serve a name by its health."""

from collections.abc import Mapping

from sophia_infra.agent.operations import ANY, AddRecords, Operation, RemoveRecords, SetRecords, SetTtl
from sophia_infra.agent.understanding.intent import Build, MissingError, Named, Wish, was
from sophia_infra.agent.understanding.tokens import Kind as Of
from sophia_infra.agent.understanding.values import named, one_ttl, rdata_of, replaced, ttl_of, with_ttl

_Values = Mapping[str, tuple[str, ...]]


def _add(wish: Wish) -> tuple[Operation, ...]:
    hosts, values, ttl = wish.hosts(), rdata_of(wish), ttl_of(wish)[0]
    for host in hosts:
        types = _types(wish, host)
        if types and "CNAME" in types.union(values):
            told = (
                f"{host.text} has {', '.join(sorted(types))}, and nothing stands beside a CNAME; say what it is set to"
            )
            raise MissingError(told)
    return tuple(AddRecords(host.zone, host.owner, rtype, values[rtype], ttl) for host in hosts for rtype in values)


def _types(wish: Wish, host: Named) -> set[str]:
    return {each.rtype for each in wish.inventory.of(host.zone, host.owner)}


def _set(wish: Wish) -> tuple[Operation, ...]:
    hosts, values, ttl = wish.hosts(), rdata_of(wish), ttl_of(wish)[0]
    before = tuple(token.text for at, token in enumerate(wish.tokens) if was(wish.tokens, at))
    return tuple(each for host in hosts for each in replaced(wish, host, _changed(wish, host, values, before), ttl))


def _changed(wish: Wish, host: Named, values: _Values, before: tuple[str, ...]) -> _Values:
    """Return values with those that stay beside them, where it is said which of them were there before."""
    if not before:
        return values
    _stand(wish, host, dict.fromkeys(values, before))
    stay = {each.rtype: tuple(value for value in each.values if value not in before) for each in wish.sets(host)}
    return {rtype: (*stay.get(rtype, ()), *given) for rtype, given in values.items()}


def _remove(wish: Wish) -> tuple[Operation, ...]:
    given = rdata_of(wish) if wish.every(Of.ADDRESS) else {}
    hosts = wish.hosts()
    there = {each for host in hosts for each in _types(wish, host)}
    addresses = {"A"} if any(token.text == "ipv4" for token in wish.tokens) else {"A", "AAAA"}
    called = ["CNAME"] if wish.says("alias") else sorted(there & addresses) or ["A"]
    called = called if wish.says("alias") or wish.says("address") else [ANY]
    sets = given or dict.fromkeys(wish.rtypes or called, ())
    for host in hosts:
        if host.owner == "@" and {ANY, "NS", "SOA"}.intersection(sets):
            raise MissingError(f"the apex makes {host.text} a zone; say a record type that is neither NS nor SOA")
        if not wish.inventory.is_assumed:
            _stand(wish, host, sets)
    return tuple(RemoveRecords(host.zone, host.owner, rtype, sets[rtype]) for host in hosts for rtype in sets)


def _stand(wish: Wish, host: Named, sets: _Values) -> None:
    """Refuse where what is to go is not there."""
    there = {each.rtype: each.values for each in wish.inventory.of(host.zone, host.owner)}
    for rtype, values in sets.items():
        if rtype != ANY and (rtype not in there or not set(values) <= set(there[rtype])):
            gone = " ".join((rtype, *values))
            raise MissingError(f"{host.text} has no {gone}; it has {', '.join(sorted(there)) or 'nothing'}")


def _ttl(wish: Wish) -> tuple[Operation, ...]:
    hosts, ttl = wish.hosts(), one_ttl(wish)
    if wish.inventory.is_assumed:
        given = wish.rtypes or wish.lacks("the record type, since no stack is read")
        return tuple(SetTtl(host.zone, host.owner, rtype, ttl) for host in hosts for rtype in given)
    sets = [rrset for host in hosts for rrset in wish.sets(host)]
    before = [token.number for at, token in enumerate(wish.tokens) if was(wish.tokens, at)]
    there = sorted({each.ttl for each in sets})
    lower, higher = wish.says("lower"), wish.says("raise")
    against = any((lower and each < ttl) or (higher and each > ttl) for each in there)
    if against or not set(before) <= set(there):
        raise MissingError(f"the TTL is {', '.join(map(str, there))}; say what it is to be: `set the TTL to {ttl}`")
    return with_ttl(sets, ttl)


def _delegate(wish: Wish) -> tuple[Operation, ...]:
    servers = tuple(f"{name}." for name in named(wish)) or wish.lacks("the name servers it goes to")
    return tuple(SetRecords(host.zone, host.owner, "NS", servers) for host in wish.hosts() if host.owner != "@")


def _caa(wish: Wish) -> tuple[Operation, ...]:
    cas = [*named(wish), *(token.text for token in wish.every(Of.PROVIDER) if "." in token.text)]
    values = tuple(f'0 issue "{ca}"' for ca in cas) or wish.lacks("the CA's domain, such as letsencrypt.org")
    return (SetRecords(wish.only("zone"), "@", "CAA", values),)


def _ttls(wish: Wish) -> tuple[Operation, ...]:
    ttl = one_ttl(wish)
    sets = wish.inventory.zones.get(wish.only("zone"), ())
    lower = (each for each in sets if each.ttl > ttl) if wish.says("lower") else sets
    return with_ttl(lower, ttl)


def _target(wish: Wish) -> None:
    return None if wish.every(Of.ADDRESS) else wish.lacks("the target, such as 192.0.2.10")


BUILDS: dict[str, Build] = {
    "records.remove": _remove,
    "records.add": _add,
    "records.set": _set,
    "records.alias": _set,
    "records.ttl": _ttl,
    "records.rename": lambda wish: None if len(wish.names) == 2 else wish.lacks("the name, and the one it gets"),
    "records.ipv6": lambda wish: _add(wish) if wish.every(Of.ADDRESS) else None,
    "zones.delegate": _delegate,
    "zones.caa": _caa,
    "zones.ttl": _ttls,
    "zones.restore": lambda wish: None if wish.every(Of.DATE) else wish.lacks("the day, such as 2026-11-01"),
    "pools.drain": _target,
    "pools.resume": _target,
}

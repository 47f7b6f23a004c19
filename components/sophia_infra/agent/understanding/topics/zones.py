"""Zones as a whole, and pools: what serves a name by its health."""

from sophia_infra.agent.operations import Operation, SetRecords
from sophia_infra.agent.understanding.intent import Build, Wish
from sophia_infra.agent.understanding.tokens import Kind as Of
from sophia_infra.agent.understanding.values import named, one_ttl, with_ttl


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


def _restore(wish: Wish) -> None:
    return None if wish.every(Of.DATE) else wish.lacks("the day to go back to, such as 2026-11-01")


def _target(wish: Wish) -> None:
    return None if wish.every(Of.ADDRESS) else wish.lacks("the target, such as 192.0.2.10")


BUILDS: dict[str, Build] = {
    "zones.delegate": _delegate,
    "zones.caa": _caa,
    "zones.ttl": _ttls,
    "zones.restore": _restore,
    "pools.drain": _target,
    "pools.resume": _target,
}

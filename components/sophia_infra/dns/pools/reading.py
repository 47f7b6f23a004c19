"""Pools as their arguments and inputs describe them, each value checked."""

from dataclasses import fields, replace
from typing import Any

from sophia_infra.dns.pools.pool import Pool, type_of
from sophia_infra.dns.program.inputs import header_of
from sophia_infra.dns.reader import read_rdata
from sophia_infra.errors import SophiaError
from sophia_infra.probes.check import BUDGET, Check
from sophia_infra.values import Value, is_list

PORTS = {"tcp": None, "http": 80, "https": 443, "dns": 53}
"""The kinds of checks, each with its usual port."""

TTL = 60
FLOOR = 0.5
FALL = RISE = 2
TIMEOUT = 2.0


class PoolError(SophiaError):
    """A pool that can't be used as it is described; the message names the field and says what would do."""

    code = "pool"


def read_pools(given: Any, domain: str) -> list[Pool]:
    """Read the argument, or the property, `pools`.

    Raises:
        PoolError: it is no list of pools, or a value of one is out of range.
        ZoneTextError: a name or a target can't be read.
    """
    listed = Value("pools", given, PoolError).items("give a list of pools")
    pools = [_pool(pool, domain) for pool in listed]
    names = [pool.name for pool in pools]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise PoolError(f"pools holds {twice!r} twice; put all its targets into one pool")
    return pools


def _pool(given: Value, domain: str) -> Pool:
    given.members([field.name for field in fields(Pool)])
    where = given.path
    header = {"name": given.get("name").value, "type": "A", "ttl": given.get("ttl").value}
    name, _, ttl = header_of(header, domain, TTL, index=where)
    pool = Pool(
        name=name,
        targets=_targets(given.get("targets"), domain),
        check=_check(given.get("check"), name, domain),
        ttl=ttl,
        floor=given.get("floor", FLOOR).number(0, 1),
        fall=given.get("fall", FALL).whole(1, 100),
        rise=given.get("rise", RISE).whole(1, 100),
    )
    if len({type_of(target) == "CNAME" for target in pool.all_targets}) > 1:
        raise PoolError(
            f"{where}.targets mixes addresses and host names; give one or the other", field=f"{where}.targets"
        )
    families = [{type_of(target) for target in group if target is not None} for group in pool.targets]
    if not pool.is_pending and any(one != families[0] for one in families):
        # Each family is chosen by itself: IPv6 clients would go to the standby while IPv4 ones have the primary.
        raise PoolError(
            f"{where}.targets: only some groups have IPv6 (or IPv4) addresses; give it to all or none",
            field=f"{where}.targets",
        )
    return pool


def _targets(given: Value, domain: str) -> tuple[tuple[str | None, ...], ...]:
    way_out = "give groups of targets, best first: [['192.0.2.1'], ['192.0.2.9']]"
    ranks = given.items(way_out, least=1)
    if not all(is_list(rank.value) and rank.value for rank in ranks):
        raise given.wrong(way_out)
    groups = tuple(tuple(_target(target, domain) for target in rank.items()) for rank in ranks)
    listed = [target for group in groups for target in group if target is not None]
    if len(set(listed)) < len(listed):
        raise PoolError(f"{given.path} holds a target twice; name each once", field=given.path)
    return groups


def _target(given: Value, domain: str) -> str | None:
    if given.value is None:
        return None
    if not isinstance(given.value, str):
        raise given.wrong("give an address or a host name")
    target = given.value.strip()
    return read_rdata(type_of(target), target, domain, file=given.path)


def _check(given: Value, name: str, domain: str) -> Check:
    given.members([field.name for field in fields(Check)])
    kind = given.get("kind", "tcp").word(tuple(PORTS))
    is_zone = kind == "dns" or name == "@" or name.startswith("*")
    statuses = given.get("status", [200]).items("give a list of HTTP statuses, such as [200]", least=1)
    return Check(
        kind=kind,
        port=given.get("port", PORTS[kind]).whole(1, 65535),
        host=_host(given.get("host", domain if is_zone else f"{name}.{domain}")),
        path=_path(given.get("path", "/")),
        status=tuple(replace(status, path=f"{given.path}.status").whole(100, 599) for status in statuses),
        body=given.get("body", "").text(),
        timeout=given.get("timeout", TIMEOUT).number(0.1, BUDGET),
    )


def _word(given: Value) -> str:
    value = given.text()
    if not value.isascii() or not value or " " in value:
        raise given.wrong("write it in ASCII and without blanks (IDNA, percent-encoding)")
    return value


def _host(given: Value) -> str:
    host = _word(given).rstrip(".")
    try:
        host.encode("idna")  # TLS does so, and takes no name with an empty or a long label
    except UnicodeError:
        raise given.wrong("give a host name") from None
    return host


def _path(given: Value) -> str:
    path = _word(given)
    if not path.startswith("/"):
        raise given.wrong("give a path from /")
    return path

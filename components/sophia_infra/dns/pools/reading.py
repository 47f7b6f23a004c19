"""Pools as their arguments and inputs describe them, each value checked."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from sophia_infra.dns.pools.pool import Pool, type_of
from sophia_infra.dns.program.inputs import header_of
from sophia_infra.dns.reader import read_rdata
from sophia_infra.errors import SophiaError
from sophia_infra.probes.check import BUDGET, Check

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
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise PoolError(f"pools is {given!r}; give a list of pools")
    pools = [_pool(one, f"pools[{index}]", domain) for index, one in enumerate(given)]
    names = [pool.name for pool in pools]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise PoolError(f"pools holds {twice!r} twice; put all its targets into one pool")
    return pools


def _pool(given: Any, where: str, domain: str) -> Pool:
    _fields(given, Pool, where)
    header = {"name": given.get("name"), "type": "A", "ttl": given.get("ttl")}
    name, _, ttl = header_of(header, domain, TTL, index=where)
    pool = Pool(
        name=name,
        targets=_targets(given.get("targets"), f"{where}.targets", domain),
        check=_check(given.get("check"), f"{where}.check", name, domain),
        ttl=ttl,
        floor=_number(given, "floor", FLOOR, (0, 1), where),
        fall=_whole(given, "fall", FALL, (1, 100), where),
        rise=_whole(given, "rise", RISE, (1, 100), where),
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


def _targets(given: Any, where: str, domain: str) -> tuple[tuple[str | None, ...], ...]:
    if not is_list(given) or not given or not all(is_list(group) and group for group in given):
        raise PoolError(
            f"{where} is {given!r}; give groups of targets, best first: [['192.0.2.1'], ['192.0.2.9']]", field=where
        )
    groups = tuple(
        tuple(_target(target, f"{where}[{rank}][{index}]", domain) for index, target in enumerate(group))
        for rank, group in enumerate(given)
    )
    listed = [target for group in groups for target in group if target is not None]
    if len(set(listed)) < len(listed):
        raise PoolError(f"{where} holds a target twice; name each once", field=where)
    return groups


def _target(given: Any, where: str, domain: str) -> str | None:
    if given is None:
        return None
    if not isinstance(given, str):
        raise PoolError(f"{where} is {given!r}; give an address or a host name", field=where)
    return read_rdata(type_of(given.strip()), given.strip(), domain, file=where)


def _check(given: Any, where: str, name: str, domain: str) -> Check:
    _fields(given, Check, where)
    kind = given.get("kind", "tcp")
    if kind not in PORTS:
        raise PoolError(f"{where}.kind is {kind!r}; known are {', '.join(PORTS)}", field=f"{where}.kind")
    is_zone = kind == "dns" or name == "@" or name.startswith("*")
    usual = domain if is_zone else f"{name}.{domain}"
    statuses = given.get("status", [200])
    if not is_list(statuses) or not statuses:
        raise PoolError(
            f"{where}.status is {statuses!r}; give a list of HTTP statuses, such as [200]", field=f"{where}.status"
        )
    return Check(
        kind=kind,
        port=_whole(given, "port", PORTS[kind], (1, 65535), where),
        host=_host(given, usual, where),
        path=_path(given, where),
        status=tuple(_whole({"status": one}, "status", None, (100, 599), where) for one in statuses),
        body=_text(given, "body", "", where),
        timeout=_number(given, "timeout", TIMEOUT, (0.1, BUDGET), where),
    )


def _fields(given: Any, known: type[Pool] | type[Check], where: str) -> None:
    if not isinstance(given, Mapping):
        raise PoolError(f"{where} is {given!r}; give a mapping", field=where)
    names = [field.name for field in fields(known)]
    unknown = given.keys() - set(names)
    if unknown:
        raise PoolError(
            f"{where}.{min(unknown)} is no field; known are {', '.join(names)}", field=f"{where}.{min(unknown)}"
        )


def _text(given: Mapping[str, Any], field: str, usual: str, where: str) -> str:
    value = given.get(field, usual)
    if not isinstance(value, str) or not value.isprintable():
        raise PoolError(f"{where}.{field} is {value!r}; give a text on one line", field=f"{where}.{field}")
    return value


def _word(given: Mapping[str, Any], field: str, usual: str, where: str) -> str:
    value = _text(given, field, usual, where)
    if not value.isascii() or not value or " " in value:
        raise PoolError(
            f"{where}.{field} is {value!r}; write it in ASCII and without blanks (IDNA, percent-encoding)",
            field=f"{where}.{field}",
        )
    return value


def _host(given: Mapping[str, Any], usual: str, where: str) -> str:
    host = _word(given, "host", usual, where).rstrip(".")
    try:
        host.encode("idna")  # TLS does so, and takes no name with an empty or a long label
    except UnicodeError:
        raise PoolError(f"{where}.host is {host!r}; give a host name", field=f"{where}.host") from None
    return host


def _path(given: Mapping[str, Any], where: str) -> str:
    path = _word(given, "path", "/", where)
    if not path.startswith("/"):
        raise PoolError(f"{where}.path is {path!r}; give a path from /", field=f"{where}.path")
    return path


def _whole(given: Mapping[str, Any], field: str, usual: float | None, limits: tuple[int, int], where: str) -> int:
    value = _number(given, field, usual, limits, where)
    if value != int(value):
        raise PoolError(
            f"{where}.{field} is {value!r}; give a whole number from {limits[0]} to {limits[1]}",
            field=f"{where}.{field}",
        )
    return int(value)


def _number(
    given: Mapping[str, Any], field: str, usual: float | None, limits: tuple[float, float], where: str
) -> float:
    # The engine hands every number over as a float.
    value = given.get(field, usual)
    low, high = limits
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise PoolError(f"{where}.{field} is {value!r}; give a number from {low} to {high}", field=f"{where}.{field}")
    return value


def is_list(value: Any) -> bool:
    """Whether a value is a list or a tuple, and no text."""
    return isinstance(value, Sequence) and not isinstance(value, str)

"""A pool as its arguments and inputs describe it, each value checked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from ipaddress import ip_address
from typing import Any

from sophia_infra.dns.inputs import header_of
from sophia_infra.dns.reader import read_rdata
from sophia_infra.errors import SophiaError

PORTS = {"tcp": None, "http": 80, "https": 443, "dns": 53}
"""The kinds of checks, each with its usual port."""

TTL = 60
FLOOR = 0.5
FALL = RISE = 2
TIMEOUT = 2.0
BUDGET = 5.0
"""Seconds that all probes of a round may take together; what is not known by then stays as it is."""


class PoolError(SophiaError):
    """A pool that can't be used as it is described; the message names the field and says what would do."""


@dataclass(frozen=True, slots=True)
class Check:
    """How a target shows that it is healthy; `arguments.PoolCheckArgs` says what the fields mean."""

    kind: str
    port: int
    host: str
    path: str
    status: tuple[int, ...]
    body: str
    timeout: float


@dataclass(frozen=True, slots=True)
class Pool:
    """One name and its ranked groups of targets; `arguments.PoolArgs` says what the fields mean.

    A target that another resource has yet to produce is None.
    """

    name: str
    targets: tuple[tuple[str | None, ...], ...]
    check: Check
    ttl: int
    floor: float
    fall: int
    rise: int

    def as_input(self) -> dict[str, Any]:
        """Return the pool as the `pools` property holds it; `read_pools` reads it back."""
        return {**asdict(self), "targets": [list(group) for group in self.targets]} | {
            "check": {**asdict(self.check), "status": list(self.check.status)}
        }

    @property
    def all_targets(self) -> list[str]:
        """The targets of all groups that are known, best first."""
        return [target for group in self.targets for target in group if target is not None]

    @property
    def is_pending(self) -> bool:
        """Whether a target is not known yet, so that nothing can be chosen."""
        return any(target is None for group in self.targets for target in group)

    @property
    def subjects(self) -> list[str]:
        """The record sets that the pool publishes, or may publish once all its targets are known."""
        kinds = ("A", "AAAA", "CNAME") if self.is_pending else dict.fromkeys(map(type_of, self.all_targets))
        return [f"{self.name} {kind}" for kind in kinds]

    def sets(self) -> list["TargetSet"]:
        """Return the record sets that the pool makes: one for each type that its targets call for."""
        kinds = dict.fromkeys(map(type_of, self.all_targets))
        return [TargetSet(self, kind, tuple(self._groups(kind))) for kind in kinds]

    def _groups(self, kind: str) -> Iterator[tuple[str, ...]]:
        for group in self.targets:
            if of_kind := tuple(target for target in group if target is not None and type_of(target) == kind):
                yield of_kind


@dataclass(frozen=True, slots=True)
class TargetSet:
    """One record set of a pool, and the ranked groups of its targets; it is chosen by itself."""

    pool: Pool
    type: str
    groups: tuple[tuple[str, ...], ...]

    @property
    def subject(self) -> str:
        """The set, as findings and reasons name it."""
        return f"{self.pool.name} {self.type}"

    @property
    def targets(self) -> list[str]:
        """The targets of all groups, best first."""
        return [target for group in self.groups for target in group]

    @property
    def most(self) -> int | None:
        """How many of them the set can hold: one CNAME, any number of addresses."""
        return 1 if self.type == "CNAME" else None


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


def type_of(target: str) -> str:
    """Return the type of the record that leads to a target."""
    try:
        return "A" if ip_address(target).version == 4 else "AAAA"
    except ValueError:
        return "CNAME"


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
        raise PoolError(f"{where}.targets mixes addresses and host names; give one or the other")
    return pool


def _targets(given: Any, where: str, domain: str) -> tuple[tuple[str | None, ...], ...]:
    if not is_list(given) or not given or not all(is_list(group) and group for group in given):
        raise PoolError(f"{where} is {given!r}; give groups of targets, best first: [['192.0.2.1'], ['192.0.2.9']]")
    groups = tuple(
        tuple(_target(target, f"{where}[{rank}][{index}]", domain) for index, target in enumerate(group))
        for rank, group in enumerate(given)
    )
    listed = [target for group in groups for target in group if target is not None]
    if len(set(listed)) < len(listed):
        raise PoolError(f"{where} holds a target twice; name each once")
    return groups


def _target(given: Any, where: str, domain: str) -> str | None:
    if given is None:
        return None
    if not isinstance(given, str):
        raise PoolError(f"{where} is {given!r}; give an address or a host name")
    return read_rdata(type_of(given.strip()), given.strip(), domain, file=where)


def _check(given: Any, where: str, name: str, domain: str) -> Check:
    _fields(given, Check, where)
    kind = given.get("kind", "tcp")
    if kind not in PORTS:
        raise PoolError(f"{where}.kind is {kind!r}; known are {', '.join(PORTS)}")
    usual = domain if name == "@" or kind == "dns" else f"{name}.{domain}"
    statuses = given.get("status", [200])
    if not is_list(statuses) or not statuses:
        raise PoolError(f"{where}.status is {statuses!r}; give a list of HTTP statuses, such as [200]")
    return Check(
        kind=kind,
        port=_whole(given, "port", PORTS[kind], (1, 65535), where),
        host=_text(given, "host", usual, where).rstrip("."),
        path=_text(given, "path", "/", where),
        status=tuple(_whole({"status": one}, "status", None, (100, 599), where) for one in statuses),
        body=_text(given, "body", "", where),
        timeout=_number(given, "timeout", TIMEOUT, (0.1, BUDGET), where),
    )


def _fields(given: Any, known: type[Pool] | type[Check], where: str) -> None:
    if not isinstance(given, Mapping):
        raise PoolError(f"{where} is {given!r}; give a mapping")
    names = [field.name for field in fields(known)]
    unknown = given.keys() - set(names)
    if unknown:
        raise PoolError(f"{where}.{min(unknown)} is no field; known are {', '.join(names)}")


def _text(given: Mapping[str, Any], field: str, usual: str, where: str) -> str:
    value = given.get(field, usual)
    if not isinstance(value, str) or not value.isprintable() or (field == "path" and not value.startswith("/")):
        raise PoolError(f"{where}.{field} is {value!r}; give a text on one line{', from /' * (field == 'path')}")
    return value


def _whole(given: Mapping[str, Any], field: str, usual: float | None, limits: tuple[int, int], where: str) -> int:
    value = _number(given, field, usual, limits, where)
    if value != int(value):
        raise PoolError(f"{where}.{field} is {value!r}; give a whole number from {limits[0]} to {limits[1]}")
    return int(value)


def _number(
    given: Mapping[str, Any], field: str, usual: float | None, limits: tuple[float, float], where: str
) -> float:
    # The engine hands every number over as a float.
    value = given.get(field, usual)
    low, high = limits
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise PoolError(f"{where}.{field} is {value!r}; give a number from {low} to {high}")
    return value


def is_list(value: Any) -> bool:
    """Whether a value is a list or a tuple, and no text."""
    return isinstance(value, Sequence) and not isinstance(value, str)

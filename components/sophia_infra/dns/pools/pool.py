"""What a pool is: ranked targets behind one name, how each shows that it is healthy, and how all that is read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from ipaddress import ip_address
from typing import Any

from sophia_infra.dns.program.inputs import header_of
from sophia_infra.dns.reader import read_rdata
from sophia_infra.errors import SophiaError
from sophia_infra.probes.round import BUDGET, Check
from sophia_infra.values import Value, is_list

PORTS = {"tcp": None, "http": 80, "https": 443, "dns": 53}
"""The kinds of checks, each with its usual port."""


class PoolError(SophiaError):
    """A pool that can't be used as it is described; the message names the field and says what would do."""

    code = "pool"


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
        rtypes = ("A", "AAAA", "CNAME") if self.is_pending else dict.fromkeys(map(rtype_for, self.all_targets))
        return [f"{self.name} {rtype}" for rtype in rtypes]

    def sets(self) -> list["TargetSet"]:
        """Return the record sets that the pool makes: one for each type that its targets call for."""
        rtypes = dict.fromkeys(map(rtype_for, self.all_targets))
        return [TargetSet(self, rtype, tuple(self._groups(rtype))) for rtype in rtypes]

    def _groups(self, rtype: str) -> Iterator[tuple[str, ...]]:
        for group in self.targets:
            if of_rtype := tuple(target for target in group if target is not None and rtype_for(target) == rtype):
                yield of_rtype


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


def rtype_for(target: str) -> str:
    """Return the type of the record that leads to a target."""
    try:
        return "A" if ip_address(target).version == 4 else "AAAA"
    except ValueError:
        return "CNAME"


def known_targets(given: Any, is_pending: Callable[[Any], bool]) -> Any:
    """Return a pool as it is described, with None in place of each target that another resource has yet to produce."""
    groups: Any = given.get("targets") if isinstance(given, Mapping) else None
    if not is_list(groups) or not all(map(is_list, groups)):
        return given
    return {**given, "targets": [[None if is_pending(target) else target for target in group] for group in groups]}


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
        raise PoolError(f"pools holds {twice!r} twice; put all its targets into one pool", field="pools", subject=twice)
    return pools


def _pool(given: Value, domain: str) -> Pool:
    given.members([field.name for field in fields(Pool)])
    where = given.path
    header = {"name": given.get("name").value, "type": "A", "ttl": given.get("ttl").value}
    name, _, ttl = header_of(header, domain, 60, label=where)
    pool = Pool(
        name=name,
        targets=_targets(given.get("targets"), domain),
        check=_check(given.get("check"), name, domain),
        ttl=ttl,
        floor=given.get("floor", 0.5).number(0, 1),
        fall=given.get("fall", 2).whole(1, 100),
        rise=given.get("rise", 2).whole(1, 100),
    )
    if len({rtype_for(target) == "CNAME" for target in pool.all_targets}) > 1:
        raise PoolError(
            f"{where}.targets mixes addresses and host names; give one or the other", field=f"{where}.targets"
        )
    families = [{rtype_for(target) for target in group if target is not None} for group in pool.targets]
    if not pool.is_pending and any(family != families[0] for family in families):
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
    return read_rdata(rtype_for(target), target, domain, file=given.path)


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
        timeout=given.get("timeout", 2.0).number(0.1, BUDGET),
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

"""What a pool is: ranked targets behind one name, and how each shows that it is healthy."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from typing import Any

from sophia_infra.probes.check import Check


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
        """Return the pool as the `pools` property holds it; `reading.read_pools` reads it back."""
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


def type_of(target: str) -> str:
    """Return the type of the record that leads to a target."""
    try:
        return "A" if ip_address(target).version == 4 else "AAAA"
    except ValueError:
        return "CNAME"

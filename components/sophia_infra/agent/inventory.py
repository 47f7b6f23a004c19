"""What stands in a stack, as the names that a sentence may mean: made by hand in tests, else by `state_inventory`."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from sophia_infra.dns.rr.record import is_at_or_below
from sophia_infra.dns.rr.rrset import RRset

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Inventory:
    """The names of a stack.

    Attributes:
        zones: the RRsets of each zone, by its domain.
        pools: the targets of each pool, by its name below its zone: `www.shop.example`.
        certificates: the names that each certificate is for, by its name in the program.
        cas: what CAA records call the CAs of each certificate, by its name in the program, as far as that is known.
        secrets: the names of what is rotated.
        environments: the environments in files.
        settings: the full keys that the stack's file sets and that are not secret.
        former: returns what a zone was on a day, as 2026-11-01, by the copies that are kept; nothing where none is.
        is_assumed: whether no stack was read, so that zones are those that a sentence names and any name below may be.
    """

    zones: Mapping[str, tuple[RRset, ...]] = field(default_factory=dict)
    pools: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    certificates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    former: Callable[[str, str], tuple[RRset, ...]] = field(default=lambda *_: (), compare=False)
    is_assumed: bool = False

    @cached_property
    def sets(self) -> Mapping[tuple[str, str], tuple[RRset, ...]]:
        """The RRsets by zone and owner."""
        return gathered(((each.zone, each.owner), each) for sets in self.zones.values() for each in sets)

    @cached_property
    def homes(self) -> Mapping[str, tuple[str, ...]]:
        """The zones that have a name, by its owner."""
        return gathered((owner, zone) for zone, owner in self.sets)

    @cached_property
    def known(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """What else goes by which name: by kind, what each name means; one that is whole means itself alone."""
        domains = [(domain, name) for name, each in self.certificates.items() for domain in each]
        return {
            "zone": _by(self.zones),
            "certificate": _by(self.certificates, domains),
            "secret": _by(self.secrets),
            "environment": _by(self.environments, ((name.rpartition("/")[2], name) for name in self.environments)),
            "setting": _by(self.settings),
            "pool": _by(self.pools, ((name.partition(".")[0], name) for name in self.pools)),
        }

    def within(self, zone: str) -> "Inventory":
        """Return it with one zone alone; what is of no zone stays."""
        return replace(self, zones={name: sets for name, sets in self.zones.items() if name == zone})

    def of(self, zone: str, owner: str, rtype: str = "") -> tuple[RRset, ...]:
        """Return the sets of a name, or the one of a type."""
        return tuple(each for each in self.sets.get((zone, owner), ()) if rtype in ("", each.rtype))

    def leading_to(self, name: str) -> Iterator[RRset]:
        """Yield the sets of other names that lead to a full name, wherever in their data that stands."""
        every = (each for sets in self.zones.values() for each in sets)
        return (each for each in every if each.name != name and each.leads_to(name))

    def certificates_in(self, zone: str) -> list[str]:
        """Return the certificates that are for a name of a zone."""
        return [name for name, names in self.certificates.items() if any(is_at_or_below(each, zone) for each in names)]

    def zone_of(self, name: str) -> str:
        """Return the zone that a full name is in, the deepest; empty where it is in none."""
        labels = name.split(".")
        return next((zone for at in range(len(labels)) if (zone := ".".join(labels[at:])) in self.zones), "")


def gathered(pairs: Iterable[tuple[K, V]]) -> dict[K, tuple[V, ...]]:
    """Return what each key was given, in order."""
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}


def _by(names: Iterable[str], others: Iterable[tuple[str, str]] = ()) -> dict[str, tuple[str, ...]]:
    return gathered(others) | {name: (name,) for name in names}

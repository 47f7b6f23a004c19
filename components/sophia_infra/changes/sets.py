"""The difference of two canonical zone texts, record set by record set."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

Values = dict[str, int]
"""The records of one set: RDATA -> TTL in seconds."""

_KEY = re.compile(r"^(\S+) \d+ (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SetChange:
    """One record set that differs: what it holds now, and what it will hold; one of them may be empty."""

    owner: str
    type: str
    old: Values
    new: Values

    @property
    def subject(self) -> str:
        """The set as reasons name it: `www A`."""
        return f"{self.owner} {self.type}"

    @property
    def operation(self) -> str:
        """One of create, update, delete."""
        if not self.old:
            return "create"
        return "update" if self.new else "delete"

    @property
    def lost(self) -> int:
        """How many of the old values will be gone."""
        return len(self.old.keys() - self.new.keys())

    @property
    def replaced(self) -> bool:
        """Whether an update keeps none of the old values."""
        return bool(self.new) and self.lost == len(self.old) > 0

    @property
    def ttl_only(self) -> bool:
        """Whether nothing but the TTL differs."""
        return self.old.keys() == self.new.keys()


def changed_sets(base: str, desired: str) -> list[SetChange]:
    """Return the record sets in which two canonical zone texts differ, the SOA's serial aside.

    An SOA that only one of the two has is no difference: whoever serves the zone supplies it.
    """
    old, new = base.splitlines(), desired.splitlines()
    differing = set(old) ^ set(new)
    keys = {(owner, kind) for owner, _, kind, _ in (line.split(" ", 3) for line in differing)}
    keys.discard(("@", "SOA"))
    before, after = _values(old, keys), _values(new, keys)
    changes = [
        SetChange(owner, kind, before[owner, kind], after[owner, kind]) for owner, kind in sorted(keys)
    ]
    return [*_soa_change(old, new), *changes]


def count_sets(text: str) -> int:
    """Return how many record sets a canonical zone text holds, the SOA included."""
    return len(set(_KEY.findall(text)))


def _values(lines: Iterable[str], keys: set[tuple[str, str]]) -> dict[tuple[str, str], Values]:
    owners = {owner for owner, _ in keys}
    sets: dict[tuple[str, str], Values] = defaultdict(dict)
    for line in lines:
        if line[: line.find(" ")] in owners:
            owner, ttl, kind, rdata = line.split(" ", 3)
            sets[owner, kind][rdata] = int(ttl)
    return sets


def _soa_change(old: list[str], new: list[str]) -> list[SetChange]:
    before, after = _soa_values(old), _soa_values(new)
    if not before or not after or before == after:
        return []
    return [SetChange("@", "SOA", before, after)]


def _soa_values(lines: list[str]) -> Values:
    if not lines or not lines[0].startswith("@ ") or lines[0].split(" ", 3)[2] != "SOA":
        return {}
    _, ttl, _, rdata = lines[0].split(" ", 3)
    primary, contact, _serial, *timers = rdata.split(" ")
    return {" ".join((primary, contact, *timers)): int(ttl)}

"""The difference of two canonical zone texts, record set by record set; a change of a name's type is one change."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

from sophia_infra.dns.rr.record import owner_order
from sophia_infra.dns.rr.rtype import ALIASES, HOSTS
from sophia_infra.dns.zone.names import end_of, owner_at

Values = dict[str, int]
"""The records of one set: RDATA -> TTL in seconds."""

_FIRST_STRIDE, _LAST_STRIDE = 1 << 7, 1 << 16


@dataclass(frozen=True, slots=True)
class SetChange:
    """One record set that differs: what it holds now, and what it will hold; one of them may be empty.

    `becomes` is the type of what it will hold, where the name changes its type (`type_changes.joined`), else empty.
    """

    owner: str
    type: str
    old: Values
    new: Values
    becomes: str = ""

    @property
    def subject(self) -> str:
        """The set as reasons name it: `www A`."""
        return f"{self.owner} {self.type}"

    @property
    def operation(self) -> str:
        """One of create, update, delete, and replace where the type changes."""
        if self.becomes:
            return "replace"
        if not self.old:
            return "create"
        return "update" if self.new else "delete"

    @property
    def lost(self) -> int:
        """How many of the old values will be gone."""
        return len(self.old.keys() - self.new.keys())

    @property
    def replaced(self) -> bool:
        """Whether something else stands in the place of all old values."""
        return bool(self.new) and self.lost == len(self.old) > 0

    @property
    def ttl_only(self) -> bool:
        """Whether nothing but the TTL differs."""
        return self.old.keys() == self.new.keys() and not self.becomes


def changed_sets(base: str, desired: str) -> list[SetChange]:
    """Return the record sets in which two canonical zone texts differ, the SOA's serial aside.

    An SOA that only one of the two has is no difference: whoever serves the zone supplies it.
    """
    return [
        SetChange(owner, rtype, old.get(rtype, {}), new.get(rtype, {}))
        for owner, before, after in _differing_owners(base, desired)
        for old, new in [_without_serial(_sets(before), _sets(after))]
        for rtype in sorted(old.keys() | new.keys())
        if old.get(rtype) != new.get(rtype)
    ]


def _differing_owners(old: str, new: str) -> Iterator[tuple[str, str, str]]:
    """Yield each owner whose lines differ, with its lines in either text; what is equal costs a memory compare."""
    i = j = 0
    while True:
        start = _first_difference(old, i, new, j)
        i, j = i + start, j + start
        if i == len(old) and j == len(new):
            return
        a, b = owner_at(old, i), owner_at(new, j)
        in_old = b == "" or (a != "" and owner_order(a) <= owner_order(b))
        owner = a if in_old else b
        i_end, j_end = end_of(old, i, owner), end_of(new, j, owner)
        yield owner, old[i:i_end], new[j:j_end]
        i, j = i_end, j_end


def _first_difference(old: str, i: int, new: str, j: int) -> int:
    """Return how far two texts agree, backed up to where the lines of an owner begin."""
    same = _agreement(old, i, new, j)
    if i + same == len(old) and j + same == len(new):
        return same
    start = old.rfind("\n", i, i + same) + 1 or i
    owners = {owner_at(old, start), owner_at(new, start - i + j)}
    while start > i:
        previous = old.rfind("\n", i, start - 1) + 1 or i
        if owner_at(old, previous) not in owners:
            break
        start = previous
    return start - i


def _agreement(old: str, i: int, new: str, j: int) -> int:
    """Return how many characters two texts have in common from two places on, by strides that grow while they agree."""
    same, stride = 0, _FIRST_STRIDE
    while stride:
        left, right = old[i + same : i + same + stride], new[j + same : j + same + stride]
        if left == right and len(left) == stride:
            same, stride = same + stride, min(2 * stride, _LAST_STRIDE)
        else:
            stride //= 2
    return same


def _sets(lines: str) -> dict[str, Values]:
    sets: dict[str, Values] = defaultdict(dict)
    for line in lines.splitlines():
        _, ttl, rtype, rdata = line.split(" ", 3)
        sets[rtype][rdata] = int(ttl)
    return sets


def _without_serial(old: dict[str, Values], new: dict[str, Values]) -> tuple[dict[str, Values], dict[str, Values]]:
    before, after = old.pop("SOA", {}), new.pop("SOA", {})
    if before and after:
        old["SOA"], new["SOA"] = _mask_serial(before), _mask_serial(after)
    return old, new


def _mask_serial(soa: Values) -> Values:
    fields = ((rdata.split(" "), ttl) for rdata, ttl in soa.items())
    return {" ".join([primary, contact, *timers]): ttl for (primary, contact, _, *timers), ttl in fields}


def joined(changes: Iterable[SetChange]) -> list[SetChange]:
    """Return changes, of which those of one owner stand together, with each type change as one."""
    return [change for _, of_owner in groupby(changes, key=attrgetter("owner")) for change in _of_owner([*of_owner])]


def _of_owner(changes: list[SetChange]) -> Iterator[SetChange]:
    gone = [change for change in changes if change.type in HOSTS and change.operation == "delete"]
    new = [change for change in changes if change.type in HOSTS and change.operation == "create"]
    if not (gone and new and any(change.type in ALIASES for change in (*gone, *new))):
        yield from changes
        return
    successor = new[0]
    for change in changes:
        if change in gone:
            yield replace(change, new=successor.new, becomes=successor.type)
        elif change is not successor:
            yield change

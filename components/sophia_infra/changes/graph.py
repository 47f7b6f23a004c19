"""Which names of a zone lead somewhere, and which records point at them."""

from collections import defaultdict
from functools import cached_property

_TARGET_FIELD = {"CNAME": 0, "NS": 0, "DNAME": 0, "ALIAS": 0, "MX": 1, "SRV": 3, "SVCB": 1, "HTTPS": 1}
_LEADS = {"A", "AAAA", "CNAME", "ALIAS", "NS"}
_LEADS_IPV4 = _LEADS - {"AAAA"}


class Graph:
    """The in-zone graph of one canonical zone text. What it is asked for is worked out then, and once."""

    def __init__(self, text: str, origin: str) -> None:
        self._text = text
        self._apex = origin.rstrip(".").lower() + "."

    @cached_property
    def set_count(self) -> int:
        """How many record sets the zone holds; the SOA, which servers supply, is not counted."""
        count, last_owner, last_kind = 0, "@", "SOA"
        for line in self._lines:
            owner, _, kind, _ = line.split(" ", 3)
            if owner != last_owner or kind != last_kind:
                count, last_owner, last_kind = count + 1, owner, kind
        return count

    @cached_property
    def is_bare(self) -> bool:
        """Whether there is nothing beside the frame of SOA and NS at the apex."""
        return all(line.startswith("@ ") and line.split(" ", 3)[2] in ("SOA", "NS") for line in self._lines)

    def has(self, owner: str, kind: str) -> bool:
        """Whether the zone holds this record set."""
        return kind in self._types.get(owner, ())

    def leads_somewhere(self, owner: str) -> bool:
        """Whether a name has an address, an alias or a delegation, itself or by a wildcard (RFC 4592)."""
        return bool(self._served(owner) & _LEADS)

    def reachable_by_ipv4(self, owner: str) -> bool:
        """Whether a name has an A record, or an alias or delegation that may lead to one."""
        return bool(self._served(owner) & _LEADS_IPV4)

    def users(self, owner: str) -> list[str]:
        """The record sets that point at a name, other than its own."""
        return self._pointers.get(owner, [])

    def below(self, owner: str) -> int:
        """How many names stand at or below an owner, not counting a delegation's own sets and its glue."""
        ending, mine = "." + owner, f"{owner} NS"
        names = [name for name in self._types if name.endswith(ending) and mine not in self.users(name)]
        return len(names) + bool(self._types.get(owner, set()) - {"NS", "DS", "DNAME"})

    def _served(self, owner: str) -> set[str]:
        """The types a query for a name may meet: its own, a delegation's above it, or a wildcard's."""
        own = self._types.get(owner)
        if owner == "@":
            return (own or set()) - {"NS"}
        parents = _parents(owner)
        if any("NS" in self._types.get(parent, ()) for parent in parents):
            return {"NS"}
        return own if own is not None else self._wildcard(parents)

    def _wildcard(self, parents: list[str]) -> set[str]:
        for parent in (*parents, "@"):
            wildcard = "*" if parent == "@" else f"*.{parent}"
            if wildcard in self._types:
                return self._types[wildcard]
            if parent in self._types:
                break
        return set()

    @cached_property
    def _lines(self) -> list[str]:
        return self._text.splitlines()

    @cached_property
    def _types(self) -> dict[str, set[str]]:
        types: dict[str, set[str]] = defaultdict(set)
        for line in self._lines:
            owner, _, kind, _ = line.split(" ", 3)
            types[owner].add(kind)
        return dict(types)

    @cached_property
    def _pointers(self) -> dict[str, list[str]]:
        pointers: dict[str, list[str]] = defaultdict(list)
        for line in self._lines:
            if not line.endswith(self._apex) and " HTTPS " not in line and " SVCB " not in line:
                continue
            owner, _, kind, rdata = line.split(" ", 3)
            target = self._target(kind, rdata)
            if target and target != owner:
                pointers[target].append(f"{owner} {kind}")
        return dict(pointers)

    def _target(self, kind: str, rdata: str) -> str | None:
        """The in-zone name that a record points at, relative to the origin; None where there is none."""
        if kind not in _TARGET_FIELD:
            return None
        name = rdata.split(" ")[_TARGET_FIELD[kind]]
        if name == self._apex:
            return "@"
        return name[: -len(self._apex) - 1] if name.endswith("." + self._apex) else None


def _parents(owner: str) -> list[str]:
    """The names between an owner and the apex, nearest first."""
    labels = owner.split(".")
    return [".".join(labels[index:]) for index in range(1, len(labels))]


def count_sets(text: str) -> int:
    """Return how many record sets a canonical zone text holds, the SOA aside."""
    return Graph(text, "").set_count

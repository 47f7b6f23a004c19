"""Which names of a zone lead somewhere, and which records point at them, as the zone will be after the change."""

import re
from collections import defaultdict
from functools import cached_property

_SERVED = re.compile(r"^(\S+) \d+ (\S+)", re.MULTILINE)
_POINTER = re.compile(r"^(\S+) \d+ (CNAME|MX|NS|SRV|SVCB|HTTPS|DNAME|ALIAS) (.+)$", re.MULTILINE)
_TARGET_FIELD = {"CNAME": 0, "NS": 0, "DNAME": 0, "ALIAS": 0, "MX": 1, "SRV": 3, "SVCB": 1, "HTTPS": 1}
_LEADS = ("A", "AAAA", "CNAME", "ALIAS")


class Graph:
    """The in-zone graph of one canonical zone text. Everything is worked out when first asked for, once."""

    def __init__(self, text: str, origin: str) -> None:
        self._text = text
        self._suffix = "." + origin.rstrip(".").lower() + "."

    def has(self, owner: str, kind: str) -> bool:
        """Whether the zone holds this record set."""
        return kind in self._types.get(owner, ())

    def leads_somewhere(self, owner: str) -> bool:
        """Whether a name has an address, an alias or a delegation, itself or by a wildcard (RFC 4592)."""
        return bool(self._reaching(owner) & {*_LEADS, "NS"})

    def reachable_by_ipv4(self, owner: str) -> bool:
        """Whether a name has an A record, or an alias or delegation that may lead to one."""
        return bool(self._reaching(owner) & {"A", "CNAME", "ALIAS", "NS"})

    def users(self, owner: str) -> int:
        """How many records point at a name."""
        return len(self._pointers.get(owner, ()))

    def example_user(self, owner: str) -> str:
        """One of the record sets that point at a name."""
        return self._pointers[owner][0]

    def below(self, owner: str) -> int:
        """How many names stand at or below an owner, not counting a delegation's own sets and its glue."""
        ending = "." + owner
        glue = {self._relative(target) for target in self._targets_of(owner)}
        names = (name for name in self._types if name.endswith(ending) and name not in glue)
        own = bool(self._types.get(owner, set()) - {"NS", "DS", "DNAME"})
        return sum(1 for _ in names) + own

    def _reaching(self, owner: str) -> set[str]:
        if owner in self._types or owner == "@":
            return self._delegated(owner) | self._types.get(owner, set())
        return self._delegated(owner) | self._wildcard(owner)

    def _delegated(self, owner: str) -> set[str]:
        labels = owner.split(".")
        parents = (".".join(labels[index:]) for index in range(1, len(labels)))
        return {"NS"} if any("NS" in self._types.get(parent, ()) for parent in parents) else set()

    def _wildcard(self, owner: str) -> set[str]:
        labels = owner.split(".")
        for index in range(1, len(labels) + 1):
            parent = ".".join(labels[index:])
            wildcard = f"*.{parent}" if parent else "*"
            if wildcard in self._types:
                return self._types[wildcard]
            if parent in self._types:
                return set()
        return set()

    @cached_property
    def _types(self) -> dict[str, set[str]]:
        types: dict[str, set[str]] = defaultdict(set)
        for owner, kind in _SERVED.findall(self._text):
            types[owner].add(kind)
        return dict(types)

    @cached_property
    def _pointers(self) -> dict[str, list[str]]:
        pointers: dict[str, list[str]] = defaultdict(list)
        for owner, kind, rdata in _POINTER.findall(self._text):
            target = self._relative(rdata.split(" ")[_TARGET_FIELD[kind]])
            if target is not None and target != owner:
                pointers[target].append(f"{owner} {kind}")
        return dict(pointers)

    def _targets_of(self, owner: str) -> list[str]:
        found = re.findall(rf"^{re.escape(owner)} \d+ NS (\S+)$", self._text, re.MULTILINE)
        return [str(target) for target in found]

    def _relative(self, name: str) -> str | None:
        if name == self._suffix[1:]:
            return "@"
        return name.removesuffix(self._suffix) if name.endswith(self._suffix) else None

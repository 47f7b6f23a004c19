"""Which names of a zone lead somewhere, and which records point at them."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property
from operator import itemgetter

from sophia_infra.changes.names import Names, end_of

_SERVICES = ("SVCB", "HTTPS")
_POINTING = {"CNAME", "NS", "DNAME", "ALIAS", "MX", "SRV", *_SERVICES}
# One record set: lines of one owner and one type. Nothing backtracks, so a zone is counted as fast as it is read.
_SET = re.compile(r"([^ ]++ )[^ ]++( [^ ]++ ).*+\n(?:\1[^ ]++\2.*+\n)*+")
_LEADS = frozenset({"A", "AAAA", "CNAME", "ALIAS", "DNAME", "NS"})
_LEADS_IPV4 = _LEADS - {"AAAA"}
_target = itemgetter(0)


class Graph:
    """The in-zone graph of one canonical zone text. What it is asked for is worked out then, and once."""

    def __init__(self, text: str, origin: str) -> None:
        self._text = text
        self._apex = origin.rstrip(".").lower() + "."
        self._names = Names(text)

    @cached_property
    def set_count(self) -> int:
        """How many record sets the zone holds; the SOA, which servers supply, is not counted."""
        return _SET.subn("", self._text)[1] - self.has("@", "SOA")

    @property
    def is_bare(self) -> bool:
        """Whether there is nothing beside the frame of SOA and NS at the apex."""
        only_apex = end_of(self._text, 0, "@") == len(self._text)
        return only_apex and self._names.types("@") <= {"SOA", "NS"}

    def has(self, owner: str, kind: str) -> bool:
        """Whether the zone holds this record set."""
        return kind in self._names.types(owner)

    def leads_somewhere(self, owner: str) -> bool:
        """Whether a name has an address, an alias or a delegation, itself or by a wildcard."""
        return not self._names.answered(owner).isdisjoint(_LEADS)

    def reachable_by_ipv4(self, owner: str) -> bool:
        """Whether a name has an A record, or an alias or delegation that may lead to one."""
        return not self._names.answered(owner).isdisjoint(_LEADS_IPV4)

    def users(self, owner: str) -> list[str]:
        """The record sets that point at a name, other than its own."""
        name = "" if owner == "@" else f"{owner}."
        start, end = (cut(self._pointers, name, key=_target) for cut in (bisect_left, bisect_right))
        lines = [before.rpartition("\n")[2].split(" ", 3) for _, before in self._pointers[start:end]]
        users = [f"{user} {kind}" for user, _, kind, *_ in lines if kind in _POINTING and user != owner]
        return list(dict.fromkeys(users))

    def below(self, owner: str) -> int:
        """How many names stand at or below an owner, not counting a delegation's own sets and its glue."""
        mine = f"{owner} NS"
        names = [name for name in self._names.below(owner) if mine not in self.users(name)]
        return len(names) + bool(self._names.types(owner) - {"NS", "DS", "DNAME"})

    @cached_property
    def _pointers(self) -> list[tuple[str, str]]:
        """What stands before the apex at the end of a line, `www.` or nothing, and the text up to there; sorted."""
        before = self._text.split(f"{self._apex}\n")[:-1]
        pointing = zip([text.rpartition(" ")[2] for text in before], before, strict=True)
        return sorted([*pointing, *self._services()], key=_target)

    def _services(self) -> Iterator[tuple[str, str]]:
        """The same of SVCB and HTTPS records whose parameters stand behind the target (RFC 9460)."""
        if not any(f" {kind} " in self._text for kind in _SERVICES):
            return
        for line in self._text.splitlines():
            fields = line.split(" ", 5)
            if len(fields) == 6 and fields[2] in _SERVICES and fields[4].endswith(self._apex):
                yield fields[4].removesuffix(self._apex), line


def count_sets(text: str) -> int:
    """Return how many record sets a canonical zone text holds, the SOA aside."""
    return Graph(text, "").set_count

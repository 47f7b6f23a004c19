"""Which names of a zone lead somewhere, and what depends on them."""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from itertools import takewhile

from sophia_infra.dns.rr.record import enclosing
from sophia_infra.dns.rr.rtype import ALIASES, HOSTS, NEEDS_HOST
from sophia_infra.dns.rr.txt import decode
from sophia_infra.dns.spf.record import is_policy, parse
from sophia_infra.dns.zone.names import LazyNames

_SERVICES, _AT_TARGET = ("SVCB", "HTTPS"), 5
_LEADS = frozenset({*HOSTS, "DNAME", "NS"})
_LEADS_IPV4, _LEADS_IPV6 = _LEADS - {"AAAA"}, _LEADS - {"A"}
_IPV6 = frozenset({"AAAA"})
_ALIASES = frozenset(ALIASES)
# One record set: lines of one owner and one type. Nothing backtracks, so a zone is counted as fast as it is read.
_SET = re.compile(r"([^ ]++ )[^ ]++( [^ ]++ ).*+\n(?:\1[^ ]++\2.*+\n)*+")
_SPF = "v=spf1"


class Graph(LazyNames):
    """The in-zone graph of one canonical zone text. What it is asked for is worked out then, and once.

    `base` is the text before the change. `pending` are subjects that will stand in the zone though the text does not
    hold them yet; `relied_on` are full names that something outside the zone needs, each with what that is;
    `issuers` are the CAs in use, as CAA records name them.
    """

    def __init__(
        self,
        text: str,
        origin: str,
        *,
        base: str = "",
        pending: Iterable[str] = (),
        relied_on: Iterable[tuple[str, str]] = (),
        issuers: Iterable[str] = (),
    ) -> None:
        super().__init__(text, origin, pending)
        self.issuers = tuple(issuers)
        self._base, self._base_text = LazyNames(base, origin), base
        self._relied_on: dict[str, list[str]] = defaultdict(list)
        for name, why in relied_on:
            if owner := self.relative(name):
                self._relied_on[owner].append(why)

    @cached_property
    def set_count(self) -> int:
        """How many record sets the zone holds; the SOA, which servers supply, is not counted."""
        return _SET.subn("", self._text)[1] - self.has("@", "SOA")

    @cached_property
    def was_set_count(self) -> int:
        """How many record sets the zone holds now."""
        return count_sets(self._base_text)

    @property
    def is_in_service(self) -> bool:
        """Whether there is more in the zone now than the SOA and NS of the apex."""
        return not self._base.is_bare

    def has(self, owner: str, rtype: str) -> bool:
        """Whether the zone holds this record set."""
        return rtype in self.types(owner)

    def was(self, owner: str, rtype: str) -> tuple[str, ...]:
        """Return the RDATA of a record set as it is now."""
        return self._base.values(owner, rtype)

    def looked_up(self, owner: str, rtype: str) -> tuple[str, ...] | None:
        """Return the RDATA that a query will meet, by a wildcard and behind aliases too; None where this can't be told.

        It can't where another zone answers, or where a value is not known before the apply.
        """
        end = self.follow(owner, frozenset({rtype, "NS"}))
        if end is None or "NS" in self.answers(end):
            return None
        at = self.source(end)
        return (self.values(at, rtype) or None) if rtype in self.types(at) else ()

    def receives_mail(self, owner: str) -> bool:
        """Whether a name will have exchangers that take mail: an MX that is no null MX (RFC 7505)."""
        return any(not rdata.endswith(" .") for rdata in self.values(owner, "MX"))

    def stands(self, owner: str) -> bool:
        """Whether a name has an address, an alias or a delegation of its own."""
        return not self.types(owner).isdisjoint(_LEADS)

    def led_somewhere(self, owner: str) -> bool:
        """Whether a name has an address or an alias of its own now."""
        return not self._base.types(owner).isdisjoint(HOSTS)

    def existed(self, owner: str) -> bool:
        """Whether a name exists now."""
        return self._base.exists(owner)

    def is_covered(self, owner: str) -> bool:
        """Whether a name will not exist, and a wildcard's address or alias answers for it."""
        return self.source(owner) != owner and not self.answers(owner).isdisjoint(HOSTS)

    def leads_somewhere(self, owner: str) -> bool:
        """Whether a name has an address or a delegation, itself, by a wildcard, or behind aliases of this zone."""
        return _arrives(self, owner, _LEADS)

    def reachable_by_ipv4(self, owner: str) -> bool:
        """Whether a name has an A record, or an alias or delegation that may lead to one."""
        return _arrives(self, owner, _LEADS_IPV4)

    def led_on(self, owner: str) -> bool:
        """Whether a name leads to an address or a delegation now, as `leads_somewhere` has it."""
        return _arrives(self._base, owner, _LEADS)

    def loses_ipv6(self, owner: str) -> bool:
        """Whether a name has an IPv6 address now, as far as this zone can tell, and none afterwards."""
        end = self._base.follow(owner, _IPV6)
        had = end is not None and bool(self._base.answers(end) & _IPV6)
        return had and not _arrives(self, owner, _LEADS_IPV6)

    def uncovered(self, owner: str) -> str | None:
        """The host that a wildcard answered for until an owner was created at or below it, and that is lost since.

        A name that exists, be it only for what stands below it, is none of the wildcard's any more (RFC 4592).
        """
        for name in takewhile(lambda name: name != "@" and not self._base.exists(name), [owner, *enclosing(owner)]):
            before, after = self._base.answers(name), self.answers(name)
            lost = [rtypes for rtypes in (_LEADS, _LEADS_IPV4) if before & rtypes and not after & rtypes]
            if lost and not name.startswith(("_", "*")):
                return name
        return None

    def users(self, owner: str) -> list[str]:
        """What points at a name: record sets other than its own, and what relies on it from outside the zone."""
        name = "" if owner == "@" else f"{owner}."
        start, end = (cut(self._by_target, name, key=self._targets.__getitem__) for cut in (bisect_left, bisect_right))
        lines = [self._pointing[place].rpartition("\n")[2].split(" ", 3) for place in self._by_target[start:end]]
        users = [f"{user} {rtype}" for user, _, rtype, *_ in lines if rtype in NEEDS_HOST and user != owner]
        return list(dict.fromkeys([*users, *self._relied_on.get(owner, ())]))

    def dependents(self, owner: str) -> list[str]:
        """What points at a name, itself or through aliases; those of the domain itself first."""
        found: dict[str, None] = {}
        names = [owner]
        for name in names:
            new = [user for user in self.users(name) if user not in found]
            found |= dict.fromkeys(new)
            names += [alias for alias, _, rtype in (user.rpartition(" ") for user in new) if rtype in ALIASES]
        return sorted(found, key=lambda user: not user.startswith("@ "))

    def including(self, owner: str) -> list[str]:
        """Return a name and those whose SPF hands over to it, directly or not (RFC 7208 sections 5.2 and 6.1)."""
        names = [owner]
        for name in names:
            names += [user for user in self._sender_policies.get(name, ()) if user not in names]
        return names

    def certified(self, owner: str) -> list[str]:
        """Return what relies on names whose issuers the CAA at an owner decides: the nearest one does (RFC 8659)."""
        return [why for name, reliant in self._relied_on.items() if self._issuers_of(name) == owner for why in reliant]

    def _issuers_of(self, name: str) -> str | None:
        return next((above for above in (name, *enclosing(name)) if self.has(above, "CAA")), None)

    def stranded(self, owner: str) -> list[str]:
        """What needs a name at or below an owner, and one that leads nowhere."""
        names = [name for name in self._needed if owner in ("@", name) or name.endswith(f".{owner}")]
        return [user for name in names if not self.leads_somewhere(name) for user in self.users(name)]

    def count_below(self, owner: str) -> int:
        """How many names stand at or below an owner, now and still, but a delegation's own sets and its glue."""
        mine = f"{owner} NS"
        names = [name for name in self.below(owner) if self._base.types(name) and mine not in self.users(name)]
        own = self.types(owner) & self._base.types(owner)
        return len(names) + bool(own - {"NS", "DS", "DNAME"})

    @cached_property
    def _sender_policies(self) -> dict[str, list[str]]:
        """The names of this zone that SPF records include or redirect to, each with the owners of those records."""
        found: dict[str, list[str]] = defaultdict(list)
        domain = self._apex.removesuffix(".")
        for line in self._text.splitlines() if _SPF in self._text.lower() else ():
            folded = line.lower()
            if _SPF in folded and domain in folded:
                owner, _, _, rdata = line.split(" ", 3)
                policy = decode(rdata)
                targets = map(self.relative, parse(policy).handed_to if is_policy(policy) else ())
                for target in filter(None, targets):
                    found[target].append(owner)
        return found

    @cached_property
    def _needed(self) -> dict[str, None]:
        """The names that something needs."""
        targets = (target.removesuffix(".") or "@" for target in sorted(set(self._targets)))
        return dict.fromkeys([*targets, *self._relied_on])

    @cached_property
    def _pointing(self) -> list[str]:
        """The text up to each place where a record points into this zone: what ends it, before the apex, is its target.

        A record's target ends its line, but that of SVCB and HTTPS, behind which parameters may stand (RFC 9460).
        """
        first, *others = self._text.split(f"{self._apex} ")
        before = (text.rpartition("\n")[1:] for text in (f"\n{first}", *others[:-1]) if others)
        lines = [(line, line.split(" ", 5)) for start, line in before if start]
        services = [line for line, fields in lines if len(fields) == _AT_TARGET and fields[2] in _SERVICES]
        return [*self._text.split(f"{self._apex}\n")[:-1], *services]

    @cached_property
    def _targets(self) -> list[str]:
        """The target of each of them without the apex, `www.` or nothing."""
        return [text.rpartition(" ")[2] for text in self._pointing]

    @cached_property
    def _by_target(self) -> list[int]:
        """Their places, sorted by target: a list of pairs would take twice the time to make."""
        return sorted(range(len(self._targets)), key=self._targets.__getitem__)


def _arrives(names: LazyNames, owner: str, rtypes: frozenset[str]) -> bool:
    """Whether a name ends at one of some types; aliases that go in a ring end nowhere."""
    ends = rtypes - _ALIASES
    end = names.follow(owner, ends)
    return end is None or not ends.isdisjoint(names.answers(end))


def count_sets(text: str) -> int:
    """Return how many record sets a canonical zone text holds, the SOA aside."""
    return Graph(text, "").set_count

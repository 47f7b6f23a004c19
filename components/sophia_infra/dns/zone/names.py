"""What a query meets at the names of a zone: the words for it, and what they mean.

Two engines keep `Names`. `LazyNames` reads canonical text and works out only what it is asked for: little, when a
change is weighed. `index.Zone` holds records by name and by type, for rules that look at all of them. A test holds the
two together.

    @      the apex        www 300 A 192.0.2.1      `www` exists, and answers for itself
    * A    a wildcard      shop                     `shop` does not exist; its source is `*`
    a.b A                  b                        `b` exists without records: no wildcard answers there
    c NS   a delegation    www.c                    `c` is the cut above `www.c`: another zone answers
"""

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from sophia_infra.dns.rr.record import enclosing, owner_order, parent
from sophia_infra.dns.rr.rtype import ALIASES

Types = frozenset[str]
"""Record types that stand at one name."""

OPEN_TLDS = ("com", "net", "org", "edu", "gov")
"""Top levels that end a name which is complete, though it lacks its dot."""
_ALIASES = frozenset(ALIASES)
_CUTS, _DNAME = frozenset({"NS", "DNAME"}), frozenset({"DNAME"})


class Trail(NamedTuple):
    """Where the CNAMEs from a name lead: over the owners `passed`, itself the first, to the last of them.

    `beyond` is the full name that another zone is to answer for; empty where the last owner is answered for here.
    Where `cut` hands that owner on, `beyond` is its own name. `is_ring` is set where they end nowhere.
    """

    passed: tuple[str, ...]
    beyond: str = ""
    cut: str = ""
    is_ring: bool = False


class Names(Protocol):
    """The names of one zone, relative to it; `@` is the apex. Records whose data is not known yet stand there too.

    `origin` is the zone's name in lower case, without the dot at its end.
    """

    origin: str
    _apex: str
    _suffix: str

    def __init__(self, origin: str) -> None:
        self.origin = origin.rstrip(".").lower()
        self._apex, self._suffix = f"{self.origin}.", f".{self.origin}." if self.origin else "."

    @abstractmethod
    def types(self, owner: str) -> Types:
        """Return the types that stand at exactly this name."""

    @abstractmethod
    def values(self, owner: str, rtype: str) -> tuple[str, ...]:
        """Return the RDATA of one record set; nothing where it is not known yet."""

    @abstractmethod
    def is_pending(self, owner: str, rtype: str = "") -> bool:
        """Whether some data of a name, or of its set of one type, is not known yet."""

    @abstractmethod
    def exists(self, owner: str) -> bool:
        """Whether a name exists, be it only because there are names below it (RFC 8020); the apex always does."""

    def absolute(self, owner: str) -> str:
        """Return an owner as a full name."""
        return self._apex if owner == "@" else owner + self._suffix

    def relative(self, name: str) -> str | None:
        """Return a full name, in any case and with or without its final dot, as an owner; None for another zone's.

        A dot that is escaped is a part of its label: `x\\.shop.example.` is not in `shop.example`.
        """
        full = name.lower() if name.endswith(".") else f"{name.lower()}."
        if full == self._apex:
            return "@"
        owner = full[: -len(self._suffix)] if full.endswith(self._suffix) else ""
        is_escaped = owner.endswith("\\") and (len(owner) - len(owner.rstrip("\\"))) % 2
        return None if is_escaped else owner or None

    def closest_encloser(self, owner: str) -> str:
        """Return the nearest name above an owner that exists (RFC 4592 section 3.3.1)."""
        return next(name for name in enclosing(owner) if self.exists(name))

    def source(self, owner: str) -> str:
        """Return whose records answer for a name, cuts aside: its own, or the wildcard's that would, if it exists."""
        if self.exists(owner):
            return owner
        encloser = self.closest_encloser(owner)
        return "*" if encloser == "@" else f"*.{encloser}"

    def cut_above(self, owner: str) -> str | None:
        """Return the nearest delegation or DNAME above a name, which takes it out of the zone; None where none does.

        A wildcard does not delegate (RFC 4592 section 4.2), and the apex NS are the zone's own.
        """
        return next((name for name in enclosing(owner) if self.types(name) & _cutting(name)), None)

    def cut_of(self, owner: str) -> str | None:
        """Return what takes a name out of the zone: the delegation at it, or the nearest cut above it."""
        return owner if self._delegates(owner) else self.cut_above(owner)

    def is_beyond(self, owner: str) -> bool:
        """Whether another zone answers for a name, because of a delegation at or above it, or a DNAME above it."""
        return self.cut_of(owner) is not None

    def delegation_of(self, owner: str) -> str | None:
        """Return the nearest delegation at or above a name, or None."""
        return next((name for name in (owner, *enclosing(owner)) if self._delegates(name)), None)

    def is_delegated(self, owner: str) -> bool:
        """Whether a name stands below a delegation."""
        return self.delegation_of(parent(owner)) is not None

    def _delegates(self, owner: str) -> bool:
        return "NS" in self.types(owner) & _cutting(owner)

    def answers(self, owner: str) -> Types:
        """Return the types that a query meets: a cut's above the name, its own, or a wildcard's (RFC 6672)."""
        if (cut := self.cut_above(owner)) is not None:
            return self.types(cut) & _cutting(cut)
        return self.types(owner) - {"NS"} if owner == "@" else self.types(self.source(owner))

    def is_found(self, owner: str) -> bool:
        """Whether a query for a name finds something: its own records, a wildcard, or another zone."""
        return self.exists(self.source(owner)) or self.cut_above(owner) is not None

    def follow(self, owner: str, until: Types = frozenset()) -> str | None:
        """Return the name where the aliases from an owner end, or one of some types stands.

        None where that is in another zone, or not known yet. Of aliases in a ring, one of them.
        """
        passed: set[str] = set()
        while owner not in passed:
            passed.add(owner)
            types = self.answers(owner)
            aliases = types & _ALIASES
            if not aliases or types & until:
                break
            targets = [self.relative(rdata) for rtype in aliases for rdata in self.values(self.source(owner), rtype)]
            if not all(targets) or not targets:
                return None
            owner = targets[0] or owner
        return None if self.cut_above(owner) is not None else owner

    def trail(self, owner: str, *, written: bool = False) -> Trail:
        """Follow the CNAMEs from an owner, as a resolver does.

        `written` asks for a name that a record is yet to be written at: then no wildcard answers for it.
        """
        passed: list[str] = []
        while owner not in passed:
            passed.append(owner)
            if (cut := self.cut_of(owner)) is not None:
                return Trail(tuple(passed), self.absolute(owner), cut)
            targets = self.values(owner if written else self.source(owner), "CNAME")
            if not targets:
                return Trail(tuple(passed))
            if (inside := self.relative(targets[0])) is None:
                return Trail(tuple(passed), targets[0])
            owner = inside
        return Trail(tuple(passed), is_ring=True)


def is_wildcard(owner: str) -> bool:
    """Whether the leftmost label of an owner is an asterisk and nothing else (RFC 4592 section 2.1.1)."""
    return owner == "*" or owner.startswith("*.")


def _cutting(name: str) -> Types:
    return _DNAME if name == "@" or is_wildcard(name) else _CUTS


def owner_at(text: str, at: int) -> str:
    """Return the owner whose line starts at a place, nothing at the end of the text."""
    return text[at : text.find(" ", at)] if at < len(text) else ""


def start_of(text: str, owner: str) -> int:
    """Return where an owner's lines start, or would start: canonical text is sorted, so by halving."""
    order, low, high = owner_order(owner), 0, len(text)
    while low < high:
        start = text.rfind("\n", low, (low + high) // 2) + 1 or low
        if owner_order(owner_at(text, start)) < order:
            low = text.find("\n", start) + 1
        else:
            high = start
    return low


def end_of(text: str, at: int, owner: str) -> int:
    """Return where the lines of an owner end that start at a place."""
    beginning = owner + " "
    while text.startswith(beginning, at):
        at = text.find("\n", at) + 1
    return at


class LazyNames(Names):
    """The names of one canonical zone text, each looked up once.

    `pending` are subjects, such as `api A`, that will stand there though the text does not hold them yet.
    """

    def __init__(self, text: str, origin: str, pending: Iterable[str] = ()) -> None:
        super().__init__(origin)
        self._text = text
        self._found: dict[str, Types] = {}
        self._starts: dict[str, int] = {}
        self._pending: dict[str, set[str]] = defaultdict(set)
        for subject in pending:
            owner, _, rtype = subject.partition(" ")
            self._pending[owner].add(rtype)
        self._pending_above = {name for owner in self._pending for name in enclosing(owner)}

    def types(self, owner: str) -> Types:
        """Return the types that stand at exactly this name."""
        if owner not in self._found:
            self._found[owner] = frozenset(self._pending.get(owner, ())).union(of for _, _, of, _ in self._rows(owner))
        return self._found[owner]

    def values(self, owner: str, rtype: str) -> tuple[str, ...]:
        """Return the RDATA of one record set."""
        if rtype not in self.types(owner):
            return ()
        return tuple(rdata for _, _, of, rdata in self._rows(owner) if of == rtype)

    def _rows(self, owner: str) -> list[list[str]]:
        start = self._start(owner)
        return [line.split(" ", 3) for line in self._text[start : end_of(self._text, start, owner)].splitlines()]

    def _start(self, owner: str) -> int:
        if owner not in self._starts:
            self._starts[owner] = start_of(self._text, owner)
        return self._starts[owner]

    def below(self, owner: str) -> Iterator[str]:
        """Yield the names below an owner: in canonical order they follow it."""
        order = owner_order(owner)
        at = end_of(self._text, self._start(owner), owner)
        while name := owner_at(self._text, at):
            if owner_order(name)[: len(order)] != order:
                return
            yield name
            at = end_of(self._text, at, name)

    @property
    def is_bare(self) -> bool:
        """Whether there is nothing beside the SOA and NS of the apex."""
        only_apex = end_of(self._text, 0, "@") == len(self._text)
        return only_apex and self.types("@") <= {"SOA", "NS"}

    def is_pending(self, owner: str, rtype: str = "") -> bool:
        """Whether some data of a name, or of its set of one type, is not known yet."""
        pending = self._pending.get(owner, ())
        return rtype in pending if rtype else bool(pending)

    def exists(self, owner: str) -> bool:
        """Whether a name exists, be it only because there are names below it (RFC 8020)."""
        known = owner == "@" or owner in self._pending_above or bool(self.types(owner))
        return known or any(True for _ in self.below(owner))

"""Names in canonical zone text: where each stands, and what a query for it meets. What is not asked costs nothing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from sophia_infra.dns.rr.owner import enclosing, owner_order

Types = frozenset[str]
"""Record types that stand at one name."""


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


class Names:
    """The names of one canonical zone text, each looked up once.

    `pending` are subjects, such as `api A`, that will stand there though the text does not hold them yet.
    """

    def __init__(self, text: str, pending: Iterable[str] = ()) -> None:
        self._text = text
        self._found: dict[str, Types] = {}
        self._pending: dict[str, set[str]] = defaultdict(set)
        for subject in pending:
            owner, _, kind = subject.partition(" ")
            self._pending[owner].add(kind)

    def types(self, owner: str) -> Types:
        """Return the types that stand at exactly this name."""
        if owner not in self._found:
            start = start_of(self._text, owner)
            lines = self._text[start : end_of(self._text, start, owner)].splitlines()
            self._found[owner] = frozenset(self._pending.get(owner, ())).union(line.split(" ", 3)[2] for line in lines)
        return self._found[owner]

    def values(self, owner: str, kind: str) -> tuple[str, ...]:
        """Return the RDATA of one record set."""
        if kind not in self.types(owner):
            return ()
        start = start_of(self._text, owner)
        lines = [line.split(" ", 3) for line in self._text[start : end_of(self._text, start, owner)].splitlines()]
        return tuple(rdata for _, _, of, rdata in lines if of == kind)

    def below(self, owner: str) -> Iterator[str]:
        """Yield the names below an owner: in canonical order they follow it."""
        order = owner_order(owner)
        at = end_of(self._text, start_of(self._text, owner), owner)
        while name := owner_at(self._text, at):
            if owner_order(name)[: len(order)] != order:
                return
            yield name
            at = end_of(self._text, at, name)

    def cut(self, owner: str) -> Types:
        """Return the types of what is above a name and takes it out of the zone: a delegation or a redirection."""
        cuts = (self.types(name) & ({"DNAME"} if name == "@" else {"NS", "DNAME"}) for name in enclosing(owner))
        return next(filter(None, cuts), frozenset())

    def answered(self, owner: str) -> Types:
        """Return the types a query meets at a name: a cut above it, its own, or a wildcard's (RFC 4592, RFC 6672)."""
        if cut := self.cut(owner):
            return cut
        return self.types(owner) - {"NS"} if owner == "@" else self.types(self.at(owner))

    def at(self, owner: str) -> str:
        """Return whose records answer for a name below the apex, cuts aside: its own, or a wildcard's."""
        return owner if owner == "@" or self.exists(owner) else self._wildcard(owner)

    def _wildcard(self, owner: str) -> str:
        """The wildcard that stands for a name which does not exist: below the nearest name that does."""
        encloser = next(name for name in enclosing(owner) if name == "@" or self.exists(name))
        return "*" if encloser == "@" else f"*.{encloser}"

    def exists(self, owner: str) -> bool:
        """Whether a name exists, be it only because there are names below it (RFC 8020)."""
        return bool(self.types(owner)) or any(True for _ in self.below(owner))

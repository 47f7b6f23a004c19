"""The lazy engine: names looked up in canonical zone text. What is not asked costs nothing, not even memory."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from sophia_infra.dns.rr.owner import enclosing, owner_order
from sophia_infra.dns.zone.names import Names, Types


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
        self._text, self._apex = text, origin.rstrip(".").lower() + "."
        self._found: dict[str, Types] = {}
        self._pending: dict[str, set[str]] = defaultdict(set)
        for subject in pending:
            owner, _, rtype = subject.partition(" ")
            self._pending[owner].add(rtype)
        self._pending_above = {name for owner in self._pending for name in enclosing(owner)}

    def types(self, owner: str) -> Types:
        """Return the types that stand at exactly this name."""
        if owner not in self._found:
            start = start_of(self._text, owner)
            lines = self._text[start : end_of(self._text, start, owner)].splitlines()
            self._found[owner] = frozenset(self._pending.get(owner, ())).union(line.split(" ", 3)[2] for line in lines)
        return self._found[owner]

    def values(self, owner: str, rtype: str) -> tuple[str, ...]:
        """Return the RDATA of one record set."""
        if rtype not in self.types(owner):
            return ()
        start = start_of(self._text, owner)
        lines = [line.split(" ", 3) for line in self._text[start : end_of(self._text, start, owner)].splitlines()]
        return tuple(rdata for _, _, of, rdata in lines if of == rtype)

    def below(self, owner: str) -> Iterator[str]:
        """Yield the names below an owner: in canonical order they follow it."""
        order = owner_order(owner)
        at = end_of(self._text, start_of(self._text, owner), owner)
        while name := owner_at(self._text, at):
            if owner_order(name)[: len(order)] != order:
                return
            yield name
            at = end_of(self._text, at, name)

    def exists(self, owner: str) -> bool:
        """Whether a name exists, be it only because there are names below it (RFC 8020)."""
        known = owner == "@" or owner in self._pending_above or bool(self.types(owner))
        return known or any(True for _ in self.below(owner))

    def relative(self, name: str) -> str | None:
        """Return a full name, in any case and with or without its final dot, as the zone's records have it."""
        absolute = name.rstrip(".").lower() + "."
        if absolute == self._apex:
            return "@"
        return absolute[: -len(self._apex) - 1] if absolute.endswith(f".{self._apex}") else None

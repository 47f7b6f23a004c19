"""Type changes: an address set that gives way to an alias at its name, or the other way round, is one change."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from operator import attrgetter

from sophia_infra.dns.exposure.sets import SetChange
from sophia_infra.dns.rr.rtype import ALIASES, HOSTS


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

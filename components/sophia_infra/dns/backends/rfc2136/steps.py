"""From one zone to another in steps, each of which a server takes whole, with no lookup broken between two. Pure.

What is added comes first and what is deleted last, so that until then a lookup finds the old set or the new one. What
can't stand side by side goes in one step: the values of a set, a CNAME and what it takes the place of (RFC 1034 section
3.6.2), a DNAME and what is below it (RFC 6672 section 2.4). A set that names hosts comes after them and goes before
them, so no delegation is ever without its glue.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sophia_infra.dns.rr.record import Record, record_of
from sophia_infra.dns.rr.rtype import rtype_of

_CREATES, _REPLACES, _DELETES = range(3)


class Change(NamedTuple):
    """A record set that changes: what it holds now and what it will hold; one of them may be empty."""

    owner: str
    type: str
    old: Sequence[Record]
    new: Sequence[Record]


Step = tuple[Change, ...]
"""Changes that a server must make together."""


def steps(live: str, desired: str) -> list[Step]:
    """Return the steps from one canonical zone text to another, in their order; the SOA is left out."""
    return sorted(_together(_changes(live, desired)), key=_order)


def _changes(live: str, desired: str) -> list[Change]:
    # Lines compared as sets stay fast where most of a large zone is new; `changes.changed_sets` is for the other case.
    before, after = live.split("\n")[:-1], desired.split("\n")[:-1]
    same = set(before).intersection(after)
    old, new = _sets([line for line in before if line not in same]), _sets([line for line in after if line not in same])
    subjects = {**old, **new}
    owners = {owner for owner, _ in subjects}
    for subject, kept in _sets([line for line in same if line[: line.index(" ")] in owners]).items():
        if subject in subjects:
            old.setdefault(subject, []).extend(kept)
            new.setdefault(subject, []).extend(kept)
    subjects.pop(("@", "SOA"), None)
    return [Change(*subject, old.get(subject, ()), new.get(subject, ())) for subject in subjects]


def _sets(lines: list[str]) -> dict[tuple[str, str], list[Record]]:
    sets: dict[tuple[str, str], list[Record]] = {}
    for line in lines:
        owner, ttl, kind, rdata = line.split(" ", 3)
        record = record_of((owner, int(ttl), kind, rdata))
        if (owner, kind) in sets:
            sets[owner, kind].append(record)
        else:
            sets[owner, kind] = [record]
    return sets


def _together(changes: list[Change]) -> Iterable[Step]:
    """Group the changes that can't be made one after another."""
    redirected = {one.owner for one in changes if one.type == "DNAME" and not (one.old and one.new)}
    aliased = {one.owner for one in changes if one.type == "CNAME" and not (one.old and one.new)}
    groups: dict[str, list[Change]] = {}
    for one in changes:
        above = _topmost(one.owner, redirected) if redirected else None
        if above is None and one.owner not in aliased:
            yield (one,)
        else:
            groups.setdefault(above or one.owner, []).append(one)
    yield from map(tuple, groups.values())


def _topmost(owner: str, names: set[str]) -> str | None:
    """Return the name highest above an owner, or the owner itself, that is one of these."""
    if "@" in names:
        return "@"
    labels = owner.split(".")
    above = (".".join(labels[start:]) for start in range(len(labels) - 1, -1, -1))
    return next((name for name in above if name in names), None)


def _order(step: Step) -> tuple[int, int]:
    creates, deletes, naming = True, True, 0
    for _, kind, old, new in step:
        creates, deletes = creates and not old, deletes and not new
        naming = max(naming, 2 if kind == "NS" else int(rtype_of(kind).target is not None))
    if creates:
        return _CREATES, naming
    return (_DELETES, -naming) if deletes else (_REPLACES, naming)

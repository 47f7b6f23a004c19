"""Which name somebody may have meant who wrote another one."""

import re
import string
from collections import defaultdict
from collections.abc import Collection
from itertools import chain

from sophia_infra.dns.lint.rule import Change, address_sets_of
from sophia_infra.dns.rr.record import Record, labels
from sophia_infra.dns.rr.rtype import retarget, target_of
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.target import Target, resolve

# What people paste around and into a text.
QUOTES = "\"'\u2018\u2019\u201c\u201d"
_LEAST_WORD = 3
_CHARACTERS = f"{string.ascii_lowercase}{string.digits}-_."
_WORDS = re.compile(r"([^a-z]+)")


def may_mean_another(zone: Zone, owner: str, but: Collection[str | None] = ()) -> bool:
    """Whether another name may be meant by this one, or may have been meant to be it.

    In the zone such a name is a letter or digit away, or has the same first label, as with a lost or a doubled origin.
    Elsewhere it may be a complete one that lost its dot: several labels, the last one unknown here.
    """
    last = labels(owner)[-1]
    if last != owner and last not in zone.by_name and last not in zone.empty_names:
        return True
    alike = [*zone.shared(_by_first_label).get(labels(owner)[0], ()), *(near(zone, owner) if len(owner) > 1 else ())]
    return not {*alike}.issubset({owner, *but})


def near(zone: Zone, owner: str) -> list[str]:
    """Return the names of the zone, with data or with data to come, that are a letter or digit away from one."""
    known = zone.shared(_names)
    # All that a slip can make are looked up: to compare with every name would be quadratic in the zone.
    parts = [(owner[:position], owner[position:]) for position in range(len(owner) + 1)]
    shorter = (start + end[1:] for start, end in parts)
    swapped = (start + end[1::-1] + end[2:] for start, end in parts)
    other = (start + letter + end for start, rest in parts for end in (rest, rest[1:]) for letter in _CHARACTERS)
    return sorted(known.intersection(chain(shorter, swapped, other)) - {owner, "@"})


def _names(zone: Zone) -> frozenset[str]:
    return frozenset(zone.by_name) | {subject.partition(" ")[0] for subject in zone.pending}


def _by_first_label(zone: Zone) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name in zone.shared(_names) - {"@"}:
        found[labels(name)[0]].append(name)
    return dict(found)


def respelled(zone: Zone, record: Record, name: str) -> Change | None:
    """Point a record at the one host whose name is surely meant: a letter away, within a word or from what it was."""
    wrong = zone.relative(name)
    if wrong is None or wrong in zone.by_name:
        return None
    good = {Target.HOST, Target.ALIAS} if record.type == "CNAME" else {Target.HOST}
    if before := _as_before(zone, record, wrong, good):
        return Change((record,), (retarget(record, zone.absolute(before)),), address_sets_of(wrong))
    meant = (owner for owner in near(zone, wrong) if is_slip(wrong, owner))
    hosts = [owner for owner in meant if resolve(zone, zone.absolute(owner)) in good]
    if len(hosts) != 1 or may_mean_another(zone, wrong, but=hosts):
        return None
    return Change((record,), (retarget(record, zone.absolute(hosts[0])),), address_sets_of(wrong))


def _as_before(zone: Zone, record: Record, wrong: str, good: Collection[Target]) -> str | None:
    """Return the host that a set named before, names no more, and that is a letter away from one that is none."""
    named = {zone.relative(target_of(other)) for other in zone.at(record.owner, record.type)}
    gone = {zone.relative(target_of(other)) for other in zone.was(record)} - named
    near = [owner for owner in gone if owner and is_one_off(wrong, owner)]
    return near[0] if len(near) == 1 and resolve(zone, zone.absolute(near[0])) in good else None


def is_slip(wrong: str, right: str) -> bool:
    """Whether of two names that are a letter apart one is surely a slip, and not a name of its own.

    It is where two letters are swapped, or one is too many or too few, within a word. At the ends of a word, in short
    words and by another letter, names tell machines apart: `node-a` and `node-b`.
    """
    here, there = _WORDS.split(wrong), _WORDS.split(right)
    pairs = [(a, b) for a, b in zip(here, there, strict=False) if a != b]
    if len(here) != len(there) or len(pairs) != 1:
        return False
    [(a, b)] = pairs
    ends_agree = a[:1] == b[:1] and a[-1:] == b[-1:]
    is_other_letter = len(a) == len(b) and sorted(a) != sorted(b)
    return min(len(a), len(b)) >= _LEAST_WORD and ends_agree and not is_other_letter


def is_one_off(word: str, other: str) -> bool:
    """Whether one letter too many, too few, wrong or swapped makes one word of the other."""
    shorter = min(len(word), len(other))
    start = next((index for index in range(shorter) if word[index] != other[index]), shorter)
    here, there = word[start:], other[start:]
    swapped = len(here) > 1 and here[1::-1] + here[2:] == there
    return swapped or here[1:] == there or here == there[1:] or here[1:] == there[1:]

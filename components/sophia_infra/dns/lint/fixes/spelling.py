"""Which name somebody may have meant who wrote another one."""

import re
import string
from collections import defaultdict
from collections.abc import Collection
from itertools import chain

from sophia_infra.dns.zone.index import Zone, labels

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
    parts = [(owner[:place], owner[place:]) for place in range(len(owner) + 1)]
    shorter = (start + end[1:] for start, end in parts)
    swapped = (start + end[1::-1] + end[2:] for start, end in parts)
    other = (start + one + end for start, rest in parts for end in (rest, rest[1:]) for one in _CHARACTERS)
    return sorted(known.intersection(chain(shorter, swapped, other)) - {owner, "@"})


def _names(zone: Zone) -> frozenset[str]:
    return frozenset(zone.by_name) | {subject.partition(" ")[0] for subject in zone.pending}


def _by_first_label(zone: Zone) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name in zone.shared(_names) - {"@"}:
        found[labels(name)[0]].append(name)
    return dict(found)


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

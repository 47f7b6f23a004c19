"""Which name somebody may have meant who wrote another one."""

import re
from collections.abc import Collection

from sophia_infra.dns.lint.caa import is_one_off
from sophia_infra.dns.lint.zone import Zone, labels

_LEAST_WORD = 4
_WORDS = re.compile(r"([^a-z]+)")


def may_mean_another(zone: Zone, owner: str, but: Collection[str | None] = ()) -> bool:
    """Whether another name may be meant by this one, or may have been meant to be it.

    In the zone such a name is a letter or digit away, or has the same first label, as with a lost or a doubled origin.
    Elsewhere it may be a complete one that lost its dot: several labels, the last one unknown here.
    """
    last = labels(owner)[-1]
    if last != owner and last not in zone.by_name and last not in zone.empty_names:
        return True
    pending = (subject.partition(" ")[0] for subject in zone.pending)
    others = {*zone.by_name, *pending}.difference({owner, "@"}, but)
    return any(labels(one)[0] == labels(owner)[0] or (len(owner) > 1 and is_one_off(owner, one)) for one in others)


def is_slip(wrong: str, right: str) -> bool:
    """Whether one name is surely the other with letters swapped, or one too many or too few, within a word.

    At the ends of a word, in short words and by another letter, names tell machines apart: `node-a` and `node-b`.
    """
    here, there = _WORDS.split(wrong), _WORDS.split(right)
    pairs = [(a, b) for a, b in zip(here, there, strict=False) if a != b]
    if len(here) != len(there) or len(pairs) != 1:
        return False
    [(a, b)] = pairs
    ends_agree = a[:1] == b[:1] and a[-1:] == b[-1:]
    is_other_letter = len(a) == len(b) and sorted(a) != sorted(b)
    return min(len(a), len(b)) >= _LEAST_WORD - 1 and ends_agree and not is_other_letter and is_one_off(a, b)

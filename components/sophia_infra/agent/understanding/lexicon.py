"""The words that are understood, as the files of `words` have them: each has a concept, and a part that it plays.

Slips of the pen are mended.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple


def sections(folder: str, *names: str) -> dict[str, list[tuple[str, str]]]:
    """Return what files of a folder here have below each `[section]`: their lines of `key: value`, in their order."""
    found: dict[str, list[tuple[str, str]]] = {}
    home = Path(__file__).parent / folder
    for line in chain.from_iterable((home / f"{name}.txt").read_text("utf-8").splitlines() for name in names):
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            key, _, value = line.partition(": ")
            section.append((key, value))
    return found


WORDS: Mapping[str, list[tuple[str, str]]] = {
    part: [(concept, word.replace("_", " ")) for concept, said in lines for word in said.split()]
    for part, lines in sections("words", "verbs", "others").items()
}
"""Concepts and their words, by the part that they play, or by what they are: providers, units of time."""
PROVIDERS = {word: provider for provider, word in WORDS["provider"]}
"""Who serves mail or issues certificates, as people name them."""
NOUN_VERBS = {noun: verb for verb, noun in WORDS["noun-verb"]}
"""What an order may begin with, and the verb that it stands for."""


def listed(section: str) -> frozenset[str]:
    """Return the words of a section, whatever they stand for."""
    return frozenset(word for _, word in WORDS[section])


Part = StrEnum("Part", "CHANGE READ ASK MODAL SUBJECT NOT IF WANT PLEASE TO OF AND NOUN FILL LEAD BENT WHY ACT")
"""What a word does in a sentence.

A clause that begins with a CHANGE is an order; one that holds a word of the parts ASK, NOT or IF is none. A verb that
is BENT (`deleted`, `deleting`), or that has a SUBJECT (`we delete`), only tells of a change. WHY says why something is
to be done (`leaked`), and ACT is a change as a noun (`removal`).
"""
FREE = (Part.FILL, Part.PLEASE, Part.TO, Part.OF, Part.AND)
"""What a change may hold beside what it says. No slip is taken for one: `nah` would be passed over, for `nach`."""


class Word(NamedTuple):
    """A word or a phrase as it is understood: `delete` for `get rid of`."""

    part: Part | None = None
    concept: str = ""


LAST_WORDS = 4
"""Of so many words is the longest phrase."""


def _bent(word: str) -> Iterator[str]:
    """Yield the forms of an English verb that give no order."""
    stem = word.removesuffix("e")
    doubled = word + word[-1] if word[-1] in "tpglnb" and len(word) <= 5 else stem
    if word[-1] == "y" and word[-2:-1] not in "aeiou":
        yield from (f"{word[:-1]}ied", f"{word[:-1]}ies")
    yield from (f"{word}s", f"{word}es", f"{stem}er", f"{stem}ed", f"{stem}ing", f"{doubled}ed", f"{doubled}ing")


@cache
def words() -> dict[str, Word]:
    """Return every word and phrase that is understood."""
    found: dict[str, Word] = {}
    for part in Part:
        for concept, word in WORDS[part]:
            if part in (Part.CHANGE, Part.READ) and word.isascii() and " " not in word:
                found |= dict.fromkeys(_bent(word), Word(Part.BENT, concept))
            found[word] = Word(part, concept)
    return found


@cache
def _by_beginning() -> dict[tuple[str, int], list[str]]:
    """Return the single words by their first letter and their length."""
    found: dict[tuple[str, int], list[str]] = {}
    for word in words():
        if len(word) >= SHORTEST and " " not in word:
            found.setdefault((word[0], len(word)), []).append(word)
    return found


SHORTEST = 4
"""A word of fewer letters is taken as it is written."""
_LONGEST = 24


def mended(word: str) -> str:
    """Return the word that a text is a slip of: one letter wrong, missing or too many, or two swapped; else empty.

    A verb is only taken for meant where the slip is hardly a word of its own: `delet` is `delete`, but `shop` is not
    `stop`, nor `dot` the `doit` that makes an order of `www doit`. Where a slip may be a word that gives no order, it
    is that one. It is never a word of the `FREE` parts, nor one that leads an order in.
    """
    if not SHORTEST - 1 <= len(word) <= _LONGEST or not word.isalpha():
        return ""
    known = words()
    keys = ((letter, length) for letter in dict.fromkeys(word[:2]) for length in range(len(word) - 1, len(word) + 2))
    alike = [each for key in keys for each in _by_beginning().get(key, ()) if word[0] in each[:2]]  # no un- is a slip
    close = [(_slip(word, each), each) for each in sorted(alike)]
    fine = [
        (known[each].part == Part.CHANGE, slip != "swapped", each)
        for slip, each in close
        if slip
        and known[each].part not in (*FREE, Part.WANT, Part.LEAD, Part.WHY)
        and known[each].concept != "because"
        and (known[each].part not in (Part.CHANGE, Part.READ, Part.MODAL) or len(word) >= _SURE[slip])
    ]
    return min(fine, default=(False, False, ""))[2]


_SURE = {"swapped": 4, "short": 5, "long": 7, "wrong": 7}
"""From how many letters on a slip is taken for a verb, by what is wrong with it."""


def _slip(word: str, known: str) -> str:
    """Return what is wrong with a word that is a letter off a known one; empty where it is not."""
    if len(word) != len(known):
        short, long = sorted((word, known), key=len)
        fits = any(long[:at] + long[at + 1 :] == short for at in range(len(long)))
        return "" if not fits else "short" if short == word else "long"
    apart = [at for at, letter in enumerate(word) if letter != known[at]]
    if len(apart) == 2 and apart[1] == apart[0] + 1 and sorted(word) == sorted(known):
        return "swapped"
    return "wrong" if len(apart) == 1 else ""

"""The words that are understood, as the files of `words` have them, and the reader of such files."""

from collections.abc import Mapping
from itertools import chain
from pathlib import Path


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

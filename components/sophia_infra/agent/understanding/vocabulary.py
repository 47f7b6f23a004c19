"""The words that are understood, as `words.txt` has them, and the reader of such files."""

from collections.abc import Mapping
from pathlib import Path


def sections(name: str) -> dict[str, list[tuple[str, str]]]:
    """Return what a file beside this one has below each `[section]`: its lines of `key: value`, in their order."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in Path(__file__).with_name(name).read_text("utf-8").splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            key, _, value = line.partition(": ")
            section.append((key, value))
    return found


WORDS: Mapping[str, list[tuple[str, str]]] = {
    part: [(concept, word.replace("_", " ")) for concept, said in lines for word in said.split()]
    for part, lines in sections("words.txt").items()
}
"""Concepts and their words, by the part that they play, or by what they are: providers, units of time."""
PROVIDERS = {word: provider for provider, word in WORDS["provider"]}
"""Who serves mail or issues certificates, as people name them."""
NOUN_VERBS = {noun: verb for verb, noun in WORDS["noun-verb"]}
"""What an order may begin with, and the verb that it stands for."""
VERB_LAST = frozenset(word for _, word in WORDS["verb-last"])
"""The infinitives that a German wish ends in: `www bitte löschen`."""

"""The words that are understood, as `words.txt` has them."""

from collections.abc import Mapping
from pathlib import Path


def _read(text: str) -> dict[str, list[tuple[str, str]]]:
    """Return the concepts and words of each section, in their order; a phrase has spaces."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in text.splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            concept, _, words = line.partition(": ")
            section += [(concept, word.replace("_", " ")) for word in words.split()]
    return found


WORDS: Mapping[str, list[tuple[str, str]]] = _read(Path(__file__).with_name("words.txt").read_text("utf-8"))
"""Concepts and their words, by the part that they play, or by what they are: providers, units of time."""
PROVIDERS = {word: provider for provider, word in WORDS["provider"]}
"""Who serves mail or issues certificates, as people name them."""
VERB_LAST = frozenset(word for _, word in WORDS["verb-last"])
"""The infinitives that a German wish ends in: `www bitte löschen`."""

"""Secrets that somebody says in plain words, such as `my token is swordfish`: they are kept nowhere."""

import re

from sophia_infra.agent.understanding.lexicon import WORDS, listed

MASK = "***"
_NOUNS = [word for concept, word in WORDS["noun"] if concept in ("secret", "key")]
_ANNOUNCED = re.compile(
    rf"(?<!\w)(?:{'|'.join(map(re.escape, _NOUNS))})(?!\w)[^.,;:=!?\n]{{0,40}}?"
    rf"(?:\s(?:{'|'.join(map(re.escape, listed('announce')))})\b\s*:?|[:=])\s*"
    r"""(["'`“„«].+?["'`”“»]|\S+?(?:\s+\S+?)*?(?=[,;.!?]*(?:\s(?:and|und|et)\s|[,;.!?]\s|\s*$|\n)))""",
    re.IGNORECASE,
)


def announced(text: str) -> tuple[str, ...]:
    """Return what a text says to be a secret, as it is written there."""
    return tuple(found[1] for found in _ANNOUNCED.finditer(text))


def masked(text: str) -> str:
    """Return a text as it may be kept: `MASK` stands for what it says to be a secret."""
    return _ANNOUNCED.sub(lambda found: found[0].removesuffix(found[1]) + MASK, text)

"""Regular expressions that Python and the reference's engine (RE2) read alike; any other is refused.

RE2 takes time that grows with the text. Python's engine may try more ways than there is time for: where it might, a
process of its own matches, which can be ended.
"""

import json
import re
import subprocess
import sys
from functools import lru_cache

_QUANTIFIER = r"(?:[*+?]\??|\{\d{1,3}(?:,\d{0,3})?\}\??)?"
_CLASS_ITEM = r"(?:\\[dDwWntrf\\\]\[^.*+?$(){}|/-]|[^\\\[\]])"
_TOKEN = re.compile(
    rf"""(?P<end>\$)
    | \^ | \| | \((?:\?:|\?P<[A-Za-z_]\w*>)?
    | (?: \) | \\[dDwWbBntrf] | \\[^\w\s] | \[\^?{_CLASS_ITEM}+\] | [^\\\[\](){{}}*+?|^$] ){_QUANTIFIER}(?![*+?{{])
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)

SECONDS = 5.0
"""How long one text may be held against one pattern."""
_REPEATED_GROUP = re.compile(r"\)[*+{]")
_CHOICE = re.compile(r"(?<!\()[*+?]|\{\d+,|\|")
_MOST_WAYS = 1_000_000
"""The most ways to fit a text that are tried within this process, which takes a tenth of a second."""
_MATCH = (
    "import json, re, sys; pattern, text = json.load(sys.stdin); print(bool(re.search(pattern, text, re.A)), end='')"
)


@lru_cache(maxsize=256)
def compiled_pattern(pattern: str) -> re.Pattern[str]:
    """Return a pattern in Python's terms.

    Raises:
        ValueError: it says what the two engines read differently, or is no pattern.
    """
    made, at = [], 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if not token or "--" in token[0] or "&&" in token[0] or "~~" in token[0] or "||" in token[0]:
            raise ValueError(f"the pattern {pattern!r} is not supported from {pattern[at:]!r} on")
        made.append(r"\Z" if token["end"] else token[0])
        at = token.end()
    try:
        return re.compile("".join(made), re.ASCII)
    except re.error as error:
        raise ValueError(f"the pattern {pattern!r} can't be read: {error}") from None


def matches(pattern: str, text: str) -> bool:
    """Return whether a pattern fits anywhere in a text.

    Raises:
        ValueError: as `compiled_pattern`.
        TimeoutError: it takes more than `SECONDS`.
    """
    compiled = compiled_pattern(pattern)
    choices = len(_CHOICE.findall(pattern))
    if not _REPEATED_GROUP.search(pattern) and (not choices or max(len(text), 2) ** (choices + 1) <= _MOST_WAYS):
        return bool(compiled.search(text))
    words = [sys.executable, "-I", "-S", "-c", _MATCH]
    given = json.dumps([compiled.pattern, text])  # by standard input, since the text may be a secret
    try:
        done = subprocess.run(words, input=given, text=True, capture_output=True, timeout=SECONDS, check=True)  # noqa: S603  Python itself
    except (OSError, subprocess.SubprocessError):
        raise TimeoutError from None
    return done.stdout == "True"

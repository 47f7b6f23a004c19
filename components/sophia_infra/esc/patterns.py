"""Regular expressions that Python and the reference's engine (RE2) read alike; any other is refused."""

import re
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

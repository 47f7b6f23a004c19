"""Regular expressions by RE2, as the reference has them: the time that a match takes grows with the text alone."""

import re
from functools import lru_cache
from typing import Any

from sophia_infra import installation

_OCTET = re.compile("[\udc80-\udcff]")
"""An octet that is no UTF-8, as texts hold it; the reference reads each as U+FFFD."""


def matches(pattern: str, text: str) -> bool:
    """Return whether a pattern fits anywhere in a text; the empty one, which fits all, needs no library.

    Raises:
        ValueError: it is none, or the library that reads it is not installed.
    """
    return not pattern or bool(_compiled(pattern).search(_OCTET.sub("\ufffd", text)))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    try:
        import re2  # few schemas have a pattern
    except ImportError:
        told = f"the pattern {pattern!r} is read by google-re2, which is not installed: {installation.command('esc')}"
        raise ValueError(told) from None
    options = re2.Options()
    options.log_errors = False  # it would write the pattern to stderr
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(f"the pattern {pattern!r} can't be read: {error}") from None

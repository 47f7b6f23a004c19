"""What a program has: an entry of SOPHIA_ACCEPT that is for none of it is told when the program has ended."""

import atexit
from contextlib import suppress

from sophia_infra.advised.this_run import strangers
from sophia_infra.errors import SophiaError
from sophia_infra.reporter import STDERR

_has: set[str] = set()


def note(kind: str, subject: str) -> None:
    """Note a resource of the program by its kind and its name: `zone`, `shop.example`."""
    if not _has:
        atexit.register(tell)
    _has.add(f"{kind} {subject}")


def tell() -> None:
    """Say which entries are for none of what was noted; one that can't be read is refused where it is needed."""
    with suppress(SophiaError):
        for line in strangers(_has):
            STDERR.say_once(line)

"""The canonical order of owner names, and the tree that they form."""

import re

from sophia_infra.dns.rr.escapes import unescaped

_LABEL_BREAK = re.compile(r"(?<!\\)\.")
_LABEL = re.compile(r"(?:[^.\\]|\\.)+", re.DOTALL)


def owner_order(owner: str) -> tuple[str, ...]:
    """Return the key that sorts owner names canonically (RFC 4034 section 6.1): by labels, from the apex down."""
    if owner == "@":
        return ()
    if "\\" not in owner:
        return tuple(owner.split(".")[::-1])
    return tuple(map(unescaped, _LABEL.findall(owner)[::-1]))


def enclosing(owner: str) -> list[str]:
    """Return the names above an owner, nearest first, the apex last."""
    if owner == "@":
        return []
    return [*[owner[label.end() + 1 :] for label in _LABEL.finditer(owner)][:-1], "@"]


def labels(name: str) -> list[str]:
    """Return the labels of a name without its trailing dot; an escaped dot does not end a label."""
    return _LABEL_BREAK.split(name) if "\\" in name else name.split(".")


def parent(owner: str) -> str:
    """Return the name one label up; the apex above a single label."""
    if "\\" in owner:
        return ".".join(labels(owner)[1:]) or "@"
    return owner.partition(".")[2] or "@"

"""Sets values in an environment's file. All else stays as it is, to the character: comments, order, quotes."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sophia_infra.esc import references
from sophia_infra.esc.cipher import TeamKey, wrapped
from sophia_infra.esc.documents import load
from sophia_infra.esc.errors import EscError, Place
from sophia_infra.esc.nodes import Node, joined, read
from sophia_infra.esc.numbers import scalar
from sophia_infra.esc.references import Key
from sophia_infra.esc.yaml_text import is_other, quoted

CALL = "fn::secret"
_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./@+-]*")
_STEP = "  "
_ROOT = "values"


def written(value: str, *, is_text: bool) -> str:
    """Return a value as YAML: what is a number, a flag, null, a list or a mapping stays so unless it is a text.

    A text that a reader of YAML 1.1 takes for a flag, such as `off`, is quoted, and one that begins with a digit.
    """
    if not is_text and (value[:1] in ("[", "{") or not isinstance(scalar(value), str)):
        return value
    return value if _PLAIN.fullmatch(value) and not is_other(value) else quoted(value)


def sealed(text: str) -> str:
    """Return what stands behind `fn::secret` in a file: encrypted with the team's key.

    Raises:
        EscError: there is no key.
    """
    return f"{{ciphertext: {wrapped(TeamKey().encrypt(text.encode('utf-8', 'surrogateescape')))}}}"


def with_value(
    text: str,
    file: str,
    path: str,
    value: str,
    *,
    secret: bool = False,
    is_text: bool = True,
    seal: Callable[[str], str] = sealed,
) -> str:
    """Return the file with a value at a path below `values`, such as `app.db["odd key"]`; `seal` encrypts a secret.

    A new one stands after those beside it.

    Raises:
        EscError: the file can't be read, or the path leads through what holds no such key; a secret would be replaced
            by what is none, or a list or mapping by anything; there is no key.
    """
    keys = (_ROOT, *references.path(path, Place(file, 1, 1, path)))
    value = seal(value) if secret else written(value, is_text=is_text)
    made = placed(text, file, keys, value, secret=secret)
    load(made, file)  # it is an environment still
    return made


def placed(text: str, file: str, keys: Sequence[Key], value: str, *, secret: bool = False) -> str:
    """Return any file of YAML with a value, itself YAML, at a path from its root, as `with_value` does.

    Raises:
        EscError: as `with_value`, but for the key.
    """
    content = f"{{{CALL}: {value}}}" if secret else value
    node, path = read(text, file), ""
    if node is None:
        return f"{text}{_block(keys, content, '')}"
    for at, key in enumerate(keys):
        path = joined(path, key)
        if member := _member(node.content, key):
            node = member
        elif isinstance(key, str) and (node.content is None or isinstance(node.content, dict)):
            return _added(text, node, keys[at:], content)
        else:
            raise EscError("it has no such key", node.place._replace(path=path), code="esc-reference")
    return _replaced(text, node, content, value if secret else "")


def with_secrets(text: str, file: str, change: Callable[[str, bool, Place], str]) -> str:
    """Return the file with other secrets: `change` is given what stands behind each `fn::secret`, and returns YAML.

    That is a text, whether it is a ciphertext, and its place.

    Raises:
        EscError: the file can't be read.
    """
    node = read(text, file)
    for argument in reversed(list(_secrets(node)) if node else []):
        content = argument.content
        inner = content["ciphertext"] if isinstance(content, dict) and content.keys() == {"ciphertext"} else argument
        if isinstance(inner.content, str):
            text = _put(text, argument, change(inner.content, inner is not argument, argument.place))
    return text


def _secrets(node: Node) -> Iterator[Node]:
    """What stands behind each `fn::secret`, in the order of the file."""
    content = node.content
    if isinstance(content, dict) and content.keys() == {CALL}:
        yield content[CALL]
    else:
        for each in node.children:
            yield from _secrets(each)


def _member(content: Any, key: Key) -> Node | None:
    if isinstance(content, dict):
        return content.get(key)
    has_it = isinstance(content, list) and isinstance(key, int) and 0 <= key < len(content)
    return content[key] if has_it else None


def _replaced(text: str, node: Node, content: str, secret: str) -> str:
    inner = next(_secrets(node), None) if isinstance(node.content, dict) and CALL in node.content else None
    if inner and not secret:
        raise EscError("it is a secret; set it with --secret", node.place, code="esc-syntax")
    if inner:
        return _put(text, inner, secret)
    if isinstance(node.content, dict | list):
        raise EscError("it is a list or a mapping; edit the file", node.place, code="esc-syntax")
    return _put(text, node, content)


def _put(text: str, node: Node, content: str) -> str:
    """The file with something in the place of a node."""
    start, end = node.span
    if isinstance(node.content, dict) and text[start] != "{":
        end = _last(node).span[1]
    gap = " " if start and text[start - 1] in ":-" else ""
    tail = "\n" if text[start:end].endswith("\n") else ""
    return f"{text[:start]}{gap}{content}{tail}{text[end:]}"


def _added(text: str, node: Node, keys: Sequence[Key], content: str) -> str:
    """The file with a value in a mapping that lacks its key, or behind a key that has no value."""
    start, end = node.span
    flow = content
    for key in reversed(keys):
        flow = f"{{{written(str(key), is_text=True)}: {flow}}}"
    if node.content is None:
        return f"{text[:start]} {flow}{text[end:]}"
    if text[start] == "{":
        comma = ", " if node.content else ""
        return f"{text[: end - 1].rstrip()}{comma}{flow[1:-1]}{text[end - 1 :]}"
    last = _last(node).span[1]
    line = last if text[:last].endswith("\n") else (text.find("\n", last) + 1 or len(text))
    before = text[:line] if text[:line].endswith("\n") else f"{text[:line]}\n"
    indent = text[text.rfind("\n", 0, start) + 1 : start]
    return f"{before}{_block(keys, content, indent if not indent.strip() else ' ' * len(indent))}{text[line:]}"


def _last(node: Node) -> Node:
    """What stands last in a node."""
    return _last(node.children[-1]) if node.children else node


def _block(keys: Sequence[Key], content: str, indent: str) -> str:
    lines = [f"{indent}{_STEP * at}{written(str(key), is_text=True)}:" for at, key in enumerate(keys)]
    return "\n".join(lines) + f" {content}\n"

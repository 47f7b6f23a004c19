"""An environment's file: what it imports, and its values."""

from typing import NamedTuple

from sophia_infra.esc.errors import EscError, Place
from sophia_infra.esc.expressions import PREFIX, Expression, Members, is_text, parse
from sophia_infra.esc.nodes import Node, read

_KEYS = ("description", "imports", "values")
RESERVED = ("context", "environments", "imports")


class Import(NamedTuple):
    """An environment that another imports; without `merge` it can be referred to, and shows nothing by itself."""

    name: str
    merge: bool
    place: Place


class Document(NamedTuple):
    """What a file says; `unknown` are keys that environments don't have, which ESC leaves out as well."""

    imports: list[Import]
    values: Members
    unknown: list[Place]


def load(text: str, file: str) -> Document:
    """Return what an environment's file says.

    Raises:
        EscError: it can't be read.
    """
    start = Place(file, 1, 1, "")
    node = read(text, file)
    if node is None and text:
        raise EscError("there is nothing in it but comments", start, code="esc-syntax")
    content = _mapping(node, "an environment") if node else {}
    known: dict[str, Node] = {}
    unknown = []
    for key, item in content.items():
        word = key.lower()
        if word not in _KEYS:
            unknown.append(item.place)
        elif word in known:
            raise EscError(f"{word} stands here twice", item.place, code="esc-syntax")
        else:
            known[word] = item
    if (text_node := known.get("description")) and not is_text(parse(text_node)):
        raise EscError("the description must be a text without references", text_node.place, code="esc-syntax")
    imports = _imports(known["imports"]) if "imports" in known else []
    values = _values(known["values"]) if "values" in known else {}
    return Document(imports, Members(known["values"].place if "values" in known else start, values), unknown)


def _imports(node: Node) -> list[Import]:
    if not isinstance(node.content, list):
        raise EscError("imports must be a list", node.place, code="esc-syntax")
    return [_import(item) for item in node.content]


def _import(node: Node) -> Import:
    if isinstance(node.content, str):
        return Import(node.content, True, node.place)
    content = _mapping(node, "an import that is no name")
    if len(content) != 1:
        raise EscError("an import has one name", node.place, code="esc-syntax")
    ((name, options),) = content.items()
    merge = True
    for key, option in _mapping(options, "what is said of an import").items():
        if key.lower() == "merge":
            if not isinstance(option.content, bool):
                raise EscError("merge must be true or false", option.place, code="esc-syntax")
            merge = option.content
    return Import(name, merge, node.place)


def _values(node: Node) -> dict[str, Expression]:
    content = _mapping(node, "values")
    for key, item in content.items():
        if key.startswith(PREFIX):
            raise EscError("values can't be a call", item.place, code="esc-function")
        if key in RESERVED:
            raise EscError(f"{key} is reserved; give it another name", item.place, code="esc-syntax")
    return {key: parse(item) for key, item in content.items()}


def _mapping(node: Node, what: str) -> dict[str, Node]:
    if not isinstance(node.content, dict):
        raise EscError(f"{what} must be a mapping", node.place, code="esc-syntax")
    return node.content

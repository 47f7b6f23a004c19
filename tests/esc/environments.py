"""Environments that hypothesis draws: values of every kind, every function, references to what stands before."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]
KEYS = ("a", "b", "c", "d", "e")
PLAIN = st.sampled_from(
    [
        *("true", "null", "~", "yes", "word", "2026-01-02", "1", "-0", "017", "0o17", "0x1F", "08", "1_000"),
        *("1.0", "1.50", "1e3", "1e6", ".5", "12345678901234567890"),
    ]
)
_KNOWN = st.sampled_from(["", "x", "$$", "a,b", "é<&>", '"q"', "l1\nl2", " ", "- a", "1"])
TEXTS = st.one_of(_KNOWN, st.text(max_size=5))


class Plain(str):
    """A scalar that stands in the file without quotes."""


def flow(value: Any) -> str:
    """Return a value in YAML's flow style."""
    if isinstance(value, Plain):
        return str(value)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key, ensure_ascii=False)}: {flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(flow, value))}]"
    text = json.dumps(value, ensure_ascii=False)
    return "".join(one if one.isprintable() and ord(one) < 0xFFFF else _escaped(one) for one in text)


def _escaped(character: str) -> str:
    return f"\\U{ord(character):08x}"


class _Drawing:
    """One environment as it is drawn; `paths` are those that may be referred to."""

    def __init__(self, draw: Draw, paths: list[str]) -> None:
        self.draw = draw
        self.paths = paths

    def value(self, depth: int) -> Any:
        kinds = ["plain", "text", "reference", "printed"] + ["list", "map", "call"] * 2 * (depth > 0)
        kind = self.draw(st.sampled_from(kinds))
        if kind == "plain":
            return Plain(self.draw(PLAIN))
        if kind == "list":
            return [self.value(depth - 1) for _ in range(self.draw(st.integers(0, 3)))]
        if kind == "map":
            keys = self.draw(st.lists(st.sampled_from((*KEYS, "odd key")), max_size=3, unique=True))
            return {key: self.value(depth - 1) for key in keys}
        return self.call(depth - 1) if kind == "call" else self.text(kind)

    def text(self, kind: str = "") -> str:
        kind = kind or self.draw(st.sampled_from(["text", "text", "printed"]))
        if kind == "text" or not self.paths:
            return str(self.draw(TEXTS)).replace("${", "$")
        reference = f"${{{self.draw(st.sampled_from(self.paths))}}}"
        return (
            reference
            if kind == "reference"
            else f"{self.draw(st.sampled_from(['', 'x', '$$']))}{reference}|{reference}"
        )

    def call(self, depth: int) -> Any:
        name = self.draw(st.sampled_from(sorted(_CALLS)))
        return {f"fn::{name}": _CALLS[name](self, max(depth, 0))}

    def schema(self) -> Any:
        words = self.draw(
            st.lists(st.sampled_from(("type", "minLength", "anyOf", "required", "items")), max_size=2, unique=True)
        )
        types = st.sampled_from(["string", "object", "array", "number"])
        drawn = {
            "type": self.draw(types),
            "minLength": Plain("1"),
            "anyOf": [{"type": self.draw(types)}, {"type": self.draw(types)}],
            "required": ["a"],
            "items": Plain("true"),
        }
        return {word: drawn[word] for word in words}


_CALLS: dict[str, Callable[[_Drawing, int], Any]] = {
    "secret": lambda one, _: one.draw(st.sampled_from(["s3cret", "pa$$", ""])),
    "concat": lambda one, depth: [[one.value(depth)], [one.value(depth)]],
    "final": lambda one, depth: one.value(depth),
    "join": lambda one, _: [one.text(), [one.text(), one.text()]],
    "split": lambda one, _: [one.draw(st.sampled_from([",", "", "x"])), one.text()],
    "toBase64": lambda one, _: one.text(),
    "fromBase64": lambda one, _: {"fn::toBase64": one.text()},
    "toJSON": lambda one, depth: one.value(depth),
    "fromJSON": lambda one, depth: {"fn::toJSON": one.value(depth)},
    "toString": lambda one, depth: one.value(depth),
    "toYAML": lambda one, depth: one.value(depth),
    "open::echo": lambda one, depth: {"k": one.value(depth)},
    "open::hush": lambda one, depth: {"k": one.value(depth), "l": one.value(depth)},
    "rotate::echo": lambda one, depth: {"inputs": {}, "state": {"current": one.value(depth)}},
    "validate": lambda one, depth: {"schema": one.schema(), "value": one.value(depth)},
}


def _paths(prefix: str, value: Any) -> list[str]:
    """The paths that a value surely has."""
    found = [prefix]
    if isinstance(value, dict) and not any(key.startswith("fn::") for key in value):
        for key, item in value.items():
            found += _paths(f'{prefix}["{key}"]' if " " in key else f"{prefix}.{key}", item)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            found += _paths(f"{prefix}[{at}]", item)
    return found


@st.composite
def environments(draw: Draw) -> dict[str, str]:
    """Files by name: `root` is opened; `base`, `more` and `p/side` may be imported by it."""
    files: dict[str, str] = {}
    known: dict[str, list[str]] = {}
    for name in ("base", "more", "p/side", "root"):
        others = draw(st.lists(st.sampled_from(sorted(files)), max_size=3, unique=True)) if files else []
        one = _Drawing(draw, ["context.currentEnvironment.name", "context.rootEnvironment.name"])
        if "p/side" in files:
            one.paths += [f"environments.p.side.{path}" for path in known["p/side"]]
        imports = []
        for other in others:
            merge = draw(st.sampled_from([True, True, True, False]))
            imports.append(other if merge else {other: {"merge": Plain("false")}})
            one.paths += [f'imports["{other}"].{path}' for path in known[other]]
            one.paths += known[other] if merge else []
        lines = [f"imports: {flow(imports)}"] if imports else []
        lines.append("values:")
        known[name] = []
        for key in draw(
            st.lists(st.sampled_from((*KEYS, "environmentVariables", "files")), min_size=1, max_size=5, unique=True)
        ):
            value = one.value(3)
            lines.append(f"  {key}: {flow(value)}")
            one.paths += _paths(key, value)
            known[name] += _paths(key, value)
        files[name] = "\n".join(lines) + "\n"
    return files

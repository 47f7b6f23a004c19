"""Models of known character, for the stand-in of the Messages API: each answers a request body, in the schema it names.

A character is any callable from a body to an object, which is sent as JSON, to a text, which is sent as it is, or to a
list of `tool_use` blocks (`calls` makes them).
`fooled`, in its own module, does what texts in the request tell it to.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import uuid4

from tests.support.messages_body import texts

Character = Callable[[dict[str, Any]], dict[str, Any] | str | list[dict[str, Any]]]

ALIASES = {
    "op": ("operation", "action", "kind"),
    "subject": ("name", "record", "target", "owner"),
    "message": ("text", "detail", "problem"),
    "why": ("reason", "rationale", "explanation"),
}
"""What a schema may call the fields of findings and edits; a character says them by our own names."""


def calls(name: str, *arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """Want a tool called, once with each of the arguments."""
    return [{"type": "tool_use", "id": f"toolu_{uuid4().hex}", "name": name, "input": each} for each in arguments]


def silent(body: dict[str, Any]) -> dict[str, Any]:
    """Approve, and find nothing."""
    return answer(body, {"verdict": "approve", "summary": "Nothing to add."})


def contrary(body: dict[str, Any]) -> dict[str, Any]:
    """Contradict the rules: the mildest verdict, no finding, and edits that undo whatever record is shown."""
    shown = shown_sets(body)
    edits = [
        {"op": op, "subject": subject, "before": line, "after": after, "why": "the rules are wrong about it"}
        for subject, line in shown.items()
        for op, after in (("remove", ""), ("replace", with_ttl(line, 1)))
    ]
    summary = "All findings of the rules are false alarms; what they add must go."
    return answer(body, {"verdict": "approve", "summary": summary, "findings": [], "edits": edits})


def garbled(body: dict[str, Any]) -> str:
    """Say something that is no JSON, though it has some."""
    return f'Sure! Here is my advice:\n```json\n{{"verdict": "approve", "summary": {len(body)}, }}\n```\nHope it helps'


def wise(body: dict[str, Any]) -> dict[str, Any]:
    """Find something plausible about the first set that is shown, and edit that one."""
    subject, line = next(iter(shown_sets(body).items()), ("@ A", ""))
    finding = {
        "code": "unlikely-value",
        "level": "warning",
        "subject": subject,
        "message": f"{subject} changes to a value that no other record of the zone has",
        "fix": "compare it with what the service's documentation asks for",
    }
    shorter = with_ttl(line, 300)
    edit = {"op": "replace", "subject": subject, "before": line, "after": shorter, "why": "a mistake ends sooner"}
    wishes = {"verdict": "caution", "summary": f"One thing to check: {subject}.", "findings": [finding]}
    return answer(body, wishes | ({"edits": [edit]} if shorter != line else {}))


_LINE = re.compile(
    r"(?P<owner>[@*\w.-]+) \d+ (?P<type>A|AAAA|CAA|CNAME|MX|NS|SRV|TXT) "
    r'(?:"[^"\n]*"(?: "[^"\n]*")*|[^\s"\\<>{}][^\n"\\<>{}]*)'
)
"""A record as canonical zone text has it, wherever in the prompt it stands."""


def shown_sets(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the record sets that the user's content shows, each with its first line."""
    found: dict[str, str] = {}
    for text in user_texts(body):
        for match in _LINE.finditer(text):
            found.setdefault(f"{match['owner']} {match['type']}", match.group().strip())
    return found


def with_ttl(line: str, ttl: int) -> str:
    """Return a record with another TTL."""
    return re.sub(r"^(\S+) \d+ ", rf"\1 {ttl} ", line)


def user_texts(body: Mapping[str, Any]) -> list[str]:
    """Return the texts of the user's turns; of one that is a JSON document, each text in it, and each list as one."""
    whole = [text for message in body["messages"] if message["role"] == "user" for text in texts(message["content"])]
    return [leaf for text in whole for leaf in _leaves(text)]


def _leaves(text: str) -> Iterator[str]:
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    yield from _texts_of(document) if isinstance(document, dict | list) else [text]


def _texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from (name, *_texts_of(inner))
    elif isinstance(value, list):
        yield from (leaf for item in value for leaf in _texts_of(item))
        if len(value) > 1 and all(isinstance(item, str) for item in value):
            yield "\n".join(value)


def answer(body: Mapping[str, Any], wishes: Mapping[str, Any]) -> dict[str, Any]:
    """Return wishes in the schema that the request asks for, or as they are where it asks for none.

    As decoding is held to the schema, a real model can only say what the schema has a place for; what is required and
    not wished for gets the mildest value there is.
    """
    schema = ((body.get("output_config") or {}).get("format") or {}).get("schema")
    shaped = _shaped(schema, wishes, schema.get("$defs", {})) if schema else dict(wishes)
    assert isinstance(shaped, dict)
    return shaped


def _shaped(schema: Mapping[str, Any], wish: Any, defs: Mapping[str, Any]) -> Any:
    schema = defs[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if alternatives := schema.get("anyOf"):
        fit = [one for one in alternatives if (one.get("type") == "null") == (wish is None)]
        return _shaped((fit or alternatives)[0], wish, defs)
    if allowed := schema.get("enum", [schema["const"]] if "const" in schema else None):
        return wish if wish in allowed else allowed[0]
    kind = schema.get("type")
    if kind == "object":
        return _object(schema, wish if isinstance(wish, Mapping) else {}, defs)
    if kind == "array":
        listed = wish.splitlines() if isinstance(wish, str) else wish if isinstance(wish, list) else []
        return [_shaped(schema["items"], item, defs) for item in listed]
    if kind == "string":
        return wish if isinstance(wish, str) else "" if wish is None else json.dumps(wish)
    if kind == "boolean":
        return bool(wish)
    return wish if isinstance(wish, int | float) else None if kind == "null" else 0


def _object(schema: Mapping[str, Any], wishes: Mapping[str, Any], defs: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object of a schema: what is required, and what is wished for under any of its names."""
    meant = {other: wishes[name] for name, others in ALIASES.items() if name in wishes for other in others}
    meant.update(wishes)
    required = set(schema.get("required", ()))
    return {
        name: _shaped(inner, meant.get(name), defs)
        for name, inner in schema.get("properties", {}).items()
        if name in required or name in meant
    }

"""What Anthropic's Messages API makes of a request body: what it refuses, its parts in order, and what each costs.

The refusals are those of https://platform.claude.com/docs/en/api/errors, in the words that users report.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

REQUIRED = {"model": str, "messages": list, "max_tokens": int}
KNOWN = {
    *REQUIRED,
    *("cache_control", "container", "diagnostics", "metadata", "output_config", "service_tier", "speed"),
    *("stop_sequences", "stream", "system", "thinking", "tool_choice", "tools"),
}
MAX_BREAKPOINTS = 4
ENUMERATED = {"effort": ("low", "medium", "high", "xhigh", "max")}
UNSUPPORTED = {
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"),
    *("maxItems", "uniqueItems", "minProperties", "maxProperties", "patternProperties", "oneOf", "not", "if"),
}
"""Keywords of JSON Schema that structured outputs refuse; the SDK moves them into the description."""


class Refusal(Exception):  # noqa: N818 - it is what the API says, not what went wrong here
    """An answer with an HTTP status, a type of error and a message."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(status, kind, message)
        self.status, self.kind, self.message = status, kind, message


@dataclass
class Cache:
    """The prefixes of prompts that were marked, and so are cheap from their second use on."""

    floor: int = 512
    """In tokens: a shorter prefix is not cached, and nothing says so. 512 to 4,096, by the model."""
    prefixes: set[str] = field(default_factory=set)

    def usage(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the input of a request costs, and remember what it marks."""
        total, marked = 0, []
        digest = hashlib.sha256(str(body.get("model")).encode())
        for block in blocks(body):
            total += tokens(_content(block))
            digest.update(_content(block).encode())
            if block.get("cache_control") and total >= self.floor:
                marked.append((digest.hexdigest(), total))
        read = max((size for prefix, size in marked if prefix in self.prefixes), default=0)
        written = max((size for _, size in marked), default=0) - read
        self.prefixes |= {prefix for prefix, _ in marked}
        return {
            "input_tokens": total - read - written,
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": read,
            "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
            "service_tier": "standard",
        }


def tokens(text: str) -> int:
    """Return about how many tokens a text is: four bytes each, and one at least."""
    return max(1, -(-len(text.encode()) // 4))


def blocks(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the blocks of a prompt in the order in which they are cached: tools, system, messages."""
    yield from body.get("tools") or ()
    yield from _as_blocks(body.get("system") or ())
    last: Mapping[str, Any] = {}
    for message in body.get("messages", ()):
        for block in _as_blocks(message["content"]):
            if last:
                yield last
            last = block
    if last:
        yield {"cache_control": body.get("cache_control"), **last}


def texts(content: Any) -> list[str]:
    """Return the texts of a system prompt, or of a message's content."""
    return [block["text"] for block in _as_blocks(content) if block.get("type") == "text"]


def _as_blocks(content: Any) -> Sequence[Mapping[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _content(block: Mapping[str, Any]) -> str:
    if block.get("type") == "text":
        return str(block["text"])
    return json.dumps({key: value for key, value in block.items() if key != "cache_control"}, sort_keys=True)


def check(body: Any, *, counting: bool = False) -> None:
    """Refuse a body that the API refuses; `counting` asks for tokens only, and needs no `max_tokens`."""
    if not isinstance(body, dict):
        raise _invalid("The request body is not valid JSON: it must be an object")
    if "output_format" in body:
        raise _invalid("output_format: This field is deprecated. Use 'output_config.format' instead.")
    for name in sorted(body.keys() - KNOWN):
        raise _invalid(f"{name}: Extra inputs are not permitted")
    for name, kind in REQUIRED.items():
        if counting and name == "max_tokens":
            continue
        if name not in body:
            raise _invalid(f"{name}: Field required")
        if not isinstance(body[name], kind) or isinstance(body[name], bool):
            raise _invalid(f"{name}: Input should be a valid {kind.__name__}")
    if body.get("max_tokens", 1) < 1:
        raise _invalid("max_tokens: must be greater than or equal to 1")
    if not body["model"].startswith("claude-"):
        raise Refusal(404, "not_found_error", f"model: {body['model']}")
    _check_prompt(body)
    _check_output(body.get("output_config") or {})


def _invalid(message: str) -> Refusal:
    return Refusal(400, "invalid_request_error", message)


def _check_prompt(body: Mapping[str, Any]) -> None:
    messages = body["messages"]
    if not messages:
        raise _invalid("messages: at least one message is required")
    _check_content("system", body.get("system") or [])
    for index, message in enumerate(messages):
        if message.keys() != {"role", "content"} or message["role"] not in {"user", "assistant", "system"}:
            raise _invalid(f"messages.{index}: Input should be a role and its content")
        if not message["content"]:
            raise _invalid(f"messages.{index}: user messages must have non-empty content")
        _check_content(f"messages.{index}.content", message["content"])
    if messages[0]["role"] != "user":
        raise _invalid('messages: first message must use the "user" role')
    if messages[-1]["role"] != "user":
        raise _invalid("This model does not support assistant message prefill. It must end with a user message.")
    _check_tools(body)
    marked = sum(bool(block.get("cache_control")) for block in blocks(body))
    if marked > MAX_BREAKPOINTS:
        raise _invalid(f"A maximum of {MAX_BREAKPOINTS} blocks with cache_control may be provided. Found {marked}.")


def _check_content(path: str, content: Any) -> None:
    if not isinstance(content, str | list):
        raise _invalid(f"{path}: Input should be a valid string or list")
    for index, block in enumerate(_as_blocks(content)):
        if block.get("type") == "text" and not isinstance(block.get("text"), str):
            raise _invalid(f"{path}.{index}.text: Field required")
        control = block.get("cache_control")
        if block.get("type") == "text" and not block["text"].strip():
            if control:
                raise _invalid(f"{path}.{index}.text: cache_control cannot be set for empty text blocks")
            raise _invalid("messages: text content blocks must be non-empty")
        if control and (control.get("type") != "ephemeral" or control.get("ttl", "5m") not in {"5m", "1h"}):
            raise _invalid(f"{path}.{index}.cache_control: Input should be ephemeral, with a ttl of '5m' or '1h'")


def _check_tools(body: Mapping[str, Any]) -> None:
    """Refuse tools without a schema, and a call that the next message does not hold the result of."""
    for index, tool in enumerate(body.get("tools") or ()):
        for name in ("name", "input_schema"):
            if name not in tool:
                raise _invalid(f"tools.{index}.custom.{name}: Field required")
    wanted: set[str] = set()
    for index, message in enumerate(body["messages"]):
        parts = _as_blocks(message["content"])
        results = {block["tool_use_id"] for block in parts if block.get("type") == "tool_result"}
        if wanted != results:
            raise _invalid(f"messages.{index}: `tool_use` ids without `tool_result` blocks immediately after")
        wanted = {block["id"] for block in parts if block.get("type") == "tool_use"}


def _check_output(config: Mapping[str, Any]) -> None:
    for name in sorted(config.keys() - {"format", *ENUMERATED}):
        raise _invalid(f"output_config.{name}: Extra inputs are not permitted")
    for name, allowed in ENUMERATED.items():
        if config.get(name) not in {None, *allowed}:
            raise _invalid(f"output_config.{name}: Input should be {', '.join(allowed)}")
    if asked := config.get("format"):
        if asked.get("type") != "json_schema":
            raise _invalid("output_config.format.type: Input should be 'json_schema'")
        if not isinstance(asked.get("schema"), dict):
            raise _invalid("output_config.format.schema: Field required")
        _check_schema(asked["schema"])


def _check_schema(schema: Any) -> None:
    """Refuse what structured outputs do not support, as their documentation lists it."""
    at = "output_config.format.schema"
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        raise _invalid(f"{at}: For 'object' type, 'additionalProperties' must be explicitly set to false")
    if unsupported := sorted(schema.keys() & UNSUPPORTED):
        raise _invalid(f"{at}: For '{schema.get('type')}' type, properties {', '.join(unsupported)} are not supported")
    if schema.get("minItems", 0) not in {0, 1}:
        raise _invalid(f"{at}: For 'array' type, 'minItems' values other than 0 or 1 are not supported")
    if not str(schema.get("$ref", "#/$defs/")).startswith("#/$defs/"):
        raise _invalid(f"{at}: External schema references are not supported: {schema['$ref']}")
    named = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
    for inner in [*named, *schema.get("anyOf", []), *schema.get("allOf", [])]:
        _check_schema(inner)
    if isinstance(schema.get("items"), dict):
        _check_schema(schema["items"])

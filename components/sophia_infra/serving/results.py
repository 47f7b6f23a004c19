"""What others are told by a protocol: bounded in size, each text one line that can move no terminal. Pure."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sophia_infra.advice.redaction import line
from sophia_infra.agent.execution.view import body_of, lines_of, stays
from sophia_infra.codec import encode

if TYPE_CHECKING:
    from sophia_infra.agent.execution import Run
    from sophia_infra.agent.strategies import Strategy

MOST = 16_000
"""Characters of a result as JSON, indented as MCP sends it: an assistant pays for it until its conversation ends."""
_ENTRIES = (200, 50, 20, 5, 1, 0)
"""Entries of a list: as many as fit."""


def bounded(body: Mapping[str, Any], narrow: str = "") -> dict[str, Any]:
    """Return JSON of at most 16,000 characters; `left_out` says of which lists so many entries are not there.

    Args:
        body: what is told: lists, texts, numbers, truth values, None, and mappings of few keys.
        narrow: how the caller gets a smaller result.
    """
    found: dict[str, Any] = {}
    for entries in _ENTRIES:
        left_out: list[str] = []
        found = {key: _cut(value, entries, key, left_out) for key, value in body.items()}
        if left_out:
            found |= {"left_out": left_out[:20], "narrow": narrow or "ask for less at once"}
        if len(json.dumps(found, indent=2)) <= MOST:
            break
    return found


def _cut(value: Any, entries: int, where: str, left_out: list[str]) -> Any:
    if isinstance(value, str):
        return line(value)
    if isinstance(value, Mapping):
        return {line(str(key)): _cut(each, entries, f"{where}.{key}", left_out) for key, each in value.items()}
    if not isinstance(value, list | tuple):
        return value
    if len(value) > entries:
        left_out.append(f"{len(value) - entries} of {where}")
    return [_cut(each, entries, where, left_out) for each in value[:entries]]


def of_run(run: "Run") -> dict[str, Any]:
    """Return a run as JSON values: what it would change, why it is judged so, and what no way back undoes."""
    return body_of(run) | {
        "summary": run.advice.summary,
        "lines": [*lines_of(run)],
        "findings": encode(run.advice.findings),
        "irreversible": [*stays(run)],
    }


def of_strategy(found: "Strategy") -> dict[str, Any]:
    """Return a strategy as JSON values; the diff of a stage is a list of lines."""
    body: dict[str, Any] = encode(found)
    return body | {"stages": [stage | {"diff": stage["diff"].splitlines()} for stage in body["stages"]]}

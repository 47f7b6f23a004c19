"""The one reader of what the engine tells: what `pulumi preview --json` prints, its events, and `--event-log`.

The whole document does not hold what policies say. With PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true the engine (3.259)
prints one event a line instead, and they do. In neither does a value stand that the engine knows to be secret.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from sophia_infra.errors import SophiaError

STREAM = "PULUMI_ENABLE_STREAMING_JSON_PREVIEW"
_NOTHING: Mapping[str, Any] = {}
_DEBUG = "debug"


class ReportError(SophiaError):
    """No report can be made of what was given."""

    code = "no-preview"


@dataclass(frozen=True, slots=True)
class Urn:
    """What a URN names: `urn:pulumi:STACK::PROJECT::PARENTS$TYPE::NAME`; all are empty where it is no URN."""

    stack: str = ""
    type: str = ""
    name: str = ""

    @classmethod
    def parse(cls, urn: str) -> Self:
        """Take a URN apart."""
        parts = urn.split("::", 3)
        if len(parts) < 4:
            return cls()
        stack, project, types, name = parts
        return cls(f"{project}/{stack.rpartition(':')[2]}", types.rpartition("$")[2], name)

    @property
    def kind(self) -> str:
        """The last part of the type: `ZoneRecords`."""
        return self.type.rpartition(":")[2]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What the engine would do to one resource: `old` and `new` are its inputs, empty where there are none."""

    op: str
    urn: str
    old: Mapping[str, Any]
    new: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the diagnostics; `urn` is empty where it is about no resource."""

    urn: str
    text: str
    is_error: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that a resource violates; `level` is `mandatory`, `advisory` or another word of the engine's."""

    name: str
    level: str
    urn: str
    text: str

    @property
    def stops(self) -> bool:
        """Whether it stops the run."""
        return self.level == "mandatory"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a preview, or an update, said. `policies` is None where the document can't hold what policies say.

    `result` is the engine's word for how it ended, `succeeded` or `failed`; empty where no event says so.
    """

    steps: tuple[Step, ...]
    said: tuple[Said, ...]
    policies: tuple[Policy, ...] | None
    result: str = ""

    @property
    def failed(self) -> bool:
        """Whether something stops the run."""
        return any(line.is_error for line in self.said)


def read(text: str, name: str) -> Preview:
    """Read a preview; `name` is what errors call the file.

    Raises:
        ReportError: it is neither the document nor the stream of events.
    """
    try:
        try:
            found = json.loads(text)
        except ValueError:
            return _of_events([json.loads(line) for line in text.splitlines() if line.strip()])
        return _of_events([found]) if "sequence" in found else _of_document(found)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        raise ReportError(
            f"{name} does not hold what `pulumi preview --json` prints; make it with: pulumi preview --json > {name}",
            field="FILE",
            subject=name,
        ) from None


def read_log(text: str, name: str) -> Preview:
    """Read what `--event-log` has written so far; the last line of an engine that was killed may be half a line.

    Raises:
        ReportError: it holds something else.
    """
    whole = text[: text.rfind("\n") + 1]
    return read(whole, name) if whole else Preview((), (), ())


def _of_document(found: Mapping[str, Any]) -> Preview:
    if not found.keys() & {"steps", "changeSummary", "diagnostics"}:
        raise ValueError
    steps = [
        _step(step["op"], step["urn"], step.get("oldState"), step.get("newState")) for step in _list(found, "steps")
    ]
    return Preview(_custom(steps), _said(_list(found, "diagnostics")), None)


def _of_events(events: list[Mapping[str, Any]]) -> Preview:
    if not events or not all("sequence" in event for event in events):
        raise ValueError
    planned = (event["metadata"] for event in _of_kind(events, "resourcePreEvent"))
    policies = (
        Policy(
            f"{event['policyPackName']}/{event['policyName']}",
            event["enforcementLevel"],
            event.get("resourceUrn") or "",
            event["message"].strip(),
        )
        for event in _of_kind(events, "policyEvent")
    )
    steps = [_step(plan["op"], plan["urn"], plan.get("old"), plan.get("new")) for plan in planned]
    told = _said(_of_kind(events, "diagnosticEvent"))
    ended = next(_of_kind(events, "summaryEvent"), None)
    if ended is None and not any(line.is_error for line in told):
        told = (*told, Said("", "the preview did not come to its end, so what it would change is not known", True))
    return Preview(_custom(steps), told, tuple(policies), str((ended or {}).get("result") or ""))


def _of_kind(events: Iterable[Mapping[str, Any]], kind: str) -> Iterator[Mapping[str, Any]]:
    return (event[kind] for event in events if kind in event)


def _list(found: Mapping[str, Any], key: str) -> Any:
    return found.get(key) or ()


def _step(op: str, urn: str, old: Any, new: Any) -> Step | None:
    """One step; None for what is no resource by itself, such as a component or the stack."""
    if not (isinstance(op, str) and isinstance(urn, str)):
        raise TypeError
    if not (new or old or _NOTHING).get("custom"):
        return None
    before, after = ((state or _NOTHING).get("inputs") or _NOTHING for state in (old, new))
    return Step(op, urn, before, after)


def _custom(steps: Iterable[Step | None]) -> tuple[Step, ...]:
    return tuple(step for step in steps if step)


def _said(lines: Iterable[Mapping[str, Any]]) -> tuple[Said, ...]:
    return tuple(
        Said(line.get("urn") or "", line["message"].strip(), line["severity"] == "error")
        for line in lines
        if line["severity"] != _DEBUG and line["message"].strip()
    )

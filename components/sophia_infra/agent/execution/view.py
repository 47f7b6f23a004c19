"""A run as whoever is told of it needs it, on a terminal, in JSON or by a protocol. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from sophia_infra.advice.approvals_file import shown
from sophia_infra.agent.execution.rows import Word
from sophia_infra.agent.execution.runs import Run
from sophia_infra.agent.execution.states import GOES_ON, State, may_follow
from sophia_infra.codec import encode
from sophia_infra.dns.rr.record import from_text

_NAMED = 3
"""So many operations of a run are named."""
_NEXT = {
    State.PROPOSED: "request",
    State.WAITING: "approve",
    State.FAILED: "rollback",
    **dict.fromkeys((State.APPROVED, State.INCONCLUSIVE, *GOES_ON), "resume"),
}
_STAYS = {
    "renew": "the certificate {} is renewed, with a new key",
    "rotate": "the rotation of {0} goes on with each `pulumi up`; what ends it early: sophia secrets abort {0}",
}
"""What stays of an operation that edits no file."""


def body_of(run: Run) -> dict[str, Any]:
    """Return a run as JSON values."""
    steps = [
        {"word": step.row.word, "time": encode(step.time), "by": step.row.by, "why": step.row.why} for step in run.steps
    ]
    row = run.row
    return {
        "id": run.id,
        "stack": row.stack,
        "state": run.state,
        "why": run.why,
        "next": next_of(run),
        "advice": row.advice,
        "standing": row.standing,
        "exposure": row.exposure,
        "operations": [dict(operation) for operation in row.operations],
        "files": [file.path for file in row.files],
        "steps": steps,
    }


def next_of(run: Run) -> str:
    """Return the command of a person's that gets a run on; empty where it has ended."""
    command = "resume" if run.may_be_anew else _NEXT.get(run.state) if run.row.may_go else ""
    return f"sophia agent {command} {run.id}" if command else ""


def back_of(run: Run) -> str:
    """Return the command of a person's that takes a run back; empty where it is what comes next, or there is none."""
    may = run.row.files and run.has_begun and may_follow(Word.ROLLING_BACK, run.state, [each.row for each in run.steps])
    return f"sophia agent rollback {run.id}" if may and run.state is not State.FAILED else ""


def what_of(run: Run) -> str:
    """Return what a run changes, such as `set-ttl shop.example www A 300`; of many operations the first ones."""
    more = len(run.row.operations) - _NAMED
    return "; ".join([*map(in_a_line, run.row.operations[:_NAMED]), *([f"and {more} more"] if more > 0 else [])])


def in_a_line(operation: Mapping[str, Any]) -> str:
    """Return an operation of a row, its word first and then what it is about: `set-ttl shop.example www A 300`."""
    first = {name: operation[name] for name in ("op", "zone", "owner", "rtype") if name in operation}
    values = ((value if isinstance(value, list | tuple) else [value]) for value in {**first, **operation}.values())
    return " ".join(str(each) for value in values for each in value if each not in (None, False))


def lines_of(run: Run) -> Iterator[str]:
    """Yield the lines of its files that stay, go (`-`) and come (`+`)."""
    return (line for edit in run.advice.edits for line in shown(edit))


def stays(run: Run) -> Iterator[str]:
    """Yield what no way back undoes."""
    texts = (text for each in run.row.answers for text in (each.before, each.after))
    ttls = [record.ttl for text in texts for record in from_text(text)]
    if ttls:
        yield f"resolvers may hold what was, and what will be, for {max(ttls)} s"
    for urn in run.row.deletes:
        yield f"{urn} is deleted or replaced, with what it held"
    for asked in run.row.asked:
        yield _STAYS[asked.op].format(asked.name)

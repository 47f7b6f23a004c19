"""A run as people and programs are told of it, and a person asked on a terminal."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sophia_infra.cli.terminal import BOLD, GREEN, RED, YELLOW, agreed, complain, print_json, refuse_silence, say

if TYPE_CHECKING:
    from sophia_infra.agent.execution import Run

Line = tuple[str, str]
"""A line to show, and its colour, empty for none."""
NOBODY = "there is no terminal to ask on, and no terminal means no: a person runs this, or sophia:approvals says yes"


def body_of(run: "Run") -> dict[str, Any]:
    """Return a run as `--json` prints it."""
    from sophia_infra.codec import encode

    steps = [
        {"word": step.row.word, "time": encode(step.time), "by": step.row.by, "why": step.row.why} for step in run.steps
    ]
    row = run.row
    return {
        "id": run.id,
        "stack": row.stack,
        "state": run.state,
        "why": run.why,
        "advice": row.advice,
        "standing": row.standing,
        "exposure": row.exposure,
        "operations": [dict(operation) for operation in row.operations],
        "files": [file.path for file in row.files],
        "steps": steps,
    }


def agreed_to(question: str, lines: Iterable[Line], *, as_json: bool) -> bool:
    """Show a person what is asked, on stderr where stdout is for JSON, and ask."""
    refuse_silence(NOBODY)
    if as_json:
        complain("\n".join(line for line, _ in lines))
    else:
        _say(lines)
    return agreed(question, NOBODY)


def show(run: "Run", *, as_json: bool = False, with_diff: bool = False) -> None:
    """Print a run, for people or as JSON."""
    if as_json:
        print_json(run=body_of(run))
    else:
        _say(told_of(run, with_diff=with_diff))


def _say(lines: Iterable[Line]) -> None:
    for line, colour in lines:
        say(line, colour)


def told_of(run: "Run", *, with_diff: bool) -> Iterator[Line]:
    """Yield the lines that tell people of a run; with the diff, what no way back undoes as well."""
    from sophia_infra.advice.approvals_file import shown
    from sophia_infra.agent.execution import State

    colour = GREEN if run.state is State.DONE else BOLD
    yield f"{run} of {run.row.stack}: {run.state}{run.why and f': {run.why}'}", colour
    if with_diff:
        yield f"exposure {run.row.exposure}, the preview says {run.row.standing}; {run.advice.summary}", ""
        for edit in run.advice.edits:
            for line in shown(edit):
                yield line, {"-": RED, "+": GREEN}.get(line[:1], "")
        for line in _stays(run):
            yield line, YELLOW
    if following := _NEXT.get(str(run.state)):
        yield f"next: sophia agent {following} {run.id}", ""


def _stays(run: "Run") -> Iterator[str]:
    """What no way back undoes."""
    from sophia_infra.dns.rr.record import from_text

    texts = (text for each in run.row.answers for text in (each.before, each.after))
    ttls = [record.ttl for text in texts for record in from_text(text)]
    if ttls:
        yield f"can't be undone: resolvers may hold what was, and what will be, for {max(ttls)} s"
    for urn in run.row.deletes:
        yield f"can't be undone: {urn} is deleted or replaced, with what it held"


_NEXT = {
    "proposed": "request",
    "waiting": "approve",
    "approved": "resume",
    "applying": "resume",
    "verifying": "resume",
    "failed": "rollback",
    "inconclusive": "rollback",
    "rolling-back": "resume",
    "verifying-rollback": "resume",
}

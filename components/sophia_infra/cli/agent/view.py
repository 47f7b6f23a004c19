"""A run as people and programs are told of it, and a person asked on a terminal."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sophia_infra.cli.terminal import (
    BOLD,
    COLOURS,
    GREEN,
    RED,
    YELLOW,
    agreed,
    complain,
    print_json,
    refuse_silence,
    say,
)
from sophia_infra.values import listed

if TYPE_CHECKING:
    from sophia_infra.agent.execution import Run
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent as Agent
    from sophia_infra.report import Report
    from sophia_infra.report.sections import Row, Section

Line = tuple[str, str]
"""A line to show, and its colour, empty for none."""
NOBODY = "there is no terminal to ask on, and no terminal means no: a person runs this, or sophia:approvals says yes"


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
        from sophia_infra.agent.execution.view import body_of

        print_json(run=body_of(run))
    else:
        _say(told_of(run, with_diff=with_diff))


def show_plan(agent: "Agent", plan: str, *, as_json: bool = False) -> None:
    """Print a plan: how far it is where a strategy of it was begun, else what it offers."""
    from sophia_infra.agent.strategies import Plans, view

    plans = Plans(agent.runs)
    if as_json:
        print_json(plan=view.body_of(plans, plan))
        return
    _say((line, _COLOURS.get(line[:1], "")) for line in view.lines_of(plans, plan))


_SHOWN = 40
_COLOURS = {"-": RED, "+": GREEN}


def _say(lines: Iterable[Line]) -> None:
    for line, colour in lines:
        say(line, colour)


def told_of(run: "Run", *, with_diff: bool) -> Iterator[Line]:
    """Yield the lines that tell people of a run; with the diff, what no way back undoes as well."""
    from sophia_infra.agent.execution import State
    from sophia_infra.agent.execution.view import back_of, lines_of, next_of, stays

    colour = GREEN if run.state is State.DONE else BOLD
    yield f"{run} of {run.row.stack}: {run.state}{run.why and f': {run.why}'}", colour
    if with_diff:
        yield f"exposure {run.row.exposure}, the preview says {run.row.standing}; {run.advice.summary}", ""
        for line in lines_of(run):
            yield line, _COLOURS.get(line[:1], "")
        for check in run.row.commands:
            yield f"then checked by whoever applies it: {check}", ""
        for finding in run.advice.findings:
            yield str(finding), COLOURS[finding.level]
        for line in stays(run):
            yield f"can't be undone: {line}", YELLOW
    if following := next_of(run):
        yield f"next: {following}", ""
    if back := back_of(run):
        yield f"to take it back: {back}", ""
    if run.state in (State.DONE, State.FAILED, State.INCONCLUSIVE) and run.row.files:
        named = listed([file.path for file in run.row.files])
        yield f"edited in the project: {named}; commit that, else a deploy from another checkout takes it back", ""


def told_of_preview(report: "Report") -> Iterator[Line]:
    """Yield the lines that tell people of a preview: what would change, and why it is judged so."""
    from sophia_infra.report import sections

    yield f"the preview says {report.standing}: {report.standing.meaning}", BOLD
    for item in report.items:
        yield f"{item.title}: {_row(sections.sum_of(item))}", BOLD
        yield from _lines(sections.of_item(item))
    yield from _lines(sections.of_rest(report))


def _lines(found: "Iterable[Section]") -> Iterator[Line]:
    for section in found:
        lines = [*section.lines, *map(_row, section.rows)]
        if lines and not section.is_diff:
            yield f"{section.title}:", ""
        for line in lines[:_SHOWN]:
            yield line if section.is_diff else f"  {line}", _COLOURS.get(line[:1], "") if section.is_diff else ""
        if left := len(lines[_SHOWN:]):
            yield f"  and {left} more", ""


def _row(row: "Row") -> str:
    return " ".join(text for _, text in row if text)

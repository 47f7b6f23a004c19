"""`sophia advice explain`: one page on an advice."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from sophia_infra.cli import options
from sophia_infra.cli.advice import ID_SHOWN
from sophia_infra.cli.command import Command
from sophia_infra.cli.show import VERDICT_COLOURS, show_edits, show_finding
from sophia_infra.cli.terminal import BOLD, plain, print_json, say

if TYPE_CHECKING:
    from sophia_infra.advised.explanation import Explanation
    from sophia_infra.journal import Journal


@click.command(cls=Command)
@click.argument("beginning", metavar="[ID]", default="")
@options.journal
@options.as_json
def explain(beginning: str, journal: "Journal", as_json: bool) -> int:
    """One page on an advice, from the journal alone: what was asked, why the verdict, what became of each edit.

    ID is the beginning of its id; the newest is explained without one.

    exit codes: 0 done, 2 no such advice, or the journal is not readable

    examples:
      sophia advice explain          the newest
      sophia advice explain 9f0c12
    """
    from sophia_infra.advice.approval import find
    from sophia_infra.advised.explanation import explain as explained

    told = explained(journal, find(journal, beginning))
    if as_json:
        _print(told)
    else:
        _show(told)
    return 0


def _show(told: "Explanation") -> None:
    advice, request = told.advice, told.request.row
    facts, shown = request.facts, advice.id[:ID_SHOWN]
    of = f" of {facts['stack']}" if facts.get("stack") else ""
    say(f"{shown}: {request.kind} {request.subject}{of}, asked {told.request.time:%Y-%m-%d %H:%M} UTC", BOLD)
    counts = ", ".join(f"{facts.get(f'{verb}s', 0)} to {verb}" for verb in ("create", "update", "delete"))
    say(f"asked: {counts} of {facts.get('before', 0)}; exposure {facts.get('exposure', 'none')}")
    say(f"  against base {facts.get('base', '')[:ID_SHOWN]}, at the level {facts.get('autonomy', 'suggest')}")
    for reason in facts.get("reasons", ()):
        say(f"  {reason}")
    say(f"said by {advice.advisor}: {advice.verdict}, {advice.summary}", VERDICT_COLOURS[advice.verdict])
    for finding in told.carried:
        show_finding(finding, "  because of ")
    if advice.verdict and not told.carried:
        say(f"  because of the word of {', '.join(advice.carried) or advice.advisor}")
    for each in told.edits:
        show_edits([replace(each.edit, state=f"by {each.edit.by or 'the rules'}:")])
        say(f"      {each}")
    for way in told.ways_out:
        say(way)


def _print(told: "Explanation") -> None:
    from sophia_infra.codec import encode

    print_json(
        advice=told.advice.to_body(),
        request=encode(told.request.row),
        time=told.request.time.isoformat(),
        carried=plain(told.carried),
        edits=[encode(each) | {"digest": each.edit.digest} for each in told.edits],
        ways_out=list(told.ways_out),
    )

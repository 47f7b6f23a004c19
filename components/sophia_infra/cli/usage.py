"""`sophia advice usage`: what a model that advises was asked, and what that took."""

from typing import TYPE_CHECKING

import click

from sophia_infra.cli import options
from sophia_infra.cli.advice import MOST_LISTED
from sophia_infra.cli.command import Command
from sophia_infra.cli.terminal import print_json, say

if TYPE_CHECKING:
    from sophia_infra.journal import Journal


@click.command(cls=Command)
@options.journal
@options.as_json
def usage(journal: "Journal", as_json: bool) -> int:
    """What each run used of the model: calls, tokens, seconds, cost; of the newest 1,000 calls, newest run first.

    exit codes: 0 done, 2 the journal is not readable

    examples:
      sophia advice usage
      sophia advice usage --json
    """
    from sophia_infra.advice.claude.budget import Call
    from sophia_infra.advice.claude.usage import summed
    from sophia_infra.codec import encode

    asked = journal.newest(Call, MOST_LISTED)
    runs = summed(asked)
    if as_json:
        print_json(runs=encode(runs))
        return 0
    for run in runs:
        lacking = f" ({run.unanswered} without an answer)" if run.unanswered else ""
        calls = f"{run.calls} {'call' if run.calls == 1 else 'calls'}{lacking}"
        began, models = run.began.isoformat()[:19], ", ".join(run.models)
        say(f"{began}  {models}  {calls}, {run.tokens} tokens, {run.seconds:.1f} s, ${run.cost:.4f}")
    if not runs:
        say("no model was asked (docs/claude.md)")
    if len(asked) == MOST_LISTED:
        say(f"only the newest {MOST_LISTED} calls are counted")
    return 0

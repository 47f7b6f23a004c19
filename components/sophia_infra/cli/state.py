"""The state of a stack, as a file has it or as Pulumi exports it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from sophia_infra.cli.options import FILE
from sophia_infra.cli.terminal import UsageError, progress

_SECONDS = 60


def of_stack(*words: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Add `--state` and `--stack`; the command gets the text as `state`, with what it is called.

    `words` go to `pulumi stack export`.
    """

    def with_options(command: Callable[..., int]) -> Callable[..., int]:
        @wraps(command)
        def with_state(state: str | None, stack: str | None, **values: Any) -> int:
            from sophia_infra.cli.sources import name_of, read_text

            found = (read_text(state), name_of(state)) if state else (_exported(stack, *words), "the stack")
            return command(state=found, **values)

        printed = " ".join(("pulumi stack export", *words))
        of_file = f"What `{printed}` printed; - is standard input. Default: that of the stack selected here."
        of_name = "Another stack than the one that is selected here."
        with_state = click.option("--stack", metavar="STACK", help=of_name)(with_state)
        return click.option("--state", type=FILE, metavar="FILE", help=of_file)(with_state)

    return with_options


def _exported(stack: str | None, *words: str) -> str:
    """Return the state of a stack, its secrets encrypted unless `words` ask for them."""
    from sophia_infra.doctor.engine import answer

    progress("reading the state")
    found = answer("stack", "export", *words, *(["--stack", stack] if stack else []), seconds=_SECONDS)
    if found is None:
        way_out = "select a stack (pulumi stack select), or name a file with --state"
        raise UsageError(f"`pulumi stack export` gives no state here; {way_out}", field="--state")
    return found

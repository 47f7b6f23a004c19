"""What this command asks of click: one form of help for all subcommands, and one way for them to fail."""

import inspect
import sys
from collections.abc import Callable
from typing import Any

import click

from sophia_infra.cli.terminal import broken_pipe, complain, print_error
from sophia_infra.errors import SophiaError

UNREADABLE = 2


class Command(click.Command):
    """A subcommand. Its docstring is its help: what it does, then exit codes and examples, printed as they stand."""

    def __init__(self, name: str, *, help: str, **settings: Any) -> None:  # noqa: A002  the name is click's
        what, _, rest = inspect.cleandoc(help).partition("\n\n")
        super().__init__(name, help=what, short_help=what.partition(".")[0], epilog=rest, **settings)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write exit codes and examples unwrapped: an example has to be fit for copying."""
        formatter.write(f"\n{self.epilog}\n")

    def invoke(self, ctx: click.Context) -> int:
        """Run the subcommand and return its exit code. An expected error is told in one line, and by `--json` too."""
        try:
            code: int = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            return broken_pipe()
        except (SophiaError, OSError) as error:
            for line in (str(error), *getattr(error, "__notes__", ())):
                complain(line)
            if ctx.params.get("as_json"):
                print_error(error)
            return self.code_of(error)
        return code

    def code_of(self, error: Exception) -> int:
        """Return the exit code for an expected error."""
        return UNREADABLE


class Group(click.Group):
    """A group of subcommands, listed in the order in which its file has them."""

    command_class = Command

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **{"no_args_is_help": False, **settings})  # an error is told in a line

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the subcommands' names."""
        return list(self.commands)


class Parsed(click.ParamType[Any]):
    """The type of an option whose text a function reads; the function's ValueError says what is wrong with it."""

    name = "text"

    def __init__(self, parse: Callable[[str], Any]) -> None:
        self.parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the text. A default is no text, and is taken as it is."""
        if not isinstance(value, str):
            return value
        try:
            return self.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)

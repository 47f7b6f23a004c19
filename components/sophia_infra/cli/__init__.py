"""The `sophia` command: thin, all it does is callable as a library. docs/cli.md is its reference."""

import io
import sys
from collections.abc import Sequence

from sophia_infra.cli.arguments import parser
from sophia_infra.cli.terminal import broken_pipe, complain, print_error
from sophia_infra.errors import SophiaError

UNREADABLE = 2
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 fine, 1 found something, 2 unreadable or wrong usage."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    args = parser().parse_args(argv)
    try:
        code: int = args.run(args)
        sys.stdout.flush()
    except BrokenPipeError:
        return broken_pipe()
    except KeyboardInterrupt:
        return INTERRUPTED
    except (SophiaError, OSError) as error:
        return _failed(error, as_json=args.json)
    return code


def _failed(error: Exception, *, as_json: bool) -> int:
    complain(str(error))
    if as_json:
        print_error(error)
    return UNREADABLE

"""`python3 -m engine VENV`: prints the folder of a Pulumi engine for that virtual environment."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from engine.progress import say
from engine.provide import NoEngineError, ensure


def main(arguments: list[str] | None = None) -> int:
    """Exit 0 with the folder on stdout, 1 with one error on stderr."""
    parser = argparse.ArgumentParser(prog="python3 -m engine", description=__doc__)
    parser.add_argument("venv", type=Path, help="a virtual environment with the Pulumi SDK installed")
    venv: Path = parser.parse_args(arguments).venv
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.stdout.write(f"{ensure(venv.absolute())}\n")
    except NoEngineError as error:
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        say("interrupted; nothing half-made is left, and the next run starts afresh")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

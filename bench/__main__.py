"""The command: `python -m bench`."""

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import (
    acme,
    agent,
    agent_loop,
    ask,
    chat,
    cloudflare,
    endpoints,
    environments,
    guard,
    imports,
    many,
    planning,
    rfc2136,
    secrets,
    stacks,
)
from bench.figures import Figure, table

BENCHES: dict[str, Callable[[Path, int, int], list[Figure]]] = {
    "import": imports.figures,
    "environment": imports.environment,
    "environments": environments.figures,
    "changes": planning.figures,
    "advice": stacks.advice,
    "ask": ask.figures,
    "up": stacks.up,
    "many": many.figures,
    "guard": guard.figures,
    "endpoints": endpoints.figures,
    "cloudflare": cloudflare.figures,
    "rfc2136": rfc2136.figures,
    "acme": acme.figures,
    "secrets": secrets.figures,
    "agent": agent.figures,
    "chat": chat.figures,
    "agent-loop": agent_loop.figures,
}
SMALLEST = 100


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench", description="Measure against peers, in turn.")
    made.add_argument("--only", metavar="NAME", action="append", choices=BENCHES, help=f"one of {', '.join(BENCHES)}")
    made.add_argument("--size", metavar="N", type=_size, default=100_000, help="records of the zone (100000)")
    made.add_argument("--rounds", metavar="N", type=int, default=5, help="counted rounds of each pair (5)")
    made.add_argument("--json", action="store_true", help="print every sample as JSON in place of the table")
    made.add_argument("--check", action="store_true", help="exit 1 where a target is not reached")
    return made


def main(arguments: list[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    figures: list[Figure] = []
    for name in given.only or BENCHES:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            figures += BENCHES[name](Path(folder), given.size, given.rounds)
    print(_as_json(figures) if given.json else table(figures))
    return int(given.check and any(figure.reached is False for figure in figures))


def _as_json(figures: list[Figure]) -> str:
    machine = {"python": platform.python_version(), "system": platform.platform()}
    return json.dumps({"version": 1, "machine": machine, "figures": [one.as_dict() for one in figures]}, indent=2)


def _size(text: str) -> int:
    if not text.isdecimal() or int(text) < SMALLEST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of records from {SMALLEST}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())

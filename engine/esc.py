"""`python3 -m engine.esc`: prints the path of the reference evaluator of ESC environments, which tests compare with.

It is built from Go modules once, by what stands in `esc_reference`, and kept in the cache of engines. This never fails
a set-up: tests that lack it compare with the answers that it gave once.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import sys
from pathlib import Path

from engine import cache
from engine.progress import Progress, say
from engine.ways import INSTALL_TIMEOUT, WayClosedError, run

HERE = Path(__file__).with_name("esc_reference")
NAME = "esc-reference"


def folder() -> Path:
    """The folder that a build of these sources has, or will have."""
    sources = b"".join((HERE / name).read_bytes() for name in ("main.go", "go.sum"))
    digest = hashlib.sha256(sources).hexdigest()[:12]
    return cache.root() / f"{NAME}-{digest}-{platform.system()}-{platform.machine()}".lower()


def look() -> Path | None:
    """The program that was built earlier; None when there is none."""
    program = folder() / NAME
    return program if program.exists() else None


def ensure() -> Path:
    """The program, built where there is none; raises `WayClosedError` with the reason where it can't be."""
    if found := look():
        return found
    if shutil.which("go") is None:
        raise WayClosedError("there is no `go` on PATH")
    return cache.publish(folder(), _build) / NAME


def _build(into: Path) -> None:
    target = str(into / NAME)
    with Progress("building the reference evaluator of ESC from Go modules, 25 seconds on two cores"):
        run(["go", "-C", str(HERE), "build", "-buildvcs=false", "-o", target, "."], INSTALL_TIMEOUT, {"GOWORK": "off"})


def main() -> int:
    """Always 0; prints nothing where there is no such program, and says why."""
    try:
        sys.stdout.write(f"{ensure()}\n")
    except WayClosedError as closed:
        say(f"note: the reference evaluator of ESC could not be built ({closed}); tests compare with its old answers")
    return 0


if __name__ == "__main__":
    sys.exit(main())

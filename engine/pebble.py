"""`python3 -m engine.pebble`: prints the folder of Pebble, the ACME server that tests order certificates from.

It is built from Go modules once and kept in the cache of engines. This never fails a set-up: tests that lack it are
skipped, and say so.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path

from engine import cache
from engine.progress import Progress, say
from engine.ways import INSTALL_TIMEOUT, WayClosedError, run

VERSION = "2.10.3"
PACKAGE = f"github.com/letsencrypt/pebble/v2/cmd/pebble@v{VERSION}"


def folder() -> Path:
    """The folder that a build of this version has, or will have."""
    return cache.root() / f"pebble-v{VERSION}-{platform.system()}-{platform.machine()}".lower()


def look() -> Path | None:
    """The program, on PATH or built earlier; None when there is none."""
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), str(folder())])
    found = shutil.which("pebble", path=search)
    return Path(found) if found else None


def ensure() -> Path:
    """The program, built where there is none; raises `WayClosedError` with the reason where it can't be."""
    if found := look():
        return found
    if shutil.which("go") is None:
        raise WayClosedError("there is no `go` on PATH")
    return cache.publish(folder(), _build) / "pebble"


def _build(into: Path) -> None:
    with Progress(f"building Pebble v{VERSION} from Go modules, 20 seconds on two cores"):
        run(["go", "install", "-buildvcs=false", PACKAGE], INSTALL_TIMEOUT, {"GOBIN": str(into), "GOWORK": "off"})


def main() -> int:
    """Always 0; prints nothing where there is no Pebble, and says why."""
    try:
        sys.stdout.write(f"{ensure().parent}\n")
    except WayClosedError as closed:
        say(f"note: Pebble could not be built ({closed}); tests that order certificates from it are skipped")
    return 0


if __name__ == "__main__":
    sys.exit(main())

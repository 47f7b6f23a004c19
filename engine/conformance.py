"""`python3 -m engine.conformance`: prints the folder of the conformance suite of the Model Context Protocol.

It is installed by npm once, with the Node that it needs, and kept in the cache of engines. This never fails a set-up:
tests that lack it are skipped, and say so.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from engine import cache
from engine.progress import Progress, say
from engine.ways import INSTALL_TIMEOUT, WayClosedError, run

VERSION = "0.2.0-alpha.12"
NODE = "22.23.3"
"""Debian's is older than the suite takes."""
PACKAGES = (f"node@{NODE}", f"@modelcontextprotocol/conformance@{VERSION}")
PROGRAM = "node_modules/@modelcontextprotocol/conformance/dist/index.js"


def folder() -> Path:
    """The folder that an installation of this version has, or will have."""
    return cache.root() / f"conformance-v{VERSION}-node-v{NODE}"


def look() -> tuple[str, ...] | None:
    """The command that starts the suite; None where it is not installed."""
    node, program = (folder() / name for name in ("node_modules/.bin/node", PROGRAM))
    return (str(node), str(program)) if program.exists() else None


def ensure() -> Path:
    """The folder, filled where there is none; raises `WayClosedError` with the reason where it can't be."""
    if look() is None:
        if shutil.which("npm") is None:
            raise WayClosedError("there is no `npm` on PATH")
        cache.publish(folder(), _install)
    return folder()


def _install(into: Path) -> None:
    with Progress("installing the conformance suite of MCP with npm, 15 seconds"):
        quiet = ("--no-audit", "--no-fund", "--no-update-notifier")
        run(["npm", "install", *quiet, "--prefix", str(into), *PACKAGES], INSTALL_TIMEOUT)


def main() -> int:
    """Always 0; prints nothing where there is no suite, and says why."""
    try:
        sys.stdout.write(f"{ensure()}\n")
    except WayClosedError as closed:
        say(f"note: the conformance suite of MCP could not be installed ({closed}); its tests are skipped")
    return 0


if __name__ == "__main__":
    sys.exit(main())

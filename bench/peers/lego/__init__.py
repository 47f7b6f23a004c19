"""lego's library, built from Go modules with the few lines of `main.go` around it, and kept in the cache of engines."""

import hashlib
import os
import platform
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bench.peers.missing import MissingError
from engine import cache
from engine.ways import INSTALL_TIMEOUT, WayClosedError, run
from tests.support.primary import KEY_NAME, SECRET

if TYPE_CHECKING:
    from bench.acme import Servers

VERSION = "5.6.0"
_HERE = Path(__file__).parent


def ensure() -> Path:
    """Return the program, built where there is none."""
    if shutil.which("go") is None:
        raise MissingError("there is no `go` on PATH to build it with")
    mark = hashlib.sha256((_HERE / "main.go").read_bytes()).hexdigest()[:8]
    folder = cache.root() / f"lego-order-{VERSION}-{mark}-{platform.system()}-{platform.machine()}".lower()

    def build(into: Path) -> None:
        command = ["go", "build", "-C", str(_HERE), "-buildvcs=false", "-o", str(into / "lego-order"), "."]
        run(command, INSTALL_TIMEOUT, {"GOWORK": "off"})

    try:
        return cache.publish(folder, build) / "lego-order"
    except WayClosedError as closed:
        raise MissingError(f"it could not be built: {closed}") from None


def ordering(folder: Path, servers: "Servers") -> Callable[[str], object]:
    """Return what orders a certificate for a name; the account and the certificates stay in the folder."""
    program = ensure()
    folder.mkdir()
    at = f"127.0.0.1:{servers.primary.port}"
    settings = {
        "LEGO_SERVER": servers.ca.directory,
        "LEGO_CA_CERTIFICATES": str(servers.ca.trust),
        "LEGO_RESOLVER": at,
        "DNSUPDATE_NAMESERVER": at,
        "DNSUPDATE_TSIG_KEY": KEY_NAME,
        "DNSUPDATE_TSIG_SECRET": SECRET,
        "DNSUPDATE_TSIG_ALGORITHM": "hmac-sha256",
    }
    command, env = [str(program), str(folder)], {**os.environ, **settings}
    return lambda name: subprocess.run([*command, name], env=env, check=True, capture_output=True)

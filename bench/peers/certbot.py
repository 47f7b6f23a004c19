"""certbot with its RFC 2136 plugin, in a virtual environment of its own that is kept in the cache of engines."""

import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bench.peers.missing import MissingError
from engine import cache
from tests.support.primary import KEY_NAME, SECRET

if TYPE_CHECKING:
    from bench.acme import Servers

VERSION = "5.8.0"
_PACKAGES = (f"certbot=={VERSION}", f"certbot-dns-rfc2136=={VERSION}")


def ensure() -> Path:
    """Return the program, installed where it is not yet."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = cache.root() / f"certbot-{VERSION}-python-{python}-{platform.system()}-{platform.machine()}".lower()
    program = folder / "bin" / "certbot"
    try:
        if not (folder / "installed").exists():  # a venv can't be moved, so it is made where it stays
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True, capture_output=True)
            pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, *_PACKAGES], check=True, capture_output=True, text=True)
            (folder / "installed").touch()
    except subprocess.CalledProcessError as error:
        said = str(error.stderr).strip().splitlines()
        raise MissingError(f"pip could not install certbot {VERSION}: {said[-1] if said else error}") from None
    return program


def ordering(folder: Path, servers: "Servers") -> Callable[[str], object]:
    """Return what orders a certificate for a name; the account and the certificates stay in the folder."""
    folder.mkdir()
    credentials = folder / "rfc2136.ini"
    credentials.touch(0o600)
    settings = {
        "server": "127.0.0.1",
        "port": servers.primary.port,
        "name": f"{KEY_NAME}.",
        "secret": SECRET,
        "algorithm": "HMAC-SHA256",
    }
    credentials.write_text("".join(f"dns_rfc2136_{name} = {value}\n" for name, value in settings.items()))
    command = [str(ensure()), "certonly", "--non-interactive", "--agree-tos", "--register-unsafely-without-email"]
    command += ["--server", servers.ca.directory, "--dns-rfc2136", "--dns-rfc2136-credentials", str(credentials)]
    command += ["--dns-rfc2136-propagation-seconds", "0"]  # 60 by itself
    for kind in ("config", "work", "logs"):
        command += [f"--{kind}-dir", str(folder / kind)]
    env = {**os.environ, "REQUESTS_CA_BUNDLE": str(servers.ca.trust)}
    return lambda name: subprocess.run([*command, "-d", name], env=env, check=True, capture_output=True)

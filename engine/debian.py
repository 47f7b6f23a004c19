"""`python3 -m engine.debian [venv]`: installs what the system lacks, where that can be done unasked.

By default the name servers that tests check zones with, PostgreSQL for journals and secrets, Redis for secrets, a
browser for pages, and clients of certificates. This never fails a set-up: tests that lack them are skipped, and say so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from engine.progress import Progress, say

# Debian's package, and a program by which one knows that it is there.
PACKAGES = {
    "bind9": "named",
    "bind9-utils": "named-checkzone",
    "chromium-headless-shell": "chromium-headless-shell",
    "default-jdk-headless": "javac",
    "gnutls-bin": "gnutls-cli",
    "knot": "knotd",
    "knot-dnsutils": "kdig",
    "libnss3-tools": "tstclnt",
    "nsd": "nsd-checkzone",
    "pgbouncer": "pgbouncer",
    "postgresql": "pg_lsclusters",
    "redis-server": "redis-server",
}
SERVICES = {
    "bind9": "named",
    "knot": "knot",
    "nsd": "nsd",
    "pgbouncer": "pgbouncer",
    "postgresql": "postgresql",
    "redis-server": "redis-server",
}
POLICY = Path("/usr/sbin/policy-rc.d")
SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def missing() -> list[str]:
    """The packages whose program is not on this machine."""
    return [package for package, program in PACKAGES.items() if not shutil.which(program, path=SEARCH)]


def as_root() -> list[str] | None:
    """What goes before a command to run it as root without being asked anything; None if that can't be."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and not failure(["sudo", "-n", "true"]):
        return ["sudo", "-n"]
    return None


def failure(command: Sequence[str]) -> str:
    """Run a command; empty if it went well, else the last line that it said."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    said = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
    return said[-1] if done.returncode else ""


@contextmanager
def services_stay_down(root: Sequence[str]) -> Iterator[None]:
    """Debian starts what it installs, unless policy-rc.d says no. One that exists is left alone."""
    ours = not POLICY.exists()
    if ours:
        failure([*root, "sh", "-c", f"printf '#!/bin/sh\\nexit 101\\n' > {POLICY} && chmod 755 {POLICY}"])
    try:
        yield
    finally:
        if ours:
            failure([*root, "rm", "-f", str(POLICY)])


def install(packages: Sequence[str], root: Sequence[str]) -> str:
    """Install packages with no service started, now or at the next boot; what went wrong, or empty."""
    with Progress(f"installing {', '.join(packages)}"), services_stay_down(root):
        failure([*root, "apt-get", "update", "-qq"])
        said = failure([*root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages])
    services = [SERVICES[package] for package in packages if package in SERVICES]
    if not said and services and Path("/run/systemd/system").is_dir():
        failure([*root, "systemctl", "disable", *services])
    return said


def provide(packages: Sequence[str], without: str) -> None:
    """Install packages where that can be done unasked; else say what is missing and what it means."""
    if not packages:
        return
    root = as_root()
    if not shutil.which("apt-get"):
        reason = "this is not Debian"
    elif root is None:
        reason = "neither root nor `sudo` without a password"
    else:
        reason = install(packages, root)
    if reason:
        say(f"note: {', '.join(packages)} could not be installed ({reason}); {without}")


def main(arguments: Sequence[str]) -> int:
    """Always 0. With `venv` it is the module that makes virtual environments, which Debian packs by itself."""
    if "venv" not in arguments:
        provide(missing(), without="tests that need them are skipped")
    elif find_spec("ensurepip") is None:
        provide(["python3-venv"], without="a virtual environment can't be made")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

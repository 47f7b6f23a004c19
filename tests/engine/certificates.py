"""What the engine tests of certificates share: a program with one certificate, its CA, and a hunt for private keys."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.workspace import Workspace

KEY = "sophia:CertificateKey"
CERTIFICATE = "sophia:Certificate"
EXPORTS = (
    "private_key_pem",
    "certificate_pem",
    "chain_pem",
    "root_pem",
    "not_after",
    "next_renewal",
    "advice",
    "changes",
)
WITHIN_WINDOW = timedelta(days=61)


def certificate_program(workspace: Workspace, *, before: str = "", domains: str = "", **arguments: Any) -> None:
    """Set a program with the certificate `shop`; `domains`, where it is given, is Python code."""
    listed = domains or "['shop.example', '*.shop.example']"
    workspace.write(
        "__main__.py",
        "import pulumi\nfrom sophia_infra import SelfHealingCert\n"
        f"{before}\n"
        f'cert = SelfHealingCert("shop", {{**{arguments!r}, "domains": {listed}}})\n'
        f"for name in {EXPORTS!r}:\n"
        "    pulumi.export(name, getattr(cert, name))\n",
    )


def revoked_by_hand(workspace: Workspace, name: str, *more: str) -> dict[str, Any]:
    """What `sophia cert revoke NAME --reason keyCompromise` prints, of the stack's state with its secrets."""
    command = [sys.executable, "-m", "sophia_infra", "cert", "revoke", name, "--reason", "keyCompromise", "--yes"]
    ran = subprocess.run(
        [*command, "--stack", workspace.stack, "--json", *more],
        cwd=workspace.root,
        env=workspace.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "PRIVATE KEY" not in ran.stdout + ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def move_clock(workspace: Workspace, ahead: timedelta) -> None:
    """Let the next runs believe that time has passed."""
    workspace.env["SOPHIA_NOW"] = (datetime.now(UTC) + ahead).isoformat()


def folder(workspace: Workspace) -> Path:
    """Where the embedded CA lives by default."""
    return workspace.root / ".sophia" / "ca"


def orders(workspace: Workspace) -> list[str]:
    """The certificates the CA has issued, oldest first."""
    return sorted(path.name for path in folder(workspace).glob("issued/*/*.pem"))


def state(workspace: Workspace) -> dict[str, Any]:
    """The stack's state as it lies on disk, while a run goes on too; empty before the first one."""
    for path in (workspace.state_directory / ".pulumi" / "stacks").rglob(f"{workspace.stack}.json"):
        found: dict[str, Any] = json.loads(path.read_text())
        return found
    return {}


def keys_in_state(workspace: Workspace) -> list[str]:
    """The hashes of the private keys that the state holds."""
    resources = state(workspace).get("checkpoint", {}).get("latest", {}).get("resources", [])
    own = [resource.get("outputs", {}) for resource in resources if resource["type"].endswith(KEY)]
    return [outputs["public_key_sha256"] for outputs in own if "public_key_sha256" in outputs]


def assert_no_plain_key(workspace: Workspace, private_key_pem: str, *texts: str) -> None:
    """Look for a private key in every file below the project, and in what commands said."""
    body = private_key_pem.splitlines()[1:-1]
    assert body, "there is a key to look for"
    lines = [line.encode() for line in body]
    for path in workspace.root.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(line in content for line in lines), f"{path} holds the private key"
    for text in texts:
        assert not any(line.decode() in text for line in lines), "a command printed the private key"


@contextmanager
def ca_held(workspace: Workspace) -> Iterator[None]:
    """Hold the CA's lock, so that an order waits just before it is placed."""
    path = folder(workspace)
    path.mkdir(parents=True, exist_ok=True)
    with (path / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def kill_command(process: subprocess.Popen[str]) -> None:
    """Kill a command alone: its providers live on, and do what they were asked to."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()

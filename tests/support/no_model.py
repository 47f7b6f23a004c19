"""No test asks a real model: keys are taken out of the environment, and the SDK reaches nothing but loopback.

Child processes inherit the environment, so they have no key either, and an address where nobody answers. What is tried
all the same is refused as a lost connection, which an advisor may well live with, and fails its test by name.
"""

import socket
import sys
import tempfile
import threading
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

RECORD = "SOPHIA_RECORD_MODEL"
NOWHERE = "http://127.0.0.1:9"
VENDORS = (".anthropic.com", ".claude.com", ".claude.ai")
SDK = {"anthropic", "httpx2", "httpcore2"}


class ModelBan:
    """What stands between the tests and a model; `key` is one to record with, where that was asked for."""

    def __init__(self) -> None:
        self.key = ""
        self.attempts: list[str] = []
        self._lifted = threading.local()

    def install(self, environment: MutableMapping[str, str]) -> None:
        """Take the credentials out of an environment, and watch every connection of this process."""
        self.disarm(environment)
        self._watch("getaddrinfo", socket)
        self._watch("connect", socket.socket)

    def disarm(self, environment: MutableMapping[str, str]) -> None:
        """Take the credentials out of an environment; keep the key where exchanges are to be recorded."""
        if environment.get(RECORD):
            self.key = environment.get("ANTHROPIC_API_KEY", "")
        for name in [name for name in environment if name.startswith("ANTHROPIC_")]:
            del environment[name]
        # An SDK without a key looks for a profile in the user's folder.
        environment["ANTHROPIC_BASE_URL"] = NOWHERE
        environment["ANTHROPIC_CONFIG_DIR"] = str(Path(tempfile.gettempdir(), "no-profile"))

    def _watch(self, name: str, owner: Any) -> None:
        whole = getattr(owner, name)

        def watched(*args: Any, **options: Any) -> Any:
            asked = args[1] if owner is socket.socket else args[0] if args else options.get("host")
            host = asked[0] if isinstance(asked, tuple) else asked
            if isinstance(host, str):
                self.judge(host)
            return whole(*args, **options)

        setattr(owner, name, watched)

    def judge(self, host: str) -> None:
        """Refuse a host that is a model's, and to the SDK whatever is not loopback."""
        if getattr(self._lifted, "now", False):
            return
        if f".{host.lower().rstrip('.')}".endswith(VENDORS) or (not _is_loopback(host) and _is_sdk()):
            self.attempts.append(host)
            raise ConnectionRefusedError(f"tests ask no real model: {host}")

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """Let this thread through for as long as the block runs: exchanges are recorded by it, and nothing else."""
        self._lifted.now = True
        try:
            yield
        finally:
            self._lifted.now = False

    def settle(self, test: str) -> None:
        """Fail a test by name for the real models that it asked."""
        asked, self.attempts = self.attempts, []
        if asked:
            hosts = ", ".join(dict.fromkeys(asked))
            pytest.fail(f"{test} asked a real model at {hosts}; use tests/support/messages_server.py", pytrace=False)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_sdk() -> bool:
    frame = sys._getframe()
    while frame.f_back:
        frame = frame.f_back
        if str(frame.f_globals.get("__name__")).partition(".")[0] in SDK:
            return True
    return False


BAN = ModelBan()

"""A real Redis on loopback, for the length of a test run."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port


def program() -> str | None:
    """Return the server's program, None where there is none."""
    return shutil.which("redis-server")


@contextmanager
def server(folder: Path, primary: str = "") -> Iterator[str]:
    """Run a server, or a replica of one; yields the URL of its default user, which needs no password."""
    port = free_port()
    follows = ["--replicaof", *primary.rpartition("/")[2].split(":")] if primary else []
    command = [str(program()), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder), *follows]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        _wait(port)
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
        if primary:
            _wait_until_missed(primary, port)


def _wait_until_missed(primary: str, port: int) -> None:
    """Wait until a server counts a replica no more: the next test would be told of one that nobody asks."""
    import redis

    for _ in range(200):
        try:
            found = redis.Redis.from_url(primary).info("replication")
        except redis.ConnectionError:  # it ended first
            return
        if not any(isinstance(one, dict) and one.get("port") == port for one in found.values()):
            return
        time.sleep(0.05)
    raise AssertionError(f"{primary} still counts the replica at {port}")


def _wait(port: int) -> None:
    import redis

    for _ in range(200):
        try:
            redis.Redis(port=port).ping()
        except redis.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("redis-server does not answer")

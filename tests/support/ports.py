"""Ports for servers that take a number and can't choose one themselves, as name servers do."""

import fcntl
import os
import socket
import tempfile
from pathlib import Path
from typing import IO

# Below what Linux gives to sockets that ask for any port (32768 and up): nobody is given one of these by chance.
PORTS = range(20_000, 32_000)
FOLDER = Path(tempfile.gettempdir()) / "sophia-test-ports"
_CLAIMED: list[IO[str]] = []


def free_port() -> int:
    """A port of all of loopback, TCP and UDP, that no other test on this machine is given until this process ends."""
    FOLDER.mkdir(exist_ok=True)
    for step in range(len(PORTS)):
        port = PORTS[(os.getpid() * 97 + len(_CLAIMED) + step) % len(PORTS)]
        if _claimed(port):
            return port
    raise AssertionError(f"no port of {PORTS.start} to {PORTS.stop} is free")


def _claimed(port: int) -> bool:
    try:
        claim = (FOLDER / str(port)).open("w")
    except PermissionError:  # another user's
        return False
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(type=kind) as probe:
                probe.bind(("", port))
    except OSError:  # somebody has it
        claim.close()
        return False
    _CLAIMED.append(claim)
    return True

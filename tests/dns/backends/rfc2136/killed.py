"""A run that is to be killed: `python -m tests.dns.backends.rfc2136.killed PORT FILE` applies a zone bit by bit."""

import sys
from pathlib import Path

from sophia_infra.dns.backends.rfc2136 import updates
from tests.dns.backends.rfc2136.conftest import opened
from tests.support.primary import Primary

ROOM = 250


def main(port: str, file: str) -> None:
    desired = Path(file).read_text()
    opened(Primary("shop.example", int(port), Path("/dev/null"))).apply(lambda _: desired)


if __name__ == "__main__":
    updates.ROOM = ROOM
    main(*sys.argv[1:])

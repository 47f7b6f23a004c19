"""New records on a local Knot by dynamic update: this library against octodns-bind, each on a fresh server."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from octodns_bind import Rfc2136Provider

from bench.figures import Compare, Figure
from bench.peers.octodns import populated
from bench.zones import ORIGIN, zone
from sophia_infra.dns.backends import open_backend
from sophia_infra.dns.rr.record import to_text
from tests.support import knot
from tests.support.primary import KEY_NAME, SECRET, Primary
from tests.support.silence import silenced

TIMES_FASTER = 10
_SHARE = 10
_FRAME = 3
"""Records of the zone that are there before: its SOA and its name servers."""


def figures(folder: Path, size: int, rounds: int) -> list[Figure]:
    """Read the zone as it is, plan, and write a tenth of `size` records that are new; both sides start from memory."""
    records = zone(max(_FRAME, size // _SHARE))
    before, desired = to_text(records[:_FRAME]), to_text(records)
    wanted = populated(desired)

    def ours(primary: Primary) -> None:
        open_backend(primary.settings, ORIGIN).apply(lambda _: desired)

    def other(primary: Primary) -> None:
        provider = Rfc2136Provider(
            "bench", "127.0.0.1", primary.port, key_name=f"{KEY_NAME}.", key_secret=SECRET, key_algorithm="hmac-sha256"
        )
        provider.apply(provider.plan(wanted))

    environment = {"SOPHIA_TSIG_SECRET": SECRET, "SOPHIA_HOME": str(folder)}
    with patch.dict(os.environ, environment), silenced():
        pairs = [
            tuple(_seconds(folder / f"{name}-{number}", before, len(records), deed) for name, deed in sides)
            for number in range(rounds + 1)
            for sides in [(("ours", ours), ("other", other))]
        ][1:]
    mine, theirs = zip(*pairs, strict=True)
    name = f"RFC 2136, {len(records) - _FRAME} new records on Knot: read, plan, apply"
    return [Figure(name, "s", mine, theirs, Compare.FASTER, TIMES_FASTER)]


def _seconds(run: Path, before: str, records: int, deed: Callable[[Primary], None]) -> float:
    with knot.updatable(run, before, domain=ORIGIN.rstrip(".")) as primary:
        start = time.perf_counter()
        deed(primary)
        seconds = time.perf_counter() - start
        served = open_backend(primary.settings, ORIGIN).read().text.count("\n")
    if served != records:
        raise AssertionError(f"{served} records are served, not {records}")
    return seconds

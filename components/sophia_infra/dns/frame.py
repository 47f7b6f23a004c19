"""The frame that a name server needs around a zone's records: an SOA, and NS at the apex. Pure."""

from collections.abc import Collection, Sequence
from itertools import takewhile

from sophia_infra.dns.rr.record import Record, from_text
from sophia_infra.dns.serial import with_serial

DEFAULT_TTL = 3600
FRAME = ("@ SOA", "@ NS")
"""The record sets of the frame."""
NOBODY = "localhost."
"""Stands in for the name servers of a zone that names none: it loads everywhere, and the lint says so."""


def missing_frame(
    text: str, asked: Collection[str], live: str, name_servers: Sequence[str], domain: str
) -> list[Record]:
    """Return the SOA and the apex NS that canonical zone text leaves out.

    They are those that the live zone has, or else made: NS from `name_servers` (absolute names), an SOA with serial 0,
    which the backend replaces. `asked` are subjects whose values come later.
    """
    present, served = frame_of(text), frame_of(with_serial(live, 0))
    servers = [record for record in present if record.type == "NS"]
    made = []
    if not servers and "@ NS" not in asked:
        made = [Record("@", DEFAULT_TTL, "NS", server) for server in name_servers]
        made = made or [record for record in served if record.type == "NS"] or [Record("@", DEFAULT_TTL, "NS", NOBODY)]
    if not any(record.type == "SOA" for record in present):
        made += [record for record in served if record.type == "SOA"] or [_authority(servers + made, domain)]
    return made


def frame_of(text: str) -> list[Record]:
    """Return the SOA and the NS at the apex of canonical zone text."""
    lines = takewhile(lambda line: line.startswith("@ "), text.splitlines(keepends=True))
    apex = from_text("".join(lines))
    return [record for record in apex if record.type in ("SOA", "NS")]


def _authority(servers: Sequence[Record], domain: str) -> Record:
    """A start of authority with the timers that RIPE-203 recommends for small and stable zones."""
    primary = min((record.rdata for record in servers), default=NOBODY)
    return Record("@", DEFAULT_TTL, "SOA", f"{primary} hostmaster.{domain.rstrip('.')}. 0 86400 7200 3600000 3600")

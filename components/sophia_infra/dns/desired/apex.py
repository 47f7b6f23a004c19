"""The SOA and the apex NS of a zone, where the program leaves them out. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from sophia_infra.dns.desired.desired import Desired, World
from sophia_infra.dns.reader import DEFAULT_TTL
from sophia_infra.dns.rr.record import Record, apex_of, merged
from sophia_infra.dns.serial import with_serial

NOBODY = "localhost."
"""Stands in for the name servers of a zone that names none: it loads everywhere, and the lint says so."""


def with_apex(desired: Desired, world: World) -> Desired:
    """Add what is missing at the apex of a zone that is managed as a whole; of a shared zone it is somebody else's."""
    spec = world.spec
    if not spec.ownership.is_whole:
        return desired
    served = world.live.text or world.state.text or ""
    missing = missing_apex(desired.text, spec.late.subjects, served, spec.name_servers, spec.domain)
    own = [record for record in missing if not spec.ownership.ignores(record)]
    return replace(desired, text=merged(desired.text, own))


def missing_apex(
    text: str, asked: Collection[str], live: str, name_servers: Sequence[str], domain: str
) -> list[Record]:
    """Return the SOA and the apex NS that canonical zone text leaves out.

    They are those that the live zone has, or else made: NS from `name_servers` (absolute names), an SOA with serial 0,
    which the backend replaces. `asked` are subjects whose values come later.
    """
    present, served = apex_of(text), apex_of(with_serial(live, 0))
    servers = [record for record in present if record.type == "NS"]
    made = []
    if not servers and "@ NS" not in asked:
        made = [Record("@", DEFAULT_TTL, "NS", server) for server in name_servers]
        made = made or [record for record in served if record.type == "NS"] or [Record("@", DEFAULT_TTL, "NS", NOBODY)]
    if not any(record.type == "SOA" for record in present):
        made += [record for record in served if record.type == "SOA"] or [_authority(servers + made, domain)]
    return made


def _authority(servers: Sequence[Record], domain: str) -> Record:
    """A start of authority with the timers that RIPE-203 recommends for small and stable zones."""
    primary = min((record.rdata for record in servers), default=NOBODY)
    return Record("@", DEFAULT_TTL, "SOA", f"{primary} hostmaster.{domain.rstrip('.')}. 0 86400 7200 3600000 3600")

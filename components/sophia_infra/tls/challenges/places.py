"""At which name of which zone of ours a record for a name must stand: aliases are followed, as a CA does. Pure."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from sophia_infra.dns.zone.names import LazyNames
from sophia_infra.probes.addresses import Answer
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.names import within
from sophia_infra.values import shown

MAX_ZONES = 8


class Place(NamedTuple):
    """A name in a zone, relative to it."""

    zone: str
    owner: str


def place_of(
    name: str, zones: Collection[str], names_of: Callable[[str], LazyNames], look: Callable[[str], Answer]
) -> Place:
    """Return where a record for a name stands: in the nearest of our zones, behind all aliases.

    `names_of` are the live names of one of them, and `look` asks a resolver about a name of another zone.

    Raises:
        IssuerError: it leads out of our zones, or in a ring.
    """
    at = name
    for _ in range(MAX_ZONES):
        zone = _nearest(at, zones)
        if not zone:
            answer = look(f"{at}.")
            if not answer.chain:
                raise _refused(name, at, answer.why or "no alias stands there")
            at = answer.chain[-1].rstrip(".")
            continue
        passed, beyond, cut, is_ring = names_of(zone).trail(at.removesuffix(zone).rstrip(".") or "@", written=True)
        if is_ring:
            raise _refused(name, at, "its aliases go in a circle")
        if not beyond:
            return Place(zone, passed[-1])
        at = beyond.rstrip(".").lower()
        if cut and _nearest(at, zones) == zone:
            raise _refused(name, at, f"{cut} in {zone} is handed on to another zone")
    raise _refused(name, at, f"its aliases lead through more than {MAX_ZONES} zones")


def _nearest(name: str, zones: Collection[str]) -> str:
    return max((zone for zone in zones if within(name, zone)), key=len, default="")


def _refused(name: str, at: str, why: str) -> IssuerError:
    led = "" if at == name else f" leads to {shown(at)}, which"
    told = f"{name}{led} lies in no zone that a proof can be written to: {why}"
    way_out = f"give the zone in challenge.zones, or let a CNAME at {name} lead into one"
    return IssuerError(f"{told}; {way_out}", code="challenge", field="challenge.zones", subject=name)

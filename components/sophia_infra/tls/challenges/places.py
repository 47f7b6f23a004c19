"""At which name of which zone of ours a record for a name must stand: aliases are followed, as a CA does. Pure."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from sophia_infra.dns.zone.names import Names
from sophia_infra.probes.addresses import Answer
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.names import within
from sophia_infra.values import shown

MAX_ALIASES = 8


class Place(NamedTuple):
    """A name in a zone, relative to it."""

    zone: str
    owner: str


def place_of(
    name: str, zones: Collection[str], names_of: Callable[[str], Names], look: Callable[[str], Answer]
) -> Place:
    """Return where a record for a name stands: in the nearest of our zones, behind all aliases.

    `names_of` are the live names of one of them, and `look` asks a resolver about a name of another zone.

    Raises:
        IssuerError: it leads out of our zones, or in a ring.
    """
    at = name
    for _ in range(MAX_ALIASES):
        zone = max((zone for zone in zones if within(at, zone)), key=len, default="")
        if not zone:
            answer = look(f"{at}.")
            if not answer.chain:
                raise _refused(name, at, answer.why or "no alias stands there")
            at = answer.chain[-1].rstrip(".")
            continue
        names, owner = names_of(zone), at.removesuffix(zone).rstrip(".") or "@"
        cut = owner if "NS" in names.types(owner) and owner != "@" else names.cut_above(owner)
        if cut:
            raise _refused(name, at, f"{cut} in {zone} is handed on to another zone")
        alias = names.values(owner, "CNAME")
        if not alias:
            return Place(zone, owner)
        at = alias[0].rstrip(".").lower()
    raise _refused(name, at, f"more than {MAX_ALIASES} aliases stand before it")


def _refused(name: str, at: str, why: str) -> IssuerError:
    led = "" if at == name else f" leads to {shown(at)}, which"
    return IssuerError(
        f"{name}{led} lies in no zone that a proof can be written to: {why}; give the zone in challenge.zones, or let a"
        f" CNAME at {name} lead into one",
        code="challenge",
        field="challenge.zones",
        subject=name,
    )

"""The steps of the pipeline, in their order; that of ALIAS is in `aliases.py`. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from sophia_infra.dns.backends import BackendError
from sophia_infra.dns.desired.desired import Desired, World
from sophia_infra.dns.edits import APPLIED, with_edits
from sophia_infra.dns.reader import DEFAULT_TTL, refuse_unloadable
from sophia_infra.dns.rr.record import Record, apex_of, merged, records_of
from sophia_infra.dns.serial import with_serial
from sophia_infra.dns.staging.staged import Asked, Known, staged

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


def with_approved(desired: Desired, world: World) -> Desired:
    """Apply the approved edits, and keep of them those that could be applied."""
    if not desired.edits:
        return desired
    spec = world.spec
    elsewhere = [*spec.late.subjects, *spec.pooled, *(record.subject for record in world.part.foreign)]
    text, tried = with_edits(desired.text, desired.edits, spec.domain, elsewhere)
    return replace(desired, text=text, edits=tuple(edit for edit in tried if edit.state == APPLIED))


def with_stages(desired: Desired, world: World) -> Desired:
    """Put each staged set at the step of its switch that is due.

    Raises:
        StagingError: a switch can't be staged, though the program says so.
        BackendError, OwnershipError, ZoneTextError: what the switches come to in the end could not be applied.
    """
    spec, state = world.spec, world.state
    if not spec.staged:
        return desired
    asked = Asked(
        text=desired.text,
        zone=world.normalize(merged(desired.text, spec.late.records(spec.domain))),
        late=spec.late,
        pooled=spec.pooled,
    )
    known = Known(state.stages, _last_applied(world), world.cached)
    steps = staged(world.part.with_alike(asked.zone).own, asked, spec.staged, known, world.moment)
    if steps.held:
        _refuse_the_end(desired, world)
    return replace(desired, text=steps.text, staged=steps)


def _refuse_the_end(desired: Desired, world: World) -> None:
    """Refuse now what the switches come to in the end, where no apply could make that."""
    spec, part = world.spec, world.part
    others = [*spec.late.records(spec.domain), *records_of(part.own, spec.late.pending), *world.pools.records]
    end = world.normalize(merged(desired.text, others))
    target = part.with_alike(end).merge(end)
    world.live.refuse_unreachable(target.whole)
    refuse_unloadable(target.whole, spec.domain)


def _last_applied(world: World) -> str:
    """The zone that was applied last, as the backend held it."""
    try:
        return world.normalize(world.state.zone)
    except BackendError:  # it was applied at another backend, which holds other types
        return world.state.zone


def with_pools(desired: Desired, world: World) -> Desired:
    """Add the records that pools publish."""
    pools = world.pools
    return replace(desired, text=merged(desired.text, pools.records), pending=(*desired.pending, *pools.pending))


def with_late(desired: Desired, world: World) -> Desired:
    """Make `zone` of the text and the late values, less those that a staged switch holds back.

    A pending set MUST NOT be deleted for want of a value, so it stays as it is until the value is known.

    Raises:
        ZoneTextError: a value is no valid RDATA.
    """
    late = world.spec.late.without(desired.staged.held)
    records = [*late.records(world.spec.domain), *records_of(world.part.own, late.pending)]
    return replace(desired, zone=merged(desired.text, records), pending=(*desired.pending, *late.pending))

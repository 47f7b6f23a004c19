"""Each staged set at the step of its switch that is due. Pure."""

from dataclasses import replace

from sophia_infra.dns.backends import BackendError
from sophia_infra.dns.desired.desired import Desired, World
from sophia_infra.dns.reader import refuse_unloadable
from sophia_infra.dns.rr.record import merged, records_of
from sophia_infra.dns.staging.staged import Asked, Known, staged


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

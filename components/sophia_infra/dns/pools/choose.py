"""Which targets of a pool to publish: probes into standings, standings into a choice. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a target counts as healthy, and how many probes in a row have said otherwise since."""

    healthy: bool
    against: int = 0

    def after(self, passed: bool | None, fall: int, rise: int) -> "Standing":
        """Return the standing after one more probe; None, one that was not made, leaves it as it is."""
        if passed is None:
            return self
        if passed == self.healthy:
            return Standing(self.healthy)
        if self.against + 1 >= (fall if self.healthy else rise):
            return Standing(passed)
        return Standing(self.healthy, self.against + 1)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is published of a set's targets.

    `rank` counts from 1, and is 0 where no target at all is healthy, so that nothing may change; `kept` are those
    that are published for the floor's sake alone.
    """

    published: tuple[str, ...]
    rank: int
    kept: tuple[str, ...] = ()


def standings(
    targets: Sequence[str],
    before: Mapping[str, Standing],
    live: Collection[str],
    probes: Mapping[str, bool | None],
    fall: int,
    rise: int,
) -> dict[str, Standing]:
    """Return the standing of each target after a round of probes.

    What is live without a history was healthy until now, so that one lost probe can't take it out; the first probe
    of a target that is new decides, and one that was not probed gets the benefit of the doubt.
    """
    after = {}
    for target in targets:
        passed = probes.get(target)
        known = before.get(target) or (Standing(healthy=True) if target in live else None)
        after[target] = known.after(passed, fall, rise) if known else Standing(passed is not False)
    return after


def choose(
    groups: Sequence[Sequence[str]],
    healthy: Collection[str],
    live: Collection[str],
    floor: float,
    most: int | None = None,
) -> Choice:
    """Return what to publish: the healthy targets of the best group that has any, and enough others for the floor.

    Where no group has any, what is live stays; if that is nothing, the whole best group. `most` is 1 for a CNAME,
    which then stays where it is for as long as that is healthy.
    """
    for rank, group in enumerate(groups, 1):
        fit = [target for target in group if target in healthy]
        if fit:
            spare = [target for target in group if target not in healthy]
            return _of_group(fit, spare, rank, live, ceil(floor * len(group)), most)
    stays = [target for group in groups for target in group if target in live]
    return Choice(tuple((stays or list(groups[0]))[:most]), 0)


def _of_group(
    fit: list[str], spare: list[str], rank: int, live: Collection[str], floor: int, most: int | None
) -> Choice:
    if most is not None:
        fit.sort(key=lambda target: target not in live)
        return Choice(tuple(fit[:most]), rank)
    spare.sort(key=lambda target: target not in live)
    kept = spare[: max(0, floor - len(fit))]
    return Choice((*fit, *kept), rank, tuple(kept))

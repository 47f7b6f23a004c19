"""Which records an apply writes and removes, as far as no preview of the engine shows it. Pure.

Of an update the engine shows how the `text` property changes. It shows three lines of a new one, and nothing where the
live zone is not what the state says.
"""

from collections.abc import Sequence

from sophia_infra.dns.desired.desired import World
from sophia_infra.dns.ownership import Target
from sophia_infra.dns.rr.record import without
from sophia_infra.values import listed

MOST = 50
"""How many records are named."""
DRIFT_NAMED = 5
"""Of them, how many are named in the line that tells of drift."""


def details(world: World, target: Target) -> tuple[str, ...]:
    """Return at most 50 record lines, each after a `+` or a `-`, and how many more there are.

    Of sets whose value is secret, now or in the state, there is no line.
    """
    state = world.state
    if target.own == (target.desired if state.text is None else state.zone):
        return ()
    secret = {*world.spec.late.secret, *state.late.secret}
    live, desired = (_lines(without(text, secret)) for text in (target.own, target.desired))
    known = dict.fromkeys(state.zone.splitlines()) if state.text is not None else {}
    added = [f"+ {line}" for line in desired if line not in live and (state.text is None or line in known)]
    removed = [f"- {line}" for line in live if line not in desired and line not in known]
    return _bounded([*removed, *added])


def _lines(text: str) -> dict[str, None]:
    """The lines in their order; the SOA is not counted, as in `changes`."""
    return dict.fromkeys(line for line in text.splitlines() if line.split(" ", 3)[2] != "SOA")


def _bounded(lines: Sequence[str]) -> tuple[str, ...]:
    left = len(lines) - MOST
    return (*lines[:MOST], f"and {left} more") if left > 0 else tuple(lines)


def drifted(lines: Sequence[str]) -> str:
    """Say in one line what an apply does to a live zone that is not what this stack left there."""
    return f"the live zone is not what this stack left there; the apply does {listed(lines, DRIFT_NAMED)}"

"""What a scenario is: a history of one zone, each step of which must end settled on every backend that can hold it."""

from dataclasses import dataclass, field

DOMAIN = "shop.example"
TTL = 300
"""Seconds of a record in a scenario that gives none."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is asked for next.

    Attributes:
        zone: master-file lines, the SOA and the NS at the apex left to the server unless the scenario is about them.
        kept: lines that are live afterwards as well, though nobody asks for them here: they are somebody else's.
        by_hand: lines that somebody else adds first.
        manage: as the zone's argument.
        ignore: as the zone's argument.
        refused: the code of the failure, or of its problem, where the step must be refused; the live zone then stays as
            it was.
    """

    zone: str
    kept: str = ""
    by_hand: str = ""
    manage: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Named steps. `not_on` are the kinds of backends that refuse a step for another reason than a record's type."""

    name: str
    steps: tuple[Step, ...]
    not_on: frozenset[str] = field(default_factory=frozenset)


def scenario(name: str, *steps: str | Step, not_on: str = "") -> Scenario:
    """Make a scenario; a step may be its lines alone."""
    made = tuple(one if isinstance(one, Step) else Step(one) for one in steps)
    return Scenario(name, made, frozenset(not_on.split()))

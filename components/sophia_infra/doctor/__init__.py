"""What must be right on a machine before a stack is run from it: each check says what it found, and what mends it."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from sophia_infra.doctor.credentials import credentials
from sophia_infra.doctor.engine import engine, login
from sophia_infra.doctor.records import clock, journal
from sophia_infra.doctor.releases import versions
from sophia_infra.doctor.result import Result, Status
from sophia_infra.doctor.stack import Stack, configuration, project
from sophia_infra.doctor.zone_backends import zone_backends
from sophia_infra.probes.round import at_once

__all__ = ["CHECKS", "Result", "Stack", "Status", "examine"]

BUDGET = 20.0
"""Seconds that all checks may take together."""
CHECKS: Mapping[str, Callable[[Stack], Result]] = {
    "engine": engine,
    "versions": versions,
    "login": login,
    "project": project,
    "configuration": configuration,
    "credentials": credentials,
    "homes": zone_backends,
    "journal": journal,
    "clock": clock,
}


def examine(
    stack: Path | None = None, budget: float = BUDGET, checks: Mapping[str, Callable[[Stack], Result]] = CHECKS
) -> list[Result]:
    """Run all checks at once; one that is silent when `budget` (seconds) is spent is a problem.

    Args:
        stack: the stack's settings, such as `Pulumi.dev.yaml`; None for the project's here alone.
        budget: seconds for all checks together.
        checks: what is checked, by name.
    """
    place = Stack.read(stack)
    found = at_once({name: partial(check, place) for name, check in checks.items()}, budget)
    silent = f"no answer within {budget:g} s"
    return [found.get(name) or Result(name, Status.PROBLEM, silent, "sophia doctor") for name in checks]

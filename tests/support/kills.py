"""Processes that are killed with SIGKILL before one of their steps, counted from 1."""

import os
import signal
from collections.abc import Iterable
from typing import Any

Step = tuple[Any, str]
"""Whose function or method it is, and its name."""


def die_before(at: int | None, steps: Iterable[Step]) -> list[str]:
    """Have this process killed before the step of that number; return the list to which each adds its name.

    To be called in a process of its own (`orders.run`): the steps stay wrapped.
    """
    met: list[str] = []

    def counting(holder: Any, name: str) -> None:
        plain = getattr(holder, name)

        def counted(*args: Any, **named: Any) -> Any:
            met.append(name)
            if len(met) == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return plain(*args, **named)

        setattr(holder, name, counted)

    for holder, name in steps:
        counting(holder, name)
    return met

"""Calls that are made again where they fail: by stamina, with growing pauses and jitter."""

import logging
from collections.abc import Callable
from typing import TypeVar

# It warns of every retry, which nobody who has set up no logging should see on stderr.
logging.getLogger("stamina").addHandler(logging.NullHandler())

Result = TypeVar("Result")
Hook = Callable[[Exception], bool | float]
"""Says of a failure whether the call is made again; a number is the pause in seconds that the server asks for."""


def again(on: type[Exception] | Hook, call: Callable[[], Result], *, attempts: int, pause: float) -> Result:
    """Return what a call returns, made so many times at most; the last failure is raised.

    `pause` is the first, in seconds; each is twice the one before it, and up to half of `pause` longer. With `pause`
    0.5 and four attempts they are 0.5 to 0.75, 1 to 1.25, and 2 to 2.25.
    """
    import stamina  # most commands call no API

    waits = {"wait_initial": pause, "wait_max": pause * 2**attempts, "wait_jitter": pause / 2}
    caller = stamina.RetryingCaller(attempts=attempts, timeout=None, **waits)
    return caller(on, call)  # without arguments: its log would show them

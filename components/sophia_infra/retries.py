"""Calls that are made again where they fail, by stamina, with growing pauses and jitter; and calls that end in time."""

import logging
import threading
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


def within(seconds: float, call: Callable[[], Result]) -> Result:
    """Return what a call returns. A time limit of a socket holds for each read, so that an answer that comes octet by
    octet takes for ever; this one holds for all of it.

    What takes longer goes on in a thread of its own, which ends with the process.

    Raises:
        TimeoutError: it takes longer.
    """
    from concurrent.futures import Future

    done: Future[Result] = Future()

    def run() -> None:
        try:
            done.set_result(call())
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return done.result(seconds)

"""Work on whole zones."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Put off the search for reference cycles while a zone's records are made.

    They are hundreds of thousands of objects, hold no cycles and live on: looking through them again and again takes a
    quarter of the time. Threads that overlap may end the pause early, which costs time and nothing else.
    """
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()

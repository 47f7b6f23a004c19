"""The zones that this process has transferred last, so that the next read asks only for what has changed."""

import threading
from collections import OrderedDict

from sophia_infra.dns.backends.rfc2136.transfer import Served

LIMIT = 64 * 2**20
"""Characters of zone text that are kept together, some ten zones of 100,000 records. What was used longest ago goes
first, and is transferred whole the next time."""


class Seen:
    """The last transfer of each location, within `limit` characters. Threads may share it."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit, self._size = limit, 0
        self._zones: OrderedDict[str, Served] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, location: str) -> Served | None:
        """Return the zone as it was last seen there, None where that is not known any more."""
        with self._lock:
            if location in self._zones:
                self._zones.move_to_end(location)
            return self._zones.get(location)

    def keep(self, location: str, zone: Served) -> None:
        """Remember a zone, in place of what was seen there before."""
        with self._lock:
            self._drop(location)
            self._zones[location] = zone
            self._size += len(zone.text)
            while self._size > self._limit:
                self._drop(next(iter(self._zones)))

    def forget(self, location: str) -> None:
        """Have the zone transferred whole the next time."""
        with self._lock:
            self._drop(location)

    def clear(self) -> None:
        """Forget all zones."""
        with self._lock:
            self._zones.clear()
            self._size = 0

    def _drop(self, location: str) -> None:
        if zone := self._zones.pop(location, None):
            self._size -= len(zone.text)


SEEN = Seen()
"""What all backends of this process share: the engine opens one anew for each operation."""

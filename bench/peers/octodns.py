"""octoDNS: `provider.plan` between two zones that are populated already; the time of `populate` does not count."""

import logging
import time
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from octodns.provider.base import BaseProvider
from octodns.record import Record
from octodns.zone import Zone

from bench.peers import measured
from bench.zones import ORIGIN


class Populated(BaseProvider):  # type: ignore[misc]  # octoDNS publishes no types
    """A provider whose live zone stands in memory."""

    SUPPORTS = frozenset({"A", "AAAA", "CAA", "CNAME", "MX", "NS", "SRV", "TXT"})
    SUPPORTS_GEO = False
    SUPPORTS_ROOT_NS = True

    def __init__(self, live: Zone) -> None:
        self.log = logging.getLogger("bench")
        super().__init__("bench", delete_pcent_threshold=1, update_pcent_threshold=1)
        self._live = live
        self.populating = 0.0

    def populate(self, zone: Zone, target: bool = False, lenient: bool = False) -> bool:
        start = time.perf_counter()
        for record in self._live.records:
            zone.add_record(record, lenient=lenient)
        self.populating += time.perf_counter() - start
        return True


def populated(text: str) -> Zone:
    """Return canonical text as a zone, without the SOA, which octoDNS leaves to the servers."""
    zone = Zone(ORIGIN, [])
    for owner, sets in as_data(text).items():
        for data in sets:
            zone.add_record(Record.new(zone, owner, data, lenient=True), lenient=True)
    return zone


def as_data(text: str) -> dict[str, list[dict[str, Any]]]:
    """Return canonical text as octoDNS's YAML has it: the sets of each owner, the apex as the empty text."""
    lines = (line.split(" ", 3) for line in text.splitlines())
    found: dict[str, list[dict[str, Any]]] = {}
    for (owner, ttl, rtype), members in groupby(lines, key=itemgetter(0, 1, 2)):
        if rtype != "SOA":
            values = [_value(rtype, rdata) for *_, rdata in members]
            data: dict[str, Any] = {"type": rtype, "ttl": int(ttl)}
            data |= {"value": values[0]} if rtype == "CNAME" else {"values": values}
            found.setdefault("" if owner == "@" else owner, []).append(data)
    return found


def _value(kind: str, rdata: str) -> Any:
    if kind == "TXT":
        return rdata.strip('"').replace(";", "\\;")
    return dict(_fields(kind, rdata)) if kind in _FIELDS else rdata


_FIELDS = {
    "CAA": ("flags", "tag", "value"),
    "MX": ("preference", "exchange"),
    "SRV": ("priority", "weight", "port", "target"),
}


def _fields(kind: str, rdata: str) -> Iterator[tuple[str, str | int]]:
    for name, word in zip(_FIELDS[kind], rdata.split(" "), strict=True):
        yield name, int(word) if word.isdecimal() else word.strip('"')


def prepare(base: str, desired: str) -> measured.Planner:
    provider, wanted = Populated(populated(base)), populated(desired)
    PROVIDERS.append(provider)

    def plan() -> tuple[int, int, int]:
        made = provider.plan(wanted)
        kinds = Counter(type(change).__name__ for change in made.changes)
        return kinds["Create"], kinds["Update"], kinds["Delete"]

    return plan


PROVIDERS: list[Populated] = []

if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    measured.main(prepare, lambda: sum(provider.populating for provider in PROVIDERS))

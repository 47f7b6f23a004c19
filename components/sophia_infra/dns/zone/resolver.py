"""Lookups answered from zones, for what is judged without a network."""

from collections.abc import Sequence

from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import decode
from sophia_infra.dns.spf.message import LookupFailedError
from sophia_infra.dns.zone.index import Zone

_ALIAS_LIMIT = 16
# How owner names write the characters of a label that mean something else in zone text (RFC 1035 section 5.1).
_ESCAPED = {ord(mark): f"\\{mark}" for mark in '"();\\@$'} | {32: "\\032"}


class ZoneResolver:
    """Answers from zones alone; where one is cut out of another, the one below answers."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = {zone.origin: zone for zone in zones}
        self._known: dict[str, Sequence[Record] | str] = {}

    def lookup(self, name: str, rtype: str) -> tuple[str, ...]:
        """Return the data of a name's records of one type, as `spf.Resolver` has it.

        Raises:
            LookupFailedError: no zone here has the name, its data is not known yet, or its aliases go in a circle.
        """
        if name not in self._known:
            try:
                self._known[name] = self._resolve(f"{name.lower().translate(_ESCAPED)}.")
            except LookupFailedError as error:
                self._known[name] = str(error)  # the error itself would hold on to frames, and these to the zones
        records = self._known[name]
        if isinstance(records, str):
            raise LookupFailedError(records)
        return _data([record for record in records if record.type == rtype], rtype)

    def _resolve(self, name: str) -> Sequence[Record]:
        for _ in range(_ALIAS_LIMIT):
            records = self._answers(name)
            alias = next((record for record in records if record.type == "CNAME"), None)
            if alias is None:
                return records
            name = alias.rdata
        raise LookupFailedError(f"the aliases of {name} go in a circle, or over more than {_ALIAS_LIMIT} steps")

    def _answers(self, name: str) -> Sequence[Record]:
        zone = self._zone_of(name)
        owner = zone.relative(name) if zone else None
        if zone is None or owner is None or zone.is_beyond(owner):
            raise LookupFailedError(f"{name} is in no zone at hand")
        if zone.is_pending(owner):
            raise LookupFailedError(f"the data of {name} is not known yet")
        return zone.answering(owner)

    def _zone_of(self, name: str) -> Zone | None:
        above = name.removesuffix(".")
        while above and above not in self._zones:
            above = above.partition(".")[2]
        return self._zones.get(above)


def _data(records: list[Record], rtype: str) -> tuple[str, ...]:
    if rtype == "MX" and records:
        ranked = sorted((int(rank), host) for rank, _, host in (record.rdata.partition(" ") for record in records))
        return tuple(host.removesuffix(".") for _, host in ranked)
    if rtype == "TXT":
        return tuple(decode(record.rdata) for record in records)
    return tuple(record.rdata.removesuffix(".") for record in records)

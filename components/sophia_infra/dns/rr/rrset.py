"""A record set by the name of its zone, as whoever tells of several zones needs it."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple, Self

from sophia_infra.dns.rr.record import Record


class RRset(NamedTuple):
    """The records of one owner and type in a zone; `owner` is relative to the apex, `ttl` in seconds."""

    zone: str
    owner: str
    rtype: str
    values: tuple[str, ...]
    ttl: int

    @property
    def key(self) -> tuple[str, str, str]:
        """Zone, owner and type."""
        return self.zone, self.owner, self.rtype

    @property
    def name(self) -> str:
        """The full name of its owner."""
        return full_name(self.zone, self.owner)

    @property
    def records(self) -> list[Record]:
        """Its records."""
        return [Record(self.owner, self.ttl, self.rtype, value) for value in self.values]

    def leads_to(self, name: str) -> bool:
        """Whether a full name stands in its data, wherever that is."""
        return any(map(_whole(name).search, self.values))

    def renamed(self, old: str, new: str) -> Self:
        """Return it with another full name in the place of one that its data leads to."""
        return self._replace(values=tuple(_whole(old).sub(new, value) for value in self.values))


def rrsets(zone: str, records: Iterable[Record]) -> tuple[RRset, ...]:
    """Return records of a zone as their sets, each with the last of its TTLs."""
    found: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        found.setdefault((record.owner, record.type), []).append(record)
    return tuple(RRset(zone, *key, tuple(each.rdata for each in every), every[-1].ttl) for key, every in found.items())


def full_name(zone: str, owner: str) -> str:
    """Return an owner of a zone as a full name: `www.shop.example`, and the zone itself for `@`."""
    return zone if owner == "@" else f"{owner}.{zone}"


@lru_cache(maxsize=64)
def _whole(name: str) -> re.Pattern[str]:
    """What finds a full name in RDATA, with the dot at its end or without: `v=spf1 a:www.shop.example -all`."""
    return re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", re.IGNORECASE)

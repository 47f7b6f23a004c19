"""A zone as a hosting company has it, of any size, and its next version; the same on every machine."""

import random
from collections.abc import Iterator
from itertools import islice

from sophia_infra.dns.rr.record import Record, to_text

ORIGIN = "big.example."
MAIL, NAME_SERVERS = "mx.provider.example.", ("ns1.provider.example.", "ns2.provider.example.")
_SOA = f"{NAME_SERVERS[0]} hostmaster.{ORIGIN} 0 86400 7200 3600000 3600"


def zone(size: int) -> list[Record]:
    """Return `size` records: addresses, aliases, mail, texts, services, delegations; a fifth in sets of several."""
    draw = random.Random(size)  # noqa: S311  # the same zone every time
    return list(islice(_records(draw), size))


def next_version(records: list[Record], changed: int, number: int = 1) -> list[Record]:
    """Return the zone with `changed` sets changed: in turn an address, a TTL, a new set, a set gone, a value more.

    `number` tells versions apart that are made from one another; each changes other sets.
    """
    aliases = [record.owner.removeprefix("www.") for record in records if record.type == "CNAME"]
    picked = [aliases[(place * len(aliases) // changed + number) % len(aliases)] for place in range(changed)]
    deeds = {owner: place % 5 for place, owner in enumerate(picked)}
    made = [Record(f"new-{number}-{owner}", 3600, "A", "192.0.2.1") for owner, deed in deeds.items() if deed == 2]
    return [after for record in records for after in _changed(record, deeds, number)] + made


def versions(size: int, changed: int, count: int) -> list[str]:
    """Return the canonical text of so many versions of a zone, each made from the one before it."""
    records = zone(size)
    found = [to_text(records)]
    for number in range(1, count):
        records = next_version(records, changed, number)
        found.append(to_text(records))
    return found


def _changed(record: Record, deeds: dict[str, int], number: int) -> Iterator[Record]:
    match record.type, deeds.get(record.owner.removeprefix("www.")):
        case "A", 0:
            yield record._replace(rdata="192.0.2." + record.rdata.rpartition(".")[2])
        case "A", 1:
            yield record._replace(ttl=record.ttl + number)
        case "CNAME", 3:
            return
        case "A", 4:
            yield record
            yield record._replace(rdata=f"192.0.2.{number}")
        case _:
            yield record


def _records(draw: random.Random) -> Iterator[Record]:
    yield Record("@", 3600, "SOA", _SOA)
    for server in NAME_SERVERS:
        yield Record("@", 86400, "NS", server)
    yield Record("@", 3600, "A", "198.51.100.1")
    yield from _mail("@")
    number = 0
    while True:
        number += 1
        yield from _host(f"host-{number:06}", number, draw)


def _host(owner: str, number: int, draw: random.Random) -> Iterator[Record]:
    for address in draw.sample(range(1, 255), draw.choice((1, 1, 1, 2, 3))):
        yield Record(owner, 300, "A", f"198.51.100.{address}")
    if number % 2:
        yield Record(owner, 300, "AAAA", f"2001:db8:{draw.randrange(1, 65536):x}:{draw.randrange(1, 65536):x}::1")
    yield Record(f"www.{owner}", 3600, "CNAME", f"{owner}.{ORIGIN}")
    if number % 5 == 0:
        yield from _mail(owner)
    if number % 20 == 0:
        yield Record(f"_imaps._tcp.{owner}", 3600, "SRV", f"0 1 993 {MAIL}")
        yield Record(owner, 3600, "CAA", '0 issue "letsencrypt.org"')
    if number % 50 == 0:
        for server in NAME_SERVERS:
            yield Record(f"child.{owner}", 86400, "NS", server)


def _mail(owner: str) -> Iterator[Record]:
    below = "" if owner == "@" else f".{owner}"
    yield Record(owner, 3600, "MX", f"10 {MAIL}")
    yield Record(owner, 3600, "MX", f"20 backup-{MAIL}")
    yield Record(owner, 3600, "TXT", '"v=spf1 include:spf.provider.example -all"')
    yield Record(f"_dmarc{below}", 3600, "TXT", f'"v=DMARC1; p=reject; rua=mailto:reports@{ORIGIN[:-1]}"')

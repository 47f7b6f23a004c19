"""A few lines of zone text as all the DNS there is."""

from ipaddress import ip_address

from sophia_infra.dns.reader import read
from sophia_infra.dns.spf.check import Verdict, check
from sophia_infra.dns.spf.message import Message
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.resolver import ZoneResolver


def world(lines: str, *others: tuple[str, str]) -> ZoneResolver:
    """Return a resolver of `shop.example` and of other zones, origin and lines."""
    return ZoneResolver([_zone("shop.example", lines), *(_zone(origin, text) for origin, text in others)])


def _zone(origin: str, lines: str) -> Zone:
    reading = read(f"{lines}\n", origin, default_ttl=300)
    assert reading.problems == []
    return Zone(reading.records, origin)


def judge(policy: str, lines: str = "", ip: str = "192.0.2.25", sender: str = "a@shop.example") -> Verdict:
    """Return what a policy at the apex says of a message, among these lines."""
    message = Message(ip_address(ip), "mail.shop.example", sender, receiver="mx.test", at=1700000000)
    return check(message, world(f'@ TXT "v=spf1 {policy}"\n{lines}'))

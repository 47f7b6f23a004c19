"""A small shop's zone, and what changes in it: the frame of the cases in this folder."""

from collections.abc import Iterable
from typing import Any

from sophia_infra.changes import Changes
from sophia_infra.dns.exposure import between
from sophia_infra.dns.rr.record import owner_order

ORIGIN = "shop.example"
WILDCARD = "* 300 A 192.0.2.9"
FRAME = frozenset(
    {
        "@ 3600 NS ns1.dns.example.",
        "@ 3600 NS ns2.dns.example.",
        "@ 300 A 192.0.2.1",
        "@ 300 AAAA 2001:db8::1",
        "@ 3600 MX 10 mail.shop.example.",
        '@ 3600 TXT "v=spf1 mx -all"',
        WILDCARD,
        '_dmarc 3600 TXT "v=DMARC1; p=none"',
        "app 300 A 192.0.2.5",
        "mail 300 A 192.0.2.3",
        "shop 300 CNAME app.shop.example.",
        "lone.sub 300 A 192.0.2.4",
        "sub 300 A 192.0.2.4",
        "www 300 CNAME shop.example.",
    }
)


def text(lines: Iterable[str]) -> str:
    """Return lines in canonical order."""

    def order(line: str) -> tuple[object, ...]:
        owner, _, kind, _ = line.split(" ", 3)
        return owner_order(owner), kind, line

    return "".join(f"{line}\n" for line in sorted(lines, key=order))


def change(
    remove: Iterable[str] = (), add: Iterable[str] = (), base: Iterable[str] = (), *, wildcard: bool = True, **more: Any
) -> Changes:
    """Return what it is to take lines out of the zone and to put others in.

    `base` are lines that it holds as well; `wildcard` says whether it has one.
    """
    old = (FRAME if wildcard else FRAME - {WILDCARD}) | set(base)
    assert old >= set(remove), "the case removes what is not there"
    return between(text(old), text(old - set(remove) | set(add)), origin=ORIGIN, previous=text(old), **more)

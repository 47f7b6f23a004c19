"""A zone that was transferred is brought up to date by what changed since (IXFR), or transferred whole again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import dns.update
import pytest

from sophia_infra.dns.backends.rfc2136 import backend
from sophia_infra.dns.backends.rfc2136.backend import Rfc2136
from sophia_infra.dns.backends.rfc2136.transfer import Seen, Served
from sophia_infra.dns.rr.record import from_text, to_text
from tests.dns.backends.rfc2136.test_backend import zone_of
from tests.support.primary import Primary

HOSTS = ["www 300 A 192.0.2.1", "www 300 A 192.0.2.2", "mail 300 A 192.0.2.3", 'mail 300 TXT "a;b" "c\\"d"']
HOSTS += [f'old{number} 300 TXT "{"x" * 150}"' for number in range(600)]  # BIND sends no more than the zone itself
Change = Callable[[dns.update.UpdateMessage], object]


def retyped(message: dns.update.UpdateMessage) -> None:
    message.delete("www")
    message.add("www", 60, "CNAME", "mail")


def renumbered(number: int) -> Change:
    return lambda message: message.replace("www", 60, "A", f"192.0.2.{number}")


def grown(part: int) -> Change:
    def change(message: dns.update.UpdateMessage) -> None:
        for number in range(100):
            message.add(f"new{part}-{number}", 60, "TXT", "y" * 150)

    return change


CHANGES: dict[str, list[Change]] = {
    "added": [lambda message: message.add("new", 60, "AAAA", "2001:db8::1")],
    "deleted": [lambda message: message.delete("mail")],
    "another TTL": [lambda message: message.replace("www", 60, "A", "192.0.2.1", "192.0.2.2")],
    "another type": [retyped],
    "one by one": [renumbered(number) for number in range(5, 12)],
    "there and back": [
        lambda message: message.delete("www", "A", "192.0.2.1"),
        lambda message: message.add("www", 300, "A", "192.0.2.1"),
    ],
    "in several messages": [grown(part) for part in range(4)],
}


def whole_refused(*_: object) -> Served:
    raise AssertionError("the zone was transferred whole")


@pytest.mark.parametrize("name", CHANGES)
def test_what_others_changed_comes_without_the_rest(
    primary: Primary, zone: Rfc2136, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone.apply(lambda _: zone_of(*HOSTS))
    zone.read()
    for change in CHANGES[name]:
        primary.update(change)
    with monkeypatch.context() as patched:
        patched.setattr(backend, "transfer", whole_refused)
        found = zone.read()
    assert found == replace(zone, seen=Seen()).read()


def lost(seen: Served) -> Served:
    return replace(seen, text=to_text([one for one in from_text(seen.text) if one.owner != "www"]))


def older(seen: Served) -> Served:
    records = [one._replace(rdata=one.rdata.replace(f" {seen.serial} ", " 77 ")) for one in from_text(seen.text)]
    return replace(seen, text=to_text(records), serial=77)


@pytest.mark.parametrize("damage", [lost, older])
def test_what_does_not_fit_what_was_seen_is_transferred_whole(
    primary: Primary, zone: Rfc2136, damage: Callable[[Served], Served]
) -> None:
    zone.apply(lambda _: zone_of(*HOSTS))
    zone.seen.keep(zone.location, damage(zone.read()))
    primary.update(lambda message: message.delete("www"))
    found = zone.read()
    assert found == replace(zone, seen=Seen()).read()
    assert "www" not in found.text

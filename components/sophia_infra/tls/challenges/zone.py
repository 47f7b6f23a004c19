"""DNS-01 and dns-persist-01 by TXT records in zones of ours (RFC 8555 section 8.4), beside what the zones hold."""

import hashlib
import time
from base64 import urlsafe_b64encode
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Self

from sophia_infra import clock
from sophia_infra.changes import BaseMovedError
from sophia_infra.credentials import Credentials
from sophia_infra.dns.backends import Backend, Live, for_part, for_writer, open_backend, refuse_unwritable
from sophia_infra.dns.live.name_server import AskingError, NameServer
from sophia_infra.dns.renewals import LABELS
from sophia_infra.dns.renewals.persist import Allowance
from sophia_infra.dns.rr.record import Record, apex_of, from_text, merged, to_text
from sophia_infra.dns.rr.txt import decode, encode
from sophia_infra.dns.zone.names import LazyNames
from sophia_infra.errors import SophiaError
from sophia_infra.probes.addresses import Answer, Question, Server, addresses_of
from sophia_infra.reporter import STDERR
from sophia_infra.retries import again
from sophia_infra.tls.challenge_settings import ChallengeKind, ChallengeSettings
from sophia_infra.tls.challenges import Proof
from sophia_infra.tls.challenges.places import place_of
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.values import shown

TTLS = {ChallengeKind.DNS_01: 60, ChallengeKind.DNS_PERSIST_01: 3600}
WAIT = 120.0
"""Seconds for all name servers of the zone to serve a proof."""
_PAUSE = 1.0
_TRIES, _BETWEEN = 6, 0.2


@dataclass(frozen=True, slots=True)
class ZoneRecords:
    """Zones by their domain, each at all its backends.

    `ask` asks one name server what it holds of some sets, `look` a resolver about a name; `wait` is in seconds.
    """

    zones: Mapping[str, tuple[Backend, ...]]
    kind: ChallengeKind = ChallengeKind.DNS_01
    ask: Callable[[str, str, str], str] = lambda host, zone, wanted: NameServer(host).sets_of(zone, wanted)
    look: Callable[[str], Answer] = lambda name: _looked_up(name, ())
    wait: float = WAIT

    @classmethod
    def at(cls, settings: ChallengeSettings, credentials: Credentials, resolvers: Sequence[Server] = ()) -> Self:
        """Return the zones that the settings name."""
        zones = {}
        for zone in settings.zones:
            with _explained(zone.domain):
                zones[zone.domain] = tuple(open_backend(given, zone.domain, credentials) for given in zone.homes)
        return cls(zones, settings.kind, look=lambda name: _looked_up(name, resolvers))

    def present(self, proofs: Sequence[Proof]) -> None:
        """Write the records at every backend, once for each, and wait until its name servers serve them."""
        for zone, wanted in self._placed(proofs).items():
            for backend in self.zones[zone]:
                with _explained(zone):
                    live = self._write(backend, partial(self._with, backend, wanted, zone))
                self._wait_until_served(zone, live, self._there(live, wanted))

    def remove(self, proofs: Sequence[Proof]) -> None:
        """Take the records out of every backend, wherever they stand by now: no other record has their text."""
        if self.kind is ChallengeKind.DNS_PERSIST_01:
            return
        gone = {encode(self._text(proof)) for proof in proofs}
        for zone, backends in self.zones.items():
            for backend in backends:
                with _explained(zone):
                    self._write(backend, lambda live: _without(live, gone))

    def refuse_unready(self) -> None:
        """Refuse a backend that could not be written, as far as it can be asked with nothing changed."""
        for zone, backends in self.zones.items():
            for backend in backends:
                with _explained(zone):
                    refuse_unwritable(backend)

    def _placed(self, proofs: Sequence[Proof]) -> dict[str, list[Record]]:
        """Return the records by their zone; one that persists may stand where we can't write."""
        persists, found = self.kind is ChallengeKind.DNS_PERSIST_01, defaultdict(list)

        @cache
        def names_of(zone: str) -> LazyNames:
            with _explained(zone):
                return LazyNames(self.zones[zone][0].read().text, zone)

        for proof in proofs:
            try:
                zone, owner = place_of(f"{LABELS[self.kind]}.{proof.domain}", self.zones, names_of, self.look)
            except IssuerError:
                if not persists:
                    raise
                continue
            found[zone].append(Record(owner, TTLS[self.kind], "TXT", encode(self._text(proof))))
        return found

    def _there(self, live: Live, wanted: Sequence[Record]) -> Sequence[Record]:
        """Return what name servers have to serve: of records that persist, those which are in place of the wanted."""
        if self.kind is ChallengeKind.DNS_01:
            return wanted
        owners = {record.owner for record in wanted}
        return [record for record in from_text(live.text) if record.type == "TXT" and record.owner in owners]

    def _text(self, proof: Proof) -> str:
        if self.kind is ChallengeKind.DNS_PERSIST_01:
            return proof.content
        return urlsafe_b64encode(hashlib.sha256(proof.content.encode()).digest()).decode().rstrip("=")

    def _with(self, backend: Backend, wanted: Sequence[Record], zone: str, live: Live) -> str:
        """Return a zone with records more, as its backend would hold them."""
        held = from_text(live.text)
        if not held:
            raise IssuerError(f"there is no zone {zone} yet to write a proof into", code="challenge", subject=zone)
        if self.kind is ChallengeKind.DNS_PERSIST_01:
            held, wanted = _superseded(held, wanted)
        ttls = {record.owner: record.ttl for record in held if record.type == "TXT"}  # a set has one (RFC 2181 5.2)
        asked = [record._replace(ttl=ttls.get(record.owner, record.ttl)) for record in wanted]
        owners = {record.owner for record in asked}
        held_there = from_text(backend.normalize(to_text(asked), live))
        return merged(to_text(held), [record for record in held_there if record.owner in owners])

    def _write(self, backend: Backend, decide: Callable[[Live], str]) -> Live:
        """Change a zone, again where another writer comes between; who wrote the rest of it stays said."""

        def apply() -> Live:
            return for_writer(for_part(backend), backend.read().writer).apply(decide)

        return again(BaseMovedError, apply, attempts=_TRIES, pause=_BETWEEN)

    def _wait_until_served(self, zone: str, live: Live, wanted: Sequence[Record]) -> None:
        """Wait for each name server of the zone; one that can't be asked from here is told and not waited for."""
        ends = time.monotonic() + self.wait
        waiting = {record.rdata: "" for record in apex_of(live.text) if record.type == "NS"}
        while waiting := {host: lack for host in waiting if (lack := self._lack(host, zone, wanted))}:
            if time.monotonic() > ends:
                lacks = "; ".join(f"{host} does not serve {lack}" for host, lack in waiting.items())
                way_out = "so nothing was signed; see that each follows its primary, and run again"
                told = f"{lacks} after {self.wait:g} s, {way_out}"
                raise IssuerError(told, code="challenge", subject=next(iter(waiting)), limit=self.wait)
            time.sleep(min(_PAUSE, self.wait))

    def _lack(self, host: str, zone: str, wanted: Sequence[Record]) -> str:
        """Return the first record that a name server does not serve, and what it answers; empty for none."""
        try:
            held = from_text(self.ask(host, zone, to_text(list(wanted))))
        except AskingError as error:
            STDERR.say_once(f"whether {host} serves the proofs in {zone} is not known: {error}")
            return ""
        served = {(record.owner, record.rdata): record for record in held}
        lack = next((record for record in wanted if (record.owner, record.rdata) not in served), None)
        if lack is None:
            return ""
        others = ", ".join(record.rdata for record in held if record.owner == lack.owner)
        return f"{lack.subject} {lack.rdata}, but {shown(others) if others else 'no such record'},"


def _superseded(held: Sequence[Record], wanted: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """Return what stays of records that persist, and what comes: one that suffices is not written again."""
    kept, coming = list(held), list[Record]()
    for record in sorted(wanted, key=lambda record: -len(record.rdata)):  # a wildcard's is for the name too
        asked, now = Allowance.read(decode(record.rdata)), clock.now()
        beside = [other for other in (*kept, *coming) if (other.owner, other.type) == (record.owner, "TXT")]
        there = {other: Allowance.read(decode(other.rdata)) for other in beside}
        if not any(found.suffices(asked, now) for found in there.values()):
            ours = [other for other, found in there.items() if found.is_of(asked)]
            kept, coming = [other for other in kept if other not in ours], [*coming, record]
    return kept, coming


def _without(live: Live, gone: set[str]) -> str:
    return to_text([record for record in from_text(live.text) if record.type != "TXT" or record.rdata not in gone])


def _looked_up(name: str, resolvers: Sequence[Server]) -> Answer:
    return addresses_of([name], resolvers)[Question(name, "A")]


@contextmanager
def _explained(zone: str) -> Iterator[None]:
    try:
        yield
    except IssuerError:
        raise
    except SophiaError as error:
        told = f"proofs in the zone {zone} can't be changed: {error}"
        raise IssuerError(told, code="challenge", field=error.field, subject=zone) from None

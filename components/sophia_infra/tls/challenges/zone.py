"""DNS-01 by TXT records in a zone of ours (RFC 8555 section 8.4), written beside what the zone holds."""

import hashlib
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Self

from sophia_infra.advice.report import STDERR
from sophia_infra.changes import BaseMovedError
from sophia_infra.credentials import Credentials
from sophia_infra.dns.backends import Backend, Live, for_part, for_writer, open_backend, refuse_unwritable
from sophia_infra.dns.live.name_server import AskingError, NameServer
from sophia_infra.dns.rr.record import Record, apex_of, from_text, merged, to_text
from sophia_infra.errors import SophiaError
from sophia_infra.retries import again
from sophia_infra.tls.challenge_settings import LABEL, ChallengeSettings
from sophia_infra.tls.challenges import Proof
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.values import shown

TTL = 60
WAIT = 120.0
"""Seconds for all name servers of the zone to serve a proof."""
_PAUSE = 1.0
_TRIES, _BETWEEN = 6, 0.2


@dataclass(frozen=True, slots=True)
class ZoneRecords:
    """A zone in each of its homes. `ask` asks one name server what it holds of some sets, `wait` is in seconds."""

    zone: str
    homes: tuple[Backend, ...]
    ask: Callable[[str, str, str], str] = lambda host, zone, wanted: NameServer(host).sets_of(zone, wanted)
    wait: float = WAIT

    @classmethod
    def at(cls, settings: ChallengeSettings, credentials: Credentials) -> Self:
        """Return the zone that the settings name."""
        with _explained(settings.zone):
            homes = (open_backend(home, settings.zone, credentials) for home in settings.homes)
            return cls(settings.zone, tuple(homes))

    def present(self, proofs: Sequence[Proof]) -> None:
        """Write the records into every home, and wait until the zone's name servers serve them."""
        wanted = self._records(proofs)
        for home in self.homes:
            with _explained(self.zone):
                live = self._write(home, partial(_with, home, wanted, self.zone))
            self._wait_until_served(live, wanted)

    def remove(self, proofs: Sequence[Proof]) -> None:
        """Take the records out of every home."""
        gone = {(record.owner, record.type, record.rdata) for record in self._records(proofs)}
        for home in self.homes:
            with _explained(self.zone):
                self._write(home, lambda live: _without(live, gone))

    def refuse_unready(self) -> None:
        """Refuse a home that could not be written, as far as it can be asked with nothing changed."""
        for home in self.homes:
            with _explained(self.zone):
                refuse_unwritable(home)

    def _records(self, proofs: Sequence[Proof]) -> list[Record]:
        return [Record(_owner(proof.domain, self.zone), TTL, "TXT", f'"{_digest(proof)}"') for proof in proofs]

    def _write(self, home: Backend, decide: Callable[[Live], str]) -> Live:
        """Change a zone, again where another writer comes between; who wrote the rest of it stays said."""

        def apply() -> Live:
            return for_writer(for_part(home), home.read().writer).apply(decide)

        return again(BaseMovedError, apply, attempts=_TRIES, pause=_BETWEEN)

    def _wait_until_served(self, live: Live, wanted: Sequence[Record]) -> None:
        """Wait for each name server of the zone; one that can't be asked from here is told and not waited for."""
        ends = time.monotonic() + self.wait
        waiting = {record.rdata: "" for record in apex_of(live.text) if record.type == "NS"}
        while waiting := {host: lack for host in waiting if (lack := self._lack(host, wanted))}:
            if time.monotonic() > ends:
                host, lack = next(iter(waiting.items()))
                raise IssuerError(
                    f"{host} does not serve {lack} after {self.wait:g} s, so nothing was signed; see that it follows "
                    "its primary, and run again",
                    code="challenge",
                    subject=host,
                    limit=self.wait,
                )
            time.sleep(min(_PAUSE, self.wait))

    def _lack(self, host: str, wanted: Sequence[Record]) -> str:
        """Return the first record that a name server does not serve, and what it answers; empty for none."""
        try:
            held = from_text(self.ask(host, self.zone, to_text(list(wanted))))
        except AskingError as error:
            STDERR.say_once(f"whether {host} serves the proofs in {self.zone} is not known: {error}")
            return ""
        served = {(record.owner, record.rdata): record for record in held}
        lack = next((record for record in wanted if (record.owner, record.rdata) not in served), None)
        if lack is None:
            return ""
        others = ", ".join(record.rdata for record in held if record.owner == lack.owner)
        return f"{lack.subject} {lack.rdata}, but {shown(others) if others else 'no such record'},"


def _with(home: Backend, wanted: Sequence[Record], zone: str, live: Live) -> str:
    """Return a zone with records more, as its home would hold them."""
    held = from_text(live.text)
    owners = {record.owner for record in wanted}
    if alias := next((record for record in held if record.owner in owners and record.type == "CNAME"), None):
        raise IssuerError(
            f"{alias.owner} in {zone} is an alias of {alias.rdata}, and a proof can't stand beside it; take it out, or "
            "give a challenge in the zone that it leads to",
            code="challenge",
            subject=alias.subject,
        )
    if not held:
        raise IssuerError(f"there is no zone {zone} yet to write a proof into", code="challenge", subject=zone)
    ttls = {record.owner: record.ttl for record in held if record.type == "TXT"}  # a set has one (RFC 2181 section 5.2)
    asked = [record._replace(ttl=ttls.get(record.owner, record.ttl)) for record in wanted]
    held_there = from_text(home.normalize(to_text(asked), live))
    return merged(live.text, [record for record in held_there if record.owner in owners])


def _without(live: Live, gone: set[tuple[str, str, str]]) -> str:
    kept = [record for record in from_text(live.text) if (record.owner, record.type, record.rdata) not in gone]
    return to_text(kept)


def _owner(domain: str, zone: str) -> str:
    return f"{LABEL}.{domain.removesuffix(zone)}".rstrip(".")


def _digest(proof: Proof) -> str:
    return urlsafe_b64encode(hashlib.sha256(proof.content.encode()).digest()).decode().rstrip("=")


@contextmanager
def _explained(zone: str) -> Iterator[None]:
    try:
        yield
    except IssuerError:
        raise
    except SophiaError as error:
        told = f"proofs in the zone {zone} can't be changed: {error}"
        raise IssuerError(told, code="challenge", field=error.field, subject=zone) from None

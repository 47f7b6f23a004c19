"""Zones behind a name server that takes dynamic updates (RFC 2136) and zone transfers (RFC 5936)."""

import base64
import binascii
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import dns.exception
import dns.name
import dns.tsig

from sophia_infra.changes import BaseMovedError
from sophia_infra.credentials import TSIG, Credentials, Pair
from sophia_infra.dns.backends.backup import keep
from sophia_infra.dns.backends.base import BackendError, Decide, Live, not_held, refuse_aliases
from sophia_infra.dns.backends.locks import locked
from sophia_infra.dns.backends.rfc2136.connection import Connection, Server
from sophia_infra.dns.backends.rfc2136.transfer import Seen, Served, increment, made_there, soa, transfer
from sophia_infra.dns.backends.rfc2136.updates import Guard, steps
from sophia_infra.dns.backends.rfc2136.writer import Writer
from sophia_infra.dns.reader.names import zone_origin
from sophia_infra.dns.rr.record import Record, apex_of, collector_paused, from_text, to_text
from sophia_infra.dns.serial import serial_of, with_serial
from sophia_infra.values import ABOVE_ZERO, Value

ALGORITHMS = ("hmac-sha256", "hmac-sha512")
PORT, LAST_PORT = 53, 65_535
TIMEOUT, LONGEST_TIMEOUT = 10, 600
SEEN = Seen()
"""What all backends of this process share: the engine opens one anew for each operation."""
_SETTINGS = ("server", "port", "key_name", "key_algorithm", "timeout", "view")
_NOT_OURS = frozenset({"REFUSED", "NOTAUTH", "BADKEY", "BADSIG", "BADTIME"})
"""What a server answers to who may not write; another one may not know what an update without any is."""
_HOST = re.compile(r"[A-Za-z0-9._:%-]{1,255}").fullmatch
_VIEW = re.compile(r"[A-Za-z0-9_-]{0,64}").fullmatch


@dataclass(frozen=True, slots=True)
class Rfc2136:
    """A zone on a name server.

    What was seen last is used again where the SOA is still the same, else brought up to date by what has changed.

    Attributes:
        host, port: the primary's name or address, and its port over TCP.
        key_name: the TSIG key that may transfer and update the zone; empty where the server goes by addresses alone.
            Its secret is `sophia:tsigSecret`, or SOPHIA_TSIG_SECRET, in base64.
        key_algorithm: `hmac-sha256` or `hmac-sha512`.
        timeout: seconds for which the server may stay silent.
        view: tells zones of one name apart that the server shows to different keys or addresses; empty for one view.
        is_part: whether only the sets that differ are written, and the SOA is the server's: the key may write no more.
    """

    has_alias: ClassVar = False
    domain: str
    host: str
    port: int = PORT
    key_name: str = ""
    key_algorithm: str = ALGORITHMS[0]
    timeout: float = TIMEOUT
    view: str = ""
    is_part: bool = False
    credentials: Credentials = field(default=Credentials(), repr=False, compare=False)
    seen: Seen = field(default=SEEN, repr=False, compare=False)
    clock: Callable[[], float] = field(default=time.time, repr=False, compare=False)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], domain: str, credentials: Credentials) -> Self:
        """Read the settings; BackendError names one that is not known, is missing or not allowed."""
        read = Value("backend", settings, BackendError).members(_SETTINGS, "setting of rfc2136").get
        ports, seconds = f"give a whole number up to {LAST_PORT}", f"give a number of seconds up to {LONGEST_TIMEOUT}"
        host = read("server").text("give the primary's name or address, such as ns1.shop.example", fits=_HOST)
        return cls(
            domain=domain,
            host=host.lower().rstrip("."),
            port=read("port", PORT).whole(1, LAST_PORT, ports),
            key_name=_key_name(read("key_name", "")),
            key_algorithm=read("key_algorithm", ALGORITHMS[0]).word(ALGORITHMS),
            timeout=read("timeout", TIMEOUT).number(ABOVE_ZERO, LONGEST_TIMEOUT, seconds),
            view=read("view", "").text("give the view's name, of letters, digits, - and _", fits=_VIEW),
            credentials=credentials,
        )

    @property
    def location(self) -> str:
        """`dns://<server>:<port>/<domain>#<view>`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        view = f"#{self.view}" if self.view else ""
        return f"dns://{host}:{self.port}/{self.domain.rstrip('.')}{view}"

    @property
    def credential(self) -> Pair | None:
        """The key's secret, where a key signs."""
        return TSIG if self.key_name else None

    @property
    def reached_at(self) -> tuple[str, int]:
        """The primary, over TCP."""
        return self.host, self.port

    def server(self) -> Server:
        """Return the server with its key, whose secret is looked up now; BackendError where that is not base64."""
        key = self._key() if self.key_name else None
        return Server(zone_origin(self.domain), self.host, self.port, self.location, self.timeout, key, self.clock)

    def read(self) -> Served:
        """Return the zone by transfer, without the records that the server makes itself (docs/rfc2136.md)."""
        server = self.server()
        seen = self.seen.get(self.location)
        fresh = self._since(seen, server) if seen else None
        if fresh is None:
            with Connection(server) as connection:
                fresh = transfer(connection, server)
        self.seen.keep(self.location, fresh)
        return fresh

    def _since(self, seen: Served, server: Server) -> Served | None:
        """The zone by what changed since this process saw it; None where the server can't tell."""
        with Connection(server) as connection:
            return seen if soa(connection, server) == seen.soa else increment(connection, server, seen)

    def refuse_unwritable(self) -> None:
        """Refuse where the server refuses an update that changes nothing: it asks who may write before all else."""
        server = self.server()
        with Connection(server) as connection:
            connection.update(0, 0, b"")
            if (code := connection.reply().code) in _NOT_OURS:
                raise server.refusal(code, "update")

    def normalize(self, zone: str, live: Live) -> str:
        """Return the zone itself: a server holds any but the records that it makes, and DS that delegate nothing."""
        refuse_aliases(zone, self.location)
        made = made_there(isinstance(live, Served) and live.signed)
        if not any(f" {rtype} " in zone for rtype in (*made, "DS")):
            return zone  # as most are: large zones are not split into records for this
        delegated = {record.owner for record in from_text(zone + live.text) if record.type == "NS"}
        for record in from_text(zone):
            if record.type in made:
                raise self._unheld(record, f"{self.location} makes its {record.type} records itself; take it out")
            if record.type == "DS" and record.owner not in delegated:
                raise self._unheld(record, "BIND drops a DS without NS records beside it; add those, or take it out")
        return zone

    def _unheld(self, record: Record, why: str) -> BackendError:
        return not_held(record.subject, f"{record.subject} is asked for, but {why} (docs/rfc2136.md)")

    def for_part(self) -> Self:
        """Return the same zone, written by whoever may write a part of it only."""
        return replace(self, is_part=True)

    def apply(self, decide: Decide) -> Served:
        """Update the zone, a server's own checks on every message; see `Backend.apply`."""
        with locked(self.location):
            for guard in (Guard.SETS, Guard.SETS) if self.is_part else (Guard.SERIAL, Guard.SETS):
                live = self.read()
                desired = decide(live)
                if with_serial(live.text, 0) == with_serial(desired, 0):
                    return live
                number = self._written(live, desired, Guard.SETS if live.signed else guard)
                if number is not None:
                    return Served(with_serial(desired, number), number, live.signed)
        raise BaseMovedError(self.location)

    def remove(self) -> None:
        """Keep a backup, then delete everything but the SOA and the apex NS, without which no server has a zone.

        NOTAUTH is an error here as anywhere: a server says so as well of a zone that it could not load, and who is on
        the path can say so unsigned, while the zone is served elsewhere.
        """

        def apex_only(live: Live) -> str:
            apex = to_text(apex_of(live.text))
            if apex != live.text:
                keep(live, self.domain)
            return apex

        self.apply(apex_only)

    def _written(self, live: Served, desired: str, guard: Guard) -> int | None:
        """Return the new serial, None where another writer came first and nothing was written."""
        apex = {record.type: record for record in apex_of(desired)}
        if len(apex) < 2:
            why = "no SOA or no NS would be left at the apex, and no server takes that"
            raise not_held("@ NS", f"{self.location}: {why}")
        server = self.server()
        self.seen.forget(self.location)  # what this run writes itself may be more than the zone
        with Connection(server) as connection, collector_paused():
            writer = Writer(connection, server)
            wanted = None if self.is_part else apex["SOA"]
            if not writer.write(steps(live.text, desired), live.soa, wanted, guard):
                return None
            return serial_of(f"{soa(connection, server) or live.soa}\n")

    def _key(self) -> dns.tsig.Key:
        secret = self.credentials.get(*TSIG)
        try:
            octets = base64.b64decode("".join(secret.split()), validate=True)
        except (binascii.Error, ValueError):
            octets = b""
        if not octets:
            raise BackendError(
                "sophia:tsigSecret is not base64; give the secret of the key as the server's configuration has it",
                field="sophia:tsigSecret",
            )
        return dns.tsig.Key(self.key_name, octets, self.key_algorithm)


def _key_name(given: Value) -> str:
    try:
        return dns.name.from_text(given.text()).canonicalize().to_text() if given.value != "" else ""
    except (dns.exception.DNSException, ValueError, TypeError, AttributeError):
        raise given.wrong("give the key's name as the server has it") from None

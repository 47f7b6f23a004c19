"""TSIG keys (RFC 8945) of a Knot DNS server: `app_a` and `app_b`, in a file that its configuration includes.

The file has both keys at any time, since ACLs name both: one that is not to be taken has a secret that nobody knows.
What was done stands beside each key, and whether the server has read it: a run that is killed in between has it read
again. Who uses a key stands in the server's log, where that has the level `debug`.
"""

import base64
import binascii
import os
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from sophia_infra import clock, home
from sophia_infra.delivery import reload
from sophia_infra.secrets.kinds import (
    Login,
    SecretError,
    changed,
    moved,
    place_of,
    refuse_used,
    said_no,
    server_url,
    unsure,
    unverified,
)
from sophia_infra.secrets.kinds.mark import Mark, foreign, read
from sophia_infra.secrets.phases import SLOTS, Block, Seen, Session, Slot, SlotState
from sophia_infra.secrets.spec import SecretSpec

SECONDS, LOCK_SECONDS, ALGORITHM, MOST_OCTETS = 5.0, 60.0, "hmac-sha256", 2**24
_PENDING, _READ = "# the server has not read this yet\n", "# the server has read this\n"
_ENTRY = re.compile(r"  # (sophia .*)\n(?:  # held: (\S+)\n)?  - id: (\S+)\n    algorithm: \S+\n    secret: (\S+)\n")
_USE = re.compile(r"ACL, \w+, action (?:update|transfer), remote ([^@ ]+)@\d+, key '([^']+)\.'")


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the file; `held` is the secret of one that is suspended."""

    mark: Mark
    secret: str
    held: str = ""


class Tsig:
    """The two keys of a secret in their file, and on each server that has them."""

    def __init__(self, spec: SecretSpec) -> None:
        assert spec.key_file  # noqa: S101  # as `NEEDED` says
        self.spec, self._file = spec, spec.key_file
        self.names = spec.logins

    def login(self, slot: str) -> Login:
        """Return the key's name; no URL leads to it."""
        return Login("", self.names[slot], "")

    def mint(self, slot: str, generation: int) -> str:
        """Return 32 octets in base64, as zones' servers and `sophia:tsigSecret` have them."""
        return base64.b64encode(os.urandom(32)).decode()

    def observe(self) -> Seen:
        """Read the keys, and of each client in the log which of both it has used last."""
        keys, is_read = self._keys()
        slots = {slot: Slot(*_of(key.mark), is_whole=is_read) for slot, key in keys.items()}
        if not self._file.log:
            fix = "give key_file a log, or confirm each consumer once more: sophia secrets confirm"
            return Seen(slots, unsure=unsure(slots, "without the server's log nobody is seen", fix))
        issued = [slot.at for slot in slots.values() if slot.state is SlotState.ISSUED and slot.at]
        return Seen(slots, *self._uses(max(issued, default=None)))

    def issue(self, slot: str, value: str, generation: int) -> None:
        """Give the key of a slot a secret."""
        self._set(slot, SlotState.ISSUED, generation, secret=value)

    def verify(self, slot: str, value: str) -> tuple[Block, ...]:
        """Ask each server for the zone's SOA, signed by the key, and by a wrong one, which must be refused."""
        servers = [server_url(self.spec.server, "server"), *(server_url(url, "standbys") for url in self.spec.standbys)]
        return tuple(block for url in servers for block in self._verify(url, slot, value))

    def cut_off(self, slot: str, value: str) -> tuple[Block, ...]:
        """Compare the secret in the file."""
        key = self._keys()[0].get(slot)
        return changed(self._file.path, self.names[slot]) if key and key.secret != value else ()

    def suspend(self, slot: str, *, force: bool = False) -> None:
        """Take the secret from the key, and keep it beside it; then look once more who has used the key."""
        key = self._keys()[0].get(slot)
        self._set(slot, SlotState.SUSPENDED, held=key.held or key.secret if key else "")
        if force:
            return
        try:
            refuse_used(self, slot)
        except SecretError:
            self.resume(slot)
            raise

    def resume(self, slot: str) -> None:
        """Give the key its secret back."""
        if not (key := self._keys()[0].get(slot)):
            raise self._failed("is not there, and with it the secret that waited in it")
        self._set(slot, SlotState.ISSUED, secret=key.held or key.secret)

    def revoke(self, slot: str, *, force: bool = False) -> None:
        """Take the secret from the key for good; the key stays, since ACLs name it."""
        if not force:
            refuse_used(self, slot)
        self._set(slot, SlotState.REVOKED)

    def _keys(self) -> tuple[dict[str, Key], bool]:
        """Return the keys of the file by slot, none where there is no file, and whether the server has read it."""
        try:
            text = Path(self._file.path).read_text("ascii")
        except FileNotFoundError:
            return {}, True
        except (OSError, UnicodeDecodeError) as error:
            raise self._failed(f"can't be read: {getattr(error, 'strerror', None) or 'no ASCII'}") from None
        keys = {}
        for raw, held, name, secret in _ENTRY.findall(text):
            if (mark := read(raw)) and mark.secret == self.spec.label and self.names.get(mark.slot) == name:
                keys[mark.slot] = Key(mark, secret, held)
        if len(keys) != len(SLOTS):
            raise foreign(self._file.path, "was not written for this secret")
        return keys, text.startswith(_READ)

    def _set(
        self, slot: str, state: SlotState, generation: int | None = None, secret: str = "", held: str = ""
    ) -> None:
        """Write both keys, have the server read them, and note that it has."""
        path = Path(self._file.path)
        try:
            with home.locked(path.with_name(f".{path.name}.lock"), LOCK_SECONDS):
                keys = self._keys()[0] or {name: self._dead(name) for name in SLOTS}
                stands = keys[slot].mark.generation
                if generation is not None and stands > generation:
                    raise moved(self.spec.name, self.names[slot], stands, generation)
                mark = Mark(self.spec.label, slot, stands if generation is None else generation, state, clock.now())
                keys[slot] = replace(self._dead(slot), mark=mark, held=held)
                if secret:
                    keys[slot] = replace(keys[slot], secret=secret)
                text = "key:\n" + "".join(self._written(key) for key in keys.values())
                self._file.access.write(path, _PENDING + text)
                if why := reload.run(self._file.reload):
                    raise self._failed(f"was written, and the server did not read it: {why}")
                self._file.access.write(path, _READ + text)
        except (OSError, TimeoutError) as error:
            raise self._failed(f"can't be written: {error.strerror or error}") from None

    def _dead(self, slot: str) -> Key:
        mark = Mark(self.spec.label, slot, 0, SlotState.ABSENT, clock.now())
        return Key(mark, self.mint(slot, 0))

    def _written(self, key: Key) -> str:
        held = f"  # held: {key.held}\n" if key.held else ""
        name = self.names[key.mark.slot]
        return f"  # {key.mark}\n{held}  - id: {name}\n    algorithm: {ALGORITHM}\n    secret: {key.secret}\n"

    def _uses(self, since: datetime | None) -> tuple[tuple[Session, ...], tuple[Block, ...]]:
        """Return each client by the key that it has used last, and a gap where the log does not go back so far."""
        log = Path(self._file.log)
        try:
            with log.open("rb") as file:
                file.seek(max(0, log.stat().st_size - MOST_OCTETS))
                lines = file.read().decode("utf-8", "replace").splitlines()
            begins = datetime.fromisoformat(lines[0].split(" ")[0]) if since and lines else None
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it does not begin with a time"
            told = f"the log {log} can't be read: {why}"
            return (), (Block("log-unread", str(log), told, "give the log of Knot, which this user may read"),)
        gaps: tuple[Block, ...] = ()
        if since and (begins is None or begins > since):
            told = f"the log {log} begins after the newest key was issued, so uses before that are not seen"
            gaps = (
                Block(
                    "log-short", str(log), told, "keep logs longer than a rotation takes; read it before it is rotated"
                ),
            )
        slots, last = {name: slot for slot, name in self.names.items()}, {}
        for address, name in (found.groups() for line in lines if (found := _USE.search(line))):
            if name in slots:
                last[address] = slots[name]
        return tuple(Session(slot, address, address) for address, slot in last.items()), gaps

    def _verify(self, url: str, slot: str, value: str) -> Iterator[Block]:
        fix = "have the zone's ACL name both keys (docs/secrets.md)"
        name = self.names[slot]
        yield from unverified(lambda secret: _asked(url, name, secret), name, value, place_of(url), fix)

    def _failed(self, why: str) -> SecretError:
        return SecretError(f"key_file {self._file.path} {why}", code="secret-server", field="key_file")


def _of(mark: Mark) -> tuple[SlotState, int, datetime]:
    return mark.state, mark.generation, mark.at


def _asked(url: str, name: str, secret: str) -> str:
    """Return the key by which a server has signed its answer, empty where it has signed none."""
    import dns.exception
    import dns.message
    import dns.query
    import dns.tsig

    parts, place = urlsplit(url), place_of(url)
    try:
        octets = base64.b64decode(secret, validate=True)
    except binascii.Error:
        octets = secret.encode()  # a wrong one, on purpose
    try:
        host, port = parts.hostname or "", parts.port or 53
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0]
        query = dns.message.make_query(parts.path.lstrip("/") or ".", "SOA")
        query.use_tsig(dns.tsig.Key(f"{name}.", octets, ALGORITHM))
        answer = dns.query.tcp(query, str(address), port=port, timeout=SECONDS)
    except (dns.tsig.PeerBadSignature, dns.tsig.PeerBadKey) as error:
        raise said_no(place, error, is_refused=True) from None
    except (OSError, ValueError, dns.exception.DNSException) as error:
        raise said_no(place, f"it can't be asked: {error or type(error).__name__}") from None
    return name if answer.had_tsig else ""

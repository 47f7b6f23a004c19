"""Secrets of Redis: two users, `app_a` and `app_b`, with the same rules, on a server and on each of its replicas.

A user may hold several passwords, and no command tells which one a client has used: so it takes two users. The server
gets the SHA-256 of a password and never the password. What was done stands in the hash `sophia:secret:<label>`, written
in the transaction that did it. ACLs are not replicated, so each node is told. Needs the extra `redis` (redis-py).
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sophia_infra import clock, installation
from sophia_infra.secrets.kinds import Login, SecretError, in_use, server_url, unverified
from sophia_infra.secrets.phases import OURS, SLOTS, Block, Seen, Session, Slot, SlotState
from sophia_infra.secrets.spec import SecretSpec

if TYPE_CHECKING:
    import redis

SECONDS = 5
_NEEDED = ("+acl|whoami", "+client|setname")
"""What shows who a user is, and lets consumers name themselves, whatever else the rules allow."""


class Redis:
    """The two users of a secret on a server, and on its replicas."""

    def __init__(self, spec: SecretSpec) -> None:
        self.spec = spec
        self.users = {slot: f"{spec.group}_{slot}" for slot in SLOTS}
        self._primary = server_url(spec.server, "server")
        self._nodes = (self._primary, *(server_url(url, "standbys") for url in spec.standbys))
        self._key = f"sophia:secret:{spec.label}"

    def login(self, slot: str) -> Login:
        """Return the user of a slot, and the server's address without credentials."""
        parts = urlsplit(self._primary)
        return Login(parts.scheme, self.users[slot], parts.netloc.rpartition("@")[2] + parts.path)

    def observe(self) -> Seen:
        """Read both users, and the clients on every node; of a suspended one its refused logins too."""
        with self._connected(self._primary) as db:
            slots = {slot: self._slot(db, slot) for slot in SLOTS}
        sessions, gaps, replicas = [], [], 0
        for url in self._nodes:
            try:
                with self._connected(url) as db:
                    sessions += [*self._clients(db, _place(url)), *self._refused(db, slots, _place(url))]
                    replicas += int(db.info("replication").get("connected_slaves", 0))  # a replica may have its own
            except SecretError as error:
                gaps.append(Block("instance-unread", _place(url), f"{_place(url)} can't be asked: {error}"))
        if replicas > len(self._nodes) - 1:
            told = f"{replicas} servers follow it and {len(self._nodes) - 1} are asked: clients there are not seen"
            gaps.append(Block("instance-unasked", "", told, "list each of them in standbys"))
        return Seen(slots, tuple(sessions), tuple(gaps))

    def issue(self, slot: str, value: str, generation: int) -> None:
        """Give the user of a slot one password and its rules, on the replicas before the server that has the mark."""
        with self._connected(self._primary) as db:
            stands = self._slot(db, slot)
        if stands.generation > generation:
            told = f"{self.users[slot]} has generation {stands.generation} already, and {generation} was planned"
            raise SecretError(f"{told}; run the preview again", code="secret-moved", subject=self.spec.name)
        digest = hashlib.sha256(value.encode()).hexdigest()
        self._set(slot, ("reset", "on", f"#{digest}", *self.spec.acl, *_NEEDED), SlotState.ISSUED, generation)

    def verify(self, slot: str, value: str) -> tuple[Block, ...]:
        """Log in on every node, where `ACL WHOAMI` tells who one is, and with a wrong password, which must fail."""
        return tuple(block for url in self._nodes for block in self._verify(url, slot, value))

    def suspend(self, slot: str) -> None:
        """Turn the user off, then look: who came in before is still there, and nobody comes in after."""
        self._set(slot, ("off",), SlotState.SUSPENDED)
        late = [session for url in self._nodes for session in self._late(url, slot)]
        if late:
            self.resume(slot)
            raise in_use(self.users[slot], late[0])

    def resume(self, slot: str) -> None:
        """Turn the user on again."""
        self._set(slot, ("on",), SlotState.ISSUED)

    def revoke(self, slot: str) -> None:
        """Take all passwords away; the user stays, turned off, for its next turn."""
        with self._connected(self._primary) as db:
            if self._slot(db, slot).state is SlotState.ABSENT:
                return
        self._set(slot, ("off", "resetpass"), SlotState.REVOKED)

    def _set(self, slot: str, rules: Sequence[str], state: SlotState, generation: int | None = None) -> None:
        """Change a user on every node, and mark it on the server."""
        for url in reversed(self._nodes):
            with self._connected(url) as db:
                steps: Any = db.pipeline(transaction=True)  # whose calls by name have no types
                if url == self._primary:
                    at = clock.now().astimezone(UTC).isoformat(timespec="milliseconds")
                    stands = generation if generation is not None else self._slot(db, slot).generation
                    steps.hset(self._key, slot, json.dumps({"generation": stands, "state": str(state), "at": at}))
                steps.execute_command("ACL SETUSER", self.users[slot], *rules)
                steps.execute()

    def _slot(self, db: "redis.Redis", slot: str) -> Slot:
        """Read a user by its mark; what the server itself says of it wins."""
        user: Any = db.acl_getuser(self.users[slot])
        raw: Any = db.hget(self._key, slot)
        if user is None:
            mark = json.loads(raw) if raw else {}
            return Slot(SlotState.ABSENT, int(mark.get("generation", 0)))
        if not raw:
            told = f"the user {self.users[slot]} was not made for this secret; give another group, or rename the user"
            raise SecretError(told, code="secret-foreign", field="group", subject=self.users[slot])
        mark = json.loads(raw)
        state, is_on = SlotState(mark["state"]), "on" in user["flags"]
        at: datetime | None = datetime.fromisoformat(mark["at"])
        if state is SlotState.SUSPENDED and is_on:
            state = SlotState.ISSUED
        elif state is SlotState.ISSUED and not is_on:
            state, at = SlotState.SUSPENDED, None
        return Slot(state, int(mark["generation"]), at)

    def _clients(self, db: "redis.Redis", place: str) -> Iterator[Session]:
        slots = {user: slot for slot, user in self.users.items()}
        for client in db.client_list():
            if slot := slots.get(str(client.get("user"))):
                yield Session(slot, str(client.get("name") or ""), str(client.get("addr") or ""), place)

    def _late(self, url: str, slot: str) -> list[Session]:
        with self._connected(url) as db:
            return [session for session in self._clients(db, _place(url)) if session.slot == slot]

    def _refused(self, db: "redis.Redis", slots: dict[str, Slot], place: str) -> Iterator[Session]:
        """Return who was refused since a user was turned off: somebody still has its password."""
        log: Any = db.acl_log()
        for slot, stands in slots.items():
            if stands.state is not SlotState.SUSPENDED or stands.at is None:
                continue
            since = clock.now() - stands.at
            for entry in log:
                is_auth = entry.get("reason") == "auth" and entry.get("username") == self.users[slot]
                if is_auth and timedelta(seconds=float(entry["age-seconds"])) < since:
                    client = entry.get("client-info") or {}
                    yield Session(slot, str(client.get("name") or "a refused login"), str(client.get("addr")), place)

    def _verify(self, url: str, slot: str, value: str) -> Iterator[Block]:
        user = self.users[slot]

        def login(password: str) -> str:
            with self._connected(url, user, password) as db:
                return str(db.acl_whoami())

        return unverified(login, user, value, _place(url), "take nopass from the user")

    @contextmanager
    def _connected(self, url: str, user: str | None = None, password: str | None = None) -> Iterator["redis.Redis"]:
        try:
            import redis
        except ImportError:
            told = f"a secret of Redis needs redis-py: {installation.command('redis')}"
            raise SecretError(told, code="secret-client") from None
        place = _place(url)
        if user:
            parts = urlsplit(url)
            url = parts._replace(netloc=f"{user}:{password}@{place}").geturl()
        options: dict[str, Any] = {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS, "client_name": OURS}
        db = redis.Redis.from_url(url, decode_responses=True, retry=None, **options)
        try:
            yield db
        except redis.RedisError as error:
            raise SecretError(f"{place}: {error}", code="secret-server", subject=place) from None
        finally:
            db.close()


def _place(url: str) -> str:
    """Return the host and port of a URL, which people may see."""
    return urlsplit(url).netloc.rpartition("@")[2]

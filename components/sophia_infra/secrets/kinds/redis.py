"""Secrets of Redis: two users, `app_a` and `app_b`, with the same rules, on a server and on each of its replicas.

A user may hold several passwords, and no command tells which one a client has used: so it takes two users. The server
gets the SHA-256 of a password and never the password. What was done stands in the user itself, in a selector that
allows nothing, set by the command that did it: it lives and dies with the user, whatever becomes of the data. ACLs are
not replicated, so each node is told, and each is compared. Needs Redis 7 and the extra `redis` (redis-py).
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from sophia_infra import clock, installation
from sophia_infra.changes import fingerprint
from sophia_infra.secrets.kinds import (
    Login,
    SecretError,
    changed,
    moved,
    place_of,
    refuse_used,
    said_no,
    server_url,
    unread,
    unverified,
)
from sophia_infra.secrets.kinds.mark import Mark, read, slot_of
from sophia_infra.secrets.phases import OURS, SLOTS, Block, Seen, Session, Slot, SlotState, merged
from sophia_infra.secrets.spec import SecretSpec

if TYPE_CHECKING:
    import redis

SECONDS = 5
_MARK = "~sophia:"
"""How the key pattern begins in which a user's mark stands."""
_NEEDED = ("+acl|whoami", "+client|setname")
"""What shows who a user is, and lets consumers name themselves, whatever else the rules allow."""


class Redis:
    """The two users of a secret on a server, and on its replicas."""

    def __init__(self, spec: SecretSpec) -> None:
        self.spec = spec
        self.users = spec.logins
        self._primary = server_url(spec.server, "server")
        self._nodes = (self._primary, *(server_url(url, "standbys") for url in spec.standbys))
        self._rules = (*spec.acl, *_NEEDED)
        self._rights = fingerprint(" ".join(self._rules))[:12]

    def login(self, slot: str) -> Login:
        """Return the user of a slot, and the server's address without credentials."""
        parts = urlsplit(self._primary)
        return Login(parts.scheme, self.users[slot], parts.netloc.rpartition("@")[2] + parts.path)

    def observe(self) -> Seen:
        """Read both users, and the clients, on every node; of a suspended user its refused logins too."""
        nodes: list[dict[str, Slot]] = []
        sessions, gaps, servers = [], [], 1
        for url in self._nodes:
            place = place_of(url)
            try:
                with self._connected(url) as db:
                    info, slots = db.info(), {slot: self._slot(db, slot) for slot in SLOTS}
                    refused = [self._refused(db, slot, slots, info, place) for slot in SLOTS]
                    sessions += [*self._clients(db, place), *(one for each in refused for one in each)]
                    servers += _beside(db, info, is_first=url == self._primary)
            except SecretError as error:
                if url == self._primary or error.code == "secret-foreign":
                    raise
                gaps.append(unread(place, error))
            else:
                nodes.append(slots)
        if servers > len(self._nodes):
            told = f"{servers} servers belong together and {len(self._nodes)} are asked: clients there are not seen"
            gaps.append(Block("instance-unasked", "", told, "list each of them in standbys"))
        return Seen({slot: merged([node[slot] for node in nodes]) for slot in SLOTS}, tuple(sessions), tuple(gaps))

    def issue(self, slot: str, value: str, generation: int) -> None:
        """Give the user of a slot one password and its rules, on the replicas before the server."""
        with self._connected(self._primary) as db:
            stands = self._slot(db, slot)
        if stands.generation > generation:
            raise moved(self.spec.name, self.users[slot], stands.generation, generation)
        digest = hashlib.sha256(value.encode()).hexdigest()
        self._set(slot, ("reset", "on", f"#{digest}"), SlotState.ISSUED, generation)

    def verify(self, slot: str, value: str) -> tuple[Block, ...]:
        """Log in on every node, where `ACL WHOAMI` tells who one is, and with a wrong password, which must fail."""
        return tuple(block for url in self._nodes for block in self._verify(url, slot, value))

    def cut_off(self, slot: str, value: str) -> tuple[Block, ...]:
        """Compare the hashes that each node has; one that can't be asked is a gap of `observe`."""
        digest = hashlib.sha256(value.encode()).hexdigest()
        for url in self._nodes:
            with suppress(SecretError), self._connected(url) as db:
                user: Any = db.acl_getuser(self.users[slot])
                if user and "nopass" not in user["flags"] and digest not in user["passwords"]:
                    return changed(place_of(url), self.users[slot])
        return ()

    def suspend(self, slot: str, *, force: bool = False) -> None:
        """Turn the user off, then look: who came in before is still there, and nobody comes in after."""
        try:
            self._set(slot, ("off",), SlotState.SUSPENDED, force=force)
            if not force:
                refuse_used(self, slot)
        except SecretError:
            if not force:
                self.resume(slot)
            raise

    def resume(self, slot: str) -> None:
        """Turn the user on again."""
        self._set(slot, ("on",), SlotState.ISSUED)

    def revoke(self, slot: str, *, force: bool = False) -> None:
        """Take all passwords away; the user stays, turned off, for its next turn."""
        if not force:
            refuse_used(self, slot)
        self._set(slot, ("off", "resetpass"), SlotState.REVOKED, force=force)

    def _set(
        self, slot: str, first: Sequence[str], state: SlotState, generation: int = 0, *, force: bool = False
    ) -> None:
        """Change a user and its mark on every node, by one command. Who has no such user is left without one.

        A replica that can't be told to take a login again stops nobody from being told, nor does any in an emergency:
        the next look misses it there.
        """
        failed = None
        for url in reversed(self._nodes):
            try:
                with self._connected(url) as db:
                    mark = _mark_of(db.acl_getuser(self.users[slot]))
                    if mark or generation:
                        self._set_there(db, slot, first, self._next(mark, slot, state, generation))
            except SecretError as error:
                if url == self._primary or not (force or state is SlotState.ISSUED):
                    failed = failed or error
        if failed:
            raise failed
        if force:
            self._disconnect(slot)

    def _next(self, mark: Mark | None, slot: str, state: SlotState, generation: int) -> Mark:
        """Return the mark after a change; a value that is set again keeps its age."""
        generation = generation or (mark.generation if mark else 0)
        if mark and (mark.state, mark.generation) == (state, generation):
            return replace(mark, rights=self._rights)
        return Mark(self.spec.label, slot, generation, state, clock.now().astimezone(UTC), self._rights)

    def _set_there(self, db: Any, slot: str, first: Sequence[str], mark: Mark) -> None:
        cleared = ("resetkeys", "resetchannels", "nocommands", "clearselectors")
        kept = f"({_MARK}{quote(str(mark), safe='')} -@all)"
        db.execute_command("ACL SETUSER", self.users[slot], *first, *cleared, *self._rules, kept)

    def _slot(self, db: "redis.Redis", slot: str) -> Slot:
        """Read a user of one node by its mark."""
        user: Any = db.acl_getuser(self.users[slot])
        if user is None:
            return Slot()
        mark = _mark_of(user)
        found = slot_of(mark, self.spec.label, f"the user {self.users[slot]}", can_login="on" in user["flags"])
        return replace(found, is_whole=mark is not None and mark.rights == self._rights)

    def _clients(self, db: "redis.Redis", place: str) -> Iterator[Session]:
        slots = {user: slot for slot, user in self.users.items()}
        for client in db.client_list():
            if slot := slots.get(str(client.get("user"))):
                yield Session(slot, str(client.get("name") or ""), str(client.get("addr") or ""), place)

    def _disconnect(self, slot: str) -> None:
        for url in self._nodes:
            try:
                with self._connected(url) as db:
                    db.client_kill_filter(user=self.users[slot])
            except SecretError:
                if url == self._primary:
                    raise

    def _refused(self, db: "redis.Redis", slot: str, slots: dict[str, Slot], info: Any, place: str) -> list[Session]:
        """Return who was refused since a user was turned off: somebody still has its password.

        Where the log does not go back so far, by a restart or for its length, the soak counts from where it begins.
        """
        since, now = slots[slot].at, clock.now()
        if slots[slot].state is not SlotState.SUSPENDED or since is None:
            return []
        log: Any = db.acl_log()
        ages = [timedelta(seconds=float(entry["age-seconds"])) for entry in log]
        begins = now - timedelta(seconds=info["uptime_in_seconds"])
        if len(log) >= int(db.config_get("acllog-max-len")["acllog-max-len"] or 0):
            begins = max([begins, now - max(ages, default=timedelta(0))])
        slots[slot] = replace(slots[slot], at=max(since, begins))
        return [
            Session(slot, str(client.get("name") or "a refused login"), str(client.get("addr")), place)
            for entry, age in zip(log, ages, strict=True)
            if entry.get("reason") == "auth" and entry.get("username") == self.users[slot] and age < now - since
            for client in [entry.get("client-info") or {}]
        ]

    def _verify(self, url: str, slot: str, value: str) -> Iterator[Block]:
        user = self.users[slot]

        def login(password: str) -> str:
            with self._connected(url, user, password) as db:
                return str(db.acl_whoami())

        return unverified(login, user, value, place_of(url), "take nopass from the user")

    @contextmanager
    def _connected(self, url: str, user: str | None = None, password: str | None = None) -> Iterator["redis.Redis"]:
        try:
            import redis
        except ImportError:
            told = f"a secret of Redis needs redis-py: {installation.command('redis')}"
            raise SecretError(told, code="secret-client") from None
        place = place_of(url)
        if user:
            parts = urlsplit(url)
            url = parts._replace(netloc=f"{user}:{password}@{place}").geturl()
        options: dict[str, Any] = {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS, "client_name": OURS}
        db = redis.Redis.from_url(url, decode_responses=True, retry=None, **options)
        try:
            yield db
        except redis.RedisError as error:
            is_refused = isinstance(error, redis.AuthenticationError)
            raise said_no(place, error, is_refused=is_refused) from None
        finally:
            db.close()


def _mark_of(user: Any) -> Mark | None:
    """Return the mark in one of a user's selectors, None where there is none, or no user."""
    patterns = (str(word) for selector in (user or {}).get("selectors", ()) for word in selector)
    return next((read(unquote(each.removeprefix(_MARK))) for each in patterns if each.startswith(_MARK)), None)


def _beside(db: "redis.Redis", info: Any, *, is_first: bool) -> int:
    """Return how many servers a node knows beside those that it was asked for: who follows it, or shares a cluster."""
    if info.get("cluster_enabled"):
        return int(db.cluster("info")["cluster_known_nodes"]) - 1 if is_first else 0
    return int(info.get("connected_slaves", 0)) + int(is_first and info.get("role") == "slave")

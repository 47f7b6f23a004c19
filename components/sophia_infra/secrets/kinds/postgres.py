"""Secrets of PostgreSQL: two login roles, `app_a` and `app_b`, in one group `app` that owns what they make.

Both set the role `app` when they log in: `current_user` is `app`, and `pg_stat_activity.usename` tells which login a
session has. The server gets a SCRAM verifier and never the password. What was done stands in the comment of the role,
written in the transaction that did it. Needs the extra `postgresql` (psycopg).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any, LiteralString
from urllib.parse import parse_qsl, urlencode, urlsplit

from sophia_infra import clock
from sophia_infra.secrets.kinds import (
    REFUSED,
    Login,
    SecretError,
    changed,
    in_use,
    moved,
    place_of,
    refuse_used,
    server_url,
    unread,
    unsure,
    unverified,
)
from sophia_infra.secrets.kinds.libpq import connected, pooled, through
from sophia_infra.secrets.kinds.mark import Mark, foreign, read, slot_of
from sophia_infra.secrets.phases import Block, Seen, Session, Slot, SlotState
from sophia_infra.secrets.spec import SecretSpec

if TYPE_CHECKING:
    import psycopg

_OF_ALL = ("host", "port", "dbname", "sslmode", "channel_binding", "target_session_attrs")
_LOCK = "sophia "
_ROLES = """
SELECT rolname, rolcanlogin, rolsuper OR rolreplication, rolvaliduntil <= now() OR rolconnlimit = 0,
    shobj_description(oid, 'pg_authid')
FROM pg_roles WHERE rolname = ANY(%s)
"""
_SESSIONS = """
SELECT usename, application_name, host(client_addr), backend_start IS NULL
FROM pg_stat_activity WHERE usename = ANY(%s) AND coalesce(backend_type, 'client backend') = 'client backend'
"""
"""To a login without `pg_read_all_stats` all but name and application of others' sessions is NULL, their type too."""
_SPECIAL = """
SELECT 1 FROM pg_roles AS given JOIN pg_roles AS held ON pg_has_role(given.oid, held.oid, 'MEMBER')
WHERE given.rolname = %s AND (held.rolsuper OR held.rolreplication OR held.rolcreaterole OR held.rolname = ANY (
    '{pg_execute_server_program, pg_read_server_files, pg_write_server_files}'))
"""
_SPECIAL_TOLD = "may do more than a login should"
_FOLLOWERS = """
SELECT count(*) FROM pg_stat_replication AS follower WHERE NOT EXISTS (
    SELECT FROM pg_replication_slots WHERE active_pid = follower.pid AND slot_type = 'logical')
"""
"""Who subscribes logically has roles of its own, and takes no login of these."""
_IN_USE = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s"
_REFUSALS = (
    "PostgreSQL shows no login that it has refused",
    "each consumer has to be seen with the new login once more; look in the server's log for 'not permitted to log in'",
)


class Postgres:
    """The two logins of a secret on a primary, seen on its standbys and behind its poolers too."""

    def __init__(self, spec: SecretSpec) -> None:
        self.spec = spec
        self.roles = spec.logins
        self._slots = {role: slot for slot, role in self.roles.items()}
        self._primary = server_url(spec.server, "server")
        self._standbys = tuple(server_url(url, "standbys") for url in spec.standbys)
        self._poolers = tuple(server_url(url, "poolers") for url in spec.poolers)

    def login(self, slot: str) -> Login:
        """Return the role of a slot, and the server's address without credentials."""
        parts = urlsplit(self._primary)
        kept = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] in _OF_ALL])
        address = parts.netloc.rpartition("@")[2] + parts.path + (f"?{kept}" if kept else "")
        return Login("postgresql", self.roles[slot], address)

    def observe(self) -> Seen:
        """Read both roles, and the sessions on every instance."""
        with connected(self._primary) as primary, primary.pipeline():  # all is asked at once, and answered at once
            special = primary.execute(_SPECIAL, [self.spec.group])
            roles = primary.execute(_ROLES, [list(self._slots)])
            sessions, gaps, streams = self._users(primary, "")
            if special.fetchone():
                raise foreign(f"the role {self.spec.group}", _SPECIAL_TOLD)
            slots = {self._slots[row[0]]: self._slot(*row) for row in roles}
        for url in self._standbys:
            place = place_of(url)
            try:
                with connected(url) as standby, standby.pipeline():
                    more, unseen, follow = self._users(standby, place)
                    streams += follow
            except SecretError as error:
                more, unseen = [], [unread(place, error)]
            sessions, gaps = sessions + more, gaps + unseen
        for console in self._poolers:
            try:
                sessions += pooled(console, self._slots)
            except SecretError as error:
                gaps.append(unread(place_of(console), error))
        if streams > len(self._standbys):
            told = f"{streams} servers follow it and {len(self._standbys)} are asked: sessions there are not seen"
            gaps.append(Block("instance-unasked", "", told, "list each of them in standbys"))
        return Seen(slots, tuple(sessions), tuple(gaps), unsure(slots, *_REFUSALS))

    def issue(self, slot: str, value: str, generation: int) -> None:
        """Make the role of a slot, or give it a new verifier, in one transaction with its mark."""
        from psycopg.sql import SQL, Identifier, Literal

        role, group = Identifier(self.roles[slot]), Identifier(self.spec.group)
        with self._alone() as db:
            found = {row[0]: self._slot(*row) for row in db.execute(_ROLES, [list(self._slots)])}
            stands = found.get(self.roles[slot], Slot())
            if stands.generation > generation:
                raise moved(self.spec.name, self.roles[slot], stands.generation, generation)
            verifier = db.pgconn.encrypt_password(value.encode(), self.roles[slot].encode(), b"scram-sha-256").decode()
            if not db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [self.spec.group]).fetchone():
                db.execute(SQL("CREATE ROLE {} NOLOGIN").format(group))
            if self.roles[slot] not in found:
                db.execute(SQL("CREATE ROLE {} NOLOGIN IN ROLE {}").format(role, group))
            shut = SQL("" if stands.is_whole else " VALID UNTIL 'infinity' CONNECTION LIMIT -1")
            db.execute(SQL("ALTER ROLE {} LOGIN PASSWORD {}{}").format(role, Literal(verifier), shut))
            db.execute(SQL("ALTER ROLE {} SET role = {}").format(role, Literal(self.spec.group)))
            self._mark(db, slot, SlotState.ISSUED, generation)

    def verify(self, slot: str, value: str) -> tuple[Block, ...]:
        """Log in on every instance as the role, and with a wrong password, which must be refused."""
        servers = tuple(block for url in (self._primary, *self._standbys) for block in self._verify(url, slot, value))
        ways = [through(console, self._primary) for console in self._poolers]
        return (*servers, *(block for url in ways for block in self._verify(url, slot, value, is_pooled=True)))

    def cut_off(self, slot: str, value: str) -> tuple[Block, ...]:
        """Log in at the server by what consumers have: few admins may read what a role's password is.

        A server says the same of it as of a wrong one; of a login that has too many sessions it says something else.
        """
        told = self._refusal(slot, value)
        is_wrong = bool(told) and told == self._refusal(slot, f"{value}-not")
        return changed(place_of(self._primary), self.roles[slot]) if is_wrong else ()

    def suspend(self, slot: str, *, force: bool = False) -> None:
        """Set NOLOGIN where nobody is connected, and look again: a login may pass between look and commit."""
        self._change(slot, "NOLOGIN", SlotState.SUSPENDED, force=force)
        try:
            if not force:
                refuse_used(self, slot)
        except SecretError:
            self.resume(slot)
            raise

    def resume(self, slot: str) -> None:
        """Set LOGIN again."""
        self._change(slot, "LOGIN", SlotState.ISSUED)

    def revoke(self, slot: str, *, force: bool = False) -> None:
        """Take the password away; the role stays for its next turn, with what it was granted."""
        with connected(self._primary) as db:
            is_there = db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [self.roles[slot]]).fetchone()
        if is_there:
            self._change(slot, "NOLOGIN PASSWORD NULL", SlotState.REVOKED, force=force)

    def _slot(self, role: str, can_login: bool, is_special: bool, is_shut: bool | None, comment: str | None) -> Slot:
        """Read a role by its mark."""
        if is_special:
            raise foreign(f"the role {role}", _SPECIAL_TOLD)
        found = slot_of(read(comment), self.spec.label, f"the role {role}", can_login=can_login)
        return replace(found, is_whole=not is_shut)

    def _users(self, db: "psycopg.Connection[Any]", instance: str) -> tuple[list[Session], list[Block], int]:
        """Return who is connected to an instance, what can't be seen there, and how many servers follow it."""
        asked, following = db.execute(_SESSIONS, [list(self._slots)]), db.execute(_FOLLOWERS)
        rows, (streams,) = asked.fetchall(), following.fetchone() or (0,)
        gaps = []
        if any(hidden for *_, hidden in rows):
            told = "the login of `server` may not see whose sessions these are"
            gaps.append(Block("sessions-hidden", instance, told, "GRANT pg_read_all_stats TO it"))
        return [Session(self._slots[row[0]], row[1] or "", row[2] or "", instance) for row in rows], gaps, streams

    def _verify(self, url: str, slot: str, value: str, *, is_pooled: bool = False) -> Iterator[Block]:
        def login(password: str) -> str:
            return self._login(url, slot, password, is_pooled=is_pooled)

        return unverified(login, self.roles[slot], value, place_of(url), "have pg_hba.conf ask for scram-sha-256")

    def _refusal(self, slot: str, value: str) -> str:
        try:
            self._login(self._primary, slot, value)
        except SecretError as error:
            return str(error) if error.code == REFUSED else ""
        return ""

    def _login(self, url: str, slot: str, value: str, *, is_pooled: bool = False) -> str:
        """Return whom an instance makes of a login."""
        with connected(url, self.roles[slot], value, is_pooled=is_pooled) as db:
            (found,) = db.execute("SELECT session_user").fetchone() or ("",)
            return str(found)

    def _change(self, slot: str, how: LiteralString, state: SlotState, *, force: bool = False) -> None:
        """Change a role and its mark; one that is no login after it only where nobody is connected, or with `force`."""
        from psycopg.sql import SQL, Identifier

        role = self.roles[slot]
        with self._alone() as db:
            db.execute(SQL("ALTER ROLE {} ").format(Identifier(role)) + SQL(how))
            (count,) = db.execute(_IN_USE, [role]).fetchone() or (0,)
            if count and not (force or state is SlotState.ISSUED):
                raise in_use(role, f"{count} sessions")
            self._mark(db, slot, state)
        if force:
            self._disconnect(role)

    def _disconnect(self, role: str) -> None:
        for url in (self._primary, *self._standbys):
            try:
                with connected(url) as db:
                    db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [role])
            except SecretError:
                if url == self._primary:
                    raise

    def _mark(self, db: "psycopg.Connection[Any]", slot: str, state: SlotState, generation: int = 0) -> None:
        """Mark a role in the transaction that changes it; a value that is set again keeps its age."""
        from psycopg.sql import SQL, Identifier, Literal

        found = next(read(row[-1]) for row in db.execute(_ROLES, [[self.roles[slot]]]))
        generation = generation or (found.generation if found else 0)
        is_same = found and (found.state, found.generation) == (state, generation)
        at = found.at if found and is_same else clock.now().astimezone(UTC)
        text = Literal(str(Mark(self.spec.label, slot, generation, state, at)))
        db.execute(SQL("COMMENT ON ROLE {} IS {}").format(Identifier(self.roles[slot]), text))

    @contextmanager
    def _alone(self) -> Iterator["psycopg.Connection[Any]"]:
        """Hand out a transaction on the primary that no other run of the same secret has beside it."""
        with connected(self._primary) as db, db.transaction():
            lock = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"
            if db.execute(lock, [f"{_LOCK}{self.spec.label}"]).fetchone() != (True,):
                told = f"another run works on the secret {self.spec.name}; run it again once that has ended"
                raise SecretError(told, code="secret-busy", subject=self.spec.name)
            yield db

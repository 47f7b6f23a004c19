"""Connections to PostgreSQL, and to PgBouncer, which speaks its protocol. Needs the extra `postgresql` (psycopg)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sophia_infra import installation
from sophia_infra.secrets.kinds import SecretError, place_of, said_no
from sophia_infra.secrets.phases import OURS, Session

if TYPE_CHECKING:
    import psycopg

CONNECT_SECONDS, STATEMENT_SECONDS = 5, 10
_REPLY = re.compile(r": \w+:  ")
"""What libpq puts before an error that the server has sent, after `failed`; its own errors have none."""


@contextmanager
def connected(
    url: str, user: str | None = None, password: str | None = None, *, is_pooled: bool = False
) -> Iterator["psycopg.Connection[Any]"]:
    """Hand out a connection, by the URL's own login or by another one. PgBouncer takes no options for a session.

    Raises:
        SecretError: it can't be had, or a statement on it fails.
    """
    try:
        import psycopg
    except ImportError:
        told = f"a secret of PostgreSQL needs psycopg: {installation.command('postgresql')}"
        raise SecretError(told, code="secret-client") from None
    place = place_of(url)
    given: dict[str, str] = {"user": user, "password": password or ""} if user else {}
    if not is_pooled:
        given["options"] = f"-c statement_timeout={STATEMENT_SECONDS}s"
    try:
        asked = psycopg.conninfo.make_conninfo(url, application_name=OURS, connect_timeout=CONNECT_SECONDS, **given)
        with psycopg.connect(asked, autocommit=True, prepare_threshold=None) as db:
            yield db
    except psycopg.Error as error:
        told = (str(error).strip().splitlines() or [type(error).__name__])[0]
        is_refused = error.pgconn is not None and error.pgconn.used_password and _REPLY.search(told)
        raise said_no(place, told.rpartition(" failed: ")[2], is_refused=bool(is_refused)) from None


def pooled(console: str, slots: dict[str, str]) -> list[Session]:
    """Return the clients of a PgBouncer by some roles, which `slots` maps to their slots.

    It keeps clients that hold no connection of the server at the time, and no server shows those.

    Raises:
        SecretError: it can't be asked.
    """
    with connected(console, is_pooled=True) as db:
        found = db.execute("SHOW CLIENTS")
        names = [column.name for column in found.description or ()]
        clients = [dict(zip(names, row, strict=True)) for row in found]
    place = place_of(console)
    return [
        Session(slots[client["user"]], str(client.get("application_name") or ""), str(client["addr"]), place)
        for client in clients
        if client["user"] in slots
    ]


def through(console: str, server: str) -> str:
    """Return the URL by which clients of a PgBouncer reach the database of a server; it MUST offer it by its name."""
    return urlsplit(console)._replace(path=urlsplit(server).path).geturl()

"""The rate limits of CAs as arithmetic over what the journal knows. Pure.

Let's Encrypt counts by token buckets: so many at once, and one more each time a share of the period has passed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sophia_infra.journal import Recorded
from sophia_infra.tls.events import CertificateEvent, Event, digest, registered
from sophia_infra.tls.names import base
from sophia_infra.tls.public_cas import Limit, at

Happened = Recorded[CertificateEvent]
UNCOUNTED = frozenset({"rateLimited", "accountDoesNotExist", "badNonce", "serverInternal", "userActionRequired"})
"""The problems of orders that a CA never took in, and does not count."""


_CERTIFICATES, _ORDERS, _FAILURES = "certificates", "orders", "failed proofs"
_ACCOUNT = "one account"
_ALWAYS = datetime.min.replace(tzinfo=UTC)


class Reached(NamedTuple):
    """A limit that an order meets: what is counted and of whom, and when there is room for one more."""

    what: str
    subject: str
    limit: Limit
    possible: datetime


def reached(
    directory: str, domains: Sequence[str], events: Iterable[Happened], now: datetime, *, replaces: bool = False
) -> list[Reached]:
    """Return the limits that an order for some names would go beyond; `events` are those of `LONGEST`.

    `replaces` says that it is a renewal, which failed proofs alone hold up.
    """
    ca = at(directory)
    if ca is None or (limits := ca.limits) is None:
        return []
    times = defaultdict[tuple[str, str], list[datetime]](list)
    for event in sorted(events, key=lambda event: event.time):
        if directory in event.row.issuer and event.time <= now:
            for what in _counts(event.row):
                times[what].append(event.time)
    names = digest(tuple(domains))
    new = [(_CERTIFICATES, domain, limits.of_domain) for domain in registered(tuple(domains))]
    new += [(_CERTIFICATES, names, limits.of_names), (_ORDERS, _ACCOUNT, limits.of_account)]
    met = [] if replaces else new
    met += [(_FAILURES, name, limits.of_failures) for name in dict.fromkeys(map(base, domains))]
    rooms = [(what, subject, limit, room_at(times[what, subject], limit)) for what, subject, limit in met]
    told = {names: "exactly these names"}
    return [Reached(what, told.get(who, who), limit, room) for what, who, limit, room in rooms if room > now]


def _counts(row: CertificateEvent) -> Iterator[tuple[str, str]]:
    """Yield what a CA counts something as, and of whom: a domain, a set of names by its digest, an account, a name."""
    if row.what is Event.ISSUED:
        yield from ((_CERTIFICATES, subject) for subject in (*row.domains, row.names))
    if row.what in (Event.ISSUED, Event.FAILED) and row.problem not in UNCOUNTED:
        yield _ORDERS, _ACCOUNT
    if row.what is Event.FAILED and row.code == "challenge-failed":
        yield _FAILURES, row.subject


def room_at(times: Sequence[datetime], limit: Limit) -> datetime:
    """Return from when on there is room for one more, after what happened at some times, oldest first."""
    share, full = limit.period / limit.most, _ALWAYS
    for time in times:  # `full` is when all of it is to be had again
        full = max(full, time) + share
    return full - share * (limit.most - 1) if times else _ALWAYS

"""The rate limits of CAs as arithmetic over what the journal knows. Pure; the table is dated, since CAs change it.

Let's Encrypt counts by token buckets: so many at once, and one more each time a share of the period has passed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from sophia_infra.journal import Recorded
from sophia_infra.tls.events import CertificateEvent, Event, digest, registered
from sophia_infra.tls.issuer_settings import PUBLIC
from sophia_infra.tls.names import base

Happened = Recorded[CertificateEvent]
UNCOUNTED = frozenset({"rateLimited", "accountDoesNotExist", "badNonce", "serverInternal", "userActionRequired"})
"""The problems of orders that a CA never took in, and does not count."""


class Limit(NamedTuple):
    """So many of something within a period."""

    most: int
    period: timedelta

    def __str__(self) -> str:
        """Return the period in words."""
        return f"{self.period.days} days" if self.period.days else f"{self.period.seconds // 3600} hours"


class Limits(NamedTuple):
    """What a CA allows: certificates for one registrable domain and for one set of names, orders of one account, and
    failed looks at one name. A renewal that says which certificate it replaces counts for none of them.
    """

    of_domain: Limit
    of_names: Limit
    of_account: Limit
    of_failures: Limit


DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WEEK = 7 * DAY
LIMITS = MappingProxyType(
    {
        # https://letsencrypt.org/docs/rate-limits/, as of 2026-08-05
        PUBLIC["letsencrypt"].directory: Limits(Limit(50, WEEK), Limit(5, WEEK), Limit(300, 3 * HOUR), Limit(5, HOUR)),
        # https://letsencrypt.org/docs/staging-environment/, as of 2024-06-11
        PUBLIC["letsencrypt-staging"].directory: Limits(
            Limit(30000, WEEK), Limit(30000, WEEK), Limit(1500, 3 * HOUR), Limit(60, HOUR)
        ),
    }
)
"""By directory. The other CAs that go by a name publish none (docs/issuers.md): a refusal says when to ask again."""
LONGEST = WEEK
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
    if (limits := LIMITS.get(directory)) is None:
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

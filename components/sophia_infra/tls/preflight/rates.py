"""The rate limits of CAs as arithmetic over what the journal knows. Pure; the table is dated, since CAs change it.

Let's Encrypt counts by token buckets: so many at once, and one more each time a share of the period has passed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from sophia_infra.journal import Recorded
from sophia_infra.tls.events import CertificateEvent, Event, digest, registered
from sophia_infra.tls.issuer_settings import PUBLIC

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


@dataclass(frozen=True, slots=True)
class Limits:
    """What a CA allows: certificates for one registrable domain and for one set of names, orders of one account, and
    failed looks at one name. A renewal that says which certificate it replaces counts for none of them.
    """

    of_domain: Limit
    of_names: Limit
    of_account: Limit
    of_failures: Limit


DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LIMITS = MappingProxyType(
    {
        # https://letsencrypt.org/docs/rate-limits/, as of 2026-08-05
        PUBLIC["letsencrypt"].directory: Limits(
            Limit(50, 7 * DAY), Limit(5, 7 * DAY), Limit(300, 3 * HOUR), Limit(5, HOUR)
        ),
    }
)
LONGEST = 7 * DAY


_Counted = tuple[str, str, Limit, Callable[[CertificateEvent], bool]]
_ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reached:
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
    limits = LIMITS.get(directory)
    if limits is None:
        return []
    here = sorted((event for event in events if directory in event.row.issuer), key=lambda event: event.time)
    found = []
    counted = _failures(limits, domains) if replaces else _counted(limits, tuple(domains))
    for what, subject, limit, counts in counted:
        times = [event.time for event in here if event.time <= now and counts(event.row)]
        if (possible := room_at(times, limit)) > now:
            found.append(Reached(what, subject, limit, possible))
    return found


def _counted(limits: Limits, domains: tuple[str, ...]) -> Iterator[_Counted]:
    for domain in registered(domains):
        yield "certificates", domain, limits.of_domain, partial(_is_of, domain)
    yield "certificates", "exactly these names", limits.of_names, partial(_is_for, digest(domains))
    yield "orders", "one account", limits.of_account, _is_order
    yield from _failures(limits, domains)


def _failures(limits: Limits, domains: Sequence[str]) -> Iterator[_Counted]:
    for name in dict.fromkeys(name.removeprefix("*.") for name in domains):
        yield "failed proofs", name, limits.of_failures, partial(_failed_at, name)


def _is_of(domain: str, row: CertificateEvent) -> bool:
    return row.what is Event.ISSUED and domain in row.domains


def _is_for(names: str, row: CertificateEvent) -> bool:
    return row.what is Event.ISSUED and row.names == names


def _is_order(row: CertificateEvent) -> bool:
    return row.what in (Event.ISSUED, Event.FAILED) and row.problem not in UNCOUNTED


def _failed_at(name: str, row: CertificateEvent) -> bool:
    return row.what is Event.FAILED and row.code == "challenge-failed" and row.subject == name


def room_at(times: Sequence[datetime], limit: Limit) -> datetime:
    """Return from when on there is room for one more, after what happened at some times, oldest first."""
    share, full = limit.period / limit.most, _ALWAYS
    for time in times:  # `full` is when all of it is to be had again
        full = max(full, time) + share
    return full - share * (limit.most - 1) if times else _ALWAYS

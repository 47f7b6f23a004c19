"""What is known of the CAs that go by a name: docs/issuers.md has the sources. Pure; dated, since CAs change it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WEEK = 7 * DAY


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


class PublicCa(NamedTuple):
    """A CA that goes by a name.

    Attributes:
        caa_identity: what CAA records call it.
        trusted: whether clients trust it without being told to.
        limits: of its rates; None where they are not known, or count what others do: a refusal says when to ask again.
        lifetimes: of certificates, by profile: from which day (UTC) on, and in hours. None where it publishes none.
    """

    directory: str
    caa_identity: str
    trusted: bool = True
    limits: Limits | None = None
    lifetimes: Mapping[str, tuple[tuple[str, int], ...]] = MappingProxyType({})

    def lifetime(self, profile: str, now: datetime) -> timedelta | None:
        """Return how long a certificate of a profile lives that is ordered now; None where that is not published."""
        hours = [hours for day, hours in self.lifetimes.get(profile, ()) if now.date().isoformat() >= day]
        return timedelta(hours=hours[-1]) if hours else None


_CLASSIC = (("2016-01-01", 90 * 24), ("2027-02-10", 64 * 24), ("2028-02-16", 45 * 24))
PUBLIC: Mapping[str, PublicCa] = MappingProxyType(
    {
        "letsencrypt": PublicCa(
            "https://acme-v02.api.letsencrypt.org/directory",
            "letsencrypt.org",
            # https://letsencrypt.org/docs/rate-limits/, as of 2026-08-05
            limits=Limits(Limit(50, WEEK), Limit(5, WEEK), Limit(300, 3 * HOUR), Limit(5, HOUR)),
            # https://letsencrypt.org/docs/profiles/, https://letsencrypt.org/2025/12/02/from-90-to-45, as of 2026-11-29
            lifetimes={
                "": _CLASSIC,
                "classic": _CLASSIC,
                "tlsserver": (("2026-05-13", 45 * 24),),
                "shortlived": (("2025-01-01", 160),),
            },
        ),
        "letsencrypt-staging": PublicCa(
            "https://acme-staging-v02.api.letsencrypt.org/directory",
            "letsencrypt.org",
            trusted=False,
            # https://letsencrypt.org/docs/staging-environment/, as of 2024-06-11
            limits=Limits(Limit(30000, WEEK), Limit(30000, WEEK), Limit(1500, 3 * HOUR), Limit(60, HOUR)),
        ),
        "zerossl": PublicCa("https://acme.zerossl.com/v2/DV90", "sectigo.com"),
        "google": PublicCa("https://dv.acme-v02.api.pki.goog/directory", "pki.goog"),
        "google-staging": PublicCa("https://dv.acme-v02.test-api.pki.goog/directory", "pki.goog", trusted=False),
        "actalis": PublicCa("https://acme-api.actalis.com/acme/directory", "actalis.it"),
        "sslcom-ecc": PublicCa("https://acme.ssl.com/sslcom-dv-ecc", "ssl.com"),
        "sslcom-rsa": PublicCa("https://acme.ssl.com/sslcom-dv-rsa", "ssl.com"),
    }
)
ENDED = MappingProxyType({"buypass": "Buypass has issued no certificates since 31 October 2025"})
"""Names that other programs know, of CAs that are no more."""
LONGEST = max(limit.period for ca in PUBLIC.values() for limit in ca.limits or ())
"""So long ago nothing counts any more."""


def at(directory: str) -> PublicCa | None:
    """Return the CA at a directory, where it goes by a name."""
    return next((ca for ca in PUBLIC.values() if ca.directory == directory), None)

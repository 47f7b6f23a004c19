"""Cloud services that names are pointed at, and what can be told of such a name without asking anybody.

One entry a service, with its source and the date it was last looked up. To add one, find the provider's own word that
the service has ended, how it proves who owns a name, or that it finds content by the name itself; a service that can
only be judged by asking it does not belong here.
"""

from enum import Enum, auto
from typing import NamedTuple


class Trait(Enum):
    """What is known of a service's names."""

    ENDED = auto()  # the service was shut down, so every name below it leads nowhere
    PROOF = auto()  # a TXT record proves who owns a name; without it, others may claim one that was given up
    BUCKET = auto()  # content is found by the name that was asked for, which the target has to begin with


class Service(NamedTuple):
    """A service: the suffix of its names, their trait, what else there is to say, source and date of the look-up.

    `detail` is the date of the end, or the owner name of the proof, where `{owner}` is the alias and `*` anything.
    """

    suffix: str
    name: str
    trait: Trait
    detail: str
    source: str
    seen: str


_MS, _AWS = "learn.microsoft.com/azure", "docs.aws.amazon.com/AmazonS3/latest/userguide"

# Not in the list: cloudapp.net. Names there that moved to extended support serve until 2027-03-31.
SERVICES = (
    Service(
        suffix="vo.msecnd.net",
        name="Azure CDN from Edgio",
        trait=Trait.ENDED,
        detail="2025-03-31",
        source=f"{_MS}/cdn/migrate-cdn-to-front-door-retain-edge-domain",
        seen="2026-11",
    ),
    Service(
        suffix="herokussl.com",
        name="Heroku SSL Endpoint",
        trait=Trait.ENDED,
        detail="2021-10-18",
        source="devcenter.heroku.com/changelog-items/2280, github.com/publicsuffix/list/pull/2313",
        seen="2026-11",
    ),
    Service(
        suffix="azurewebsites.net",
        name="Azure App Service",
        trait=Trait.PROOF,
        detail="asuid.{owner}",
        source=f"{_MS}/app-service/reference-dangling-subdomain-prevention",
        seen="2026-11",
    ),
    Service(
        suffix="github.io",
        name="GitHub Pages",
        trait=Trait.PROOF,
        detail="_github-pages-challenge-*",
        source="docs.github.com/pages, Verifying your custom domain for GitHub Pages",
        seen="2026-11",
    ),
    *(
        Service(suffix, "Amazon S3", Trait.BUCKET, "", f"{_AWS}/VirtualHosting.html", "2026-11")
        for suffix in (
            *("s3.amazonaws.com", "s3.*.amazonaws.com"),
            *("s3-website.*.amazonaws.com", "s3-website-*.amazonaws.com"),
        )
    ),
)

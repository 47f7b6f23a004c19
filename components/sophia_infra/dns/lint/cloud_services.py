"""Cloud services that names are pointed at, and what can be told of such a name without asking anybody.

One line a service, with its source and the date it was last looked up. To add one, find the provider's own word that
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

SERVICES = (
    Service(
        "cloudapp.net", "Azure Cloud Services (classic)", Trait.ENDED, "2024-08-31", f"{_MS}/cloud-services", "2026-11"
    ),
    Service(
        "vo.msecnd.net", "Azure CDN from Edgio", Trait.ENDED, "2025-03-31", f"{_MS}/cdn/edgio-retirement-faq", "2026-11"
    ),
    Service(
        "herokussl.com",
        "Heroku SSL Endpoint",
        Trait.ENDED,
        "2021-10-18",
        "devcenter.heroku.com/articles/ssl-endpoint",
        "2026-11",
    ),
    Service(
        "azurewebsites.net",
        "Azure App Service",
        Trait.PROOF,
        "asuid.{owner}",
        f"{_MS}/security/fundamentals/subdomain-takeover",
        "2026-11",
    ),
    Service(
        "github.io",
        "GitHub Pages",
        Trait.PROOF,
        "_github-pages-challenge-*",
        "docs.github.com/pages, 'Verifying your custom domain'",
        "2026-11",
    ),
    Service("s3.amazonaws.com", "Amazon S3", Trait.BUCKET, "", f"{_AWS}/VirtualHosting.html", "2026-11"),
    Service("s3-website.*.amazonaws.com", "Amazon S3", Trait.BUCKET, "", f"{_AWS}/VirtualHosting.html", "2026-11"),
)

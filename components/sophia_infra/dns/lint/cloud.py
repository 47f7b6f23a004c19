"""Aliases to cloud services: what ended, what nobody proved to own, what is found under another name.

`SERVICES` is what can be told of such a name without asking anybody, each with its source and the date of the look-up.
To add one, find the provider's own word that the service has ended, how it proves who owns a name, or that it finds
content by the name itself; a service that can only be judged by asking it does not belong here.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from sophia_infra.dns.lint.rule import INFO, WARNING, Problem, fix, rule
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import quote
from sophia_infra.dns.zone.index import Zone


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


_EDGIO = "learn.microsoft.com/azure/cdn/migrate-cdn-to-front-door-retain-edge-domain"
_HEROKU = "devcenter.heroku.com/changelog-items/2280, github.com/publicsuffix/list/pull/2313"
_APP_SERVICE = "learn.microsoft.com/azure/app-service/reference-dangling-subdomain-prevention"
_GITHUB = "docs.github.com/pages, Verifying your custom domain for GitHub Pages"
_S3 = "docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html"
# Not in the list: cloudapp.net. Names there that moved to extended support serve until 2027-03-31.
SERVICES = (
    Service("vo.msecnd.net", "Azure CDN from Edgio", Trait.ENDED, "2025-03-31", _EDGIO, "2026-11"),
    Service("herokussl.com", "Heroku SSL Endpoint", Trait.ENDED, "2021-10-18", _HEROKU, "2026-11"),
    Service("azurewebsites.net", "Azure App Service", Trait.PROOF, "asuid.{owner}", _APP_SERVICE, "2026-11"),
    Service("github.io", "GitHub Pages", Trait.PROOF, "_github-pages-challenge-*", _GITHUB, "2026-11"),
    Service("s3.amazonaws.com", "Amazon S3", Trait.BUCKET, "", _S3, "2026-11"),
    Service("s3.*.amazonaws.com", "Amazon S3", Trait.BUCKET, "", _S3, "2026-11"),
    Service("s3-website.*.amazonaws.com", "Amazon S3", Trait.BUCKET, "", _S3, "2026-11"),
    Service("s3-website-*.amazonaws.com", "Amazon S3", Trait.BUCKET, "", _S3, "2026-11"),
)

# What a target ends in tells most of them apart at once.
_ENDINGS = tuple({".".join(service.suffix.split(".")[-2:]) + "." for service in SERVICES})
_PATTERNS = [
    (re.compile(rf"(.+)\.{re.escape(service.suffix)}\.".replace(r"\*", "[^.]+")), service) for service in SERVICES
]


def _aliases(zone: Zone) -> list[tuple[Record, Service, str]]:
    """Return aliases to services in the list, with what stands before the service's own name."""
    likely = [record for record in zone.of("CNAME") if record.rdata.endswith(_ENDINGS)]
    found = ((record, service, pattern.fullmatch(record.rdata)) for record in likely for pattern, service in _PATTERNS)
    return [(record, service, match[1]) for record, service, match in found if match]


def _with(zone: Zone, trait: Trait) -> Iterator[tuple[Record, Service, str]]:
    return (alias for alias in zone.shared(_aliases) if alias[1].trait is trait)


@rule("cloud-service-ended", WARNING)
def cloud_service_ended(zone: Zone) -> Iterator[Problem]:
    """What the list above says of services that ended."""
    for record, service, _ in _with(zone, Trait.ENDED):
        why = f"{service.name} ended on {service.detail}, so {quote(record.rdata)} leads nowhere."
        yield Problem(record.subject, why, "Remove the record, or point it at the service that took over.")


@fix("cloud-service-ended")
def drop_ended(zone: Zone, record: Record) -> Record | None:
    """Remove the alias, which leads nowhere, where no wildcard would answer in its place."""
    return None if zone.wildcard_over(record.owner) is None else record


@rule("cloud-name-unproven", INFO, no_edit="the proof is given out by the provider")
def cloud_name_unproven(zone: Zone) -> Iterator[Problem]:
    """Without the proof, somebody else may claim the name at the provider once the resource behind it is deleted."""
    for record, service, label in _with(zone, Trait.PROOF):
        proof = service.detail.format(owner=record.owner)
        found = [name for name in zone.texts_by_name if name.startswith(proof[:-1])] if "*" in proof else []
        # Names with a region of their own are given out once, and to nobody else.
        if "." not in label and not (found or zone.answering(proof)):
            why = f"If the resource behind {quote(record.rdata)} is deleted, others may claim this name there."
            yield Problem(record.subject, why, f"Add the TXT record {quote(proof)} that {service.name} asks for.")


@rule("cloud-bucket-name", INFO, no_edit="the bucket has to be renamed at the provider")
def cloud_bucket_name(zone: Zone) -> Iterator[Problem]:
    """The provider finds the bucket by the name that was asked for, unless a proxy in between rewrites it."""
    for record, service, bucket in _with(zone, Trait.BUCKET):
        name = zone.absolute(record.owner)[:-1]
        if bucket != name and not record.owner.startswith("*"):
            why = f"{service.name} looks for a bucket called {quote(name)}, which anybody may create."
            yield Problem(record.subject, why, f"Call the bucket {quote(name)}, or put a proxy before it.")

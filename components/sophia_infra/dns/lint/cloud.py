"""Aliases to cloud services: what ended, what nobody proved to own, what is found under another name."""

import re
from collections.abc import Iterator

from sophia_infra.dns.lint.cloud_services import SERVICES, Service, Trait
from sophia_infra.dns.lint.fix import fix
from sophia_infra.dns.lint.rule import INFO, WARNING, Problem, rule
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import quote
from sophia_infra.dns.zone.index import Zone

# What a target ends in tells most of them apart at once.
_ENDINGS = tuple({".".join(service.suffix.split(".")[-2:]) + "." for service in SERVICES})
_PATTERNS = [
    (re.compile(rf"(.+)\.{re.escape(service.suffix)}\.".replace(r"\*", "[^.]+")), service) for service in SERVICES
]


def _aliases(zone: Zone) -> list[tuple[Record, Service, str]]:
    """Return aliases to services in the list, with what stands before the service's own name."""
    return [(record, *led) for record in zone.of("CNAME") if (led := _service(record.rdata)) is not None]


def _service(target: str) -> tuple[Service, str] | None:
    if not target.endswith(_ENDINGS):
        return None
    found = ((service, match[1]) for pattern, service in _PATTERNS if (match := pattern.fullmatch(target)))
    return next(found, None)


def _with(zone: Zone, trait: Trait) -> Iterator[tuple[Record, Service, str]]:
    return (alias for alias in zone.shared(_aliases) if alias[1].trait is trait)


@rule("cloud-service-ended", WARNING)
def cloud_service_ended(zone: Zone) -> Iterator[Problem]:
    """The list with sources and dates is `cloud_services.py`."""
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
        # Names with a region of their own are given out once, and to nobody else.
        if "." not in label and not _is_proven(zone, record.owner, service.detail):
            proof = service.detail.format(owner=record.owner)
            why = f"If the resource behind {quote(record.rdata)} is deleted, others may claim this name there."
            yield Problem(record.subject, why, f"Add the TXT record {quote(proof)} that {service.name} asks for.")


def _is_proven(zone: Zone, owner: str, detail: str) -> bool:
    if detail.endswith("*"):
        return any(name.startswith(detail[:-1]) for name in zone.texts_by_name)
    return bool(zone.answering(detail.format(owner=owner)))


@rule("cloud-bucket-name", INFO, no_edit="the bucket has to be renamed at the provider")
def cloud_bucket_name(zone: Zone) -> Iterator[Problem]:
    """The provider finds the bucket by the name that was asked for, unless a proxy in between rewrites it."""
    for record, service, bucket in _with(zone, Trait.BUCKET):
        name = zone.absolute(record.owner)[:-1]
        if bucket != name and not record.owner.startswith("*"):
            why = f"{service.name} looks for a bucket called {quote(name)}, which anybody may create."
            yield Problem(record.subject, why, f"Call the bucket {quote(name)}, or put a proxy before it.")

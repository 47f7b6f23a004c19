"""What providers with an API have in common: an endpoint that secrets go to, an apex of their own."""

from collections.abc import Collection
from urllib.parse import urlsplit

from sophia_infra.credentials import is_safe
from sophia_infra.dns.backends.base import BackendError
from sophia_infra.dns.rr.record import APEX, Record, apex_of
from sophia_infra.values import Value, listed

SHOWN = 5
"""How many subjects, or errors of an API, a message names."""


def safe_endpoint(given: Value) -> str:
    """Return the URL of an API: https, or http to a stand-in on this machine. BackendError where it is another."""
    url = given.value if isinstance(given.value, str) else ""
    if not is_safe(url):
        raise given.wrong("give an https address, for a secret goes there")
    return url


def host_and_port(endpoint: str) -> tuple[str, int]:
    """Return host and port of an API's URL."""
    url = urlsplit(endpoint)
    return url.hostname or "", url.port or (80 if url.scheme == "http" else 443)


def own_apex(zone: str, live: str, domain: str, provider: str) -> list[Record]:
    """Return the SOA and NS of a zone that is asked for as its provider serves them, who sets both itself.

    Raises:
        BackendError: other name servers are asked for.
    """
    asked, served = apex_of(zone), apex_of(live)
    wanted, serving = ({record.rdata for record in apex if record.type == "NS"} for apex in (asked, served))
    if wanted and wanted != serving:
        raise BackendError(
            f"@ NS of {domain} is asked to be {', '.join(sorted(wanted))}, but {provider} serves it from "
            f"{', '.join(sorted(serving))}: leave name_servers and the NS at the apex out",
            code="set-there",
            subject="@ NS",
            value=", ".join(sorted(wanted)),
        )
    rtypes = {record.type for record in asked}
    return [record for record in served if record.type in rtypes]


def is_apex(record: Record) -> bool:
    """Whether the provider sets a record itself: the SOA, and the name servers of the domain."""
    return record.owner == "@" and record.subject in APEX


def named(subjects: Collection[str]) -> str:
    """List record sets for a message, the first ones by name."""
    return listed(sorted(subjects), SHOWN)

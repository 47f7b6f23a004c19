"""What is asked of a target."""

from dataclasses import dataclass

BUDGET = 5.0
"""Seconds that all probes of a round may take together; what is not known by then is not told."""


@dataclass(frozen=True, slots=True)
class Check:
    """How a target shows that it is healthy.

    Attributes:
        kind: `tcp`, `http`, `https` or `dns`; see `kinds`.
        port: where the target listens.
        host: the name that is asked for: in HTTP's `Host`, in TLS, and of DNS the zone.
        path: what HTTP asks for.
        status: the HTTP statuses that are well.
        body: text that the first 64 KiB of an HTTP answer hold; empty for any answer.
        timeout: seconds for one target.
    """

    kind: str
    port: int
    host: str
    path: str
    status: tuple[int, ...]
    body: str
    timeout: float

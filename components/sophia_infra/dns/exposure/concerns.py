"""What may hang on a changed record set: one small function a concern; docs/exposure.md has the table."""

from collections.abc import Callable

from sophia_infra.changes.model import Weight
from sophia_infra.dns.exposure.delegation import delegations, name_servers, whole_trees
from sophia_infra.dns.exposure.dnssec import keys, signatures
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.hosts import hosts, shares
from sophia_infra.dns.exposure.mail import exchangers
from sophia_infra.dns.exposure.retention import timers
from sophia_infra.dns.exposure.services import browsers, services
from sophia_infra.dns.exposure.sets import SetChange
from sophia_infra.dns.exposure.trust import certificates
from sophia_infra.dns.exposure.verification import policies
from sophia_infra.dns.exposure.wildcards import strayed, uncovered
from sophia_infra.dns.spf.exposure import sender_policy

Concern = Callable[[SetChange, Graph], Weight | None]
"""What a change, which is more than a TTL, weighs in the zone as it will be; None where it is no concern."""

CONCERNS: tuple[Concern, ...] = (
    strayed,
    name_servers,
    delegations,
    whole_trees,
    exchangers,
    sender_policy,
    policies,
    hosts,
    shares,
    services,
    browsers,
    uncovered,
    timers,
    keys,
    signatures,
    certificates,
)

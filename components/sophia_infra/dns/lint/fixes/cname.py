"""CNAME: aliases that lead further than they should."""

from sophia_infra.dns.lint.fixes.fix import fix
from sophia_infra.dns.lint.target import Target, retarget, target_of
from sophia_infra.dns.lint.zone import Zone
from sophia_infra.dns.records import Record


@fix("cname-chain-long", "mx-target-is-cname", "ns-target-is-cname", "srv-target-is-cname")
def follow_alias(zone: Zone, record: Record) -> Record:
    """Point at the host that an alias leads to, if that is known."""
    name, seen = target_of(record), set[str]()
    while zone.target(name) is Target.ALIAS and name not in seen:
        seen.add(name)
        name = next(answer.rdata for answer in zone.answers_to(name) if answer.type == "CNAME")
    return retarget(record, name) if zone.target(name) is Target.HOST else record

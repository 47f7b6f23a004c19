"""Owner names that are not what was meant."""

from sophia_infra.dns.lint.fixes.fix import fix
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.zone.index import Zone


def is_free(zone: Zone, owner: str) -> bool:
    """Whether a record may move to a name, because nothing stands there or is still to come."""
    return owner not in zone.by_name and not zone.is_pending(owner) and not zone.is_beyond(owner)


@fix("owner-repeats-origin")
def move_owner(zone: Zone, record: Record) -> Record:
    """Take the repeated origin off an owner."""
    meant = record.owner.removesuffix(zone.origin).rstrip(".") or "@"
    is_alias = record.type == "CNAME"
    taken = zone.at(meant, record.type, "CNAME") or (is_alias and (meant == "@" or meant in zone.by_name))
    return record if taken else record._replace(owner=meant)

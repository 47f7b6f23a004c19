"""What undoes a slip in one record: each returns what belongs in its place, None to remove it, or the same record."""

from sophia_infra.dns.lint.caa import KNOWN_TAGS, MISTAKEN_ISSUERS, is_one_off, misspelled
from sophia_infra.dns.lint.svcb import addresses, hinted
from sophia_infra.dns.lint.target import Target, retarget, target_of
from sophia_infra.dns.lint.text import decode, encode
from sophia_infra.dns.lint.zone import Zone
from sophia_infra.dns.records import Record

_DAY = 86_400


def add_dot(zone: Zone, record: Record) -> Record:
    """End a name that is complete with its dot."""
    name = target_of(record)
    if zone.target(name) is not Target.DOT_MISSING:
        return record
    return retarget(record, name.removesuffix(zone.absolute("@")))


def remove_dot(zone: Zone, record: Record) -> Record:
    """Complete a bare label with the origin."""
    name = target_of(record)
    return retarget(record, name + zone.absolute("@")) if zone.target(name) is Target.DOT_EXTRA else record


def follow_alias(zone: Zone, record: Record) -> Record:
    """Point at the host that an alias leads to, if that is known."""
    name, seen = target_of(record), set[str]()
    while zone.target(name) is Target.ALIAS and name not in seen:
        seen.add(name)
        name = next(answer.rdata for answer in zone.answers_to(name) if answer.type == "CNAME")
    return retarget(record, name) if zone.target(name) is Target.HOST else record


def move_owner(zone: Zone, record: Record) -> Record:
    """Take the repeated origin off an owner."""
    meant = record.owner.removesuffix(zone.origin).rstrip(".") or "@"
    is_alias = record.type == "CNAME"
    taken = zone.at(meant, record.type, "CNAME") or (is_alias and (meant == "@" or meant in zone.by_name))
    return record if taken else record._replace(owner=meant)


def drop_null(zone: Zone, record: Record) -> Record | None:
    """Remove the MX or SRV that says that there is no service."""
    return None if record.rdata.endswith(" .") else record


def drop(zone: Zone, record: Record) -> None:
    """Remove the record."""
    return


def shorten_ttl(zone: Zone, record: Record) -> Record:
    """Let nobody keep a record for more than a day; a set of several, which has one TTL, is left as it is."""
    alone = len(zone.at(record.owner, record.type)) == 1
    return record._replace(ttl=min(record.ttl, _DAY)) if alone else record


def swap_labels(zone: Zone, record: Record) -> Record:
    """Put service and protocol in their order, where that name is free."""
    first, _, rest = record.owner.partition(".")
    second, dot, host = rest.partition(".")
    owner = f"{second}.{first}{dot}{host}"
    swapped = first.startswith("_") and second.startswith("_") and owner not in zone.by_name
    return record._replace(owner=owner) if swapped else record


def mend_soa_names(zone: Zone, record: Record) -> Record:
    """End the names in an SOA with their dot, and write the mailbox without an at sign."""
    primary, mailbox, rest = record.rdata.split(" ", 2)
    names = (_without_origin(zone, name.replace("\\@", ".", 1)) for name in (primary, mailbox))
    return record._replace(rdata=" ".join((*names, rest)))


def _without_origin(zone: Zone, name: str) -> str:
    owner = zone.relative(name)
    return name if owner is None or not zone.repeats_origin(owner) else f"{owner}."


def correct_hints(zone: Zone, record: Record) -> Record:
    """Give address hints the addresses of their host."""
    rdata = record.rdata
    for one, version, hints in hinted(zone):
        known = addresses(zone, record, version)
        if one == record and known:
            rdata = rdata.replace(",".join(hints), ",".join(sorted(known)))
    return record._replace(rdata=rdata)


def name_issuer(zone: Zone, record: Record) -> Record:
    """Name a CA as its documentation does."""
    flags, tag, value = record.rdata.split(" ", 2)
    issuer, *rest = decode(value).split(";")
    wrong = issuer.strip().lower()
    right = MISTAKEN_ISSUERS.get(wrong) or misspelled(wrong)
    return record._replace(rdata=f"{flags} {tag} {encode(';'.join((right, *rest)))}") if right else record


def spell_tag(zone: Zone, record: Record) -> Record:
    """Write the one CAA tag that is a letter away."""
    flags, tag, value = record.rdata.split(" ", 2)
    near = [right for right in sorted(KNOWN_TAGS) if is_one_off(tag.lower(), right)]
    return record._replace(rdata=f"{flags} {near[0]} {value}") if len(near) == 1 else record


def add_report_scheme(zone: Zone, record: Record) -> Record:
    """Write `mailto:` before the bare mailbox of a CAA report."""
    flags, tag, value = record.rdata.split(" ", 2)
    text = decode(value)
    bare = tag.lower() == "iodef" and text.count("@") == 1 and not set(text) & set(": /?")
    return record._replace(rdata=f"{flags} {tag} {encode(f'mailto:{text}')}") if bare else record

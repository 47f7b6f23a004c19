"""CAA: names of CAs and tags as their documentation writes them, and the CA in use among those that may issue."""

from collections.abc import Iterator

from sophia_infra.dns.lint.caa import (
    ISSUERS,
    KNOWN_TAGS,
    MISTAKEN_ISSUERS,
    forbidden,
    is_issuer,
    is_one_off,
    misspelled,
    properties,
)
from sophia_infra.dns.lint.fixes.fix import Change, fix, fix_set
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import decode, encode
from sophia_infra.dns.zone.index import Zone

_CRITICAL = 128
_AROUND = " \t\"'.,/*"


@fix("caa-issuer-mistaken", "caa-issuer-misspelled")
def name_issuer(zone: Zone, record: Record) -> Record:
    """Name a CA as its documentation does."""
    flags, tag, value = record.rdata.split(" ", 2)
    issuer, *rest = decode(value).split(";")
    wrong = issuer.strip().lower()
    right = MISTAKEN_ISSUERS.get(wrong) or misspelled(wrong)
    return record._replace(rdata=f"{flags} {tag} {encode(';'.join((right, *rest)))}") if right else record


@fix("caa-issuer-invalid")
def part_issuers(zone: Zone, record: Record) -> Record | Change:
    """Take away what stands around the domain of a CA, and give each of several CAs its record."""
    flags, tag, value = record.rdata.split(" ", 2)
    names = [] if is_issuer(decode(value)) else list(_issuers(decode(value)))
    if not names or None in names:
        return record
    return Change((record,), tuple(record._replace(rdata=f"{flags} {tag} {encode(name)}") for name in names if name))


def _issuers(value: str) -> Iterator[str | None]:
    """Yield the CAs that a value names, None for what is none."""
    for word in value.lower().replace(",", " ").split():
        domain = word.strip(_AROUND).removeprefix("https://").removeprefix("http://").partition("/")[0]
        whole = (one for one in ISSUERS if domain in {one, one.partition(".")[0]})
        yield MISTAKEN_ISSUERS.get(domain) or next(whole, None)


@fix_set("caa-forbids-issuer")
def permit_issuers(zone: Zone, owner: str, kind: str) -> Change:
    """Permit the CAs in use, for as long as the zone's own permissions stay as they are."""
    rules = tuple(record for record, tag, _ in properties(zone) if tag in {"issue", "issuewild"})
    here = tuple(record for record in rules if record.owner == owner)
    new = (here[0]._replace(rdata=f"0 issue {encode(issuer)}") for issuer in forbidden(zone))
    return Change(here, (*here, *new))


@fix("caa-tag-unknown")
def spell_tag(zone: Zone, record: Record) -> Record:
    """Write the one CAA tag that is a letter away."""
    flags, tag, value = record.rdata.split(" ", 2)
    near = [right for right in sorted(KNOWN_TAGS) if is_one_off(tag.lower(), right)]
    return record._replace(rdata=f"{flags} {near[0]} {value}") if len(near) == 1 else record


@fix("caa-flags")
def clear_flags(zone: Zone, record: Record) -> Record:
    """Leave the one flag that CAs read, as it is."""
    flags, _, rest = record.rdata.partition(" ")
    return record._replace(rdata=f"{int(flags) & _CRITICAL} {rest}")


@fix("caa-iodef-invalid")
def add_report_scheme(zone: Zone, record: Record) -> Record:
    """Write `mailto:` before the bare mailbox of a CAA report."""
    flags, tag, value = record.rdata.split(" ", 2)
    text = decode(value)
    bare = tag.lower() == "iodef" and text.count("@") == 1 and not set(text) & set(": /?")
    return record._replace(rdata=f"{flags} {tag} {encode(f'mailto:{text}')}") if bare else record

"""CAA: names of CAs and tags as their documentation writes them."""

from sophia_infra.dns.lint.caa import KNOWN_TAGS, MISTAKEN_ISSUERS, is_one_off, misspelled
from sophia_infra.dns.lint.fixes.fix import fix
from sophia_infra.dns.lint.text import decode, encode
from sophia_infra.dns.lint.zone import Zone
from sophia_infra.dns.records import Record


@fix("caa-issuer-mistaken", "caa-issuer-misspelled")
def name_issuer(zone: Zone, record: Record) -> Record:
    """Name a CA as its documentation does."""
    flags, tag, value = record.rdata.split(" ", 2)
    issuer, *rest = decode(value).split(";")
    wrong = issuer.strip().lower()
    right = MISTAKEN_ISSUERS.get(wrong) or misspelled(wrong)
    return record._replace(rdata=f"{flags} {tag} {encode(';'.join((right, *rest)))}") if right else record


@fix("caa-tag-unknown")
def spell_tag(zone: Zone, record: Record) -> Record:
    """Write the one CAA tag that is a letter away."""
    flags, tag, value = record.rdata.split(" ", 2)
    near = [right for right in sorted(KNOWN_TAGS) if is_one_off(tag.lower(), right)]
    return record._replace(rdata=f"{flags} {near[0]} {value}") if len(near) == 1 else record


@fix("caa-iodef-invalid")
def add_report_scheme(zone: Zone, record: Record) -> Record:
    """Write `mailto:` before the bare mailbox of a CAA report."""
    flags, tag, value = record.rdata.split(" ", 2)
    text = decode(value)
    bare = tag.lower() == "iodef" and text.count("@") == 1 and not set(text) & set(": /?")
    return record._replace(rdata=f"{flags} {tag} {encode(f'mailto:{text}')}") if bare else record

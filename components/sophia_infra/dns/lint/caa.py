"""CAA (RFC 8659): what decides which CA may issue, and breaks renewals when it is mistyped."""

import re
from collections.abc import Iterator

from sophia_infra.dns.lint.rule import ERROR, INFO, WARNING, Change, Problem, fix, fix_set, rule
from sophia_infra.dns.lint.spelling import is_one_off
from sophia_infra.dns.rr.caa import CERTIFYING, CRITICAL, ISSUING, TAGS, CaaProperty, property_of
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import decode, encode, quote
from sophia_infra.dns.zone.index import Zone

# Shorter domains of CAs have real neighbours one letter away.
_LEAST_LENGTH = 10
_REPORT = re.compile(r"mailto:[^@\s]+@[^@\s]+|https?://\S+", re.IGNORECASE)
# Domains of CAs in CAA records, from their documentation (CCADB, "CAA Identifiers").
_ISSUERS = (
    *("letsencrypt.org", "pki.goog", "digicert.com", "sectigo.com", "globalsign.com", "amazon.com", "amazontrust.com"),
    *("entrust.net", "godaddy.com", "starfieldtech.com", "buypass.com", "identrust.com", "microsoft.com", "harica.gr"),
    *("certum.pl", "quovadisglobal.com", "swisssign.com", "comodoca.com", "usertrust.com", "trust-provider.com"),
    *("awstrust.com", "amazonaws.com", "apple.com", "symantec.com", "geotrust.com", "thawte.com", "rapidssl.com"),
    *("zerossl.com", "actalis.it", "telesec.de", "d-trust.net", "emsign.com", "secomtrust.net", "trustwave.com"),
    *("wisekey.com", "disig.sk", "firmaprofesional.com", "networksolutions.com", "www.digicert.com", "ssl.com"),
    *("globalsign.net", "digicert.ne.jp", "cybertrust.ne.jp", "entrust.com", "comodo.com", "certum.eu"),
)
# The same by themselves, and by the first labels that people write for them.
_KNOWN = {name: issuer for issuer in reversed(_ISSUERS) for name in (issuer, issuer.partition(".")[0])}
# Names that are taken for a CA's issuer domain, and the one that its documentation gives.
_MISTAKEN = {
    **dict.fromkeys(("letsencrypt.com", "letsencrypt.net", "lets-encrypt.org"), "letsencrypt.org"),
    **dict.fromkeys(("www.letsencrypt.org", "acme-v02.api.letsencrypt.org"), "letsencrypt.org"),
    "google.com": "pki.goog",
    "www.digicert.com": "digicert.com",
    "aws.amazon.com": "amazon.com",
}
_AROUND = " \t\"'.,/*"


def _properties(zone: Zone) -> Iterator[tuple[Record, CaaProperty]]:
    """Yield CAA records with what they hold."""
    return ((record, property_of(record.rdata)) for record in zone.of("CAA"))


@rule("caa-tag-unknown", ERROR)
def caa_tag_unknown(zone: Zone) -> Iterator[Problem]:
    """RFC 8659 section 4.1: a mistyped tag permits nothing, and with the critical flag it forbids everything."""
    for record, found in _properties(zone):
        if found.tag not in TAGS:
            critical = found.flags & CRITICAL
            effect = "and being critical it keeps every CA from issuing" if critical else "so CAs ignore the record"
            why = f"{quote(found.tag)} is no CAA tag, {effect}."
            yield Problem(record.subject, why, "Use `issue`, `issuewild`, `issuemail` or `iodef`.")


@fix("caa-tag-unknown")
def spell_tag(zone: Zone, record: Record) -> Record:
    """Write the one CAA tag that is a letter away."""
    flags, tag, value = record.rdata.split(" ", 2)
    near = [right for right in sorted(TAGS) if is_one_off(tag.lower(), right)]
    return record._replace(rdata=f"{flags} {near[0]} {value}") if len(near) == 1 else record


@rule("caa-issuer-invalid", ERROR)
def caa_issuer_invalid(zone: Zone) -> Iterator[Problem]:
    """RFC 8659 section 4.2: a domain, then parameters after semicolons; `;` or nothing forbids every CA."""
    for record, found in _properties(zone):
        if found.tag in ISSUING and not found.is_issuer:
            why = f"{quote(found.value)} is no CA's domain, and what no CA recognises forbids them all."
            yield Problem(record.subject, why, "Write the domain that the CA documents, such as `letsencrypt.org`.")


@fix("caa-issuer-invalid")
def part_issuers(zone: Zone, record: Record) -> Record | Change:
    """Take away what stands around the domain of a CA, and give each of several CAs its record."""
    flags, tag, value = record.rdata.split(" ", 2)
    words = [] if property_of(record.rdata).is_issuer else decode(value).lower().replace(",", " ").split()
    domains = [word.strip(_AROUND).removeprefix("https://").removeprefix("http://").partition("/")[0] for word in words]
    names = [_MISTAKEN.get(domain) or _KNOWN.get(domain, "") for domain in domains]
    if not all(names) or not names:
        return record
    return Change((record,), tuple(record._replace(rdata=f"{flags} {tag} {encode(name)}") for name in names))


@rule("caa-issuer-mistaken", WARNING)
def caa_issuer_mistaken(zone: Zone) -> Iterator[Problem]:
    """The domain is the one in the CA's documentation, which need not be that of its web site."""
    for record, found in _properties(zone):
        right = _MISTAKEN.get(found.issuer)
        if found.tag in ISSUING and right is not None:
            why = f"{quote(found.value)} is not how the CA calls itself in CAA."
            yield Problem(record.subject, why, f"Write `{right}`.")


@rule("caa-issuer-misspelled", WARNING)
def caa_issuer_misspelled(zone: Zone) -> Iterator[Problem]:
    """A domain that no CA knows as its own forbids them all."""
    for record, found in _properties(zone):
        if found.tag in ISSUING and (right := _misspelled(found.issuer)):
            why = f"{quote(found.issuer)} looks like {quote(right)}."
            yield Problem(record.subject, why, f"Write `{right}` if it is meant.")


def _misspelled(domain: str) -> str | None:
    if domain in _ISSUERS or domain in _MISTAKEN:
        return None
    return next((right for right in _ISSUERS if len(right) >= _LEAST_LENGTH and is_one_off(domain, right)), None)


@fix("caa-issuer-mistaken", "caa-issuer-misspelled")
def name_issuer(zone: Zone, record: Record) -> Record:
    """Name a CA as its documentation does."""
    flags, tag, value = record.rdata.split(" ", 2)
    issuer, *rest = decode(value).split(";")
    wrong = issuer.strip().lower()
    right = _MISTAKEN.get(wrong) or _misspelled(wrong)
    return record._replace(rdata=f"{flags} {tag} {encode(';'.join((right, *rest)))}") if right else record


@rule("caa-forbids-issuer", ERROR)
def caa_forbids_issuer(zone: Zone) -> Iterator[Problem]:
    """RFC 8659 section 3. Said of CAs that the zone's certificates are known to come from, and of no other."""
    for issuer in _forbidden(zone):
        why = f"No CAA record permits {quote(issuer)}, which this zone's certificates come from: renewals fail."
        yield Problem("@ CAA", why, f"Add `0 issue {encode(issuer)}`.")


def _forbidden(zone: Zone) -> list[str]:
    """Return the CAs in use that no record permits, where the apex does not permit all (`issuewild` alone does)."""
    named = {found.issuer for _, found in _properties(zone) if found.tag in CERTIFYING}
    is_limited = any(found.tag == "issue" for record, found in _properties(zone) if record.owner == "@")
    return sorted(zone.issuers - named) if is_limited else []


@fix_set("caa-forbids-issuer")
def permit_issuers(zone: Zone, owner: str, rtype: str) -> Change:
    """Permit the CAs in use, for as long as the zone's own permissions stay as they are."""
    rules = tuple(record for record, found in _properties(zone) if found.tag in CERTIFYING)
    here = tuple(record for record in rules if record.owner == owner)
    new = (here[0]._replace(rdata=f"0 issue {encode(issuer)}") for issuer in _forbidden(zone))
    return Change(here, (*here, *new))


@rule("caa-flags", INFO)
def caa_flags(zone: Zone) -> Iterator[Problem]:
    """RFC 8659 section 4.1: 128 makes a property critical, and all other bits are reserved."""
    for record, found in _properties(zone):
        if found.flags not in {0, CRITICAL}:
            why = f"The flags {found.flags} have no meaning; 128 is what makes a property critical."
            yield Problem(record.subject, why, "Write 0, or 128 if it is meant to be critical.")


@fix("caa-flags")
def clear_flags(zone: Zone, record: Record) -> Record:
    """Leave the one flag that CAs read, as it is."""
    flags, _, rest = record.rdata.partition(" ")
    return record._replace(rdata=f"{int(flags) & CRITICAL} {rest}")


@rule("caa-iodef-invalid", WARNING)
def caa_iodef_invalid(zone: Zone) -> Iterator[Problem]:
    """RFC 8659 section 4.4: `mailto:`, `http:` or `https:`."""
    for record, found in _properties(zone):
        if found.tag == "iodef" and _REPORT.fullmatch(found.value) is None:
            why = f"{quote(found.value)} is no `mailto:` or `https:` address, so no CA can report there."
            yield Problem(record.subject, why, "Write `mailto:name@domain`.")


@fix("caa-iodef-invalid")
def add_report_scheme(zone: Zone, record: Record) -> Record:
    """Write `mailto:` before the bare mailbox of a CAA report."""
    flags, tag, value = record.rdata.split(" ", 2)
    text = decode(value)
    bare = tag.lower() == "iodef" and text.count("@") == 1 and not set(text) & set(": /?")
    return record._replace(rdata=f"{flags} {tag} {encode(f'mailto:{text}')}") if bare else record

"""CAA (RFC 8659): what decides which CA may issue, and breaks renewals when it is mistyped."""

import re
from collections.abc import Iterator

from sophia_infra.dns.lint.rule import ERROR, INFO, WARNING, Change, Problem, fix, fix_set, rule
from sophia_infra.dns.lint.spelling import is_one_off
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import decode, encode, quote
from sophia_infra.dns.zone.index import Zone

_ISSUING = frozenset({"issue", "issuewild", "issuemail", "issuevmc"})
# The property tags that IANA lists as in use.
KNOWN_TAGS = _ISSUING | {"iodef", "contactemail", "contactphone"}
_CERTIFYING = frozenset({"issue", "issuewild"})
_DOMAIN_LIMIT = 253
# Shorter domains of CAs have real neighbours one letter away.
_LEAST_LENGTH = 10
_ISSUER = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)
_PARAMETER = re.compile(r"[a-z0-9][a-z0-9-]*\s*=\s*[\x21-\x3a\x3c-\x7e]*", re.IGNORECASE)
_REPORT = re.compile(r"mailto:[^@\s]+@[^@\s]+|https?://\S+", re.IGNORECASE)
# Domains of CAs in CAA records, from their documentation (CCADB, "CAA Identifiers").
ISSUERS = (
    *("letsencrypt.org", "pki.goog", "digicert.com", "sectigo.com", "globalsign.com", "amazon.com", "amazontrust.com"),
    *("entrust.net", "godaddy.com", "starfieldtech.com", "buypass.com", "identrust.com", "microsoft.com", "harica.gr"),
    *("certum.pl", "quovadisglobal.com", "swisssign.com", "comodoca.com", "usertrust.com", "trust-provider.com"),
    *("awstrust.com", "amazonaws.com", "apple.com", "symantec.com", "geotrust.com", "thawte.com", "rapidssl.com"),
    *("zerossl.com", "actalis.it", "telesec.de", "d-trust.net", "emsign.com", "secomtrust.net", "trustwave.com"),
    *("wisekey.com", "disig.sk", "firmaprofesional.com", "networksolutions.com", "www.digicert.com", "ssl.com"),
    *("globalsign.net", "digicert.ne.jp", "cybertrust.ne.jp", "entrust.com", "comodo.com", "certum.eu"),
)
# Names that are taken for a CA's issuer domain, and the one that its documentation gives.
MISTAKEN_ISSUERS = {
    "letsencrypt.com": "letsencrypt.org",
    "letsencrypt.net": "letsencrypt.org",
    "lets-encrypt.org": "letsencrypt.org",
    "www.letsencrypt.org": "letsencrypt.org",
    "acme-v02.api.letsencrypt.org": "letsencrypt.org",
    "google.com": "pki.goog",
    "www.digicert.com": "digicert.com",
    "aws.amazon.com": "amazon.com",
}
_CRITICAL = 128
_AROUND = " \t\"'.,/*"


def properties(zone: Zone) -> Iterator[tuple[Record, str, str]]:
    """Yield CAA records with tag, in lower case, and value."""
    for record in zone.of("CAA"):
        _, tag, value = record.rdata.split(" ", 2)
        yield record, tag.lower(), decode(value)


@rule("caa-tag-unknown", ERROR)
def caa_tag_unknown(zone: Zone) -> Iterator[Problem]:
    """RFC 8659 section 4.1: a mistyped tag permits nothing, and with the critical flag it forbids everything."""
    for record, tag, _ in properties(zone):
        if tag not in KNOWN_TAGS:
            critical = int(record.rdata.partition(" ")[0]) & 128
            effect = "and being critical it keeps every CA from issuing" if critical else "so CAs ignore the record"
            why = f"{quote(tag)} is no CAA tag, {effect}."
            yield Problem(record.subject, why, "Use `issue`, `issuewild`, `issuemail` or `iodef`.")


@fix("caa-tag-unknown")
def spell_tag(zone: Zone, record: Record) -> Record:
    """Write the one CAA tag that is a letter away."""
    flags, tag, value = record.rdata.split(" ", 2)
    near = [right for right in sorted(KNOWN_TAGS) if is_one_off(tag.lower(), right)]
    return record._replace(rdata=f"{flags} {near[0]} {value}") if len(near) == 1 else record


@rule("caa-issuer-invalid", ERROR)
def caa_issuer_invalid(zone: Zone) -> Iterator[Problem]:
    """RFC 8659 section 4.2: a domain, then parameters after semicolons; `;` or nothing forbids every CA."""
    for record, tag, value in properties(zone):
        if tag in _ISSUING and not is_issuer(value):
            why = f"{quote(value)} is no CA's domain, and what no CA recognises forbids them all."
            yield Problem(record.subject, why, "Write the domain that the CA documents, such as `letsencrypt.org`.")


def is_issuer(value: str) -> bool:
    """Whether the value of a permission has its form: a domain, then parameters."""
    domain, *parameters = (part.strip(" \t") for part in value.split(";"))
    if domain and (len(domain) > _DOMAIN_LIMIT or _ISSUER.fullmatch(domain) is None):
        return False
    return all(not part or _PARAMETER.fullmatch(part) for part in parameters)


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
        whole = (issuer for issuer in ISSUERS if domain in {issuer, issuer.partition(".")[0]})
        yield MISTAKEN_ISSUERS.get(domain) or next(whole, None)


@rule("caa-issuer-mistaken", WARNING)
def caa_issuer_mistaken(zone: Zone) -> Iterator[Problem]:
    """The domain is the one in the CA's documentation, which need not be that of its web site."""
    for record, tag, value in properties(zone):
        right = MISTAKEN_ISSUERS.get(value.partition(";")[0].strip().lower())
        if tag in _ISSUING and right is not None:
            yield Problem(record.subject, f"{quote(value)} is not how the CA calls itself in CAA.", f"Write `{right}`.")


@rule("caa-issuer-misspelled", WARNING)
def caa_issuer_misspelled(zone: Zone) -> Iterator[Problem]:
    """A domain that no CA knows as its own forbids them all."""
    for record, tag, value in properties(zone):
        domain = value.partition(";")[0].strip().lower()
        right = misspelled(domain) if tag in _ISSUING else None
        if right is not None:
            yield Problem(
                record.subject, f"{quote(domain)} looks like {quote(right)}.", f"Write `{right}` if it is meant."
            )


def misspelled(domain: str) -> str | None:
    """Return the CA's domain that one letter too many, too few, wrong or swapped makes this one, or None."""
    if domain in ISSUERS or domain in MISTAKEN_ISSUERS:
        return None
    return next((right for right in ISSUERS if len(right) >= _LEAST_LENGTH and is_one_off(domain, right)), None)


@fix("caa-issuer-mistaken", "caa-issuer-misspelled")
def name_issuer(zone: Zone, record: Record) -> Record:
    """Name a CA as its documentation does."""
    flags, tag, value = record.rdata.split(" ", 2)
    issuer, *rest = decode(value).split(";")
    wrong = issuer.strip().lower()
    right = MISTAKEN_ISSUERS.get(wrong) or misspelled(wrong)
    return record._replace(rdata=f"{flags} {tag} {encode(';'.join((right, *rest)))}") if right else record


@rule("caa-forbids-issuer", ERROR)
def caa_forbids_issuer(zone: Zone) -> Iterator[Problem]:
    """RFC 8659 section 3. Said of CAs that the zone's certificates are known to come from, and of no other."""
    for issuer in forbidden(zone):
        why = f"No CAA record permits {quote(issuer)}, which this zone's certificates come from: renewals fail."
        yield Problem("@ CAA", why, f"Add `0 issue {encode(issuer)}`.")


def forbidden(zone: Zone) -> list[str]:
    """Return the CAs in use that no record permits, where the apex does not permit all (`issuewild` alone does)."""
    named = set[str]().union(*map(_named, zone.rrsets("CAA").values()))
    is_limited = any(tag == "issue" for record, tag, _ in properties(zone) if record.owner == "@")
    return sorted(zone.issuers - named) if is_limited else []


def _named(records: list[Record]) -> set[str]:
    """Return the domains that may issue, `` where a record forbids; nothing where all may."""
    fields = (record.rdata.split(" ", 2) for record in records)
    return {decode(value).partition(";")[0].strip().lower() for _, tag, value in fields if tag.lower() in _CERTIFYING}


@fix_set("caa-forbids-issuer")
def permit_issuers(zone: Zone, owner: str, rtype: str) -> Change:
    """Permit the CAs in use, for as long as the zone's own permissions stay as they are."""
    rules = tuple(record for record, tag, _ in properties(zone) if tag in {"issue", "issuewild"})
    here = tuple(record for record in rules if record.owner == owner)
    new = (here[0]._replace(rdata=f"0 issue {encode(issuer)}") for issuer in forbidden(zone))
    return Change(here, (*here, *new))


@rule("caa-flags", INFO)
def caa_flags(zone: Zone) -> Iterator[Problem]:
    """RFC 8659 section 4.1: 128 makes a property critical, and all other bits are reserved."""
    for record in zone.of("CAA"):
        flags = record.rdata.partition(" ")[0]
        if flags not in {"0", "128"}:
            why = f"The flags {flags} have no meaning; 128 is what makes a property critical."
            yield Problem(record.subject, why, "Write 0, or 128 if it is meant to be critical.")


@fix("caa-flags")
def clear_flags(zone: Zone, record: Record) -> Record:
    """Leave the one flag that CAs read, as it is."""
    flags, _, rest = record.rdata.partition(" ")
    return record._replace(rdata=f"{int(flags) & _CRITICAL} {rest}")


@rule("caa-iodef-invalid", WARNING)
def caa_iodef_invalid(zone: Zone) -> Iterator[Problem]:
    """RFC 8659 section 4.4: `mailto:`, `http:` or `https:`."""
    for record, tag, value in properties(zone):
        if tag == "iodef" and _REPORT.fullmatch(value) is None:
            why = f"{quote(value)} is no `mailto:` or `https:` address, so no CA can report there."
            yield Problem(record.subject, why, "Write `mailto:name@domain`.")


@fix("caa-iodef-invalid")
def add_report_scheme(zone: Zone, record: Record) -> Record:
    """Write `mailto:` before the bare mailbox of a CAA report."""
    flags, tag, value = record.rdata.split(" ", 2)
    text = decode(value)
    bare = tag.lower() == "iodef" and text.count("@") == 1 and not set(text) & set(": /?")
    return record._replace(rdata=f"{flags} {tag} {encode(f'mailto:{text}')}") if bare else record

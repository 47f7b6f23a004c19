"""CAA (RFC 8659): what decides which CA may issue, and breaks renewals when it is mistyped."""

import re
from collections.abc import Iterator

from sophia_infra.dns.lint.rule import ERROR, WARNING, Problem, rule
from sophia_infra.dns.lint.text import decode, quote
from sophia_infra.dns.lint.zone import Zone
from sophia_infra.dns.records import Record

_ISSUING = frozenset({"issue", "issuewild", "issuemail", "issuevmc"})
# The property tags that IANA lists as in use.
_TAGS = _ISSUING | {"iodef", "contactemail", "contactphone"}
_DOMAIN_LIMIT = 253
_ISSUER = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)
_PARAMETER = re.compile(r"[a-z0-9][a-z0-9-]*\s*=\s*[\x21-\x3a\x3c-\x7e]*", re.IGNORECASE)
_REPORT = re.compile(r"mailto:[^@\s]+@[^@\s]+|https?://\S+", re.IGNORECASE)
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


def _properties(zone: Zone) -> Iterator[tuple[Record, str, str]]:
    """Yield CAA records with tag, in lower case, and value."""
    for record in zone.of("CAA"):
        _, tag, value = record.rdata.split(" ", 2)
        yield record, tag.lower(), decode(value)


@rule("caa-tag-unknown", "A CAA record has a tag that no CA knows", ERROR)
def caa_tag_unknown(zone: Zone) -> Iterator[Problem]:
    """RFC 8659 section 4.1: a mistyped tag permits nothing, and with the critical flag it forbids everything."""
    for record, tag, _ in _properties(zone):
        if tag not in _TAGS:
            critical = int(record.rdata.partition(" ")[0]) & 128
            effect = "and being critical it keeps every CA from issuing" if critical else "so CAs ignore the record"
            why = f"{quote(tag)} is no CAA tag, {effect}."
            yield Problem(record.subject, why, "Use `issue`, `issuewild`, `issuemail` or `iodef`.")


@rule("caa-issuer-invalid", "A CAA record names no CA", ERROR)
def caa_issuer_invalid(zone: Zone) -> Iterator[Problem]:
    """RFC 8659 section 4.2: a domain, then parameters after semicolons; `;` or nothing forbids every CA."""
    for record, tag, value in _properties(zone):
        if tag in _ISSUING and not _is_issuer(value):
            why = f"{quote(value)} is no CA's domain, and what no CA recognises forbids them all."
            yield Problem(record.subject, why, "Write the domain that the CA documents, such as `letsencrypt.org`.")


def _is_issuer(value: str) -> bool:
    domain, *parameters = (part.strip(" \t") for part in value.split(";"))
    if domain and (len(domain) > _DOMAIN_LIMIT or _ISSUER.fullmatch(domain) is None):
        return False
    return all(not one or _PARAMETER.fullmatch(one) for one in parameters)


@rule("caa-issuer-mistaken", "A CAA record names a domain that is taken for a CA's", WARNING)
def caa_issuer_mistaken(zone: Zone) -> Iterator[Problem]:
    """The domain is the one in the CA's documentation, which need not be that of its web site."""
    for record, tag, value in _properties(zone):
        right = MISTAKEN_ISSUERS.get(value.partition(";")[0].strip().lower())
        if tag in _ISSUING and right is not None:
            yield Problem(record.subject, f"{quote(value)} is not how the CA calls itself in CAA.", f"Write `{right}`.")


@rule("caa-iodef-invalid", "A CAA record asks for reports to no address", WARNING)
def caa_iodef_invalid(zone: Zone) -> Iterator[Problem]:
    """RFC 8659 section 4.4: `mailto:`, `http:` or `https:`."""
    for record, tag, value in _properties(zone):
        if tag == "iodef" and _REPORT.fullmatch(value) is None:
            why = f"{quote(value)} is no `mailto:` or `https:` address, so no CA can report there."
            yield Problem(record.subject, why, "Write `mailto:name@domain`.")

"""What rules over mail share, mail services, a null MX beside others, policies where nobody looks, and BIMI."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from sophia_infra.dns.dmarc.record import policy_of
from sophia_infra.dns.lint.rule import ERROR, INFO, WARNING, Change, Problem, fix, is_free, rule
from sophia_infra.dns.lint.services import drop_null
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import decode, encode, quote, tags, with_text
from sophia_infra.dns.zone.index import Zone

# The names that a policy is put at by mistake, by how its text starts; the right one comes first.
_PLACES = {
    "v=STSv1": ("_mta-sts",),
    "v=TLSRPTv1": (
        *("_smtp._tls", "smtp._tls", "_smtp.tls", "smtp.tls", "_tls._smtp", "_tls", "_smtp_tls", "_smtp-tls"),
        "_tlsrpt",
    ),
    "v=BIMI1": ("default._bimi", "default.bimi", "default_bimi", "_bimi", "bimi"),
}
# What a BIMI record's logo may be: an address by HTTPS, and no bitmap; or nothing, to decline.
_LOGO = re.compile(r"(?:https://(?!.*\.(?:png|jpe?g|gif|webp)$).*)?", re.IGNORECASE)
_START = re.compile(r"\s*v\s*=\s*bimi1\s*[;,\s]\s*", re.IGNORECASE)


class MailService(NamedTuple):
    """A service that domains point their MX at. Each has its source and the date of the look-up.

    A service whose customers get different records, by region or plan, has no `suffixes`, so no rule knows it. `{zone}`
    stands for the customer's domain, and `{dashed}` for that with dashes for dots.

    Attributes:
        suffixes: those of its hosts.
        include: what its customers include in their SPF.
        name: the word that understanding has for it; empty where mail can't be moved to it.
        mx: its exchangers, with their preferences.
        theirs: what it gives each customer in its own console.
        dkim: CNAME records whose targets follow from the domain, by owner.
    """

    suffixes: tuple[str, ...]
    include: str
    source: str
    seen: str = "2026-11"
    name: str = ""
    mx: tuple[str, ...] = ()
    theirs: str = ""
    dkim: tuple[tuple[str, str], ...] = ()


_GOOGLE = "support.google.com/a/answer/10684623 (SPF), 140034 (MX)"
_MICROSOFT = "learn.microsoft.com/microsoft-365/enterprise/external-domain-name-system-records"
_FASTMAIL = "fastmail.help/hc/en-us/articles/360060591153"
_PROTON = "proton.me/support/anti-spoofing-custom-domain, custom-domain (MX)"
_MAILGUN = "documentation.mailgun.com/docs/mailgun/user-manual/domains"
MAIL_SERVICES = (
    MailService(
        ("google.com.", "googlemail.com."),
        "_spf.google.com",
        _GOOGLE,
        name="google",
        mx=("1 smtp.google.com.",),
        theirs="the DKIM key is Google's to give, in its console",
    ),
    MailService(
        ("mail.protection.outlook.com.", "mx.microsoft."),
        "spf.protection.outlook.com",
        _MICROSOFT,
        name="microsoft",
        mx=("0 {dashed}.mail.protection.outlook.com.",),
        theirs="the DKIM selectors and the MS= proof are Microsoft's to give (admin center), which may show another MX",
    ),
    MailService(
        ("messagingengine.com.",),
        "spf.messagingengine.com",
        _FASTMAIL,
        name="fastmail",
        mx=("10 in1-smtp.messagingengine.com.", "20 in2-smtp.messagingengine.com."),
        theirs="the domain has to be added at Fastmail",
        dkim=tuple((f"fm{at}._domainkey", f"fm{at}.{{zone}}.dkim.fmhosted.com.") for at in (1, 2, 3)),
    ),
    MailService(
        ("protonmail.ch.",),
        "_spf.protonmail.ch",
        _PROTON,
        name="proton",
        mx=("10 mail.protonmail.ch.", "20 mailsec.protonmail.ch."),
        theirs="the DKIM selectors and the proof of the domain are Proton's to give",
    ),
    MailService(
        (),
        "mailgun.org",
        _MAILGUN,
        name="mailgun",
        mx=("10 mxa.mailgun.org.", "10 mxb.mailgun.org."),
        theirs="the DKIM key is Mailgun's to give, and in the EU other hosts: mxa.eu.mailgun.org",
    ),
    MailService(("mail.icloud.com.",), "icloud.com", "support.apple.com/en-us/102374"),
)


def service_of(host: str) -> MailService | None:
    """Return the service that an MX's absolute host name belongs to, or None."""
    suffixes = ((f".{suffix}", service) for service in MAIL_SERVICES for suffix in service.suffixes)
    return next((service for suffix, service in suffixes if f".{host}".endswith(suffix)), None)


def has_mail(zone: Zone) -> bool:
    """Whether the zone's apex receives mail."""
    return any(not record.rdata.endswith(" .") for record in zone.at("@", "MX"))


def has_text(zone: Zone, owner: str, is_meant: Callable[[str], bool]) -> bool:
    """Whether somebody who asks for TXT gets a text of their own there, or a meant one from a wildcard.

    A name that exists with other types, or through names below it, answers with nothing.
    """
    if zone.is_pending(owner) or zone.is_beyond(owner) or zone.at(owner, "TXT", "CNAME"):
        return True
    lent = [record for record in zone.answering(owner) if record.type in {"TXT", "CNAME"}]
    return any(record.type == "CNAME" or is_meant(decode(record.rdata)) for record in lent)


def added(zone: Zone, anchors: tuple[Record, ...], owner: str, text: str) -> Change | None:
    """Return a change that adds a text for as long as these records are asked for, with the TTL of its set."""
    beside = zone.at(owner, "TXT")
    ttl = min(record.ttl for record in beside or anchors)
    return Change(anchors, (*anchors, Record(owner, ttl, "TXT", encode(text))))


@rule("null-mx-with-others", ERROR)
def null_mx_with_others(zone: Zone) -> Iterator[Problem]:
    """RFC 7505 section 3: a domain that accepts no mail has the null MX alone."""
    for owner, records in zone.several("MX").items():
        null = [record for record in records if record.rdata.endswith(" .")]
        if null and len(null) < len(records):
            why = "The null MX says that the domain takes no mail, and the other MX say that it does."
            yield Problem(f"{owner} MX", why, "Remove the null MX, or all the others.")


fix("null-mx-with-others")(drop_null)


@rule("mail-policy-misplaced", ERROR)
def mail_policy_misplaced(zone: Zone) -> Iterator[Problem]:
    """RFC 8461 section 3.1, RFC 8460 section 3, BIMI's draft section 4.2. Targets of aliases are exempt."""
    for record, text in zone.texts:
        right = next((places[0] for start, places in _PLACES.items() if text.startswith(start)), "")
        placed = f"{record.owner}.".startswith(f"{right}.") or (right.endswith("._bimi") and "._bimi" in record.owner)
        if right and not placed and (record.owner == "@" or record.owner not in zone.alias_targets):
            why = f"This policy is looked for at {quote(right)}, and never at {quote(record.owner)}."
            yield Problem(record.subject, why, f"Move the record to {quote(right)}.")


@fix("mail-policy-misplaced")
def move_policy(zone: Zone, record: Record) -> Record:
    """Move what asks for reports or names a logo from a mistaken place to its own name, where that is free."""
    for start, (right, *wrong) in _PLACES.items():
        slip = next((name for name in ("@", *wrong) if f"{record.owner}.".startswith(f"{name}.")), None)
        owner = f"{right}{record.owner.removeprefix(slip or '')}"
        # Where MTA-STS is to begin, a person says: nothing but its own name is listed.
        slipped = wrong and slip and "._" not in record.owner.removeprefix(slip)
        if slipped and decode(record.rdata).startswith(start) and is_free(zone, owner):
            return record._replace(owner=owner)
    return record


def _indicators(zone: Zone) -> list[tuple[str, str]]:
    """Return the owners of logos (`selector._bimi`) with their texts."""
    return [(owner, text) for owner, texts in zone.texts_by_name.items() if "._bimi" in owner for text in texts]


@rule("bimi-syntax", WARNING)
def bimi_syntax(zone: Zone) -> Iterator[Problem]:
    """Section 4.2: `v=BIMI1` first, and `l=` with the `https:` address of an SVG, or empty to decline."""
    for owner, text in _indicators(zone):
        found = tags(text)
        logo = dict(found).get("l")
        if found[:1] != (("v", "BIMI1"),) or logo is None or _LOGO.fullmatch(logo) is None:
            why = f"Mail programs show no logo because of {quote(text)}."
            yield Problem(f"{owner} TXT", why, "Write `v=BIMI1; l=https://...svg`.")


@fix("bimi-syntax")
def correct_bimi(zone: Zone, record: Record) -> Record:
    """Begin a BIMI record as mail programs read it, and have them fetch the logo by HTTPS, as they only do."""
    text = _START.sub("v=BIMI1; ", decode(record.rdata), count=1)
    return with_text(record, re.sub(r"\b([la])\s*=\s*http://", r"\1=https://", text))


@rule("bimi-without-enforcement", INFO, no_edit="whether all of your senders pass DMARC, its reports tell you")
def bimi_without_enforcement(zone: Zone) -> Iterator[Problem]:
    """Section 7.1: the logo is only shown where DMARC says `quarantine` or `reject`."""
    for owner, _ in _indicators(zone):
        texts = zone.texts_by_name.get(f"_dmarc{owner.partition('._bimi')[2]}", [])
        policies = filter(None, map(policy_of, texts))
        if texts and all(policy.domain == "none" for policy in policies):
            why = "Mail programs show the logo only for domains whose DMARC policy is `quarantine` or `reject`."
            yield Problem(f"{owner} TXT", why, "Raise the DMARC policy when its reports are clean.")

"""Rules over DMARC records (RFC 7489)."""

import re
from collections.abc import Iterator
from functools import lru_cache

from sophia_infra import suffixes
from sophia_infra.advice.model import Level
from sophia_infra.dns.lint.caa import is_one_off
from sophia_infra.dns.lint.rule import ERROR, WARNING, Problem, rule
from sophia_infra.dns.rr.txt import quote, tags
from sophia_infra.dns.zone.index import Zone, labels

RESEMBLES_DMARC = re.compile(r"""[\s"'\u2018-\u201f]*v\s*=\s*dmarc""", re.IGNORECASE)

POLICIES = ("none", "quarantine", "reject")
"""What a domain may ask for, the mildest first."""

_POLICY = re.compile("|".join(POLICIES), re.IGNORECASE)
_ALIGNMENT = re.compile(r"[rs]", re.IGNORECASE)
_REPORT = re.compile(r"mailto:(?!/)[^@\s,;]+@[^@\s,;!]+(![0-9]+[kmgt]?)?", re.IGNORECASE)
# Tags of RFC 7489 section 6.3, and those that RFC 9989 has added (np, psd, t). What it removed, older receivers read.
VALUES = {
    "p": _POLICY,
    "sp": _POLICY,
    "np": _POLICY,
    "adkim": _ALIGNMENT,
    "aspf": _ALIGNMENT,
    "pct": re.compile(r"\d|[1-9]\d|100"),
    "fo": re.compile(r"[01ds](:[01ds])*", re.IGNORECASE),
    "rf": re.compile(r"afrf(:afrf)*", re.IGNORECASE),
    "ri": re.compile(r"\d+"),
    "psd": re.compile(r"[ynu]", re.IGNORECASE),
    "t": re.compile(r"[yn]", re.IGNORECASE),
}
_REPORT_TAGS = ("rua", "ruf")
_DECIDING = frozenset({"p", "sp"})


def _policies(zone: Zone) -> Iterator[tuple[str, list[str]]]:
    """Yield the owners where receivers look for DMARC, with the texts there that are meant as such."""
    for owner, texts in zone.texts_by_name.items():
        if owner == "_dmarc" or owner.startswith("_dmarc."):
            meant = list(filter(meant_as_dmarc, texts))
            yield owner, meant or texts


def meant_as_dmarc(text: str) -> bool:
    """Whether somebody meant a text as DMARC, whether or not receivers can read it."""
    return RESEMBLES_DMARC.match(text) is not None


def is_organization(zone: Zone) -> bool:
    """Whether no domain above the zone may have a DMARC policy that counts for it (RFC 7489 section 3.2)."""
    return suffixes.is_registrable(zone.origin)


def is_report_address(text: str) -> bool:
    """Whether reports can be sent there."""
    return _REPORT.fullmatch(text) is not None


@rule("dmarc-multiple", "A name has more than one DMARC record", ERROR)
def dmarc_multiple(zone: Zone) -> Iterator[Problem]:
    """RFC 7489 section 6.6.3: with more than one record, DMARC is not applied."""
    for owner, texts in _policies(zone):
        count = len(set(texts))
        if count > 1:
            yield Problem(f"{owner} TXT", f"Receivers that find {count} DMARC records apply none.", "Keep one of them.")


@rule("dmarc-syntax", "A DMARC record has a fault", ERROR, WARNING)
def dmarc_syntax(zone: Zone) -> Iterator[Problem]:
    """RFC 7489 section 6.3. A fault in `v`, `p` or `sp` voids the policy; one in another tag voids that tag."""
    for owner, texts in _policies(zone):
        for text in texts:
            for fault, level in faults(text):
                fix = "Write `v=DMARC1; p=none` (or `quarantine`, `reject`), then further tags after semicolons."
                yield Problem(f"{owner} TXT", f"The DMARC record {fault}.", fix, level)


@lru_cache(maxsize=1024)
def faults(text: str) -> tuple[tuple[str, Level], ...]:
    """Return what is wrong with the text of a DMARC record, a phrase and a level each."""
    return tuple(_found_in(text))


def _found_in(text: str) -> Iterator[tuple[str, Level]]:
    found = tags(text)
    if not found or found[0] != ("v", "DMARC1") or text[:1].isspace():
        yield f"does not start with exactly `v=DMARC1;`, so receivers overlook {quote(text)}", ERROR
        return
    names = [name for name, _ in found]
    if "p" not in names:
        yield "has no `p=` tag, so it asks for nothing", ERROR
    for position, (name, value) in enumerate(found[1:], start=1):
        pattern = VALUES.get(name)
        if pattern is None and name not in _REPORT_TAGS:
            yield f"has a tag that receivers ignore: {quote(name)}", WARNING
        elif pattern is not None and pattern.fullmatch(value) is None:
            consequence = "the policy does not count" if name in _DECIDING else "the tag does not count"
            yield (
                f"has no valid value in {quote(f'{name}={value}')}, so {consequence}",
                (ERROR if name in _DECIDING else WARNING),
            )
        if name in names[:position]:
            yield f"has the tag {quote(name)} more than once", WARNING


@rule("dmarc-report-address", "A DMARC report address can't receive", WARNING)
def dmarc_report_address(zone: Zone) -> Iterator[Problem]:
    """RFC 7489 section 6.2: report addresses are URIs, in practice `mailto:` ones, separated by commas."""
    for owner, texts in _policies(zone):
        for name, value in (tag for text in texts for tag in tags(text) if tag[0] in _REPORT_TAGS):
            wrong = [one for one in value.split(",") if not is_report_address(one.strip())]
            if wrong:
                why = f"{quote(wrong[0].strip())} in `{name}=` is no `mailto:` address, so no report arrives."
                yield Problem(f"{owner} TXT", why, f"Write `{name}=mailto:name@domain`.")


@rule("dmarc-report-unauthorized", "DMARC reports go to a domain that did not agree to take them", WARNING)
def dmarc_report_unauthorized(zone: Zone) -> Iterator[Problem]:
    """RFC 7489 section 7.1: the other domain says so at `<domain>._report._dmarc`. Judged where its zone is at hand."""
    for owner, texts in _policies(zone) if zone.beside else ():
        domain = zone.absolute(owner.removeprefix("_dmarc").removeprefix(".") or "@")[:-1]
        for mailbox in (
            one for text in texts for name, value in tags(text) if name in _REPORT_TAGS for one in value.split(",")
        ):
            other = zone.neighbour(mailbox.partition("@")[2].partition("!")[0].strip().lower())
            permission = f"{domain}._report._dmarc"
            if other is not None and not domain.endswith(f".{other.origin}") and not other.exists(permission):
                why = f"{quote(other.origin)} does not say that it takes reports on {quote(domain)}, so none are sent."
                yield Problem(f"{owner} TXT", why, f"Add `v=DMARC1` as TXT at {quote(other.absolute(permission))}.")


def meant_place(owner: str) -> str:
    """Return the name that a DMARC record at a mistaken one was meant for; nothing for any other name."""
    first, *rest = labels(owner)
    if first == "_dmarc":
        return ".".join(rest) if rest[:1] == [first] else ""
    slipped = first == "@" or (first.strip("-_").isalpha() and is_one_off(first, "_dmarc"))
    return ".".join(("_dmarc", *rest)) if slipped else ""


@rule("dmarc-misplaced", "A DMARC record stands where nobody looks", ERROR, WARNING)
def dmarc_misplaced(zone: Zone) -> Iterator[Problem]:
    """RFC 7489 section 6.1: the record stands at `_dmarc` below the domain.

    Only the usual slips are reported: at the apex, at `dmarc` without the underscore, or at a name a letter away.
    """
    for record, text in zone.texts:
        right = RESEMBLES_DMARC.match(text) and meant_place(record.owner)
        if right and (record.owner == "@" or record.owner not in zone.alias_targets):
            why = f"Receivers look for DMARC at {quote(right)} and never at {quote(record.owner)}."
            taken = zone.at(right, "TXT", "CNAME") or zone.is_pending(right) or zone.is_beyond(right)
            yield Problem(record.subject, why, f"Move the record to {quote(right)}.", WARNING if taken else None)

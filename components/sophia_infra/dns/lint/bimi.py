"""BIMI: the logo that mail programs show beside a sender (draft-brand-indicators-for-message-identification)."""

import re
from collections.abc import Iterator

from sophia_infra.dns.dmarc.record import policy_of
from sophia_infra.dns.lint.fix import fix
from sophia_infra.dns.lint.rule import INFO, WARNING, Problem, rule
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import decode, quote, tags, with_text
from sophia_infra.dns.zone.index import Zone

_LOGO = re.compile(r"(?:https://(?!.*\.(?:png|jpe?g|gif|webp)$).*)?", re.IGNORECASE)
_START = re.compile(r"\s*v\s*=\s*bimi1\s*[;,\s]\s*", re.IGNORECASE)


def _indicators(zone: Zone) -> Iterator[tuple[str, str]]:
    """Yield the owners of logos (`selector._bimi`) with their texts."""
    for owner, texts in zone.texts_by_name.items():
        if "._bimi" in owner:
            yield from ((owner, text) for text in texts)


@rule("bimi-syntax", WARNING)
def bimi_syntax(zone: Zone) -> Iterator[Problem]:
    """Section 4.2: `v=BIMI1` first, and `l=` with the `https:` address of an SVG, or empty to decline."""
    for owner, text in _indicators(zone):
        found = tags(text)
        place = dict(found).get("l")
        if found[:1] != (("v", "BIMI1"),) or place is None or _LOGO.fullmatch(place) is None:
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

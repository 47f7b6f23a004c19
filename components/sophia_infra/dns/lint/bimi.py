"""BIMI: the logo that mail programs show beside a sender (draft-brand-indicators-for-message-identification)."""

import re
from collections.abc import Iterator

from sophia_infra.dns.lint.rule import INFO, WARNING, Problem, rule
from sophia_infra.dns.rr.txt import quote, tags
from sophia_infra.dns.zone.index import Zone

_LOGO = re.compile(r"(?:https://(?!.*\.(?:png|jpe?g|gif|webp)$).*)?", re.IGNORECASE)
_ENFORCED = frozenset({"quarantine", "reject"})


def _indicators(zone: Zone) -> Iterator[tuple[str, str]]:
    """Yield the owners of logos (`selector._bimi`) with their texts."""
    for owner, texts in zone.texts_by_name.items():
        if "._bimi" in owner:
            yield from ((owner, text) for text in texts)


@rule("bimi-syntax", "A BIMI record can't be read", WARNING)
def bimi_syntax(zone: Zone) -> Iterator[Problem]:
    """Section 4.2: `v=BIMI1` first, and `l=` with the `https:` address of an SVG, or empty to decline."""
    for owner, text in _indicators(zone):
        found = tags(text)
        place = dict(found).get("l")
        if found[:1] != (("v", "BIMI1"),) or place is None or _LOGO.fullmatch(place) is None:
            why = f"Mail programs show no logo because of {quote(text)}."
            yield Problem(f"{owner} TXT", why, "Write `v=BIMI1; l=https://...svg`.")


@rule("bimi-without-enforcement", "There is a logo, and DMARC does not protect the sender", INFO)
def bimi_without_enforcement(zone: Zone) -> Iterator[Problem]:
    """Section 7.1: the logo is only shown where DMARC says `quarantine` or `reject`."""
    for owner, _ in _indicators(zone):
        policies = zone.texts_by_name.get(f"_dmarc{owner.partition('._bimi')[2]}", [])
        asked = [dict(tags(text)).get("p", "").lower() for text in policies]
        if asked and not _ENFORCED & set(asked):
            why = "Mail programs show the logo only for domains whose DMARC policy is `quarantine` or `reject`."
            yield Problem(f"{owner} TXT", why, "Raise the DMARC policy when its reports are clean.")

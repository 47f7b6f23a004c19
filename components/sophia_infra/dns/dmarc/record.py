"""What a DMARC record says, what is wrong with one (RFC 7489 section 6.3), and what a change of it breaks."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from sophia_infra.advice.model import Level
from sophia_infra.dns.rr.txt import quote, tags

POLICIES = ("none", "quarantine", "reject")
"""What a domain may ask for, the mildest first."""

_POLICY = re.compile("|".join(POLICIES), re.IGNORECASE)
_ALIGNMENT = re.compile(r"[rs]", re.IGNORECASE)
# Tags of RFC 7489, and those that RFC 9989 has added (np, psd, t). What it removed, older receivers read.
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
"""The forms of all tags but `v` and those for reports."""
REPORT_TAGS = ("rua", "ruf")
UNVERIFIED = "mail of this name can no longer be verified"

_DECIDING = frozenset({"p", "sp"})
_ADDRESS = re.compile(r"mailto:(?!/)[^@\s,;]+@[^@\s,;!]+(![0-9]+[kmgt]?)?", re.IGNORECASE)
_MEANT = re.compile(r"""[\s"'\u2018-\u201f]*v\s*=\s*dmarc""", re.IGNORECASE)


class Policy(NamedTuple):
    """What receivers do with mail that fails: `domain` for the name itself, `below` for names below it, if told apart.

    `is_partial` is for a share of the mail (`pct`), or as a test (`t`).
    """

    domain: str
    below: str | None
    is_partial: bool

    @property
    def demands(self) -> set[str]:
        """What it asks for, for any name."""
        return {self.domain, self.below or self.domain}


def policy_of(text: str) -> Policy | None:
    """Return the policy that receivers apply; None where they see no record, or one that asks for nothing they know.

    A record without a sound `p` or `sp` counts as `p=none` where it names an address for reports (RFC 7489 section
    6.6.3), and otherwise not at all.
    """
    if not is_found(text):
        return None
    values = {name.lower(): value.lower() for name, value in tags(text)}
    domain, below = values.get("p", ""), values.get("sp")
    if domain not in POLICIES or (below is not None and below not in POLICIES):
        return Policy("none", None, is_partial=False) if _has_reports(text) else None
    return Policy(domain, below, values.get("pct", "100") != "100" or values.get("t") == "y")


def with_policy(text: str, policy: str) -> str:
    """Return a DMARC record with another policy, all else of it as it is."""
    parts = [part.strip() for part in text.split(";") if part.strip()]
    return "; ".join(f"p={policy}" if part.partition("=")[0].strip().lower() == "p" else part for part in parts)


def is_found(text: str) -> bool:
    """Whether receivers that look for a DMARC record take this text for one, sound or not."""
    return text.startswith("v") and tags(text)[:1] == (("v", "DMARC1"),)


def is_meant(text: str) -> bool:
    """Whether somebody meant a text as DMARC, whether or not receivers can read it."""
    return _MEANT.match(text) is not None


@lru_cache(maxsize=1024)
def faults(text: str) -> tuple[tuple[str, Level], ...]:
    """Return what is wrong with the text of a DMARC record, a phrase and a level each."""
    return tuple(_faults(text))


def _faults(text: str) -> Iterator[tuple[str, Level]]:
    found = tags(text)
    if not found or found[0] != ("v", "DMARC1") or text[:1].isspace():
        yield f"does not start with exactly `v=DMARC1;`, so receivers overlook {quote(text)}", Level.ERROR
        return
    names = [name for name, _ in found]
    if "p" not in names and _has_reports(text):
        yield "has no `p=` tag, so it counts as `p=none`", Level.WARNING
    elif "p" not in names:
        yield "has no `p=` tag, so it asks for nothing", Level.ERROR
    for position, (name, value) in enumerate(found[1:], start=1):
        pattern = VALUES.get(name)
        if pattern is None and name not in REPORT_TAGS:
            yield f"has a tag that receivers ignore: {quote(name)}", Level.WARNING
        elif pattern is not None and pattern.fullmatch(value) is None:
            consequence = "the policy does not count" if name in _DECIDING else "the tag does not count"
            level = Level.ERROR if name in _DECIDING else Level.WARNING
            yield f"has no valid value in {quote(f'{name}={value}')}, so {consequence}", level
        if name in names[:position]:
            yield f"has the tag {quote(name)} more than once", Level.WARNING


def reports_of(text: str) -> list[tuple[str, list[str]]]:
    """Return where a record has reports sent: `rua` or `ruf` with its addresses as they are written, in order."""
    return [
        (name, [address.strip() for address in value.split(",")]) for name, value in tags(text) if name in REPORT_TAGS
    ]


def _has_reports(text: str) -> bool:
    """Whether a record asks for reports at an address where some can be sent."""
    return any(name == "rua" and any(map(is_report_address, where)) for name, where in reports_of(text))


def is_report_address(text: str) -> bool:
    """Whether reports can be sent there: an address with `mailto:`, and perhaps a limit of size."""
    return _ADDRESS.fullmatch(text) is not None


def broken(old: Iterable[str], new: Iterable[str]) -> str:
    """Return why mail fares otherwise at once by the new texts of a `_dmarc` name; empty where it does not."""
    before, after = (list(filter(None, map(policy_of, texts))) for texts in (old, new))
    if len(before) == 1 and len(after) != 1:  # of more than one, receivers take none (RFC 7489 section 6.6.3)
        return UNVERIFIED
    asked, asks = (set[str]().union(*(policy.demands for policy in policies)) for policies in (before, after))
    is_whole = not any(policy.is_partial for policy in after)
    if is_whole and "reject" in asks and asked <= {"none"}:
        return "mail that fails DMARC is refused at once; ask for reports first, then quarantine"
    if [policy.domain for policy in after] == ["none"] and any(policy.domain != "none" for policy in before):
        return "mail that fails DMARC is delivered again"
    return ""

"""What somebody meant who wrote a DMARC record in a way that receivers don't read."""

import re
from collections.abc import Iterator

from sophia_infra.dns.dmarc.record import POLICIES, REPORT_TAGS, VALUES, is_report_address
from sophia_infra.dns.lint.spelling import QUOTES, is_one_off
from sophia_infra.dns.rr.txt import tag_list, tags

_TAGS = (*VALUES, *REPORT_TAGS)
_START = re.compile(r"\s*v\s*=\s*dmarc\s*1\s*[;,:.]*\s*", re.IGNORECASE)
_BEFORE_TAG = re.compile(rf"(?<![\s,;])[\s,;]+(?=(?:{'|'.join(_TAGS)})\s*=)", re.IGNORECASE)
_COLON = re.compile(r"((?:^|[\s,;])(?:p|sp|np|adkim|aspf|pct)\s*):", re.IGNORECASE)
_BEFORE_ADDRESS = re.compile(r"(?<=[a-z0-9>])[;,\s]+(?=mailto\s*:)", re.IGNORECASE)
_REPORTS = re.compile(r"\b(ru[af]\s*=\s*)([^;]*)")
_ALIGNMENTS = {"strict": "s", "relaxed": "r"}
_DEMANDS = ("p", "sp", "np")


def corrected(text: str, before: str = "none") -> str:
    """Return the text of a DMARC record as it was meant; whether it is sound, the caller finds.

    `before` is the policy that is in force: one that a letter makes it is that.
    """
    plain = text.translate(dict.fromkeys(map(ord, f"\\`{QUOTES}")))
    if _START.match(plain) is None:
        return text
    rest = _COLON.sub(r"\1=", _START.sub("", plain, count=1))
    rest = _BEFORE_TAG.sub("; ", _BEFORE_ADDRESS.sub(",", rest))
    written = tags(text)
    found = [tag for tag in dict.fromkeys(_readable(tags(rest), before)) if tag in written or not _is_strict(*tag)]
    # `p` stands first (RFC 7489 section 6.4), and where nothing is asked, nothing is.
    asked = [tag for tag in found if tag[0] == "p"] or [("p", "none")]
    return report_addresses(tag_list([("v", "DMARC1"), *asked, *(tag for tag in found if tag[0] != "p")]))


def _is_strict(name: str, value: str) -> bool:
    """Whether a tag may have mail refused that is taken without it."""
    return name in {"sp", "np"} or (name in {"adkim", "aspf"} and value.lower() == "s")


def _readable(found: tuple[tuple[str, str], ...], before: str) -> Iterator[tuple[str, str]]:
    """Yield the tags that receivers read, spelled their way.

    Left as they are, for people to see: policies that nobody knows, and addresses under no known tag.
    """
    for written, value in found:
        name = _near(written.lower(), _TAGS)
        meant = _value(name, value, before)
        if name not in VALUES:
            yield from [(name, meant)] if "@" in value else []
        elif name in {"p", "sp"} or VALUES[name].fullmatch(meant):
            yield name, meant


def _value(name: str, value: str, before: str) -> str:
    if name == "p":
        near = _near(value.lower(), POLICIES)
        return near if near in ("none", before) else value
    if name in {"adkim", "aspf"}:
        return _ALIGNMENTS.get(value.lower(), value)
    return {"pct": value.rstrip("% "), "fo": value.replace(",", ":")}.get(name, value)


def asks_for_more(text: str, before: str = "none") -> bool:
    """Whether the text of a DMARC record may ask for more than `none`, for its domain or the names below.

    For the domain it may ask for what was in force `before`.
    """
    allowed = {"p": ("none", before)}
    asked = ((name.lower(), _near(value.lower(), POLICIES)) for name, value in tags(text))
    return any(name in _DEMANDS and value not in allowed.get(name, ("none",)) for name, value in asked)


def _near(word: str, known: tuple[str, ...]) -> str:
    """Return the one known word of three letters and more that this one is a letter away from, or the word itself."""
    near = [right for right in known if len(right) > 2 and is_one_off(word, right)]
    return near[0] if word not in known and len(near) == 1 else word


def report_addresses(text: str, also: tuple[str, ...] = ()) -> str:
    """Return the text of a DMARC or TLS reporting record with its report addresses as receivers read them.

    What is no mailbox is dropped where others are left, but for what starts with one of `also`.
    """
    return _REPORTS.sub(lambda match: match[1] + _addresses(match[2], also), text)


def _addresses(value: str, also: tuple[str, ...]) -> str:
    if all(is_report_address(address.strip()) for address in value.split(",")):
        return value
    known = list[str]()
    for written in re.split(r"[\s,;]+", value):
        mailbox = written.strip("<>").rpartition(":")[2].lstrip("/")
        name, _, domain = mailbox.partition("@")
        is_mailbox = name and "." in domain and "@" not in domain
        known += [written] if written.startswith(also) else [f"mailto:{mailbox}"] if is_mailbox else []
    return ",".join(dict.fromkeys(known)) or value

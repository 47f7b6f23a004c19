"""DMARC records in the wrong place, several of them, or written in a way that receivers don't read.

No edit has mail refused that is taken today, or taken that is refused: where a record does not count as it stands, its
policy is mended if it is `none`; any other is for people to switch on, or to write as it was.
"""

import re
from collections.abc import Iterator

from sophia_infra.dns.lint.caa import is_one_off
from sophia_infra.dns.lint.dmarc import (
    POLICIES,
    VALUES,
    faults,
    is_organization,
    is_report_address,
    meant_as_dmarc,
    meant_place,
)
from sophia_infra.dns.lint.fixes.fix import Change, fix, fix_set
from sophia_infra.dns.lint.fixes.names import is_free
from sophia_infra.dns.lint.fixes.txt import QUOTES
from sophia_infra.dns.lint.rule import ERROR
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import decode, listed, tags, with_text
from sophia_infra.dns.zone.index import Zone

_TAGS = (*VALUES, "rua", "ruf")
_START = re.compile(r"\s*v\s*=\s*dmarc\s*1\s*[;,:.]*\s*", re.IGNORECASE)
_BEFORE_TAG = re.compile(rf"(?<![\s,;])[\s,;]+(?=(?:{'|'.join(_TAGS)})\s*=)", re.IGNORECASE)
_COLON = re.compile(r"((?:^|[\s,;])(?:p|sp|np|adkim|aspf|pct)\s*):", re.IGNORECASE)
_BEFORE_ADDRESS = re.compile(r"(?<=[a-z0-9>])[;,\s]+(?=mailto\s*:)", re.IGNORECASE)
_REPORTS = re.compile(r"\b(ru[af]\s*=\s*)([^;]*)")
_ALIGNMENTS = {"strict": "s", "relaxed": "r"}
_DEMANDS = ("p", "sp", "np")


@fix("dmarc-misplaced")
def move_dmarc(zone: Zone, record: Record) -> Record:
    """Move a DMARC record to `_dmarc`, where that is free and nobody else's policy counts."""
    text, right = decode(record.rdata), meant_place(record.owner)
    counts_for_nobody = right == "_dmarc" and is_organization(zone) and zone.wildcard_over(right) is None
    if not (counts_for_nobody and text.startswith("v=DMARC1") and is_free(zone, right)):
        return record
    return record if asks_for_more(text) else record._replace(owner=right)


def asks_for_more(text: str) -> bool:
    """Whether the text of a DMARC record may ask for more than `none`, for its domain or the names below."""
    return any(name.lower() in _DEMANDS and _near(value.lower(), POLICIES) != "none" for name, value in tags(text))


@fix_set("dmarc-multiple")
def keep_mildest(zone: Zone, owner: str, kind: str) -> Change | None:
    """Keep the one record that receivers read; of several, none of which was applied, one where all ask for nothing."""
    records = [record for record in zone.at(owner, kind) if meant_as_dmarc(decode(record.rdata))]
    sound = [record for record in records if not faults(decode(record.rdata))]
    if not sound:
        return None
    is_applied = sum(_is_found(decode(record.rdata)) for record in records) == 1
    is_open = not is_applied and any(asks_for_more(_corrected(decode(record.rdata))) for record in records)
    return None if is_open else Change(tuple(records), (min(sound, key=_demand),))


def _is_found(text: str) -> bool:
    """Whether receivers that look for a DMARC record take this text for one, sound or not."""
    return text.startswith("v") and tags(text)[:1] == (("v", "DMARC1"),)


def _demand(record: Record) -> tuple[int, bool]:
    values = dict(tags(decode(record.rdata)))
    return POLICIES.index(values["p"].lower()), "rua" not in values


@fix("dmarc-syntax")
def correct_dmarc(zone: Zone, record: Record) -> Record:
    """Write a DMARC record as receivers read it, and drop the tags that they ignore."""
    text = decode(record.rdata)
    is_alone = sum(meant_as_dmarc(decode(one.rdata)) for one in zone.at(record.owner, "TXT")) == 1
    right = _corrected(text) if faults(text) and is_alone else text
    if faults(right):
        return record
    if all(level is not ERROR for _, level in faults(text)):
        return with_text(record, right)
    is_for_itself = record.owner == "_dmarc" and is_organization(zone)
    is_mild = not asks_for_more(right) and (_is_found(text) or is_for_itself)
    return with_text(record, right) if is_mild else record


def _corrected(text: str) -> str:
    plain = text.translate({ord(one): None for one in f"\\`{QUOTES}"})
    if _START.match(plain) is None:
        return text
    rest = _COLON.sub(r"\1=", _START.sub("", plain, count=1))
    rest = _BEFORE_TAG.sub("; ", _BEFORE_ADDRESS.sub(",", rest))
    written = tags(text)
    found = [one for one in dict.fromkeys(_readable(tags(rest))) if one in written or not _is_strict(*one)]
    asked = [one for one in found if one[0] == "p"] or [("p", "none")]
    return report_addresses(listed([("v", "DMARC1"), *asked, *(one for one in found if one[0] != "p")]))


def _is_strict(name: str, value: str) -> bool:
    """Whether a tag may have mail refused that is taken without it."""
    return name in {"sp", "np"} or (name in {"adkim", "aspf"} and value.lower() == "s")


def _readable(found: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    """Yield the tags that receivers read, spelled their way.

    Left as they are, for people to see: policies that nobody knows, and addresses under no known tag.
    """
    for written, value in found:
        name = _near(written.lower(), _TAGS)
        meant = _value(name, value)
        if name not in VALUES:
            yield from [(name, meant)] if "@" in value else []
        elif name in {"p", "sp"} or VALUES[name].fullmatch(meant):
            yield name, meant


def _value(name: str, value: str) -> str:
    if name == "p":
        return "none" if _near(value.lower(), POLICIES) == "none" else value
    if name in {"adkim", "aspf"}:
        return _ALIGNMENTS.get(value.lower(), value)
    return {"pct": value.rstrip("% "), "fo": value.replace(",", ":")}.get(name, value)


def _near(word: str, known: tuple[str, ...]) -> str:
    """Return the one known word of three letters and more that this one is a letter away from, or the word itself."""
    near = [one for one in known if len(one) > 2 and is_one_off(word, one)]
    return near[0] if word not in known and len(near) == 1 else word


@fix("dmarc-report-address")
def correct_report_addresses(zone: Zone, record: Record) -> Record:
    """Write report addresses with `mailto:` and commas between, and drop what is none where others are left."""
    return with_text(record, report_addresses(decode(record.rdata)))


def report_addresses(text: str, also: tuple[str, ...] = ()) -> str:
    """Return the text of a DMARC or TLS reporting record with its report addresses as receivers read them.

    What is no mailbox is dropped where others are left, but for what starts with one of `also`.
    """
    return _REPORTS.sub(lambda match: match[1] + _addresses(match[2], also), text)


def _addresses(value: str, also: tuple[str, ...]) -> str:
    if all(is_report_address(one.strip()) for one in value.split(",")):
        return value
    known = (_address(one, also) for one in re.split(r"[\s,;]+", value))
    return ",".join(dict.fromkeys(filter(None, known))) or value


def _address(written: str, also: tuple[str, ...]) -> str:
    mailbox = written.strip("<>").rpartition(":")[2].lstrip("/")
    name, _, domain = mailbox.partition("@")
    is_mailbox = name and "." in domain and "@" not in domain
    return written if written.startswith(also) else f"mailto:{mailbox}" if is_mailbox else ""

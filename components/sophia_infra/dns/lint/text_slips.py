"""What undoes a slip in a TXT record: each returns the record that belongs in its place, or the same."""

import re

from sophia_infra.dns.lint.dmarc import faults
from sophia_infra.dns.lint.mail import sts_fault
from sophia_infra.dns.lint.sender_policy import unlikely
from sophia_infra.dns.lint.text import decode, encode
from sophia_infra.dns.lint.zone import Zone
from sophia_infra.dns.records import Record
from sophia_infra.dns.spf.record import MECHANISMS, Term, is_policy, parse, term_of

_QUOTES = "\"'\u2018\u2019\u201c\u201d"
_BARE_ADDRESS = re.compile(r"\b(ru[af]\s*=\s*|,\s*)(?=[^@\s:;,]+@[^@\s:;,]+(?:[;,\s]|$))")
_DMARC_START = re.compile(r"""[\s"']*v\s*=\s*dmarc1\s*[;,]?\s*""", re.IGNORECASE)
_STS = re.compile(r"\s*v\s*=\s*stsv1\s*;\s*id\s*=([^;]*);?\s*", re.IGNORECASE)
_SPF_SLIPS = {"ipv4": "ip4", "ipv6": "ip6", "inlcude": "include", "includes": "include", "incude": "include"}


def _with_text(record: Record, text: str) -> Record:
    return record if text == decode(record.rdata) else record._replace(rdata=encode(text))


def _sound(record: Record, text: str) -> Record:
    """Return the record with another SPF text, or as it was where that has a fault still."""
    policy = parse(text)
    return record if not is_policy(text) or policy.faults or unlikely(policy) else _with_text(record, text)


def end_softly(zone: Zone, record: Record) -> Record:
    """Let `~all` end an SPF record that lets everybody send."""
    text = decode(record.rdata)
    softened = re.sub(r"(?<=\s)\+?all(?=\s|$)", "~all", text, flags=re.IGNORECASE)
    return _with_text(record, softened) if is_policy(text) else record


def unwrap_spf(zone: Zone, record: Record) -> Record:
    """Take away what stands around an SPF record, where there is no other."""
    others = any(is_policy(other) for other in zone.texts_by_name.get(record.owner, ()))
    return record if others else _sound(record, decode(record.rdata).strip(f" \t{_QUOTES}"))


def correct_spf(zone: Zone, record: Record) -> Record:
    """Give SPF mechanisms their names, their colon, and no comma, where that is all that is wrong."""
    text = decode(record.rdata)
    return _sound(record, " ".join(map(_corrected, text.split(" ")))) if is_policy(text) else record


def _corrected(word: str) -> str:
    word = word.removesuffix(",")
    name, separator, value = word.partition(":") if ":" in word else word.partition("=")
    name = _SPF_SLIPS.get(name.lower(), name)
    if name.lower() == "ip4" and value.count(":") > 1:
        name = "ip6"
    return f"{name}:{value}" if separator and name.lower() in MECHANISMS else f"{name}{separator}{value}"


def drop_lost_terms(zone: Zone, record: Record) -> Record:
    """Remove the SPF terms that never count."""
    text = decode(record.rdata)
    if not is_policy(text):
        return record
    kept = parse(text).effective
    return _sound(record, " ".join(word for word in text.split(" ") if _counts(term_of(word), kept)))


def _counts(term: Term | None, kept: tuple[Term, ...]) -> bool:
    return term is None or term in kept or (term.is_modifier and term.name != "redirect")


def publish_as_txt(zone: Zone, record: Record) -> Record:
    """Publish SPF as TXT."""
    return record._replace(type="TXT")


def move_dmarc(zone: Zone, record: Record) -> Record:
    """Move a DMARC record to `_dmarc`, where that is free."""
    right = "_dmarc" if record.owner == "@" else "_" + record.owner
    misplaced = decode(record.rdata).startswith("v=DMARC1") and not zone.exists(right)
    return record._replace(owner=right) if misplaced else record


def correct_dmarc(zone: Zone, record: Record) -> Record:
    """Begin a DMARC record as receivers read it, where that is all that is wrong."""
    text = _DMARC_START.sub("v=DMARC1; ", decode(record.rdata), count=1).strip()
    return record if faults(text) else _with_text(record, text)


def add_mailto(zone: Zone, record: Record) -> Record:
    """Write `mailto:` before bare addresses of reports."""
    return _with_text(record, _BARE_ADDRESS.sub(r"\1mailto:", decode(record.rdata)))


def correct_sts(zone: Zone, record: Record) -> Record:
    """Begin an MTA-STS record as senders read it, and keep letters and digits of its id."""
    match = _STS.fullmatch(decode(record.rdata))
    text = f"v=STSv1; id={re.sub('[^A-Za-z0-9]', '', match[1])};" if match else ""
    return record if not match or sts_fault([text]) else _with_text(record, text)


def unquote(zone: Zone, record: Record) -> Record:
    """Take away the quotes around a text."""
    return _with_text(record, decode(record.rdata).strip(_QUOTES))

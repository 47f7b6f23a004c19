"""SPF records that are mangled or misspelled."""

from sophia_infra.dns.lint.fixes.fix import Change, fix
from sophia_infra.dns.lint.fixes.sender_policy_words import corrected
from sophia_infra.dns.lint.sender_policy import everybody, unlikely
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import decode, with_text
from sophia_infra.dns.spf.record import is_policy, parse, term_of
from sophia_infra.dns.zone.index import Zone


def _sound(record: Record, text: str) -> Record:
    """Return the record with another SPF text, or as it was where that has a fault still, or would pass everybody."""
    policy = parse(text)
    is_wrong = not is_policy(text) or policy.faults or unlikely(policy) or everybody(policy)
    return record if is_wrong else with_text(record, text)


@fix("spf-mangled")
def begin_spf(zone: Zone, record: Record) -> Record | Change:
    """Begin an SPF record as receivers read it; one that has no start and goes on from another is joined to it."""
    text = decode(record.rdata)
    others = [other for other in zone.at(record.owner, "TXT") if is_policy(decode(other.rdata))]
    if not others:
        return _sound(record, corrected(text))
    first = decode(others[0].rdata)
    is_rest = len(others) == 1 and "spf1" not in text.lower() and parse(first).first("all") is None
    joined = _sound(others[0], corrected(f"{first} {text}")) if is_rest else others[0]
    return record if joined == others[0] else Change((others[0], record), (joined,))


@fix("spf-syntax", "spf-term-ignored")
def correct_spf(zone: Zone, record: Record) -> Record:
    """Give SPF mechanisms their names, their colon and the blanks between them, where that is all that is wrong."""
    text = decode(record.rdata)
    return _sound(record, corrected(text)) if is_policy(text) else record


@fix("spf-after-all")
def put_all_last(zone: Zone, record: Record) -> Record:
    """Move the first `all` behind the senders that it keeps from counting; what nothing can save is removed."""
    text = decode(record.rdata)
    words = [(word, term_of(word)) for word in text.split()]
    ends = [word for word, term in words if term and term.name == "all"]
    senders = [word for word, term in words if term is None or term.name not in {"all", "redirect"}]
    return _sound(record, " ".join((*senders, *ends[:1]))) if is_policy(text) else record


@fix("spf-type-99")
def publish_as_txt(zone: Zone, record: Record) -> Record:
    """Publish SPF as TXT, unless that would pass everybody."""
    return record if everybody(parse(decode(record.rdata))) else record._replace(type="TXT")

"""SPF records that receivers give up on: several of one name, and terms that lead nowhere.

None of these fixes takes a sender away: who passed before passes after, and only errors become something else.
"""

from collections.abc import Iterator, Sequence

from sophia_infra.dns.lint.fixes.fix import Change, fix, fix_set
from sophia_infra.dns.lint.fixes.spelling import may_mean_another
from sophia_infra.dns.lint.sender_policy import everybody, own, reckon
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import decode, with_text
from sophia_infra.dns.spf.macros import shortened
from sophia_infra.dns.spf.record import LOOKUP_LIMIT, VOID_LIMIT, Policy, Term, is_policy, parse, term_of
from sophia_infra.dns.zone.index import Zone

_MILDEST_LAST = "-~?"
_TEXTS, _ADDRESSES = ("TXT", "CNAME"), ("A", "AAAA", "CNAME")
_KINDS = {"include": _TEXTS, "redirect": _TEXTS, "a": _ADDRESSES, "mx": ("MX", "CNAME"), "exists": ("A", "CNAME")}


@fix_set("spf-multiple")
def merge(zone: Zone, owner: str, kind: str) -> Change | None:
    """Let one record pass whom each of several passes, and judge all others as the mildest of them does."""
    records = [record for record in zone.at(owner, kind) if is_policy(decode(record.rdata))]
    policies = [parse(decode(record.rdata)) for record in records]
    if not all(map(_only_passes, policies)):
        return None
    senders = dict.fromkeys(str(term) for policy in policies for term in policy.effective if term.name != "all")
    mildest = max(map(_end, policies), key=_MILDEST_LAST.index)
    merged = " ".join(("v=spf1", *senders, f"{mildest}all"))
    reckoned = reckon(zone, owner, parse(merged))
    over = reckoned.lookups > LOOKUP_LIMIT or len(reckoned.voids) > VOID_LIMIT
    given_up = over or reckoned.missing or reckoned.loops
    return None if given_up else Change(tuple(records), (with_text(records[0], merged),))


def _only_passes(policy: Policy) -> bool:
    """Whether a record names senders that pass and an end, and nothing whose order or place would matter."""
    senders = [term for term in policy.terms if term.name != "all"]
    plain = all(term.qualifier == "+" and not term.is_modifier for term in senders)
    return plain and _end(policy) in _MILDEST_LAST and not policy.faults


def _end(policy: Policy) -> str:
    end = policy.first("all")
    return end.qualifier if end else "?"


@fix("spf-include-missing", "spf-loop", "spf-too-many-lookups", "spf-void-lookup")
def drop_idle_terms(zone: Zone, record: Record) -> Record | Change:
    """Remove the terms that no sender can match, unless nobody would be left to send, for as long as none can.

    One whose name has some text, or that may stand for another name of the zone, is left to people.
    """
    text = decode(record.rdata)
    policy = parse(text)
    if not is_policy(text) or policy.faults:
        return record
    idle = [term for term in _idle(zone, record.owner, policy) if not _may_be_meant(zone, record.owner, term)]
    words = list(_without(idle, text.split(), is_long=reckon(zone, record.owner, policy).lookups > LOOKUP_LIMIT))
    if any(term.name == "redirect" for term in idle):
        words.append("?all")
    if not _lets_send(parse(" ".join(words))):
        return record
    asked = [subject for term in idle for subject in _asked(zone, record.owner, term)]
    there = tuple(one for subject in dict.fromkeys(asked) for one in zone.at(*subject.split(" ")) if one != record)
    missed = tuple(subject for subject in dict.fromkeys(asked) if not zone.at(*subject.split(" ")))
    return Change((record, *there), (with_text(record, " ".join(words)), *there), missed)


def _may_be_meant(zone: Zone, owner: str, term: Term) -> bool:
    """Whether a term may be for what stands at its name in a form that nobody reads, or for another name."""
    name = zone.relative(f"{shortened(term.domain.lower())}.") if term.domain else None
    if name is None or name == owner:
        return False
    has_text = term.name in {"include", "redirect"} and zone.at(name, "TXT", "SPF", "CNAME")
    return bool(has_text) or may_mean_another(zone, name)


def _asked(zone: Zone, owner: str, term: Term) -> Iterator[str]:
    """Yield the record sets of this zone that decide whether a term finds anything."""
    name = zone.relative(f"{shortened(term.domain.lower())}.") if term.domain else owner
    if name is not None:
        yield from (f"{name} {kind}" for kind in _KINDS[term.name])


def _idle(zone: Zone, owner: str, policy: Policy) -> list[Term]:
    """Return the terms that find nothing, lead to no SPF record, or back to this one.

    Terms without a domain of their own stay for as long as they do no harm: they are often the same in many zones.
    """
    reckoned = reckon(zone, owner, policy)
    is_over = len(reckoned.voids) > VOID_LIMIT or reckoned.lookups > LOOKUP_LIMIT
    voids = [term for term in own(zone, owner, reckoned.voids) if term.domain or is_over]
    here = zone.absolute(owner)[:-1]
    leading = (term for term in policy.effective if term.name in {"include", "redirect"})
    back = [term for term in leading if shortened(term.domain.lower()) == here]
    return [*own(zone, owner, reckoned.missing), *voids, *back]


def _without(idle: Sequence[Term], words: Sequence[str], *, is_long: bool) -> Iterator[str]:
    """Yield the words of a record but for idle terms, and where it is too long, for those that stand there before."""
    known: set[Term] = set()
    for word in words:
        term = term_of(word)
        is_repeated = is_long and term in known
        if term is None or not (term in idle or is_repeated):
            yield word
        if term is not None:
            known.add(term)


def _lets_send(policy: Policy) -> bool:
    """Whether somebody may send, and not everybody, who may not while the record is in error."""
    senders = [term for term in policy.effective if term.name != "all"]
    return not everybody(policy) and any(term.is_modifier or term.qualifier == "+" for term in senders)


@fix("spf-no-all")
def say_neutral(zone: Zone, record: Record) -> Record:
    """End a record with `?all`, which is what a record without an end means (RFC 7208 section 4.7)."""
    text = decode(record.rdata)
    policy = parse(text)
    is_open = is_policy(text) and policy.first("all") is None and policy.first("redirect") is None
    return with_text(record, f"{text.rstrip()} ?all") if is_open else record

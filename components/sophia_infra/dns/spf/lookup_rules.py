"""Rules over what receivers look up for an SPF record, each with the fix that mends its findings.

No fix takes a sender away: who passed before passes after, and only errors become something else.
"""

from collections.abc import Iterator, Sequence

from sophia_infra.dns.lint.rule import ERROR, WARNING, Change, Problem, fix, rule
from sophia_infra.dns.lint.spelling import may_mean_another
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import decode, quote, with_text
from sophia_infra.dns.spf.check import Cost, cost
from sophia_infra.dns.spf.macros import shortened
from sophia_infra.dns.spf.record import LOOKUP_LIMIT, VOID_LIMIT, Policy, Term, everybody, is_policy, parse, term_of
from sophia_infra.dns.spf.rules import cost_of, policies
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.resolver import ZoneResolver

_TEXTS, _ADDRESSES = ("TXT", "CNAME"), ("A", "AAAA", "CNAME")
_RTYPES = {"include": _TEXTS, "redirect": _TEXTS, "a": _ADDRESSES, "mx": ("MX", "CNAME"), "exists": ("A", "CNAME")}


def _costs(zone: Zone) -> list[tuple[str, Cost]]:
    """Return owner and cost of every SPF record that has no fault."""
    resolver = ZoneResolver((zone, *zone.beside))
    sound = ((owner, policy) for owner, policy in zone.shared(policies) if not policy.faults)
    return [(owner, cost(zone.absolute(owner)[:-1], policy, resolver)) for owner, policy in sound]


def _own(zone: Zone, owner: str, terms: Sequence[tuple[str, Term]]) -> list[Term]:
    """Return those terms that stand in the record of one owner."""
    domain = zone.absolute(owner)[:-1]
    return [term for holder, term in terms if holder == domain]


@rule("spf-include-missing", ERROR)
def spf_include_missing(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 sections 5.2 and 6.1: `include` and `redirect` of a name without SPF are permanent errors."""
    for owner, costs in zone.shared(_costs):
        for term in _own(zone, owner, costs.missing):
            why = f"{quote(term.domain)} has no SPF record, so the whole check fails."
            yield Problem(f"{owner} TXT", why, f"Add the SPF record of {quote(term.domain)}, or remove the term.")


@rule("spf-loop", ERROR)
def spf_loop(zone: Zone) -> Iterator[Problem]:
    """A record that comes back to itself exhausts the lookup limit (RFC 7208 section 4.6.4)."""
    for owner, costs in zone.shared(_costs):
        if costs.loops:
            why = "The record comes back to itself by `include` or `redirect`, so every check ends in an error."
            yield Problem(f"{owner} TXT", why, "Remove the term that leads back.")


@rule("spf-too-many-lookups", ERROR)
def spf_too_many_lookups(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 4.6.4, counted in the zones at hand: what other names include comes on top."""
    for owner, costs in zone.shared(_costs):
        crowded = _own(zone, owner, costs.crowded)
        if costs.lookups > LOOKUP_LIMIT and not costs.loops:
            count = costs.lookups
            why = f"A check needs at least {count} lookups, and receivers stop with an error after {LOOKUP_LIMIT}."
            yield Problem(f"{owner} TXT", why, "Replace includes by addresses, or drop senders no longer used.")
        elif crowded:
            term = quote(str(crowded[0]))
            why = f"{term} leads to more than {LOOKUP_LIMIT} MX, and receivers stop there with an error."
            yield Problem(f"{owner} TXT", why, "List the addresses of the servers that send, by `ip4` and `ip6`.")


@rule("spf-void-lookup", WARNING, ERROR)
def spf_void_lookup(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 4.6.4: more than two lookups without an answer are a permanent error.

    Terms without a domain of their own, such as a bare `mx`, are often the same for all of an owner's zones; they are
    reported where they bring a record over the limit.
    """
    for owner, costs in zone.shared(_costs):
        named = [quote(str(term)) for term in _own(zone, owner, costs.voids) if term.domain]
        count = len(costs.voids)
        if named or count > VOID_LIMIT:
            level = ERROR if count > VOID_LIMIT else None
            shown = ", ".join((named or [quote(str(term)) for _, term in costs.voids])[:3])
            why = f"{shown} finds no record, and receivers tolerate {VOID_LIMIT} such lookups."
            yield Problem(f"{owner} TXT", why, "Remove the term, or add the records that it asks for.", level)


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
    words = list(_without(idle, text.split(), is_long=cost_of(zone, record.owner, policy).lookups > LOOKUP_LIMIT))
    # The redirect was the record's end; without one, other servers are judged neutral as well.
    if any(term.name == "redirect" for term in idle):
        words.append("?all")
    left = parse(" ".join(words))
    senders = [term for term in left.effective if term.name != "all" and (term.is_modifier or term.qualifier == "+")]
    # Somebody may send, and not everybody, who may not while the record is in error.
    if everybody(left) or not senders:
        return record
    asked = [subject for term in idle for subject in _asked(zone, record.owner, term)]
    found = (found for subject in dict.fromkeys(asked) for found in zone.at(*subject.split(" ")))
    there = tuple(other for other in found if other != record)
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
        yield from (f"{name} {rtype}" for rtype in _RTYPES[term.name])


def _idle(zone: Zone, owner: str, policy: Policy) -> list[Term]:
    """Return the terms that find nothing, lead to no SPF record, or back to this one.

    Terms without a domain of their own stay for as long as they do no harm: they are often the same in many zones.
    """
    costs = cost_of(zone, owner, policy)
    is_over = len(costs.voids) > VOID_LIMIT or costs.lookups > LOOKUP_LIMIT
    voids = [term for term in _own(zone, owner, costs.voids) if term.domain or is_over]
    here = zone.absolute(owner)[:-1]
    leading = (term for term in policy.effective if term.name in {"include", "redirect"})
    back = [term for term in leading if shortened(term.domain.lower()) == here]
    return [*_own(zone, owner, costs.missing), *voids, *back]


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

"""Rules over SPF records (RFC 7208), as far as the zone, and others given beside it, can tell."""

import re
from collections.abc import Iterator, Sequence

from sophia_infra.dns.lint.addresses import is_usable
from sophia_infra.dns.lint.fix import Change, fix, fix_set
from sophia_infra.dns.lint.rule import ERROR, INFO, WARNING, Problem, rule
from sophia_infra.dns.lint.sender_policy_words import corrected
from sophia_infra.dns.lint.spelling import may_mean_another
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import decode, quote, with_text
from sophia_infra.dns.spf.cost import Cost, cost
from sophia_infra.dns.spf.macros import shortened
from sophia_infra.dns.spf.record import LOOKUP_LIMIT, MECHANISMS, VOID_LIMIT, Policy, Term, is_policy, parse, term_of
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.resolver import ZoneResolver

# What somebody meant as SPF, whether or not it can be read: quotes, blanks or typos at its start included, and what
# begins in some other way and ends as SPF does.
RESEMBLES_SPF = re.compile(
    r"""[\s"'\u2018-\u201f]*(?:in\s+txt[\s"']+)?"""
    r"(?:v\s*=\s*spf(?!\d*[02-9])|(?:(?:v[\s=:\-]{0,5})?spf[12]?[\s;,:]|(?:include|ip[46]):).*[~?\-+]\s?all\b)",
    re.IGNORECASE | re.DOTALL,
)
# The prefix length of the largest private network, fc00::/7.
_PRIVATE_BITS = 7
# What a domain in a term looks like where somebody is to find it; SPF itself takes any visible character, and a top
# label such as `com-all`.
_LIKELY_DOMAIN = re.compile(r"(?:[a-z0-9_*\-]+\.)+(?:[a-z0-9]+|xn--[a-z0-9\-]+)\.?", re.IGNORECASE)
_MILDEST_LAST = "-~?"
_TEXTS, _ADDRESSES = ("TXT", "CNAME"), ("A", "AAAA", "CNAME")
_KINDS = {"include": _TEXTS, "redirect": _TEXTS, "a": _ADDRESSES, "mx": ("MX", "CNAME"), "exists": ("A", "CNAME")}


def _policies(zone: Zone) -> list[tuple[str, Policy]]:
    """Return owner and parsed policy of every SPF record."""
    return zone.shared(_parsed)


def _parsed(zone: Zone) -> list[tuple[str, Policy]]:
    found = [(record.owner, text) for record, text in zone.texts if is_policy(text)]
    policies = {text: parse(text) for text in {text for _, text in found}}
    return [(owner, policies[text]) for owner, text in found]


def _costs(zone: Zone) -> list[tuple[str, Policy, Cost]]:
    """Return owner, policy and cost of every SPF record that has no fault."""
    return zone.shared(_reckoned)


def _reckoned(zone: Zone) -> list[tuple[str, Policy, Cost]]:
    sound = [(owner, policy) for owner, policy in _policies(zone) if not policy.faults]
    return [(owner, policy, reckon(zone, owner, policy)) for owner, policy in sound]


def reckon(zone: Zone, owner: str, policy: Policy) -> Cost:
    """Return what a policy costs to check, as the SPF record of one owner."""
    return cost(zone.absolute(owner)[:-1], policy, zone.shared(_resolver))


def _resolver(zone: Zone) -> ZoneResolver:
    return ZoneResolver((zone, *zone.beside))


def own(zone: Zone, owner: str, terms: Sequence[tuple[str, Term]]) -> list[Term]:
    """Return those terms that stand in the record of one owner."""
    domain = zone.absolute(owner)[:-1]
    return [term for holder, term in terms if holder == domain]


@rule("spf-multiple", "A name has more than one SPF record", ERROR)
def spf_multiple(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 4.5: more than one record is a permanent error."""
    for owner, texts in zone.texts_by_name.items():
        count = len({text for text in texts if is_policy(text)})
        if count > 1:
            why = f"The name has {count} SPF records, and receivers that find more than one use none."
            yield Problem(f"{owner} TXT", why, "Merge them into one record.")


def _sound(record: Record, text: str) -> Record:
    """Return the record with another SPF text, or as it was where that has a fault still, or would pass everybody."""
    policy = parse(text)
    is_wrong = not is_policy(text) or policy.faults or unlikely(policy) or everybody(policy)
    return record if is_wrong else with_text(record, text)


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


@rule("spf-syntax", "An SPF record has a fault", ERROR)
def spf_syntax(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 4.6: a fault anywhere makes receivers answer `permerror`.

    A domain that SPF's syntax allows and nobody can have, such as two terms run together, is a fault as well.
    """
    for owner, policy in _policies(zone):
        faults = [f"{quote(fault.word)} {fault.what}" for fault in policy.faults] or unlikely(policy)
        if faults:
            why = f"Receivers reject the whole SPF record, because {'; '.join(faults[:3])}."
            yield Problem(f"{owner} TXT", why, "Correct the term, or remove it.")


def unlikely(policy: Policy) -> list[str]:
    """Return the terms whose domain SPF's syntax allows and nobody can have."""
    named = [term for term in policy.effective if term.name not in {"ip4", "ip6", "all"} and term.domain]
    wrong = [term for term in named if not term.has_macro and _LIKELY_DOMAIN.fullmatch(term.domain) is None]
    return [f"{quote(str(term))} holds no domain name" for term in wrong]


@rule("spf-term-ignored", "A term of an SPF record has an equals sign for its colon", ERROR)
def spf_term_ignored(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 6: what has an equals sign is a modifier, and receivers pass over those they don't know."""
    for owner, policy in _policies(zone):
        for term in policy.terms:
            if term.is_modifier and term.name in MECHANISMS:
                right = f"{term.name}:{term.value}"
                why = f"Receivers ignore {quote(str(term))}, because of the equals sign."
                yield Problem(f"{owner} TXT", why, f"Write {quote(right)}.")


@fix("spf-syntax", "spf-term-ignored")
def correct_spf(zone: Zone, record: Record) -> Record:
    """Give SPF mechanisms their names, their colon and the blanks between them, where that is all that is wrong."""
    text = decode(record.rdata)
    return _sound(record, corrected(text)) if is_policy(text) else record


@rule("spf-mangled", "A record is meant as SPF and not read as such", ERROR)
def spf_mangled(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 4.5: the record starts with exactly `v=spf1` and a space."""
    for record, text in zone.texts:
        if RESEMBLES_SPF.match(text) and not is_policy(text):
            why = f"An SPF record starts with `v=spf1` and a space; receivers overlook {quote(text)}."
            yield Problem(record.subject, why, "Start it with `v=spf1 `, without blanks or quotes before.")


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


@rule(
    "spf-plus-all",
    "An SPF record lets everybody send",
    ERROR,
    no_edit="which servers send for the domain, only you know",
)
def spf_plus_all(zone: Zone) -> Iterator[Problem]:
    """An `all` that passes, or a network of the whole internet, makes every forged message legitimate."""
    for owner, policy in _policies(zone):
        term = everybody(policy)
        if term is not None:
            shown = quote(f"+{term.name}:{term.value}".rstrip(":"))
            why = f"{shown} declares every server of the world a legitimate sender for this name."
            yield Problem(f"{owner} TXT", why, "End the record with `~all` or `-all`.")


def everybody(policy: Policy) -> Term | None:
    """Return the term that lets everybody send, or None."""
    return next((term for term in policy.effective if _is_everybody(term)), None)


def _is_everybody(term: Term) -> bool:
    whole = term.name == "all" or (term.name in {"ip4", "ip6"} and term.value.endswith("/0")) or 0 in term.prefixes
    return whole and term.qualifier == "+"


@rule(
    "spf-private-only",
    "An SPF record passes private addresses, and nobody else",
    WARNING,
    no_edit="the servers' public addresses, only you know",
)
def spf_private_only(zone: Zone) -> Iterator[Problem]:
    """RFC 1918, RFC 4193: no mail comes from such addresses to others, who see a server's public one."""
    for owner, policy in _policies(zone) if not zone.is_internal else ():
        passing = [term for term in policy.effective if term.qualifier in {"+", ""} and term.name != "all"]
        if passing and not policy.faults and all(_is_private(zone, term) for term in passing):
            shown = ", ".join(quote(str(term)) for term in passing[:3])
            why = f"{shown} passes servers that only their own network can see, so all other mail does not pass."
            yield Problem(f"{owner} TXT", why, "List the public addresses that the servers send from.")


def _is_private(zone: Zone, term: Term) -> bool:
    if term.name not in {"ip4", "ip6"}:
        return False
    address, _, length = term.value.partition("/")
    is_wide = length != "" and int(length) < _PRIVATE_BITS
    return not is_wide and not is_usable(zone, Record("@", 0, "A" if term.name == "ip4" else "AAAA", address))


@rule("spf-no-all", "An SPF record has no end", INFO)
def spf_no_all(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 4.7: without `all` or `redirect`, other servers are judged `neutral`.

    Records at names that begin with an underscore are parts of others, and need no end.
    """
    for owner, policy in _policies(zone):
        open_ended = policy.first("all") is None and policy.first("redirect") is None
        if open_ended and not policy.faults and not owner.startswith("_"):
            why = "Without `all` or `redirect=`, the record says nothing of servers that it does not list."
            yield Problem(f"{owner} TXT", why, "End the record with `~all` or `-all`.")


@fix("spf-no-all")
def say_neutral(zone: Zone, record: Record) -> Record:
    """End a record with `?all`, which is what a record without an end means (RFC 7208 section 4.7)."""
    text = decode(record.rdata)
    policy = parse(text)
    is_open = is_policy(text) and policy.first("all") is None and policy.first("redirect") is None
    return with_text(record, f"{text.rstrip()} ?all") if is_open else record


@rule("spf-after-all", "Terms of an SPF record never count", WARNING)
def spf_after_all(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 sections 5.1 and 6.1: what follows `all` is ignored, and so is `redirect` beside it."""
    for owner, policy in _policies(zone):
        lost = [term for term in policy.terms if term not in policy.effective and _is_sender(term)]
        if lost and not policy.faults:
            names = ", ".join(quote(str(term)) for term in lost[:3])
            why = f"`all` ends the evaluation, so {names} never counts."
            yield Problem(f"{owner} TXT", why, "Move `all` to the end, or remove what can't count.")


def _is_sender(term: Term) -> bool:
    return not term.is_modifier or term.name == "redirect"


@fix("spf-after-all")
def put_all_last(zone: Zone, record: Record) -> Record:
    """Move the first `all` behind the senders that it keeps from counting; what nothing can save is removed."""
    text = decode(record.rdata)
    words = [(word, term_of(word)) for word in text.split()]
    ends = [word for word, term in words if term and term.name == "all"]
    senders = [word for word, term in words if term is None or term.name not in {"all", "redirect"}]
    return _sound(record, " ".join((*senders, *ends[:1]))) if is_policy(text) else record


@rule("spf-ptr", "An SPF record uses `ptr`", WARNING, no_edit="which of the servers send mail, only you know")
def spf_ptr(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 5.5: `ptr` is slow, unreliable, and should not be published."""
    for owner, policy in _policies(zone):
        if any(term.name == "ptr" for term in policy.effective):
            why = "`ptr` costs receivers many lookups, and some large ones skip it or fail."
            yield Problem(f"{owner} TXT", why, "List the servers with `ip4`, `ip6`, `a` or `include`.")


@rule("spf-type-99", "SPF stands in an SPF record, and in no TXT", WARNING)
def spf_type_99(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 3.1: the type SPF (99) is no longer read."""
    for owner in zone.rrsets("SPF"):
        if not any(map(is_policy, zone.texts_by_name.get(owner, ()))):
            why = "Receivers read SPF from TXT only, and the type SPF has been withdrawn."
            yield Problem(f"{owner} SPF", why, "Publish the same text as TXT.")


@fix("spf-type-99")
def publish_as_txt(zone: Zone, record: Record) -> Record:
    """Publish SPF as TXT, unless that would pass everybody."""
    return record if everybody(parse(decode(record.rdata))) else record._replace(type="TXT")


@rule("spf-include-missing", "An SPF record includes a name without SPF", ERROR)
def spf_include_missing(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 sections 5.2 and 6.1: `include` and `redirect` of a name without SPF are permanent errors."""
    for owner, _, reckoned in _costs(zone):
        for term in own(zone, owner, reckoned.missing):
            why = f"{quote(term.domain)} has no SPF record, so the whole check fails."
            yield Problem(f"{owner} TXT", why, f"Add the SPF record of {quote(term.domain)}, or remove the term.")


@rule("spf-loop", "An SPF record includes itself", ERROR)
def spf_loop(zone: Zone) -> Iterator[Problem]:
    """A record that comes back to itself exhausts the lookup limit (RFC 7208 section 4.6.4)."""
    for owner, _, reckoned in _costs(zone):
        if reckoned.loops:
            why = "The record comes back to itself by `include` or `redirect`, so every check ends in an error."
            yield Problem(f"{owner} TXT", why, "Remove the term that leads back.")


@rule("spf-too-many-lookups", "An SPF record needs more than ten lookups", ERROR)
def spf_too_many_lookups(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 4.6.4, counted in the zones at hand: what other names include comes on top."""
    for owner, _, reckoned in _costs(zone):
        crowded = own(zone, owner, reckoned.crowded)
        if reckoned.lookups > LOOKUP_LIMIT and not reckoned.loops:
            count = reckoned.lookups
            why = f"A check needs at least {count} lookups, and receivers stop with an error after {LOOKUP_LIMIT}."
            yield Problem(f"{owner} TXT", why, "Replace includes by addresses, or drop senders no longer used.")
        elif crowded:
            term = quote(str(crowded[0]))
            why = f"{term} leads to more than {LOOKUP_LIMIT} MX, and receivers stop there with an error."
            yield Problem(f"{owner} TXT", why, "List the addresses of the servers that send, by `ip4` and `ip6`.")


@rule("spf-void-lookup", "An SPF record asks for names without an answer", WARNING, ERROR)
def spf_void_lookup(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 4.6.4: more than two lookups without an answer are a permanent error.

    Terms without a domain of their own, such as a bare `mx`, are often the same for all of an owner's zones; they are
    reported where they bring a record over the limit.
    """
    for owner, _, reckoned in _costs(zone):
        named = [quote(str(term)) for term in own(zone, owner, reckoned.voids) if term.domain]
        count = len(reckoned.voids)
        if named or count > VOID_LIMIT:
            level = ERROR if count > VOID_LIMIT else None
            shown = ", ".join((named or [quote(str(term)) for _, term in reckoned.voids])[:3])
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

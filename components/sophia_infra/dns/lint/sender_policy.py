"""Rules over SPF records (RFC 7208), as far as the zone alone can tell."""

import re
from collections.abc import Iterator

from sophia_infra.dns.lint.rule import ERROR, INFO, WARNING, Problem, rule
from sophia_infra.dns.lint.spf import LOOKUP_LIMIT, LOOKUPS, VOID_LIMIT, Policy, Term, is_policy, parse
from sophia_infra.dns.lint.text import decode, quote
from sophia_infra.dns.lint.zone import Zone

# What somebody meant as SPF, whether or not it can be read: quotes, blanks or typos at its start included.
RESEMBLES_SPF = re.compile(r"""[\s"'\u2018-\u201f]*v\s*=\s*spf(?!\d*[02-9])""", re.IGNORECASE)

_ENOUGH = 2 * LOOKUP_LIMIT


def _policies(zone: Zone) -> list[tuple[str, Policy]]:
    """Return owner and parsed policy of every SPF record."""
    return zone.shared(_parsed)


def _parsed(zone: Zone) -> list[tuple[str, Policy]]:
    found = [(record.owner, text) for record, text in zone.texts if is_policy(text)]
    policies = {text: parse(text) for text in {text for _, text in found}}
    return [(owner, policies[text]) for owner, text in found]


def _policy_at(zone: Zone, owner: str) -> Policy | None:
    """Return the SPF record that a name answers with, if it has one."""
    known = zone.shared(_by_name)
    if owner not in known:
        answers = (decode(record.rdata) for record in zone.answers(owner) if record.type == "TXT")
        known[owner] = next((parse(text) for text in answers if is_policy(text)), None)
    return known[owner]


def _by_name(_: Zone) -> dict[str, Policy | None]:
    return {}


@rule("spf-multiple", "A name has more than one SPF record", ERROR)
def spf_multiple(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 4.5: more than one record is a permanent error."""
    for owner, texts in zone.texts_by_name.items():
        count = len({text for text in texts if is_policy(text)})
        if count > 1:
            why = f"The name has {count} SPF records, and receivers that find more than one use none."
            yield Problem(f"{owner} TXT", why, "Merge them into one record.")


@rule("spf-syntax", "An SPF record has a fault", ERROR)
def spf_syntax(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 4.6: a fault anywhere makes receivers answer `permerror`."""
    for owner, policy in _policies(zone):
        if policy.faults:
            why = f"Receivers reject the whole SPF record, because {'; '.join(policy.faults[:3])}."
            yield Problem(f"{owner} TXT", why, "Correct the term, or remove it.")


@rule("spf-mangled", "A record is meant as SPF and not read as such", ERROR)
def spf_mangled(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 4.5: the record starts with exactly `v=spf1` and a space."""
    for record, text in zone.texts:
        if RESEMBLES_SPF.match(text) and not is_policy(text):
            why = f"An SPF record starts with `v=spf1` and a space; receivers overlook {quote(text)}."
            yield Problem(record.subject, why, "Start it with `v=spf1 `, without blanks or quotes before.")


@rule("spf-plus-all", "An SPF record lets everybody send", ERROR)
def spf_plus_all(zone: Zone) -> Iterator[Problem]:
    """An `all` that passes, or a network of the whole internet, makes every forged message legitimate."""
    for owner, policy in _policies(zone):
        term = next((term for term in policy.effective if _is_everybody(term)), None)
        if term is not None:
            shown = quote(f"+{term.name}:{term.value}".rstrip(":"))
            why = f"{shown} declares every server of the world a legitimate sender for this name."
            yield Problem(f"{owner} TXT", why, "End the record with `~all` or `-all`.")


def _is_everybody(term: Term) -> bool:
    whole = term.name == "all" or (term.name in {"ip4", "ip6"} and term.value.endswith("/0")) or 0 in term.prefixes
    return whole and term.qualifier == "+"


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


@rule("spf-after-all", "Terms of an SPF record never count", WARNING)
def spf_after_all(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 sections 5.1 and 6.1: what follows `all` is ignored, and so is `redirect` beside it."""
    for owner, policy in _policies(zone):
        lost = [term for term in policy.terms if term not in policy.effective and _is_sender(term)]
        if lost and not policy.faults:
            names = ", ".join(quote(f"{term.name}:{term.value}") for term in lost[:3])
            why = f"`all` ends the evaluation, so {names} never counts."
            yield Problem(f"{owner} TXT", why, "Move `all` to the end, or remove what can't count.")


def _is_sender(term: Term) -> bool:
    return not term.is_modifier or term.name == "redirect"


@rule("spf-ptr", "An SPF record uses `ptr`", WARNING)
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
        if _policy_at(zone, owner) is None:
            why = "Receivers read SPF from TXT only, and the type SPF has been withdrawn."
            yield Problem(f"{owner} SPF", why, "Publish the same text as TXT.")


@rule("spf-include-missing", "An SPF record includes a name without SPF", ERROR)
def spf_include_missing(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 sections 5.2 and 6.1: `include` and `redirect` of a name without SPF are permanent errors."""
    for owner, policy in _policies(zone):
        for term in policy.effective:
            target = _own_name(zone, term)
            if term.name in {"include", "redirect"} and target is not None and _policy_at(zone, target) is None:
                why = f"{quote(term.domain)} belongs to this zone and has no SPF record, so the whole check fails."
                yield Problem(f"{owner} TXT", why, f"Add the SPF record of {quote(term.domain)}, or remove the term.")


def _own_name(zone: Zone, term: Term) -> str | None:
    """Return the name of this zone whose records a term asks for, or None where they are not known."""
    if term.has_macro or not term.domain:
        return None
    owner = zone.relative(term.domain.lower().rstrip(".") + ".")
    if owner is None or zone.is_beyond(owner) or any(record.type == "CNAME" for record in zone.answers(owner)):
        return None
    return None if any(subject.startswith(f"{owner} ") for subject in zone.pending) else owner


@rule("spf-loop", "An SPF record includes itself", ERROR)
def spf_loop(zone: Zone) -> Iterator[Problem]:
    """A record that comes back to itself exhausts the lookup limit (RFC 7208 section 4.6.4)."""
    for owner, policy in _policies(zone):
        if owner in _reached(zone, policy):
            why = "The record comes back to itself by `include` or `redirect`, so every check ends in an error."
            yield Problem(f"{owner} TXT", why, "Remove the term that leads back.")


def _included(zone: Zone, policy: Policy) -> Iterator[tuple[str, Policy]]:
    """Yield the names of this zone that a record includes or redirects to, with their records."""
    for term in policy.effective:
        name = _own_name(zone, term) if term.name in {"include", "redirect"} else None
        following = _policy_at(zone, name) if name is not None else None
        if name is not None and following is not None:
            yield name, following


def _reached(zone: Zone, policy: Policy) -> set[str]:
    """Return the names of this zone whose SPF records are read along with this one; at most about twenty."""
    reached: set[str] = set()
    waiting = [policy]
    while waiting and len(reached) <= _ENOUGH:
        for name, following in _included(zone, waiting.pop()):
            if name not in reached:
                reached.add(name)
                waiting.append(following)
    return reached


@rule("spf-too-many-lookups", "An SPF record needs more than ten lookups", ERROR)
def spf_too_many_lookups(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 4.6.4, counted in this zone: what names elsewhere include comes on top."""
    for owner, policy in _policies(zone):
        count = _lookups(zone, policy)
        if count > LOOKUP_LIMIT and owner not in _reached(zone, policy):
            why = f"The check needs at least {count} lookups, and receivers stop with an error after {LOOKUP_LIMIT}."
            yield Problem(f"{owner} TXT", why, "Replace includes by addresses, or drop senders no longer used.")


def _lookups(zone: Zone, policy: Policy) -> int:
    """Count lookups, and stop soon after they are too many: includes multiply, and may lead in circles."""
    total, waiting = 0, [policy]
    while waiting and total <= _ENOUGH:
        following = waiting.pop()
        total += sum(term.name in LOOKUPS for term in following.effective)
        waiting += [one for _, one in _included(zone, following)]
    return total


@rule("spf-void-lookup", "An SPF record asks for names without an answer", WARNING, ERROR)
def spf_void_lookup(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 4.6.4: more than two lookups without an answer are a permanent error."""
    for owner, policy in _policies(zone):
        void = [term for term in policy.effective if _is_void(zone, owner, term)]
        named = [quote(f"{term.name}:{term.domain}") for term in void if term.domain]
        if named or len(void) > VOID_LIMIT:
            level = ERROR if len(void) > VOID_LIMIT else None
            why = f"{', '.join(named) or 'A term'} finds no record, and receivers tolerate {VOID_LIMIT} such lookups."
            yield Problem(f"{owner} TXT", why, "Remove the term, or add the records that it asks for.", level)


def _is_void(zone: Zone, owner: str, term: Term) -> bool:
    if term.name not in {"a", "mx"}:
        return False
    name = _own_name(zone, term) if term.domain else owner
    wanted = {"A", "AAAA"} if term.name == "a" else {"MX"}
    return name is not None and not wanted & {record.type for record in zone.answers(name)}

"""What a record costs to check, whoever sends: an upper bound that needs no message (RFC 7208 section 4.6.4)."""

from dataclasses import dataclass

from sophia_infra.dns.spf import macros
from sophia_infra.dns.spf.lookup import LookupFailedError, Resolver
from sophia_infra.dns.spf.record import LOOKUP_LIMIT, LOOKUPS, Policy, Term, is_policy, parse

ENOUGH = 2 * LOOKUP_LIMIT
"""Where counting ends: includes multiply, and may lead in circles."""


@dataclass(slots=True)
class Cost:
    """What a check of a message that no term matches comes to.

    `lookups` counts the terms that ask, and stops soon after `ENOUGH`; `unknown` are those among them whose answer
    depends on the message, or that the resolver can't tell. `loops` says that the record comes back to itself. The
    others are terms at fault, each with the domain whose record it stands in: `voids` find nothing, `missing` lead to
    no SPF record, `crowded` to more than ten MX.
    """

    lookups: int = 0
    unknown: int = 0
    loops: bool = False
    voids: tuple[tuple[str, Term], ...] = ()
    missing: tuple[tuple[str, Term], ...] = ()
    crowded: tuple[tuple[str, Term], ...] = ()


def cost(domain: str, policy: Policy, resolver: Resolver) -> Cost:
    """Return what checking `policy`, the record of `domain`, costs."""
    found = Cost()
    waiting = [(domain, policy)]
    while waiting and found.lookups <= ENOUGH:
        here, following = waiting.pop()
        for term in following.effective:
            if term.name not in LOOKUPS:
                continue
            found.lookups += 1
            led = _look(found, here, term, resolver)
            if led is not None:
                found.loops |= led[0] == domain
                waiting.append(led)
    return found


def _look(found: Cost, domain: str, term: Term, resolver: Resolver) -> tuple[str, Policy] | None:
    """Note what one term comes to; return where an `include` or `redirect` leads, with the record there."""
    if term.has_macro or term.name == "ptr":
        found.unknown += 1
        return None
    target = macros.shortened(term.domain.lower()) or domain
    try:
        if term.name in {"include", "redirect"}:
            return _led(found, domain, term, target, resolver)
        _ask(found, domain, term, target, resolver)
    except LookupFailedError:
        found.unknown += 1
    return None


def _led(found: Cost, domain: str, term: Term, target: str, resolver: Resolver) -> tuple[str, Policy] | None:
    texts = resolver.lookup(target, "TXT") if macros.is_askable(target) else ()
    policy = next((parse(text) for text in texts if is_policy(text)), None)
    if policy is None:
        found.missing += ((domain, term),)
        return None
    return target, policy


def _ask(found: Cost, domain: str, term: Term, target: str, resolver: Resolver) -> None:
    rtypes = {"mx": ("MX",), "exists": ("A",)}.get(term.name, ("A", "AAAA"))
    answers = (resolver.lookup(target, rtype) for rtype in rtypes) if macros.is_askable(target) else iter(())
    answer = next(filter(None, answers), ())
    if not answer:
        found.voids += ((domain, term),)
    elif term.name == "mx" and len(answer) > LOOKUP_LIMIT:
        found.crowded += ((domain, term),)

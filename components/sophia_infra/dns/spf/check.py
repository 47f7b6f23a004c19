"""What checking a message gives (the function check_host() of RFC 7208, section 4), and what it costs."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_network
from typing import NamedTuple

from sophia_infra.dns.spf import macros
from sophia_infra.dns.spf.message import LookupFailedError, Message, Resolver, is_within
from sophia_infra.dns.spf.record import LOOKUP_LIMIT, LOOKUPS, VOID_LIMIT, Policy, Term, is_policy, parse


class Result(StrEnum):
    """What check_host() answers (section 2.6)."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105  # SPF's word for it
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


_BY_QUALIFIER = {"+": Result.PASS, "-": Result.FAIL, "~": Result.SOFTFAIL, "?": Result.NEUTRAL}
_RTYPES = {"include": ("TXT",), "redirect": ("TXT",), "a": ("A", "AAAA"), "mx": ("MX",), "exists": ("A",)}
ENOUGH = 2 * LOOKUP_LIMIT
"""Where counting ends: includes multiply, and may lead in circles."""


class Verdict(NamedTuple):
    """A check's result, why, what it cost, and for `fail` the explanation that the domain's owner gives."""

    result: Result
    why: str
    lookups: int
    voids: int
    explanation: str = ""


def check(message: Message, resolver: Resolver) -> Verdict:
    """Return what a receiver that keeps to RFC 7208 makes of a message. Never raises: faults are results."""
    run = _Run(message, resolver)
    try:
        judged = run.judge(message.mailbox[1])
    except LookupFailedError as error:
        return Verdict(Result.TEMPERROR, str(error), run.lookups, run.voids)
    except _FaultError as fault:
        return Verdict(Result.PERMERROR, str(fault), run.lookups, run.voids)
    explanation = run.explanation(judged) if judged.result is Result.FAIL else ""
    return Verdict(judged.result, judged.why, run.lookups, run.voids, explanation)


class _FaultError(Exception):
    """A permanent error: the check ends here, whatever would have followed."""


class _Judged(NamedTuple):
    """What one record says; `domain` and `policy` are those that decided, behind redirects."""

    result: Result
    why: str
    domain: str
    policy: Policy | None = None


@dataclass(slots=True)
class _Run:
    """One check, and what it has cost so far."""

    message: Message
    resolver: Resolver
    lookups: int = 0
    voids: int = 0

    def judge(self, domain: str) -> _Judged:
        """Return what a domain's record says of the message."""
        text = self._record(domain)
        if text is None:
            return _Judged(Result.NONE, f"{domain} has no SPF record", domain)
        policy = parse(text)
        if policy.faults:
            raise _FaultError(f"{domain}: {policy.faults[0]}")
        for term in policy.effective:
            if term.name in LOOKUPS:
                self.lookups += 1
            if self.lookups > LOOKUP_LIMIT:
                raise _FaultError(f"{domain}: {term} is one lookup over the limit of {LOOKUP_LIMIT}")
            if term.is_modifier:
                return self._follow(domain, term)
            if self._matches(domain, term):
                return _Judged(_BY_QUALIFIER[term.qualifier], f"{domain}: {term}", domain, policy)
        return _Judged(Result.NEUTRAL, f"{domain}: nothing matches", domain, policy)

    def explanation(self, judged: _Judged) -> str:
        """Return what the owner of the domain that decided tells the sender; nothing where that can't be had."""
        term = judged.policy.first("exp") if judged.policy else None
        if term is None:
            return ""
        try:
            texts = self.resolver.lookup(self._target(judged.domain, term), "TXT")
            return macros.explain(texts[0], self._values(judged.domain, texts[0])) if len(texts) == 1 else ""
        except (LookupFailedError, macros.MacroError):
            return ""

    def _record(self, domain: str) -> str | None:
        domain = domain.removesuffix(".")
        if not macros.is_askable(domain) or "." not in domain:
            return None
        found = [text for text in self.resolver.lookup(domain, "TXT") if is_policy(text)]
        if len(found) > 1:
            raise _FaultError(f"{domain} has {len(found)} SPF records")
        return found[0] if found else None

    def _follow(self, domain: str, term: Term) -> _Judged:
        """Return what the record says that a term leads to; there must be one (sections 5.2 and 6.1)."""
        judged = self.judge(self._target(domain, term))
        if judged.result is Result.NONE:
            raise _FaultError(f"{domain}: {term}: {judged.why}")
        return judged

    def _matches(self, domain: str, term: Term) -> bool:
        match term.name:
            case "all":
                return True
            case "ip4" | "ip6":
                return self.message.address in ip_network(term.value, strict=False)
            case "include":
                return self._follow(domain, term).result is Result.PASS
        target = self._target(domain, term)
        match term.name:
            case "a":
                return self._holds(target, term)
            case "mx":
                return self._mails(target, term)
            case "exists":
                return bool(self._ask(target, "A"))
            case _:
                return self._names(target)

    def _mails(self, target: str, term: Term) -> bool:
        hosts = self._ask(target, "MX")
        if len(hosts) > LOOKUP_LIMIT:
            raise _FaultError(f"{target} has {len(hosts)} MX, over the limit of {LOOKUP_LIMIT}")
        return any(self._holds(host, term) for host in hosts if host)

    def _holds(self, host: str, term: Term) -> bool:
        """Whether a host has the client's address, or one in the same network of the term's prefix length."""
        is_v4 = self.message.address.version == 4
        length = term.prefixes[0 if is_v4 else 1]
        suffix = "" if length is None else f"/{length}"
        found = self._ask(host, "A" if is_v4 else "AAAA")
        return any(self.message.address in ip_network(f"{address}{suffix}", strict=False) for address in found)

    def _names(self, target: str) -> bool:
        try:
            names = self._ask(self.message.reverse_name, "PTR")
        except LookupFailedError:
            return False
        return any(is_within(name, target) for name in self.message.validated(names, self.resolver))

    def _ask(self, name: str, rtype: str) -> tuple[str, ...]:
        """Look a name up on behalf of a term; one that finds nothing is a void lookup (section 4.6.4)."""
        found = self.resolver.lookup(name, rtype) if macros.is_askable(name) else ()
        self.voids += not found
        if self.voids > VOID_LIMIT:
            raise _FaultError(f"{name} {rtype} is one void lookup over the limit of {VOID_LIMIT}")
        return found

    def _target(self, domain: str, term: Term) -> str:
        if not term.domain:
            return domain
        return macros.shortened(macros.expand(term.domain, self._values(domain, term.domain)))

    def _values(self, domain: str, text: str) -> dict[str, str]:
        values = self.message.values(domain)
        if "%{p" in text.lower():
            values["p"] = self.message.name(domain, self.resolver)
        return values


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
        for term in (term for term in following.effective if term.name in LOOKUPS):
            found.lookups += 1
            target = macros.shortened(term.domain.lower()) or here
            try:
                answer = _answer(term, target, resolver)
            except LookupFailedError:
                found.unknown += 1
                continue
            if term.name in {"include", "redirect"}:
                led = next(filter(is_policy, answer), None)
                if led is None:
                    found.missing += ((here, term),)
                    continue
                found.loops |= target == domain
                waiting.append((target, parse(led)))
            elif not answer:
                found.voids += ((here, term),)
            elif term.name == "mx" and len(answer) > LOOKUP_LIMIT:
                found.crowded += ((here, term),)
    return found


def _answer(term: Term, target: str, resolver: Resolver) -> tuple[str, ...]:
    """Return what a term finds whoever sends; raise LookupFailedError where the resolver or the message decides."""
    if term.has_macro or term.name == "ptr":
        raise LookupFailedError(f"what {term} asks for depends on the message")
    rtypes = _RTYPES[term.name] if macros.is_askable(target) else ()
    return next(filter(None, (resolver.lookup(target, rtype) for rtype in rtypes)), ())

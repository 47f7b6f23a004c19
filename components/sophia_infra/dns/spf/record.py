"""The syntax of an SPF record (RFC 7208 sections 4.5 to 7 and 12): text in, terms and faults out."""

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NamedTuple

from sophia_infra.dns.rr.txt import quote
from sophia_infra.dns.spf import macros

LOOKUP_LIMIT = 10
"""Terms of one check that may ask the DNS, and hosts of one `mx` or `ptr` (section 4.6.4)."""

VOID_LIMIT = 2
"""Lookups of one check that may find nothing (section 4.6.4)."""

LOOKUPS = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
"""The terms that ask the DNS."""

MECHANISMS = frozenset({"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"})
_NEEDS_DOMAIN = frozenset({"include", "exists", "redirect", "exp"})
_WITH_LENGTHS = frozenset({"a", "mx"})
_TERM = re.compile(r"([+\-?~]?)([a-z][a-z0-9_.\-]*)(?:([:=/])(.*))?", re.IGNORECASE | re.DOTALL)
_LENGTHS = re.compile(r"(?P<domain>.*?)(?:/(?P<v4>0|[1-9]\d?))?(?://(?P<v6>0|[1-9]\d{0,2}))?", re.DOTALL)
# What somebody meant as SPF: quotes, blanks or typos at its start included, and what begins in some other way and ends
# as SPF does.
_MEANT = re.compile(
    r"""[\s"'\u2018-\u201f]*(?:in\s+txt[\s"']+)?"""
    r"(?:v\s*=\s*spf(?!\d*[02-9])|(?:(?:v[\s=:\-]{0,5})?spf[12]?[\s;,:]|(?:include|ip[46]):).*[~?\-+]\s?all\b)",
    re.IGNORECASE | re.DOTALL,
)
# What a domain in a term looks like where somebody is to find it; SPF itself takes any visible character, and a top
# label such as `com-all`.
_LIKELY_DOMAIN = re.compile(r"(?:[a-z0-9_*\-]+\.)+(?:[a-z0-9]+|xn--[a-z0-9\-]+)\.?", re.IGNORECASE)
_MILDEST_LAST = "-~?"


class Term(NamedTuple):
    """A mechanism or modifier: `name` in lower case, `value` as written after its colon or equals sign.

    `domain` is the value without prefix lengths; `prefixes` are the IPv4 and IPv6 lengths, None where absent.
    """

    qualifier: str
    name: str
    value: str
    domain: str
    prefixes: tuple[int | None, int | None]
    is_modifier: bool = False

    @property
    def has_macro(self) -> bool:
        """Whether the domain depends on the message being judged."""
        return "%" in self.domain

    def __str__(self) -> str:
        between = "=" if self.is_modifier else "" if self.value.startswith("/") else ":"
        return f"{self.name}{between}{self.value}" if self.value else self.name


class Fault(NamedTuple):
    """What is wrong with a term: the term as written, and a phrase that goes on from it."""

    word: str
    what: str

    def __str__(self) -> str:
        return f"{self.word} {self.what}"


class Policy(NamedTuple):
    """A parsed SPF record. With any fault, receivers answer `permerror`.

    `effective` are the terms that can count: those up to `all`, and a `redirect` only where there is no `all`.
    """

    terms: tuple[Term, ...]
    faults: tuple[Fault, ...]
    effective: tuple[Term, ...]

    @property
    def lookups(self) -> int:
        """How many terms may ask the DNS, those of included records aside."""
        return sum(term.name in LOOKUPS for term in self.effective)

    @property
    def handed_to(self) -> tuple[str, ...]:
        """The domains whose records count as well, as written; those that depend on the message are left out."""
        asked = [term for term in self.effective if term.name in {"include", "redirect"} and not term.has_macro]
        return tuple(term.domain for term in asked)

    def first(self, name: str) -> Term | None:
        """Return the first term of that name."""
        return next((term for term in self.terms if term.name == name), None)


def is_policy(text: str) -> bool:
    """Whether a TXT record's text is an SPF record of version 1 (section 4.5)."""
    return text[:6].lower() == "v=spf1" and text[6:7] in {"", " "}


def is_meant(text: str) -> bool:
    """Whether somebody meant a text as SPF, whether or not receivers can read it."""
    return _MEANT.match(text) is not None


def everybody(policy: Policy) -> Term | None:
    """Return the term that lets everybody send, or None."""
    for term in policy.effective:
        whole = term.name == "all" or (term.name in {"ip4", "ip6"} and term.value.endswith("/0")) or 0 in term.prefixes
        if whole and term.qualifier == "+":
            return term
    return None


def unlikely(policy: Policy) -> list[str]:
    """Return the terms whose domain SPF's syntax allows and nobody can have."""
    named = [term for term in policy.effective if term.name not in {"ip4", "ip6", "all"} and term.domain]
    wrong = [term for term in named if not term.has_macro and _LIKELY_DOMAIN.fullmatch(term.domain) is None]
    return [f"{quote(str(term))} holds no domain name" for term in wrong]


def with_sender(text: str, sender: str) -> str:
    """Return an SPF record that includes a sender's, last before `all`."""
    terms = [term for term in text.split() if term.lower() != f"include:{sender}"]
    at = next((at for at, each in enumerate(terms) if each.lower().lstrip("+-~?") == "all"), len(terms))
    return " ".join((*terms[:at], f"include:{sender}", *terms[at:]))


def merged(policies: Sequence[Policy]) -> str | None:
    """Return the record that passes whom each of several passes, and judges all others as the mildest of them does.

    None where one of them has a fault, or holds what would count for more or less at another place.
    """
    if not all(map(_only_passes, policies)):
        return None
    senders = dict.fromkeys(str(term) for policy in policies for term in policy.effective if term.name != "all")
    mildest = max(map(_end, policies), key=_MILDEST_LAST.index)
    return " ".join(("v=spf1", *senders, f"{mildest}all"))


def _only_passes(policy: Policy) -> bool:
    """Whether a record names senders that pass and an end, and nothing whose order or place would matter."""
    senders = [term for term in policy.terms if term.name != "all"]
    plain = all(term.qualifier == "+" and not term.is_modifier for term in senders)
    return plain and _end(policy) in _MILDEST_LAST and not policy.faults


def _end(policy: Policy) -> str:
    end = policy.first("all")
    return end.qualifier if end else "?"


@lru_cache(maxsize=1024)
def parse(text: str) -> Policy:
    """Parse the text of an SPF record; never raises, what can't be read is a fault."""
    terms: list[Term] = []
    faults: list[Fault] = []
    for word in filter(None, text[6:].split(" ")):
        term = term_of(word)
        what = "is no SPF term" if term is None else _fault(term, word)
        if what:
            faults.append(Fault(word, what))
        if term is not None:
            terms.append(term)
    for name in ("redirect", "exp"):
        if sum(term.name == name and term.is_modifier for term in terms) > 1:
            faults.append(Fault(f"{name}=", "stands there twice"))
    return Policy(tuple(terms), tuple(faults), _effective(terms))


def _effective(terms: list[Term]) -> tuple[Term, ...]:
    mechanisms = [term for term in terms if not term.is_modifier]
    for position, term in enumerate(mechanisms):
        if term.name == "all":
            return tuple(mechanisms[: position + 1])
    return (*mechanisms, *(term for term in terms if term.name == "redirect" and term.is_modifier))


def term_of(word: str) -> Term | None:
    """Return one word of a record as a term, whether or not its value is sound; None for what is none at all."""
    match = _TERM.fullmatch(word) if word.isascii() else None
    if match is None:
        return None
    qualifier, name, separator, value = match[1], match[2].lower(), match[3] or "", match[4] or ""
    if separator == "=":
        return Term(qualifier, name, value, value, (None, None), is_modifier=True)
    qualifier = qualifier or "+"
    value = value if separator in {"", ":"} else separator + value
    parts = _LENGTHS.fullmatch(value) if name in _WITH_LENGTHS else None
    if parts is None:
        return Term(qualifier, name, value, value, (None, None))
    v4, v6 = (None if digits is None else int(digits) for digits in parts.group("v4", "v6"))
    return Term(qualifier, name, value, parts["domain"], (v4, v6))


def _fault(term: Term, word: str) -> str:
    if term.is_modifier:
        return _modifier_fault(term)
    if term.name not in MECHANISMS:
        return "is no mechanism that SPF knows"
    if term.name in {"ip4", "ip6"}:
        return _address_fault(term)
    if term.name == "all":
        return "takes no value" if ":" in word or "/" in word else ""
    if not term.domain and (":" in word or term.name in _NEEDS_DOMAIN):
        return "lacks its domain"
    fault = _domain_fault(term.domain) if term.domain else ""
    v4, v6 = term.prefixes
    return fault or ("has a prefix length out of range" if (v4 or 0) > 32 or (v6 or 0) > 128 else "")


def _modifier_fault(term: Term) -> str:
    if term.qualifier:
        return f"is a modifier, which takes no {term.qualifier}"
    if term.name in _NEEDS_DOMAIN and term.name not in MECHANISMS:
        return _domain_fault(term.domain) if term.domain else "lacks its domain"
    return "" if macros.is_text(term.value) else "holds a macro that SPF does not know"


def _domain_fault(domain: str) -> str:
    if not macros.is_text(domain):
        return "holds a macro that SPF does not know"
    return "" if macros.is_domain(domain) else "holds no domain name"


def _address_fault(term: Term) -> str:
    address, slash, length = term.value.partition("/")
    version, bits = (IPv4Address, 32) if term.name == "ip4" else (IPv6Address, 128)
    try:
        version(address)
    except AddressValueError:
        return f"holds no IPv{term.name[-1]} address"
    if slash and not (length.isdecimal() and int(length) <= bits and str(int(length)) == length):
        return "has a prefix length out of range"
    return "" if "%" not in address else "holds an address with a scope"

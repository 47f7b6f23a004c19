"""The syntax of an SPF record (RFC 7208 sections 4.5 to 7 and 12): text in, terms and faults out."""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from sophia_infra.dns.lint.text import quote

LOOKUP_LIMIT = 10
VOID_LIMIT = 2
_DOMAIN_LIMIT = 255
# The terms that cost a lookup (section 4.6.4).
LOOKUPS = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})

_MECHANISMS = frozenset({"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"})
_NEEDS_DOMAIN = frozenset({"include", "exists", "redirect", "exp"})
_TERM = re.compile(r"([+\-?~]?)([a-z][a-z0-9_.\-]*)(?:([:=/])(.*))?", re.IGNORECASE | re.DOTALL)
_PREFIXES = re.compile(r"(?P<domain>.*?)(?:/(?P<v4>\d{1,2}))?(?://(?P<v6>\d{1,3}))?", re.DOTALL)
_MACRO = re.compile(r"%(?:\{[slodiphcrtv]\d*r?[.\-+,/_=]*\}|[%_\-])", re.IGNORECASE)
_DOMAIN = re.compile(r"(?:[a-z0-9_*\-]+\.)+(?:[a-z0-9-]*[a-z-][a-z0-9-]*)\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Term:
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


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed SPF record. With any fault, receivers answer `permerror`.

    `effective` are the terms that can count: those up to `all`, and a `redirect` only where there is no `all`.
    """

    terms: tuple[Term, ...]
    faults: tuple[str, ...]
    effective: tuple[Term, ...]

    def first(self, name: str) -> Term | None:
        """Return the first term of that name."""
        return next((term for term in self.terms if term.name == name), None)


def is_policy(text: str) -> bool:
    """Whether a TXT record's text is an SPF record of version 1 (section 4.5)."""
    return text[:6].lower() == "v=spf1" and text[6:7] in {"", " "}


def parse(text: str) -> Policy:
    """Parse the text of an SPF record; never raises, what can't be read is a fault in one phrase."""
    terms: list[Term] = []
    faults: list[str] = []
    for word in filter(None, text[6:].split(" ")):
        term = _term(word)
        fault = f"{quote(word)} is no SPF term" if term is None else _fault(term, word)
        if fault:
            faults.append(fault)
        if term is not None:
            terms.append(term)
    for name in ("redirect", "exp"):
        if sum(term.name == name for term in terms) > 1:
            faults.append(f"`{name}=` stands there twice")
    return Policy(tuple(terms), tuple(faults), _effective(terms))


def _effective(terms: list[Term]) -> tuple[Term, ...]:
    plain = [term for term in terms if term.name not in {"redirect", "exp"}]
    for position, term in enumerate(plain):
        if term.name == "all":
            return tuple(plain[: position + 1])
    return (*plain, *(term for term in terms if term.name == "redirect"))


def _term(word: str) -> Term | None:
    match = _TERM.fullmatch(word)
    if match is None:
        return None
    qualifier, name, separator, value = match[1], match[2].lower(), match[3] or "", match[4] or ""
    if separator == "=" and name not in _MECHANISMS:
        return Term(qualifier, name, value, value, (None, None), is_modifier=True)
    qualifier = qualifier or "+"
    value = value if separator in {"", ":"} else separator + value
    parts = _PREFIXES.fullmatch(value) if name in {"a", "mx"} else None
    if parts is None:
        return Term(qualifier, name, value, value, (None, None))
    return Term(qualifier, name, value, parts["domain"], (_number(parts["v4"]), _number(parts["v6"])))


def _number(digits: str | None) -> int | None:
    return None if digits is None else int(digits)


def _fault(term: Term, word: str) -> str:
    if term.is_modifier:
        return _modifier_fault(term, word)
    if term.name not in _MECHANISMS:
        return f"{quote(word)} is no mechanism that SPF knows"
    if term.value.startswith("="):
        return f"{quote(word)} needs a colon where it has an equals sign"
    if term.name in {"ip4", "ip6"}:
        return _address_fault(term, word)
    if term.name == "all":
        return f"{quote(word)} takes no value" if term.value else ""
    return _domain_fault(term, word) or _length_fault(term, word)


def _modifier_fault(term: Term, word: str) -> str:
    if term.qualifier:
        return f"{quote(word)} is a modifier, which takes no {quote(term.qualifier)}"
    return _domain_fault(term, word) if term.name in {"redirect", "exp"} else ""


def _domain_fault(term: Term, word: str) -> str:
    if not term.domain:
        missing = term.name in _NEEDS_DOMAIN or word.endswith(":")
        return f"{quote(word)} lacks its domain" if missing else ""
    plain = _MACRO.sub("x.x", term.domain)
    if "%" in plain:
        return f"{quote(word)} holds a macro that SPF does not know"
    if len(plain) > _DOMAIN_LIMIT or _DOMAIN.fullmatch(plain) is None:
        return f"{quote(word)} holds no domain name"
    return ""


def _length_fault(term: Term, word: str) -> str:
    v4, v6 = term.prefixes
    too_long = (v4 is not None and v4 > 32) or (v6 is not None and v6 > 128)
    return f"{quote(word)} has a prefix length out of range" if too_long else ""


def _address_fault(term: Term, word: str) -> str:
    address, slash, length = term.value.partition("/")
    bits = 32 if term.name == "ip4" else 128
    try:
        IPv4Address(address) if term.name == "ip4" else IPv6Address(address)
    except AddressValueError:
        return f"{quote(word)} holds no IPv{4 if bits == 32 else 6} address"
    if slash and not (length.isdecimal() and length.isascii() and int(length) <= bits and str(int(length)) == length):
        return f"{quote(word)} has a prefix length out of range"
    return "" if "%" not in address else f"{quote(word)} holds an address with a scope"

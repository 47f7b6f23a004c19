"""CAA records (RFC 8659, RFC 8657): the property that one holds, and whether a set of them lets a CA issue. Pure."""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from sophia_infra.dns.rr.txt import decode

CERTIFYING = frozenset({"issue", "issuewild"})
ISSUING = CERTIFYING | {"issuemail", "issuevmc"}
TAGS = ISSUING | {"iodef", "contactemail", "contactphone"}
CRITICAL = 128
"""The one flag: a CA that does not know the tag must not issue (section 4.1)."""
_DOMAIN_LIMIT = 253
_ISSUER = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)
_PARAMETER = re.compile(r"[a-z0-9][a-z0-9-]*\s*=\s*[\x21-\x3a\x3c-\x7e]*", re.IGNORECASE)


class CaaProperty(NamedTuple):
    """A property; its tag is in lower case."""

    flags: int
    tag: str
    value: str

    @property
    def issuer(self) -> str:
        """The domain of the CA that it permits, in lower case; empty for nobody."""
        return self.value.partition(";")[0].strip().lower()

    @property
    def is_issuer(self) -> bool:
        """Whether its value is one of section 4.2: a domain or none, then parameters. Any other permits nobody."""
        domain, *parameters = (part.strip(" \t") for part in self.value.split(";"))
        if domain and (len(domain) > _DOMAIN_LIMIT or _ISSUER.fullmatch(domain) is None):
            return False
        return all(not part or _PARAMETER.fullmatch(part) for part in parameters)

    def parameter(self, name: str) -> list[str]:
        """Return what it says for a parameter, as often as it says it."""
        pairs = (part.partition("=") for part in self.value.split(";")[1:])
        return [value.strip() for key, _, value in pairs if key.strip().lower() == name]


def property_of(rdata: str) -> CaaProperty:
    """Return the property that canonical RDATA holds."""
    flags, tag, value = rdata.split(" ", 2)
    return CaaProperty(int(flags), tag.lower(), decode(value))


class Order(NamedTuple):
    """Who is to sign: the CA by the domains that it goes by in CAA, how it is shown the name, for which account.

    `method` and `account` are empty while they are not known.
    """

    issuers: frozenset[str]
    method: str = ""
    account: str = ""


class Refusal(NamedTuple):
    """What CAA records do that forbids an order, and what to write; `is_sure` is not set where they may allow it."""

    why: str
    instead: str
    is_sure: bool = True


def deciding_tag(is_wildcard: bool, properties: Iterable[CaaProperty]) -> str:
    """Return the tag that decides: without an `issuewild`, `issue` decides on wildcards too (section 4.3)."""
    return "issuewild" if is_wildcard and any(found.tag == "issuewild" for found in properties) else "issue"


def refusal(properties: Iterable[CaaProperty], order: Order, *, is_wildcard: bool) -> Refusal | None:
    """Return why the records that are relevant for a name forbid an order; None where they let it through."""
    found = list(properties)
    if unknown := [each.tag for each in found if each.flags & CRITICAL and each.tag not in TAGS]:
        return Refusal(f"hold the critical tag {unknown[0]!r}, which no CA knows", "without that record")
    tag = deciding_tag(is_wildcard, found)
    limiting = [each for each in found if each.tag == tag]
    if not limiting:
        return None
    ours = [each for each in limiting if each.is_issuer and each.issuer in order.issuers]
    issuer = min(order.issuers)
    if not ours:
        allowed = sorted({each.issuer for each in limiting if each.is_issuer} - {""})
        return Refusal(f"allow {', '.join(allowed) or 'nobody'}, not {issuer}", f'with `0 {tag} "{issuer}"`')
    refusals = [_bound(each, order, tag) for each in ours]
    return None if None in refusals else min(filter(None, refusals), key=lambda each: each.is_sure)


def _bound(found: CaaProperty, order: Order, tag: str) -> Refusal | None:
    """Return why a record that names the CA is not for this order (RFC 8657 sections 3 and 4)."""
    methods, accounts = found.parameter("validationmethods"), found.parameter("accounturi")
    if len(methods) > 1 or len(accounts) > 1:
        return Refusal("say a parameter twice in one, which permits nobody", "with each parameter once")
    allowed = [method.strip() for method in methods[0].split(",")] if methods else [order.method]
    if order.method and order.method not in allowed:
        told = f"allow {found.issuer} to look by {', '.join(filter(None, allowed)) or 'nothing'}, not {order.method}"
        return Refusal(told, f'with `0 {tag} "{found.issuer}; validationmethods={order.method}"`')
    if accounts and not order.account:
        told = f"allow the account {accounts[0]} alone, and which one is ours is known once it has ordered"
        return Refusal(told, "with our account once it is known", is_sure=False)
    if accounts and accounts[0] != order.account:
        told = f"allow the account {accounts[0]}, not {order.account}"
        return Refusal(told, f'with `0 {tag} "{found.issuer}; accounturi={order.account}"`')
    return None


Look = Callable[[str], Iterable[str]]
"""Returns the CAA records, as canonical RDATA, that a query for a name finds, over aliases; none where none are."""


def relevant(name: str, look: Look) -> tuple[str, list[CaaProperty]]:
    """Return the records that decide on a name, and at which name they were found: the nearest above it (section 3).

    `name` has no `*.` and no final dot. Where there are none the name found is empty.
    """
    while name:
        if found := [property_of(rdata) for rdata in look(name)]:
            return name, found
        name = name.partition(".")[2]
    return "", []

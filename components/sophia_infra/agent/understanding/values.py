"""RDATA and TTLs out of the tokens of a wish, and the operations on records that several topics make."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address

from sophia_infra.agent.operations import LONGEST_TTL, Operation, RemoveRecords, SetRecords, SetTtl
from sophia_infra.agent.understanding.intent import MissingError, Named, Wish
from sophia_infra.agent.understanding.names import well_formed
from sophia_infra.agent.understanding.tokens import Kind
from sophia_infra.dns.rr import txt
from sophia_infra.dns.rr.rrset import RRset

_OF_NAMES = ("CNAME", "DNAME", "NS", "PTR")


def ttl_of(wish: Wish) -> tuple[int | None, list[int]]:
    """Return the TTL that is said, in seconds, and the numbers beside it.

    It is a duration, or the first number after `ttl`; None where none is said.

    Raises:
        MissingError: more than one is said, or one that is too long.
    """
    ttl, others, after = None, list[int](), False
    for token in wish.said:
        if token.kind == Kind.DURATION or (token.kind == Kind.NUMBER and after and ttl is None):
            ttl = token.number if ttl is None and token.number <= LONGEST_TTL else wish.lacks("one TTL")
        elif token.kind == Kind.NUMBER:
            others.append(token.number)
        after = after or token.concept == "ttl"
    return ttl, others


def one_ttl(wish: Wish) -> int:
    """Return the TTL of a wish that is about nothing else. Raises MissingError where none is said, or more than one."""
    ttl, others = ttl_of(wish)
    found = others if ttl is None else [ttl, *others]
    return found[0] if len(found) == 1 else wish.lacks("one TTL, such as 300 or 5 minutes")


def rdata_of(wish: Wish) -> Mapping[str, tuple[str, ...]]:
    """Return the RDATA that is said, by its type.

    Raises:
        MissingError: none is said, or more than is understood, or it does not fit the type.
    """
    said = wish.rtypes
    rtype = said[0] if said else ""
    ttl, numbers = ttl_of(wish)
    values = [bool(found) for found in (wish.every(Kind.ADDRESS), wish.every(Kind.QUOTE), wish.targets)]
    if len(said) > 1 or sum(values) > 1 or (len(wish.targets) > 1 and rtype in ("", "CNAME")):
        wish.lacks("one record type, and one kind of value, at a time")
    if (numbers and rtype != "MX") or (ttl is not None) != wish.says("ttl"):
        wish.lacks("what the number or the time is: a TTL is said as `with ttl 300`")
    if wish.every(Kind.ADDRESS):
        return _addresses(wish, rtype)
    if rtype == "TXT":
        return {rtype: tuple(txt.strings(text.encode()) for text in _quotes(wish, '"text in quotes"'))}
    if rtype == "MX":
        return {rtype: _numbered(wish, numbers)}
    if rtype in _OF_NAMES or (not rtype and wish.targets):
        return {rtype or "CNAME": tuple(f"{name}." for name in named(wish)) or wish.lacks("the name that it points to")}
    if rtype in ("", "A", "AAAA"):
        wish.lacks("an address, such as 192.0.2.1")
    return {rtype: _quotes(wish, f'the RDATA of {rtype} in quotes, such as `0 issue "letsencrypt.org"` of a CAA')}


def _addresses(wish: Wish, rtype: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for address in dict.fromkeys(token.text for token in wish.every(Kind.ADDRESS)):
        type_ = "A" if ip_address(address).version == 4 else "AAAA"
        found[type_] = (*found.get(type_, ()), address)
    if rtype and set(found) != {rtype}:
        raise MissingError(f"an address of {' and '.join(found)} makes no {rtype} record; say one or the other")
    return found


def _quotes(wish: Wish, what: str) -> tuple[str, ...]:
    return tuple(token.text for token in wish.every(Kind.QUOTE) if token.text.isprintable()) or wish.lacks(what)


def _numbered(wish: Wish, preferences: list[int]) -> tuple[str, ...]:
    names = named(wish)
    preferences = preferences or [10] * (len(names) == 1)
    if not names or len(preferences) != len(names):
        wish.lacks("preference and host of each MX, such as 10 mx1.mail.example")
    return tuple(f"{number} {name}." for number, name in zip(preferences, names, strict=True))


def named(wish: Wish) -> list[str]:
    """Return the targets of a wish, each a full domain name. Raises MissingError where one is none."""
    found = [well_formed(target) if "." in target else "" for target in wish.targets]
    if not all(found):
        wish.lacks(f"the full name or the address that {wish.targets[found.index('')]!r} stands for")
    return found


def replaced(wish: Wish, host: Named, values: Mapping[str, tuple[str, ...]], ttl: int | None) -> list[Operation]:
    """Return what makes the sets of a host these: what can't stand beside them goes first (RFC 1034 section 3.6.2)."""
    gone: list[Operation] = []
    if "CNAME" in values and host.owner == "@":
        raise MissingError("a CNAME can't stand at the apex (RFC 1034 section 3.6.2); say an address")
    for rrset in wish.inventory.of(host.zone, host.owner):
        if rrset.rtype not in values and "CNAME" in (rrset.rtype, *values):
            gone.append(RemoveRecords(host.zone, host.owner, rrset.rtype))
    return [*gone, *(SetRecords(host.zone, host.owner, rtype, given, ttl) for rtype, given in values.items())]


def with_ttl(sets: Iterable[RRset], ttl: int) -> tuple[Operation, ...]:
    """Return what gives sets a TTL."""
    return tuple(SetTtl(*each.key, ttl) for each in sets)

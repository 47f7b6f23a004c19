"""The names of a clause, resolved against what stands in the stack."""

import difflib
import re
from collections.abc import Iterator, Sequence
from heapq import nsmallest

from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.understanding.intent import HINTS, Intent, MissingError, Named, Wish
from sophia_infra.agent.understanding.lexicon import Part, listed
from sophia_infra.agent.understanding.tokens import Kind, Token
from sophia_infra.dns.rr.rrset import full_name

_LABEL = r"(?:\*|[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)"
_HOST = re.compile(rf"{_LABEL}(?:\.[a-z0-9_](?:[a-z0-9_-]{{0,61}}[a-z0-9_])?){{0,40}}")
_RUN = re.compile(r"(?=.*\d)[0-9a-f]{4,64}")
_LONGEST_NAME = 253
_MOST_COMPARED = 2000
CLOSEST = 3
WHERE = listed("where")
"""The words after which a zone only says where a name is."""


def well_formed(name: str) -> str:
    """Return a domain name in lower case, as A-labels and without a dot at its end; empty where it is none.

    One that ends in digits is an address with a slip (RFC 3696 section 2).
    """
    if not name.isascii():
        import idna

        try:
            name = idna.encode(name, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            return ""
    name = name.lower().rstrip(".")
    fits = len(name) <= _LONGEST_NAME and _HOST.fullmatch(name) and not name.rpartition(".")[2].isdecimal()
    return name if fits else ""


def stands(inventory: Inventory, text: str, of: str) -> bool:
    """Whether a name is one that stands in the stack, of a kind."""
    try:
        return (found := resolve(inventory, text, of)) is not None and found.stands
    except MissingError:
        return True  # more than one goes by it


def is_known(inventory: Inventory, text: str) -> bool:
    """Whether a name stands in the stack, of any kind."""
    return any(stands(inventory, text, of) for of in HINTS if of not in ("run", "path"))


def resolve(inventory: Inventory, text: str, of: str, zones: Sequence[str] = (), *, new: bool = False) -> Named | None:
    """Return what a name of a kind means; None where it means nothing.

    Args:
        inventory: what stands.
        text: the name in lower case.
        of: the kind.
        zones: the zones that the clause names, for a host without its zone.
        new: whether a host may be one that has no records.

    Raises:
        MissingError: it means several.
    """
    match of:
        case "host":
            return _host(inventory, text, zones, new=new)
        case "zone":
            return Named(of, text, text, "@") if (text := text.rstrip(".")) in inventory.zones else None
        case "run":
            return Named(of, text) if _RUN.fullmatch(text) else None
        case "path":
            return Named(of, text)
    found = inventory.known[of].get(text, ())
    if len(found) > 1:
        raise MissingError(f"say which {of} {text!r} is: {', '.join(found[:CLOSEST])}")
    return Named(of, found[0]) if found else None


def _host(inventory: Inventory, text: str, zones: Sequence[str], *, new: bool) -> Named | None:
    name = text if text == "@" else well_formed(text)
    if not name:
        return None
    if zone := inventory.zone_of(name):
        owner = name.removesuffix(zone).rstrip(".") or "@"
        return _placed(inventory, zone, owner, new=new)
    homes = [zone for zone in inventory.homes.get(name, ()) if not zones or zone in zones]
    if len(homes) > 1:
        raise MissingError(f"say which of {', '.join(f'{name}.{zone}' for zone in homes[:CLOSEST])} is meant")
    if homes:
        return _placed(inventory, homes[0], name, new=new)
    known = list(zones or inventory.zones)
    return _placed(inventory, known[0], name, new=new) if len(known) == 1 and (zones or "." not in name) else None


def _placed(inventory: Inventory, zone: str, owner: str, *, new: bool) -> Named | None:
    there = owner == "@" or (zone, owner) in inventory.sets
    return Named("host", full_name(zone, owner), zone, owner, there) if there or new or inventory.is_assumed else None


def closest(inventory: Inventory, text: str, kinds: Sequence[str]) -> list[str]:
    """Return up to three names that one looks most like."""
    hosts = (*inventory.homes, *inventory.zones) if "host" in kinds else ()
    known = dict.fromkeys((*hosts, *(name for of in kinds for name in inventory.known.get(of, ()))))
    near = nsmallest(_MOST_COMPARED, known, key=lambda name: abs(len(name) - len(text)))
    return difflib.get_close_matches(text[:_LONGEST_NAME], near, CLOSEST, 0.0)


def wish_of(
    stack: Inventory, intent: Intent, tokens: Sequence[Token], *, strict: bool = True
) -> tuple[Wish, list[str]]:
    """Return a clause as a wish of an intent, and the names in it that mean nothing here.

    Unless it is `strict`, a word that nothing shows to be a name is none. Where no zone is named, a stack's only one is
    meant: `move our mail to Google`.

    Raises:
        MissingError: a name means several.
    """
    places = list(_names(stack, intent, tokens))
    zones = _context(stack, intent, tokens, [at for at, target in places if not target])
    names, targets, unknown = list[Named](), list[str](), list[str]()
    for at, target in places:
        text = tokens[at].text
        if target or (text in zones and len(places) > 1):
            targets += [_full(stack, text) or text] if target else []
            continue
        shown = _introduced(intent, tokens, at) or any(letter in text for letter in ".0123456789/:")
        near = zones or [each.zone for each in names if each.zone]
        found = (resolve(stack, text, of, near, new="new" in intent.traits and shown) for of in intent.kinds)
        if named := next((each for each in found if each), None):
            names.append(named)
        elif "others" in intent.traits and "." in text:
            targets.append(text)
        elif strict or shown:
            unknown.append(text)
    is_zone = "needs" in intent.traits and intent.kinds[:1] == ("zone",) and not stack.is_assumed
    if is_zone and len(stack.zones) == 1 and not (names or targets or unknown):
        names = [Named("zone", zone, zone, "@") for zone in stack.zones]
    said = frozenset(at for at, _ in places)
    return Wish(stack, tuple(tokens), tuple(dict.fromkeys(names)), tuple(targets), said), unknown


def _full(inventory: Inventory, text: str) -> str:
    """Return a target as a full name: one of the stack by its label, any other as it is written."""
    try:
        found = resolve(inventory, text, "host")
    except MissingError:
        raise MissingError(f"say the full name of the target {text}") from None
    return found.text if found else well_formed(text) if "." in text else ""


def _names(inventory: Inventory, intent: Intent, tokens: Sequence[Token]) -> Iterator[tuple[int, bool]]:
    """Yield the places of names, and whether each is a target."""
    new = "new" in intent.traits
    places = [at for at in range(len(tokens)) if is_name(inventory, intent.kinds, tokens, at, new=new)]
    given = any(_before(tokens, at) == "to" for at in places)
    leads = new and given and "to" not in intent.to and Kind.RTYPE in intent.takes
    for at in places:
        before = _before(tokens, at)
        value = at > 0 and tokens[at - 1].kind == Kind.NUMBER
        yield at, value or ((before in intent.to or (leads and not before)) and len(places) > 1)


def _before(tokens: Sequence[Token], at: int) -> str:
    """Return the preposition that a name stands after: `to`, `target`, `with`, `of`; empty where there is none."""
    for token in reversed(tokens[:at]):
        if token.part in (Part.TO, Part.OF):
            return token.concept
        if (token.kind == Kind.NAME or token.part == Part.CHANGE) and tokens[at - 1].part != Part.AND:
            return ""
    return ""


def is_name(inventory: Inventory, kinds: Sequence[str], tokens: Sequence[Token], at: int, *, new: bool = False) -> bool:
    """Whether a token is a name: no word of the language, or one where a name stands that is there: `delete old`."""
    token, before = tokens[at], tokens[at - 1] if at else None
    if token.kind != Kind.WORD or before is None or " " in token.text:
        return token.kind == Kind.NAME
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if after and after.concept in _AFTER_WORDS:
        return False  # `the old record`
    called = before.concept in ("record", "name")
    if not (called or before.part in _BEFORE_NAMES or before.concept in kinds):
        return False
    made = new and called and token.part in (Part.READ, Part.CHANGE)
    return made or any(stands(inventory, token.text, of) for of in kinds if of not in ("path", "run"))


_AFTER_WORDS = frozenset(HINTS) | {"record", "name", "address", "server", "target", "key", "value"}
_BEFORE_NAMES = (Part.BENT, Part.CHANGE, Part.READ, Part.ASK, Part.TO, Part.OF, Part.AND)


def _introduced(intent: Intent, tokens: Sequence[Token], at: int) -> bool:
    """Whether the word before a name says that it is one: a verb, a preposition, `record`."""
    before, nouns = tokens[max(at - 1, 0)], ("record", "name", *intent.kinds)
    return at > 0 and (before.part in _BEFORE_NAMES or before.kind == Kind.RTYPE or before.concept in nouns)


def _context(inventory: Inventory, intent: Intent, tokens: Sequence[Token], places: Sequence[int]) -> list[str]:
    """Return the zones that a clause names only to say where: `www in shop.example`, `www of shop.example`."""
    if "host" not in intent.kinds or len(places) < 2:
        return []
    return [
        tokens[at].text
        for at in places
        if tokens[at].text in inventory.zones
        and (tokens[at - 1].text in WHERE or (_before(tokens, at) == "of" and at - 2 in places))
    ]

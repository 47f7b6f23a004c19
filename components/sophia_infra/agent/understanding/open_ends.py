"""What a change leaves open though every word of it is known: a name, a value or a direction that may be meant twice.

`match.foreign` sees that no word is left over. Here it is seen that the words fit together in one way only.
"""

from collections.abc import Iterator
from itertools import chain, pairwise

from sophia_infra.agent.understanding.intent import Intent, Named, Wish, was
from sophia_infra.agent.understanding.lexicon import Part, listed
from sophia_infra.agent.understanding.tokens import MEASURES, Kind, Token

_COMPARES, _KEEPS, _POINTS, _BY, _AT, _NO_VALUES = map(
    listed, ("compares", "keeps", "points-at", "by-how-much", "at-what-time", "no-value")
)
_VALUES = (*MEASURES, Kind.ADDRESS, Kind.QUOTE, Kind.RTYPE)
_SETTINGS = ("settings.set", "environments.set")
_JOINS = (Part.TO, Part.OF)


def open_end(intent: Intent, wish: Wish) -> str:
    """Return what a change leaves open, for people; empty where it is clear."""
    return next(chain(_words(intent, wish), _values(intent, wish), _names(intent, wish)), "")


def _words(intent: Intent, wish: Wish) -> Iterator[str]:
    said, texts = wish.tokens, {token.text for token in wish.tokens}
    for text in texts & (_COMPARES | (_KEEPS if wish.says("key") else frozenset())):
        yield f"{text!r} leaves open what is meant; say its name or its value"
    if said[-1].part in (Part.AND, *_JOINS) and said[-1].text not in ",(":
        yield f"it ends in {said[-1].text!r}; say the rest of it"
    if intent.name == "records.remove":
        yield from _removal(wish, texts)


def _removal(wish: Wish, texts: set[str]) -> Iterator[str]:
    """Yield what is open of what is to go: `remove it from www`, `take www`, `delete mail`."""
    leaves = next((at for at, token in enumerate(wish.tokens) if token.concept == "from"), 0)
    if (wish.says("take") and not leaves) or "aliases" in texts:
        yield "it is not clear what is to go; say `delete`, and each name"
    given = wish.every(Kind.ADDRESS) or (wish.rtypes and not texts & _POINTS)
    if leaves and not given and min(wish.places, default=0) > leaves:
        yield "say what is to go from there: an address, a record type, or the name itself"
    called = wish.rtypes or wish.says("record") or wish.says("name")
    if not called and any(wish.tokens[at].concept == "mail" for at in wish.places):
        yield "say the full name of `mail`, or what is to become of mail"


def _values(intent: Intent, wish: Wish) -> Iterator[str]:
    """Yield what is open of values: `lower it by 300`, `to 300 to 600`, `scale it at noon`."""
    for at, (before, token) in enumerate(pairwise(wish.tokens), 1):
        if token.kind in MEASURES and before.text in _BY and (wish.says("lower") or wish.says("raise")):
            yield "say what it is to be in the end, as `to 300`: not by how much, and not for how long"
        misplaced = before.part == Part.TO if was(wish.tokens, at) else before.concept == "from"
        if "turns" in intent.traits and token.kind in (*_VALUES, Kind.PROVIDER) and misplaced:
            yield "say it as `from` what was `to` what is to be"
        if intent.name in _SETTINGS and at in wish.places and (before.text in _AT or token.text in _NO_VALUES):
            yield f"{token.text!r} may be no value; say it after `to`, as a number or in quotes"
    several = [kind for kind in (*_VALUES, Kind.DATE) if len(wish.every(kind)) > 1]
    if Kind.DATE in several or (several and len(wish.names) > 1):
        yield "it is not clear which value is for which name; say it for one name at a time"
    yield from _addresses(wish)


def _addresses(wish: Wish) -> Iterator[str]:
    """Yield what is open of addresses that stand apart: `replace 192.0.2.11 on www with 192.0.2.5`."""
    places = (at for at, token in enumerate(wish.tokens) if token in wish.every(Kind.ADDRESS))
    for one, other in pairwise(places):
        if any(token.part in _JOINS or token.kind == Kind.NAME for token in wish.tokens[one + 1 : other]):
            yield "it is not clear what each address is for; say `from 192.0.2.1 to 192.0.2.2`, or them side by side"


def _names(intent: Intent, wish: Wish) -> Iterator[str]:
    """Yield what is open of names: `delete blog of www`, `delete www (www2)`, `delete www.shop.example in park`."""
    seen, target = set[str](), False
    for at in sorted(wish.places):
        token, named = wish.tokens[at], _named(wish, wish.tokens[at])
        said = [each for each in wish.tokens[:at] if each.part not in (Part.FILL, Part.NOUN)]
        lead = [each for each in said if each.kind != Kind.RTYPE][-2:]
        if named is None and token.text in wish.inventory.zones and "host" in intent.kinds:
            listed_too = at == min(wish.places) and wish.tokens[at + 1].part == Part.AND
            aside = target and not any(
                each.endswith(token.text) for each in wish.targets
            )  # `www to blog in park.example`
            if listed_too or aside or token.text not in [each.zone for each in wish.names]:
                yield f"{token.text} is the zone of none of these names"
        target = named is None
        if named is None or not lead:
            continue
        joined = lead[-1].text == "(" or (lead[-1].part in _JOINS and lead[0].part != Part.AND)
        if joined and named.of in seen and intent.name != "records.rename":
            yield "it is not clear whether both names are meant; say `and` between them, or one at a time"
        seen.add(named.of)


def _named(wish: Wish, token: Token) -> Named | None:
    """Return what a token names, of what the wish is about; None for a target, and for a zone that says where."""
    text = f"{token.text.rstrip('.')}."
    fits = (each for each in wish.names if f"{each.text}.".startswith(text))
    return None if any(f"{target}.".startswith(text) for target in wish.targets) else next(fits, None)

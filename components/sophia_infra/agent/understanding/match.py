"""Which intent a clause has: the phrase of which most is there."""

from collections.abc import Iterable, Sequence

from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.understanding.intent import HINTS, Intent, Wish, was
from sophia_infra.agent.understanding.lexicon import FREE, WORDS, Part, words
from sophia_infra.agent.understanding.names import is_known, is_name, stands
from sophia_infra.agent.understanding.tokens import Kind, Token

_CONCEPT, _NAME, _ANY = 4, 3, 1


def marks(inventory: Inventory, tokens: Sequence[Token]) -> set[str]:
    """Return what is there in a clause: the concepts of its words, its kinds of tokens, and what its names are of."""
    found = {token.concept for token in tokens if token.concept not in ("", "-")}
    found |= {f"#{token.kind}" for token in tokens if token.kind != Kind.WORD}
    found |= {f"*{token.part}" for token in tokens if token.part in (Part.CHANGE, Part.BENT)}
    for of in HINTS:
        places = (at for at in range(len(tokens)) if is_name(inventory, (of,), tokens, at))
        found |= {f"@{of}" for at in places if stands(inventory, tokens[at].text, of)}
    return found | ({"*plain"} if _is_plain_question(inventory, tokens) else set())


def score(intent: Intent, found: set[str]) -> int:
    """Return how much the best phrase of an intent says of which all is there; 0 where none is."""
    there = (phrase for phrase in intent.phrases if found.issuperset(phrase))
    named = any(f"@{of}" in found for of in intent.kinds)
    return max((sum(map(_weight, phrase)) + _NAME * (named and not _names(phrase)) for phrase in there), default=0)


def _is_plain_question(inventory: Inventory, tokens: Sequence[Token]) -> bool:
    """Whether a clause asks for what it names: `the expiry of web`, but not `www`, `I deleted www` or `my token is x`.

    What is understood is kept, and a name that does not stand, a number or a quote may be a secret.
    """
    said = [token.part for token in tokens if token.part != Part.FILL]
    asks = len(said) > 1 and said[0] in (Part.NOUN, Part.READ, Part.ASK) and not set(said).intersection(_STEERING)
    open_ones = (token for token in tokens if token.kind in _OPEN)
    return asks and all(each.kind == Kind.NAME and is_known(inventory, each.text) for each in open_ones)


_OPEN = (Kind.NAME, Kind.NUMBER, Kind.QUOTE)
_STEERING = (Part.CHANGE, Part.BENT, Part.NOT, Part.IF, Part.SUBJECT, Part.MODAL)


def _weight(element: str) -> int:
    return _NAME if element[0] in "@#" else _ANY if element[0] == "*" else _CONCEPT


def _names(phrase: Sequence[str]) -> bool:
    return any(element[0] == "@" for element in phrase)


def best(intents: Iterable[Intent], found: set[str]) -> list[Intent]:
    """Return the intents of which a phrase is there, the best first."""
    scored = [(score(intent, found), intent) for intent in intents]
    return [intent for points, intent in sorted(scored, key=lambda each: -each[0]) if points]


def foreign(intent: Intent, wish: Wish) -> list[str]:
    """Return what a clause says beside what a change may say: it is not understood whole, and so not carried out."""
    turns = {preposition for preposition, verb in WORDS["turns"] if verb == intent.name or wish.says(verb)}
    return [
        token.text
        for at, token in enumerate(wish.tokens)
        if not (
            at in wish.places
            or (token.concept == "from" and was(wish.tokens, at + 1))
            or (token.part in FREE and token.concept not in turns)
            or (token.kind in intent.takes and ("turns" in intent.traits or not was(wish.tokens, at)))
            or (_is_plain(token) and token.concept in intent.concepts)
        )
    ]


def _is_plain(token: Token) -> bool:
    """Whether it is a verb of change, or a noun without a slip, which may be a word of its own: `demain`, `domain`."""
    return token.part == Part.CHANGE or (token.part == Part.NOUN and token.text in words())

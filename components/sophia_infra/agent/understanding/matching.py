"""Which intent a clause has: the phrase of which most is there."""

from collections.abc import Iterable, Sequence

from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.understanding.intent import Intent
from sophia_infra.agent.understanding.lexicon import Part
from sophia_infra.agent.understanding.names import is_name, stands
from sophia_infra.agent.understanding.tokens import Kind, Token

_FREE = (Part.FILL, Part.PLEASE, Part.TO, Part.OF, Part.AND, Part.WANT)
_CONCEPT, _NAME, _ANY = 4, 3, 1


class Marks:
    """What is there in a clause: the concepts of its words, its kinds of tokens, and what its names are of."""

    def __init__(self, inventory: Inventory, tokens: Sequence[Token]) -> None:
        self.inventory, self.tokens = inventory, tokens
        self.found = {token.concept for token in tokens if token.concept not in ("", "-")}
        self.found |= {f"#{token.kind}" for token in tokens if token.kind != Kind.WORD}
        self.found |= {"*change"} if any(token.part == Part.CHANGE for token in tokens) else set()
        self.found |= {"*bent"} if any(token.part == Part.BENT for token in tokens) else set()
        self._of: dict[str, bool] = {}

    def has(self, element: str) -> bool:
        """Whether an element of a phrase is there."""
        if not element.startswith("@"):
            return element in self.found
        if element not in self._of:
            of = element[1:]
            places = (at for at in range(len(self.tokens)) if is_name(self.inventory, (of,), self.tokens, at))
            self._of[element] = any(stands(self.inventory, self.tokens[at].text, of) for at in places)
        return self._of[element]

    def score(self, phrase: str) -> int:
        """Return how much a phrase says of which all is there; 0 where something is not."""
        elements = phrase.split()
        if not all(map(self.has, elements)):
            return 0
        return sum(_NAME if each[0] in "@#" else _ANY if each[0] == "*" else _CONCEPT for each in elements)


def best(intents: Iterable[Intent], marks: Marks) -> list[Intent]:
    """Return the intents of which a phrase is there, the best first."""
    scored = [(max(map(marks.score, intent.phrases)), intent) for intent in intents]
    return [intent for score, intent in sorted(scored, key=lambda each: -each[0]) if score]


def foreign(intent: Intent, tokens: Iterable[Token], used: Iterable[str]) -> list[str]:
    """Return what a clause says beside what a change may say: it is not understood whole, and so not carried out."""
    names = set(used)
    return [
        token.text
        for token in tokens
        if not (
            token.part in _FREE
            or token.text in names
            or token.kind == Kind.NAME
            or (token.kind in intent.takes)
            or (token.word and token.part in (Part.CHANGE, Part.NOUN) and token.concept in intent.concepts)
        )
    ]

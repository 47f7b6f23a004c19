"""What is never done, however it is asked for: each with the limit that stands against it."""

from collections.abc import Sequence
from itertools import pairwise

from sophia_infra.agent.understanding.lexicon import Part, sections
from sophia_infra.agent.understanding.mood import Clause
from sophia_infra.agent.understanding.tokens import Kind, Token
from sophia_infra.settings import OF_PEOPLE

_ALL, _BOUNDS = (line for line, _ in sections("words", "refusals")["why"])
_ENDING, _MOVING, _WHOLE, _OF_MAIL = (set(said.split()) for _, said in sections("words", "refusals")["what"])
_RECORDED, _ANY = {"journal", "log", "history"}, {"*", "*.*", "/"}


def refusal(clause: Clause) -> str:
    """Return why a clause is never carried out; empty where nothing stands against it. A question is answered."""
    tokens = [token for token in clause.tokens if token.part != Part.FILL]
    if not clause.tokens or clause.tokens[0].part in (Part.ASK, Part.READ):
        return ""
    verbs = {token.concept for token in tokens if token.part == Part.CHANGE}
    said = {token.concept for token in tokens if token.part == Part.NOUN}
    words = {token.text for token in tokens}
    own = ("limits" in said and not said & _OF_MAIL) or _bounds(tokens)
    if (verbs & _MOVING and own) or (verbs & {"disable", "delete", "stop"} and words & _RECORDED):
        return _BOUNDS
    whole = any(one.concept == "delete" and other.concept == "zone" for one, other in pairwise(tokens))
    every = "all" in said and said & _WHOLE and "ttl" not in said
    return _ALL if verbs & _ENDING and (whole or every or "everything" in said or words & _ANY) else ""


def _bounds(tokens: Sequence[Token]) -> bool:
    """Whether a setting that bounds the agent is named: as a key, or in an environment that sets it."""
    said = [token.raw.lower() for token in tokens if token.kind in (Kind.NAME, Kind.QUOTE)]
    bounds = [f"sophia:{name}".lower() for name in OF_PEOPLE]
    return any(text.startswith("max_") or any(bound in text for bound in bounds) for text in said)

"""What is never done, however it is asked for: each with the limit that stands against it."""

from collections.abc import Sequence

from sophia_infra.agent.understanding.lexicon import Part
from sophia_infra.agent.understanding.mood import Clause
from sophia_infra.agent.understanding.tokens import Kind, Token
from sophia_infra.settings import OF_PEOPLE

_ALL = "the limits max_deletes and max_delete_share stand against it (docs/limits.md); name what is to go"
_BOUNDS = (
    "the agent moves none of its own limits, approvals and checks; a person does, with pulumi config set sophia:..."
)
_ENDING = "delete disable retire take revoke rename drain park set point restore"
_MOVING = "disable delete raise lower set make add stop switch take allow put move"
_WHOLE = "record name zone certificate secret pool target environment address server setting"

_OF_MAIL = ("dmarc", "spf", "dkim")
"""What has policies of its own."""


def refusal(clause: Clause) -> str:
    """Return why a clause is never carried out; empty where nothing stands against it. A question is answered."""
    tokens = clause.tokens
    if not tokens or tokens[0].part in (Part.ASK, Part.READ):
        return ""
    verbs = {token.concept for token in tokens if token.part == Part.CHANGE}
    said = {token.concept for token in tokens if token.part == Part.NOUN}
    own = "limits" in said and not said.intersection(_OF_MAIL)
    if verbs.intersection(_MOVING.split()) and (own or _bounds(tokens)):
        return _BOUNDS
    if verbs.intersection(("disable", "delete", "stop")) and any(
        t.text in ("journal", "log", "history") for t in tokens
    ):
        return _BOUNDS
    if verbs.intersection(_ENDING.split()):
        everything = "everything" in said or any(token.text in ("*", "*.*", "/") for token in tokens)
        if everything or ("all" in said and said.intersection(_WHOLE.split()) and "ttl" not in said):
            return _ALL
        if "delete" in verbs and _zone(tokens):
            return _ALL
    return ""


def _bounds(tokens: Sequence[Token]) -> bool:
    """Whether a setting that bounds the agent is named: as a key, or in an environment that sets it."""
    said = [token.raw.lower() for token in tokens if token.kind in (Kind.NAME, Kind.QUOTE)]
    bounds = [f"sophia:{name}".lower() for name in OF_PEOPLE]
    return any(text.startswith("max_") or any(bound in text for bound in bounds) for text in said)


def _zone(tokens: Sequence[Token]) -> bool:
    """Whether it is the zone itself that goes: `delete the zone shop.example`."""
    verb = next(at for at, token in enumerate(tokens) if token.concept == "delete")
    after = [token for token in tokens[verb + 1 :] if token.part != Part.FILL]
    return bool(after) and after[0].concept == "zone"

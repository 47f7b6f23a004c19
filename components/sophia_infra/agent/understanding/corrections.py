"""`no, www2`: what was understood last, with one thing of it said anew."""

from collections.abc import Sequence

from sophia_infra.agent.understanding.lexicon import Part
from sophia_infra.agent.understanding.mood import Clause
from sophia_infra.agent.understanding.tokens import Kind, Token

_BEGIN = ("no", "nein", "non", "not")
_BEFORE = ("-", "and", "hello", "wait", "ok")
_AS_WELL = ("and", "und", "et", "what about", "how about")
_VERBS = (Part.CHANGE, Part.READ, Part.BENT, Part.ASK)
_SAID = frozenset(Kind) - {Kind.WORD, Kind.END}
_TIMES = (Kind.NUMBER, Kind.DURATION)


def _after(tokens: Sequence[Token]) -> Sequence[Token]:
    """Return what follows `no`, or `wait, I meant`; all of it where nothing is corrected."""
    at = next((at for at, token in enumerate(tokens) if token.concept not in _BEFORE), len(tokens))
    begins = at < len(tokens) and (tokens[at].text in _BEGIN or tokens[at].concept == "mean")
    return tokens[at + 1 :] if begins else tokens


def is_correction(tokens: Sequence[Token], after_question: bool) -> bool:
    """Whether a text only puts something else in place of what was said: it begins so, and has no verb.

    After a question `and www2?` does so as well.
    """
    begins = len(_after(tokens)) < len(tokens) or (after_question and bool(tokens) and tokens[0].text in _AS_WELL)
    return begins and not any(token.part in _VERBS for token in tokens[1:])


def said_anew(tokens: Sequence[Token]) -> Sequence[Token]:
    """Return the tokens after `no,` or `I mean` where a whole sentence follows."""
    after = _after(tokens)
    before = tokens[: len(tokens) - len(after)]
    if after[:1] and after[0].text == ",":
        return after[1:]
    return after if before and before[-1].concept == "mean" else tokens


def corrected(tokens: Sequence[Token], heard: Sequence[Clause | None]) -> list[Clause]:
    """Return the clauses as corrected; none where it is not clear what is to be put in whose place."""
    said = [token for token in _wanted(tokens) if token.kind in _SAID]
    known = [clause for clause in heard if clause]
    for new in said:
        places = [
            (index, at)
            for index, clause in enumerate(known)
            for at, token in enumerate(clause.tokens)
            if token.kind == new.kind or {token.kind, new.kind} == set(_TIMES)
        ]
        if len(places) != 1:
            return []
        index, at = places[0]
        clause = known[index]
        known[index] = clause._replace(tokens=(*clause.tokens[:at], new, *clause.tokens[at + 1 :]))
    return known if said else []


def _wanted(tokens: Sequence[Token]) -> Sequence[Token]:
    """Return what is wanted of `not www but www2`, and of `www2 instead of www`."""
    words = [token.text for token in tokens]
    if "instead of" in words:
        return tokens[: words.index("instead of")]
    for but in ("but", "sondern", "mais"):
        if but in words:
            return tokens[words.index(but) :]
    return tokens

"""Whether a clause is an order, and which verb it gives: everything else only asks or tells."""

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum, auto
from typing import NamedTuple

from sophia_infra.agent.understanding.lexicon import Part, Word
from sophia_infra.agent.understanding.tokens import Kind, Token
from sophia_infra.agent.understanding.vocabulary import VERB_LAST

_LEAD = (Part.FILL, Part.PLEASE, Part.AND, Part.WANT)
_NEVER_IN_ORDERS = (Part.ASK, Part.MODAL, Part.SUBJECT, Part.NOT, Part.IF, Part.BENT)


class Mood(Enum):
    """ORDER has something done. DOUBT has a verb of change, but asks, denies or puts a condition. ASK is the rest."""

    ORDER = auto()
    DOUBT = auto()
    ASK = auto()


class Clause(NamedTuple):
    """A clause: its tokens without politeness, its mood, and why that is no order; empty where none was near."""

    tokens: tuple[Token, ...]
    mood: Mood
    doubt: str = ""


def clauses(tokens: Sequence[Token]) -> list[Clause]:
    """Return the clauses of a text; those that say nothing, such as a greeting, are left out."""
    found: list[list[Token]] = [[]]
    for at, token in enumerate(tokens):
        if token.kind == Kind.END:
            found[-1].append(token)
            found.append([])
        elif token.part == Part.AND and _begins(tokens[at + 1 :]):
            found.append([])
        else:
            found[-1].append(token)
    return [
        _clause(each) for each in found if any(token.kind != Kind.END and token.part not in _LEAD for token in each)
    ]


def _begins(rest: Sequence[Token]) -> bool:
    """Whether a clause of its own begins: with a verb or a question."""
    first = next((token for token in rest if token.part not in _LEAD), None)
    return first is not None and first.part in (Part.CHANGE, Part.READ, Part.ASK, Part.MODAL)


def _clause(given: Sequence[Token]) -> Clause:
    asks = any(token.asks for token in given)
    body = [token for token in given if token.kind != Kind.END]
    please = any(token.part == Part.PLEASE for token in body)
    lead = next((at for at, token in enumerate(body) if token.part not in _LEAD), 0)
    wants = any(token.part == Part.WANT for token in body[:lead])
    rest = _trimmed(body[lead:])
    if rest and rest[0].part == Part.MODAL and rest[0].concept == "you":
        rest = _trimmed(rest[1:])
        if not please and rest and rest[0].part != Part.READ:
            told = "a question is no order; say it without `can you`, or with `please`"
            return Clause(rest, Mood.DOUBT if _verb(rest) else Mood.ASK, told)
        asks = asks and not please
    if not rest:
        return Clause(rest, Mood.ASK)
    rest = _wished(rest, wants)
    tells = any(token.concept == "-" for token in body[:lead])  # `those delete www`
    orders = (rest[0].part == Part.CHANGE and not tells) or (wants and _verb(rest)) or _ends_in_verb(rest)
    return Clause(rest, *_judged(rest, orders, asks and not please))


def _wished(tokens: tuple[Token, ...], wants: bool) -> tuple[Token, ...]:
    """Return a clause whose verb is a participle with that as its verb: `get web renewed`, `I want www deleted`."""
    body = tokens[1:] if tokens[0].text == "get" else tokens
    *about, last = _without_fill(body) or (tokens[0],)
    plain = all(token.part in (None, Part.NOUN, Part.FILL, Part.AND) for token in about)
    if not (wants or body != tokens) or not plain or last.part != Part.BENT or not last.text.endswith("ed"):
        return tokens
    return (replace(last, word=Word(Part.CHANGE, last.concept)), *about)


def _without_fill(tokens: Sequence[Token]) -> tuple[Token, ...]:
    end = next((at for at in range(len(tokens), 0, -1) if tokens[at - 1].part != Part.FILL), 0)
    return tuple(tokens[:end])


def _trimmed(tokens: Sequence[Token]) -> tuple[Token, ...]:
    at = next((at for at, token in enumerate(tokens) if token.part not in _LEAD), len(tokens))
    return tuple(token for token in tokens[at:] if token.part != Part.PLEASE)


def _verb(tokens: Sequence[Token]) -> bool:
    return any(token.part == Part.CHANGE for token in tokens) and tokens[0].part not in (Part.READ, Part.ASK)


def _ends_in_verb(tokens: Sequence[Token]) -> bool:
    """Whether it ends in an infinitive, as a German wish does: `www bitte löschen`, but not `www zu löschen`."""
    begins = tokens[0].part in (None, Part.NOUN)
    return begins and tokens[-1].text in VERB_LAST and tokens[-2].part != Part.TO


def _judged(tokens: Sequence[Token], orders: bool, asks: bool) -> tuple[Mood, str]:
    steering = [token for token in tokens if token.part in _NEVER_IN_ORDERS]
    if orders and not steering and not asks:
        return Mood.ORDER, ""
    if orders and asks:
        return Mood.DOUBT, "a question is no order; say it without the question mark, or with `please`"
    if orders or (steering and steering[0].part not in (Part.ASK, Part.BENT) and _verb(tokens)):
        said = ", ".join(dict.fromkeys(token.text for token in steering))
        return Mood.DOUBT, f"{said!r} makes it no plain order; say what to do, and nothing else"
    return Mood.ASK, ""

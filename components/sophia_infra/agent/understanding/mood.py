"""Whether a clause is an order, and which verb it gives: everything else only asks or tells."""

from collections.abc import Sequence
from enum import Enum, auto
from itertools import pairwise
from typing import NamedTuple

from sophia_infra.agent.understanding.lexicon import Part
from sophia_infra.agent.understanding.tokens import Kind, Token
from sophia_infra.agent.understanding.vocabulary import NOUN_VERBS, VERB_LAST

_LEAD = (Part.FILL, Part.PLEASE, Part.AND, Part.WANT, Part.LEAD)
_VERBS = (Part.CHANGE, Part.READ, Part.ASK, Part.BENT, Part.MODAL, Part.NOT, Part.IF, Part.SUBJECT)
_ABOUT = (None, Part.NOUN, Part.FILL, Part.AND, Part.OF)
_ON_CONDITION = ("if", "when", "wenn", "falls", "si")
_ONE = ("a", "an", "another", "ein", "eine", "einen", "un", "une")
_IT = ("it", "its", "es", "ihn")
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
        elif token.part == Part.AND and _begins(tokens[at + 1 :], found[-1]):
            found.append([])
        else:
            found[-1].append(token)
    said = (each for each in found if any(token.kind != Kind.END and token.part not in _LEAD for token in each))
    return _named([_clause(each) for each in said])


def _named(found: list[Clause]) -> list[Clause]:
    """Return the clauses, each `it` with the name that it stands for: the one of the clause before, where that is an
    order as well, or where nothing is ordered.
    """
    for at, (before, clause) in enumerate(pairwise(found), 1):
        names = [token for token in before.tokens if token.kind == Kind.NAME]
        orders = [each.mood == Mood.ORDER for each in (before, clause)]
        if len(names) == 1 and orders != [False, True] and all(token.kind != Kind.NAME for token in clause.tokens):
            said = (names[0] if token.text in _IT else token for token in clause.tokens)
            found[at] = clause._replace(tokens=tuple(said))
    return found


def _begins(rest: Sequence[Token], before: Sequence[Token]) -> bool:
    """Whether a clause of its own begins: with a verb, or with a question that has no condition before it."""
    first = next((token for token in rest if token.part not in _LEAD), None)
    if first is not None and first.part == Part.ASK:
        return not (before and before[0].part == Part.IF)
    return first is not None and first.part in (Part.CHANGE, Part.READ, Part.MODAL)


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
    one = wants and any(token.text in _ONE for token in body[:lead])  # `we need a certificate`, and not the one
    rest = _begun(_wished(_must(rest), wants), one, please, asks)
    tells = any(token.concept == "-" for token in body[:lead])  # `those delete www`
    orders = (rest[0].part == Part.CHANGE and not tells) or (wants and _verb(rest)) or _ends_in_verb(rest)
    return Clause(rest, *_judged(rest, orders, asks and not please))


def _must(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Return what must hold as an order: `make www survive ...` of `www must survive ...`."""
    at = next((at for at, token in enumerate(tokens) if token.part == Part.MODAL), 0)
    about, rest = tokens[:at], tokens[at + 1 :]
    plain = all(token.part in _ABOUT for token in about) and any(token.part is None for token in about)
    if at and rest and plain and tokens[at].concept == "must" and rest[0].part not in (Part.NOT, Part.BENT):
        return (rest[0], *about, *rest[1:]) if rest[0].part == Part.CHANGE else (_verb_of("make"), *about, *rest)
    return tokens


def _begun(tokens: tuple[Token, ...], wants: bool, please: bool, asks: bool) -> tuple[Token, ...]:
    """Return a clause without a verb with the one that is meant.

    So `alias docs to www`, `we need a certificate`, `ttl of www to 300 please`, and of a question `certs?`.
    """
    if verb := NOUN_VERBS.get(tokens[0].text):
        return (_verb_of(verb), *tokens)
    if any(token.part in _VERBS for token in tokens):
        return tokens
    if wants and (tokens[0].kind == Kind.RTYPE or tokens[0].concept in ("record", "certificate")):
        return (_verb_of("add"), *tokens)
    if please and not asks and tokens[0].kind != Kind.ADDRESS and any(map(_leads_to_a_value, tokens[1:-1])):
        return (_verb_of("set"), *tokens)
    return (_verb_of("what", Part.ASK), *tokens) if asks and len(_without_fill(tokens)) == 1 else tokens


def _leads_to_a_value(token: Token) -> bool:
    return token.part == Part.TO or token.kind in (Kind.NUMBER, Kind.DURATION)


def _verb_of(concept: str, part: Part = Part.CHANGE) -> Token:
    return Token(Kind.WORD, concept, "", part, concept)


def _wished(tokens: tuple[Token, ...], wants: bool) -> tuple[Token, ...]:
    """Return a clause whose verb is a participle with that as its verb: `get web renewed`, `I want www deleted`."""
    body = tokens[1:] if tokens[0].text == "get" else tokens
    at = next((at for at, token in enumerate(body) if token.part == Part.BENT), len(body))
    about, rest = body[:at], _without_fill(body[at + 1 :])
    plain = all(token.part in (*_ABOUT, Part.TO) for token in about) and any(token.part is None for token in about)
    if not plain or not (wants or body != tokens) or at == len(body) or not body[at].text.endswith(("ed", "gone")):
        return tokens
    if rest and rest[0].part not in (Part.TO, Part.OF):
        return tokens  # `I want the deleted records`
    return (_verb_of(body[at].concept), *(token for token in about if token.part != Part.TO), *rest)


def _without_fill(tokens: Sequence[Token]) -> tuple[Token, ...]:
    return tuple(token for token in tokens if token.part != Part.FILL)


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
    if asks and tokens[0].text in _ON_CONDITION:
        return Mood.ASK, ""  # `if I remove www, what breaks?`
    if orders or (steering and steering[0].part not in (Part.ASK, Part.BENT) and _verb(tokens)):
        said = ", ".join(dict.fromkeys(token.text for token in steering))
        return Mood.DOUBT, f"{said!r} makes it no plain order; say what to do, and nothing else"
    return Mood.ASK, ""

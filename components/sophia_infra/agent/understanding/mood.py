"""Whether a clause is an order, and which verb it gives: everything else only asks or tells."""

import re
from collections.abc import Sequence
from enum import Enum
from itertools import chain, pairwise
from typing import NamedTuple

from sophia_infra.agent.understanding.lexicon import NOUN_VERBS, Part, listed, sections
from sophia_infra.agent.understanding.tokens import MEASURES, Kind, Token

_LEAD = (Part.FILL, Part.PLEASE, Part.AND, Part.WANT, Part.LEAD)
_VERBS = (Part.CHANGE, Part.READ, Part.ASK, Part.BENT, Part.MODAL, Part.NOT, Part.IF, Part.SUBJECT)
_ABOUT = (None, Part.NOUN, Part.FILL, Part.AND, Part.OF)
IT, _ON_CONDITION, _ONE, _NEEDS, _HAVE, _DOING, _CONFIRM = map(
    listed, ("it", "condition", "one", "needs", "have", "doing", "confirm")
)
_LETTERS = {part: letter for letter, said in sections("words", "frames")["letter"] for part in said.split()}
_ANY = sections("words", "frames")["about"][0][1]
_FRAMES = [(verb, re.compile(frame.replace("{about}", _ANY))) for verb, frame in sections("words", "frames")["frame"]]
_MOVES = ("set", "move", "point", "switch")
"""What may tell how something is to be, where that is confirmed: `www moves to 192.0.2.5, please do it`."""
_NEVER_IN_ORDERS = (Part.ASK, Part.MODAL, Part.SUBJECT, Part.NOT, Part.IF, Part.BENT)


Mood = Enum("Mood", "ORDER DOUBT ASK")
"""ORDER has something done. DOUBT has a verb of change, but asks, denies or puts a condition. ASK is the rest."""


class Clause(NamedTuple):
    """A clause: its tokens without politeness, its mood, and why that is no order; empty where none was near.

    `said` has all its words, and `asks` is set where it ends in a question mark.
    """

    tokens: tuple[Token, ...]
    mood: Mood
    doubt: str = ""
    said: tuple[Token, ...] = ()
    asks: bool = False


def clauses(tokens: Sequence[Token]) -> list[Clause]:
    """Return the clauses of a text; those that say nothing, such as a greeting, are left out."""
    found: list[list[Token]] = [[]]
    for at, token in enumerate(tokens):
        if token.kind == Kind.END:
            found[-1].append(token)
            if not token.asks or any(each.part != Part.FILL for each in found[-1][:-1]):
                found.append([])
            elif len(found) > 1:
                # `delete www. Ok?` is one question, as `Ok? Delete www.` is
                found[-2:] = [[*found[-2], *found[-1]], []]
        elif (token.part == Part.AND or token.concept == "because") and _begins(token, tokens[at + 1 :], found[-1]):
            found.append([token] if token.text not in ",(" else [])
        else:
            found[-1].append(token)
    said = [each for each in found if any(token.kind != Kind.END for token in each)]
    heard = [_clause(each, _confirms(other)) for each, other in pairwise([*said, []]) if not _confirms(each)]
    return [each for each in heard if each.tokens]


def _confirms(tokens: Sequence[Token]) -> bool:
    """Whether a clause only says that what stands before it is to be done: `please do it`, `please change that`."""
    said = [token for token in tokens if token.part not in (Part.FILL, Part.AND) and token.kind != Kind.END]
    wanted = any(token.part == Part.PLEASE or token.text in _CONFIRM for token in said) and not tokens[-1].asks
    rest = [t for t in said if t.part != Part.PLEASE and t.text not in _CONFIRM and t.concept != "record"]
    return wanted and len(rest) < 2 and all(each.concept in ("set", "add", "make", "do", "yes") for each in rest)


def _begins(joint: Token, rest: Sequence[Token], before: Sequence[Token]) -> bool:
    """Whether a clause of its own begins: with a verb, a reason, or a question that has no condition before it."""
    if joint.concept == "because":
        return bool(rest) and rest[0].kind in (Kind.NAME, Kind.WORD)  # but not `since yesterday`
    if before and before[0].part == Part.OF and all(token.part in _ABOUT for token in before):
        return False  # `in shop.example, delete www`
    if rest and rest[0].part == Part.WHY:
        return True  # `..., no longer needed`
    tells = any(each.part == Part.SUBJECT or each.text.partition(" ")[0] in IT for each in rest[:1])
    if tells and any(each.part != Part.AND for each in rest[1:2]):
        return True  # `..., we no longer need it`
    first = next((token for token in rest if token.part not in _LEAD), None)
    if first is None or first.kind == Kind.END:
        return any(token.text in _CONFIRM for token in rest)  # `..., please do it`
    if first.part == Part.ASK:
        return not (before and before[0].part == Part.IF)
    return first.part in (Part.CHANGE, Part.READ, Part.MODAL)


def _clause(given: Sequence[Token], confirmed: bool) -> Clause:
    asks = any(token.asks for token in given)
    body = tuple(token for token in given if token.kind != Kind.END)
    please = any(token.part == Part.PLEASE for token in body)
    lead = next((at for at, token in enumerate(body) if token.part not in _LEAD), len(body))
    needs = any(token.text == "need" for token in body[lead : lead + 1])
    wants = needs or any(token.part == Part.WANT for token in body[:lead])
    rest = _trimmed(body[lead + needs :])
    you = next((at for at, token in enumerate(rest) if token.part not in _ABOUT), 0)
    if asked := bool(rest) and rest[you].part == Part.MODAL and rest[you].concept == "you":
        about, rest = rest[:you], _trimmed(rest[you + 1 :])
        rest = tuple(chain.from_iterable(about if about and each.text in IT else [each] for each in rest))
        if not please and rest and rest[0].part != Part.READ:
            told = "a question is no order; say it without `can you`, or with `please`"
            return Clause(rest, Mood.DOUBT if _verb(rest) else Mood.ASK, told)
        asks = asks and not please
    if not rest:
        return Clause(body if wants else rest, Mood.ASK)  # `delete www. We need it.`
    one = wants and any(token.text in _ONE for token in body[:lead])  # `we need a certificate`, and not the one
    flags = f"{'w' * wants}{'y' * asked}{'p' * please}{'q' * asks}:"
    rest = _begun(_framed(rest, flags, confirmed), one, please, asks)
    tells = body[lead].part == Part.CHANGE and any(token.concept == "-" for token in body[:lead])  # `those delete www`
    heading = rest[0].text in listed("verb-last") and any(each.text == "von" for each in rest[1:2])  # `Löschen von www`
    orders = (rest[0].part == Part.CHANGE and not (tells or heading)) or (wants and _verb(rest)) or _ends_in_verb(rest)
    return Clause(rest, *_judged(rest, orders, asks and not please), body, asks)


def _framed(tokens: tuple[Token, ...], flags: str, confirmed: bool) -> tuple[Token, ...]:
    """Return a clause in the order `verb about rest`, where a frame fits it: `delete www` of `www must be deleted`."""
    for verb, frame in _FRAMES:
        after = [*tokens[1:], tokens[0]]
        letters = (
            _letter(*pair, first=not at, confirmed=confirmed) for at, pair in enumerate(zip(tokens, after, strict=True))
        )
        if found := frame.fullmatch(flags + "".join(letters)):
            spans = {name: slice(*(at - len(flags) for at in found.span(name))) for name in frame.groupindex}
            verbs = [each.concept for each in tokens[spans["verb"]]] if verb == "said" else [verb]
            about, rest = (tokens[spans[name]] if name in spans else () for name in ("about", "rest"))
            tokens = (_verb_of(verbs[0]), *about, *rest)
    return tokens


def _letter(token: Token, after: Token, *, first: bool, confirmed: bool) -> str:
    """Return the letter that stands for a word in the frames."""
    if token.part == Part.MODAL:
        return "M" if token.concept == "must" or (confirmed and token.concept == "should") else "m"
    if confirmed and token.concept in _MOVES and after.part == Part.TO:
        return "M"  # `www moves to 192.0.2.5, please change it`
    if token.text in _NEEDS and after.part in (Part.BENT, Part.ACT):
        return "N"
    if first and token.text in _HAVE:
        return "H"
    if token.part == Part.BENT:
        # `z` is `gone`: what must be gone may be a guess of what was done.
        return "z" if (ends := token.text[-2:]) == "ne" else "D" if ends == "ed" else "G" if ends == "ng" else "B"
    return "d" if token.concept in _DOING else "g" if token.concept == "go" else _LETTERS[token.part or "name"]


def _begun(tokens: tuple[Token, ...], one: bool, please: bool, asks: bool) -> tuple[Token, ...]:
    """Return a clause without a verb with the one that is meant.

    So `alias docs to www`, `we need a certificate`, `ttl of www to 300 please`, and of a question `certs?`.
    """
    if verb := NOUN_VERBS.get(tokens[0].text):
        return (_verb_of(verb), *tokens)
    if any(token.part in _VERBS for token in tokens):
        return tokens
    if one and (tokens[0].kind == Kind.RTYPE or tokens[0].concept in ("record", "certificate")):
        return (_verb_of("add"), *tokens)
    if (
        please
        and not asks
        and tokens[0].kind != Kind.ADDRESS
        and any(t.part == Part.TO or t.kind in MEASURES for t in tokens[1:-1])
    ):
        return (_verb_of("set"), *tokens)
    alone = sum(token.part != Part.FILL for token in tokens) == 1
    return (_verb_of("what", Part.ASK), *tokens) if asks and alone else tokens


def _verb_of(concept: str, part: Part = Part.CHANGE) -> Token:
    return Token(Kind.WORD, concept, "", part, concept)


def _trimmed(tokens: Sequence[Token]) -> tuple[Token, ...]:
    at = next((at for at, token in enumerate(tokens) if token.part not in _LEAD), len(tokens))
    return tuple(token for token in tokens[at:] if token.part != Part.PLEASE)


def _verb(tokens: Sequence[Token]) -> bool:
    return any(token.part == Part.CHANGE for token in tokens) and tokens[0].part not in (Part.READ, Part.ASK)


def _ends_in_verb(tokens: Sequence[Token]) -> bool:
    """Whether it ends in an infinitive, as a German wish does: `www bitte löschen`, but not `www zu löschen`."""
    last = next((at for at in range(len(tokens) - 1, 0, -1) if tokens[at].part not in (Part.FILL, Part.AND)), 0)
    begins = tokens[0].part in (None, Part.NOUN)
    return begins and tokens[last].text in listed("verb-last") and tokens[last - 1].part != Part.TO


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

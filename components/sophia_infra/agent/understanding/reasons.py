"""Clauses that lean on each other: what an `it` stands for, and what only says why something is to be done."""

from collections.abc import Sequence
from itertools import chain, pairwise

from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.understanding.intent import HINTS
from sophia_infra.agent.understanding.lexicon import Part, listed
from sophia_infra.agent.understanding.mood import IT, Clause, Mood
from sophia_infra.agent.understanding.names import stands
from sophia_infra.agent.understanding.tokens import Kind, Token

_CALLED = (Kind.NAME, Kind.RTYPE, Kind.ADDRESS)
_KINDS = (*_CALLED, Kind.WORD)
_ABOUT = (None, Part.NOUN, Part.OF, Part.AND)
_REASON = (*_ABOUT, Part.PLEASE, Part.WANT, Part.LEAD, Part.WHY, Part.SUBJECT, Part.TO, Part.ACT)
_STATES = ("ok", "healthy", "expire")
"""What is said of something that is to be mended: `web expires soon`."""
_A, _PAST, _SOME, _WE = map(listed, ("article", "past", "some", "we"))


def connected(stack: Inventory, found: Sequence[Clause]) -> list[Clause]:
    """Return clauses with each `it` as what it stands for, and without those that only say why something is ordered.

    An `it` is the one name of the clause before, where that is an order as well, or where nothing is ordered. It is all
    that is named before an order, where that only says why, or of what: `the A record of old is dead, delete it`.
    """
    clauses = list(found)
    reasons = [_is_reason(stack, each) for each in clauses]
    for at, (before, clause) in enumerate(pairwise(found), 1):
        names = [token for token in before.tokens if token.kind == Kind.NAME]
        own = [token for token in clause.tokens if token.kind == Kind.NAME or token.text in IT]
        orders = [each.mood == Mood.ORDER for each in (before, clause)]
        if (
            orders == [False, True]
            and reasons[at - 1]
            and (own[0].text in IT if own else any(each.part == Part.WHY for each in before.said))
        ):
            names = [
                each
                for each in before.said
                if each.kind in _KINDS and each.part in _ABOUT and each.concept not in (*_STATES, "around")
            ]
            said = clause.tokens if own else (*clause.tokens, *names)
        elif orders != [False, True] and len(names) == 1 and all(token.text in IT for token in own):
            said = clause.tokens
        else:
            continue
        clauses[at] = clause._replace(tokens=tuple(chain.from_iterable(names if t.text in IT else [t] for t in said)))
    ordered = [token for each in clauses if each.mood == Mood.ORDER for token in each.tokens]
    return [
        each
        for each, reason in zip(clauses, reasons, strict=True)
        if not (ordered and reason and each.mood != Mood.ORDER and _is_why_of(stack, each, ordered))
    ]


def _is_reason(stack: Inventory, clause: Clause) -> bool:
    """Whether a clause may only say why, or of what: every word of it does so, names something, or is any noun."""
    if clause.asks or not clause.said:
        return False
    said = [token for token in clause.said[clause.said[0].concept == "because" :] if token.part != Part.FILL]
    return all(
        _fits(before, token, len(clause.said) > len(said)) for before, token in zip([None, *said], said, strict=False)
    )


def _fits(before: Token | None, token: Token, filled: bool) -> bool:
    """Whether a word, after another, may stand in a reason."""
    if token.concept == "around":
        return before is not None and before.concept == "expire"  # but not `we don't need it yet`
    if token.concept == "is":
        return before is not None or filled  # `it has problems`
    if token.part == Part.BENT:
        return before is not None and (before.part == Part.SUBJECT or before.concept == "is")
    if token.kind == Kind.WHEN:
        return token.text.split()[0] in _PAST
    return token.kind in _KINDS and (token.part in _REASON or token.text in _SOME)


def _is_why(token: Token) -> bool:
    return token.part in (Part.WHY, Part.BENT) or token.concept in _STATES


def _says_why(clause: Clause) -> bool:
    """Whether it says why: by a word that does, or as what we have: `we had a leak`."""
    had = any(one.text in _WE and other.concept == "is" for one, other in pairwise(clause.said))
    return had or any(map(_is_why, clause.said))


def _is_why_of(stack: Inventory, clause: Clause, ordered: Sequence[Token]) -> bool:
    """Whether a reason is one of what is ordered: all that it names is named there."""
    nouns = [token for before, token in pairwise(clause.said) if before.text in _A and not _stands(stack, token)]
    names = [token for token in clause.said if token.kind in _CALLED and token not in nouns]
    named = all(any(f"{each.text}.".startswith(f"{name.text}.") for each in ordered) for name in names)
    meant = any(each is name for each in ordered for name in names)
    return named and (meant or _says_why(clause))


def _stands(stack: Inventory, token: Token) -> bool:
    return not token.text.isalpha() or any(stands(stack, token.text, of) for of in HINTS if of not in ("path", "run"))

"""What a clause leans on: the text before, which `no, www2` corrects, what `it` stands for, and why it is ordered."""

from collections.abc import Sequence
from itertools import chain, pairwise

from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.understanding.lexicon import Part, listed, words
from sophia_infra.agent.understanding.mood import IT, Clause, Mood
from sophia_infra.agent.understanding.names import is_known
from sophia_infra.agent.understanding.tokens import Kind, Token

_CALLED = (Kind.NAME, Kind.RTYPE, Kind.ADDRESS)
_KINDS = (*_CALLED, Kind.WORD)
_ABOUT = (None, Part.NOUN, Part.OF, Part.AND)
_REASON = (*_ABOUT, Part.PLEASE, Part.LEAD, Part.WHY, Part.SUBJECT, Part.TO, Part.ACT)
_WHY = (Part.WHY, Part.BENT)
_STATES = ("ok", "healthy", "expire")
"""What is said of something that is to be mended: `web expires soon`."""
_BEFORE = ("-", "and", "hello", "wait", "ok")
_VERBS = (Part.CHANGE, Part.READ, Part.BENT, Part.ASK)
_SAID = frozenset(Kind) - {Kind.WORD, Kind.END}
_TIMES = (Kind.NUMBER, Kind.DURATION)
_A, _PAST, _SOME, _WE, _HAD, _BAD, _ITSELF, _BEGIN, _AS_WELL, _BUT = map(
    listed, ("article", "past", "some", "we", "had", "bad", "itself", "begin", "as-well", "but")
)


def connected(stack: Inventory, found: Sequence[Clause]) -> list[Clause]:
    """Return clauses with each `it` as what it stands for, and without those that only say why something is ordered.

    An `it` is the one name of the clause before, where that is an order as well, or where nothing is ordered. It is all
    that is named before an order, where that only says why, or of what: `the A record of old is dead, delete it`.
    """
    clauses = list(found)
    for at, (before, clause) in enumerate(pairwise(found), 1):
        names = [token for token in before.tokens if token.kind == Kind.NAME]
        own = [token for token in clause.tokens if token.kind == Kind.NAME or token.text in IT]
        fits, said = len(names) == 1 and all(token.text in IT for token in own), clause.tokens
        if [each.mood == Mood.ORDER for each in (before, clause)] == [False, True]:
            nouns = _nouns(stack, before)
            names = [token for token in before.said if _is_named(token) and token not in nouns]
            fits = _is_reason(before) and (own[0].text in IT if own else any(t.part in _WHY for t in before.said))
            fits = fits and (sum(token.kind == Kind.NAME for token in names) < 2 or any(t.text == "them" for t in own))
            said = said if own else (*said, *names)
        if fits and names:
            said = tuple(chain.from_iterable(names if token.text in IT else [token] for token in said))
            clauses[at] = clause._replace(tokens=said)
    ordered = [token for each in clauses if each.mood == Mood.ORDER for token in each.tokens]
    return [each for each in clauses if each.mood == Mood.ORDER or not _is_why_of(stack, each, ordered)]


def _is_named(token: Token) -> bool:
    return token.kind in _KINDS and token.part in _ABOUT and token.concept not in (*_STATES, "around", "go")


def _is_reason(clause: Clause) -> bool:
    """Whether a clause may only say why, or of what: every word of it does so, names something, or is any noun."""
    if clause.asks or not clause.said:
        return False
    said = [token for token in clause.said[clause.said[0].concept == "because" :] if token.part != Part.FILL]
    filled = not {*IT, "that", "this"}.isdisjoint(clause.said[0].text.split())
    return all(_fits(before, token, filled) for before, token in zip([None, *said], said, strict=False))


def _fits(before: Token | None, token: Token, filled: bool) -> bool:
    """Whether a word, after another, may stand in a reason."""
    if token.concept == "around":
        return before is not None and before.concept == "expire"  # but not `we don't need it yet`
    if token.concept in ("is", "should", "must"):
        return filled if before is None else before.part not in (Part.PLEASE, Part.WANT, Part.LEAD, Part.AND)
    if token.part == Part.BENT:
        return before is not None and (before.part == Part.SUBJECT or before.concept == "is") and token.text in words()
    if token.kind == Kind.WHEN:
        return token.text.split()[0] in _PAST or (before is not None and before.concept == "expire")
    if token.part == Part.ACT:
        return token.concept == "move"  # `we have a migration coming`
    known = token.kind != Kind.WORD or token.text in (",", *words())  # a slip may be a word of its own
    return known and token.kind in _KINDS and (token.part in _REASON or token.text in _SOME)


def _nouns(stack: Inventory, clause: Clause) -> list[Token]:
    """Return what stands after an article and is no name of the stack: any noun."""
    pairs = ((before.text, token) for before, token in pairwise(clause.said) if token.kind == Kind.NAME)
    return [each for before, each in pairs if before in _A and each.text.isalpha() and not is_known(stack, each.text)]


def _is_why_of(stack: Inventory, clause: Clause, ordered: Sequence[Token]) -> bool:
    """Whether a clause is a reason of what is ordered: all that it names is named there."""
    nouns = _nouns(stack, clause)
    names = [token for token in clause.said if token.kind in _CALLED and token not in nouns]
    named = all(any(f"{each.text}.".startswith(f"{name.text}.") for each in ordered) for name in names)
    meant = any(each is name for each in ordered for name in names)
    had = any(one.text in _WE and other.text in _HAD for one, other in pairwise(clause.said))  # `we had a leak`
    parts = (*_WHY, Part.MODAL) if names else _WHY
    why = any(each.part in parts or each.concept == "expire" or each.text in _BAD for each in clause.said)
    orders = {token.concept for token in ordered if token.part == Part.CHANGE}
    good = any(each.concept in _STATES[:2] and each.text not in _BAD for each in clause.said)  # `www is up, delete it`
    itself = not (names or had) and orders - {"rollback", "stop"} and any(each.text in _ITSELF for each in clause.said)
    stops = itself or (good and not orders & {"put", "enable"})
    return bool(ordered) and named and (meant or had or why) and not stops and _is_reason(clause)


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
    return tokens[next((at for at, word in enumerate(words) if word in _BUT), 0) :]

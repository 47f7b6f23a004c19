"""What a clause leans on: the text before, which `no, www2` corrects, what `it` stands for, and why it is ordered."""

from collections.abc import Sequence
from itertools import chain, pairwise

from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.understanding.lexicon import FREE, Part, listed, words
from sophia_infra.agent.understanding.mood import IT, Clause, Mood
from sophia_infra.agent.understanding.names import is_known
from sophia_infra.agent.understanding.tokens import MEASURES, Kind, Token

_CALLED = (Kind.NAME, Kind.RTYPE, Kind.ADDRESS)
_KINDS = (*_CALLED, Kind.WORD)
_ABOUT = (None, Part.NOUN, Part.OF, Part.AND)
_REASON = (*_ABOUT, Part.PLEASE, Part.LEAD, Part.WHY, Part.SUBJECT, Part.TO, Part.ACT)
_WHY = (Part.WHY, Part.BENT)
_SAID_OF = ("ok", "healthy", "expire", "around", "go")
"""What is said of something that is to be mended: `web expires soon`."""
_BEFORE = ("-", "and", "hello", "wait", "ok")
_PLAIN = (*FREE, Part.NOUN)
_VERBS = (Part.CHANGE, Part.READ, Part.BENT, Part.ASK)
_A, _PAST, _SOME, _WE, _HAD, _BAD, _BEGIN, _AS_WELL, _BUT, _WAITS = map(
    listed, ("article", "past", "some", "we", "had", "bad", "begin", "as-well", "but", "waits")
)
_ITSELF, _OUTCOME, _TOLD, _WELL, _UNDOING = map(listed, ("itself", "outcome", "told", "well", "undoing"))


def connected(stack: Inventory, found: Sequence[Clause]) -> list[Clause]:
    """Return clauses with each `it` as what it stands for, and without those that only say why something is ordered.

    What `and` leads in after an order is no reason, but what comes of it: `delete www and we are offline`.
    """
    clauses = [*found[:1], *(_resolved(stack, before, clause) for before, clause in pairwise(found))]
    ordered = [token for each in clauses if each.mood == Mood.ORDER for token in each.tokens]
    first = next((at for at, each in enumerate(clauses) if each.mood == Mood.ORDER), len(clauses))
    after = [each for each in clauses[first:] if any(token.part == Part.AND for token in each.said[:1])]
    return [
        each for each in clauses if each.mood == Mood.ORDER or each in after or not _is_why_of(stack, each, ordered)
    ]


def _resolved(stack: Inventory, before: Clause, clause: Clause) -> Clause:
    """Return a clause with each `it` as what it stands for, and as it is where that is not clear.

    After a reason an order's `it` is all that the reason names, and one without a name is about that as well:
    `the A record of old is dead, delete it`. Else it is the one name of the clause before.
    """
    own = [token for token in clause.tokens if token.kind == Kind.NAME or token.text in IT]
    said = clause.tokens
    if before.mood != Mood.ORDER and clause.mood == Mood.ORDER:
        names = _meant_by(stack, before)
        asks_for_it = own[0].text in IT if own else any(token.part in _WHY for token in before.said)
        one = sum(token.kind == Kind.NAME for token in names) < 2 or any(token.text == "them" for token in own)
        fits = asks_for_it and one and _is_reason(before)
        said = said if own else (*said, *names)
    else:
        names = [token for token in before.tokens if token.kind == Kind.NAME]
        fits = len(names) == 1 and all(token.text in IT for token in own)
    tokens = tuple(chain.from_iterable(names if token.text in IT else [token] for token in said))
    return clause._replace(tokens=tokens) if fits and names else clause


def _meant_by(stack: Inventory, reason: Clause) -> list[Token]:
    """Return what a reason is about: `A record of old` of `the A record of old is dead`.

    A noun is what it is about where it has a name: `the page on www`. What something moved to is not meant by `it`.
    """
    said, nouns = reason.said, _nouns(stack, reason)
    heads = [one for one, other in pairwise(said) if one in nouns and other.part == Part.OF]
    if any(one.part == Part.TO and other.kind == Kind.NAME for one, other in pairwise(said)):
        return []
    about = [token for token in said if token.kind in _KINDS and token.part in _ABOUT and token.concept not in _SAID_OF]
    names = [token for token in about if token not in nouns or token in heads]
    return names[:-1] if names and names[-1].part == Part.OF else names


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
    known = token.kind != Kind.WORD or token.text in (",", "(", *words())  # a slip may be a word of its own
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
    against = _is_about_itself(clause, names, had, orders) or _speaks_against(clause, orders)
    return bool(ordered) and named and (meant or had or why) and not against and _is_reason(clause)


def _is_about_itself(clause: Clause, names: Sequence[Token], had: bool, orders: set[str]) -> bool:
    """Whether a clause may be said of the order itself, and takes it back: `That was a mistake`."""
    texts = {token.text for token in clause.said}
    told = any(one.text in _A and other.text in _TOLD for one, other in pairwise(clause.said))  # `I got a mail`
    things = [each for each in clause.said if each.kind == Kind.NAME or each.part in (Part.NOUN, Part.WHY, Part.ACT)]
    told = told or bool(texts & _HAD and all(each.text in _HAD for each in things))  # `got it`
    went = texts & _OUTCOME and not texts & IT  # `timed out`, but not `it timed out`
    said = (texts & _ITSELF or went) and not (names or had) and orders - {"rollback", "stop"}
    return bool(told or said or (had and "wrong" in texts))  # or `we have the wrong name`


def _speaks_against(clause: Clause, orders: set[str]) -> bool:
    """Whether a clause tells that all is well, was done before, or was taken back: `www is up`, `it was cancelled`."""
    good = any(each.concept in _WELL and each.text not in _BAD for each in clause.said)
    done = {each.concept for each in clause.said if each.part == Part.BENT}
    did = any(each.part == Part.SUBJECT for each in clause.said) and done & (orders - {"set"})  # `I deleted it`
    return bool((good and not orders & {"put", "enable"}) or done & _UNDOING or did)


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
    known = [clause for clause in heard if clause]
    wanted, asks = _wanted(tokens), any(token.asks for token in tokens)
    said = [token for token in wanted if token.kind not in (Kind.WORD, Kind.END)]
    plain = all(token.kind != Kind.WORD or token.part in _PLAIN or token.concept == "mean" for token in wanted)
    if not plain or (asks and any(clause.mood == Mood.ORDER for clause in known)):
        return []  # `no, www2?`, `no, www2 if nobody uses it`
    for new in said:
        places = [
            (index, at)
            for index, clause in enumerate(known)
            for at, token in enumerate(clause.tokens)
            if token.kind == new.kind or {token.kind, new.kind} == set(MEASURES)
        ]
        old = [known[index].tokens[at] for index, at in places]
        if len(old) != 1 or old[0] in said or old[0].text == new.text:
            return []
        index, at = places[0]
        clause = known[index]
        known[index] = clause._replace(tokens=(*clause.tokens[:at], new, *clause.tokens[at + 1 :]))
    return known if said else []


def _wanted(tokens: Sequence[Token]) -> Sequence[Token]:
    """Return what is wanted of `not www but www2`, and of `www2 instead of www`; nothing of `not www2`."""
    after = _after(tokens)
    after = after[1:] if len(after) == len(tokens) and after[0].text in _AS_WELL else after
    begin = tokens[len(tokens) - len(after) - 1].text
    words = [token.text for token in after]
    if "instead of" in words:
        return after[: words.index("instead of")]
    if but := next((at for at, word in enumerate(words) if word in _BUT), 0):
        return after[but + 1 :]
    waits = begin in _WAITS and any(token.kind == Kind.DURATION for token in after)  # `wait 5 minutes`
    return () if begin == "not" or waits else after

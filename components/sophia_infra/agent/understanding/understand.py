"""From a text to what it asks for: clauses, their mood, their intents, their names, their operations."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.operations import Operation, OperationError
from sophia_infra.agent.understanding.context import connected, corrected, is_correction, said_anew
from sophia_infra.agent.understanding.contradictions import contradiction
from sophia_infra.agent.understanding.intent import HINTS, Intent, Kind, MissingError, Wish
from sophia_infra.agent.understanding.lexicon import Part
from sophia_infra.agent.understanding.match import best, foreign, marks, score
from sophia_infra.agent.understanding.mood import Clause, Mood, clauses
from sophia_infra.agent.understanding.names import WHERE, closest, well_formed, wish_of
from sophia_infra.agent.understanding.open_ends import open_end
from sophia_infra.agent.understanding.refusals import refusal
from sophia_infra.agent.understanding.tokens import LONGEST, Token, scan
from sophia_infra.agent.understanding.tokens import Kind as Of
from sophia_infra.agent.understanding.topics import INTENTS

UNKNOWN, REFUSED = "unknown", "refused"
MOST_WISHES = 20
_READS = tuple(intent for intent in INTENTS if intent.kind != Kind.CHANGE)
_ORDERS = tuple(intent for intent in INTENTS if intent.kind != Kind.READ or intent.name == "agent.approve-how")
"""What an order may mean; to approve is a person's, so an order to do it is answered by how."""
_TAKING_BACK = ("agent.stop", "agent.rollback")
_OF_STATE = {"host", "zone", "pool", "certificate", "secret"}
"""The kinds of names that stand in the state."""
_ASSUMED = "no stack is read, so names are taken as they are written"
_NOT_UNDERSTOOD = "it is not understood; ask `what can you do?`"


@dataclass(frozen=True, slots=True)
class Understood:
    """What a text asks for.

    Attributes:
        kind: `read`, `change`, or `none`: nothing that is clear and allowed, and `why` says what it lacks.
        intent: which of `INTENTS`, `unknown` or `refused`; several wishes have theirs joined by `+`.
        subjects: what it is about: full names, with the record type where one is said; dates and durations.
        operations: what is to be done, of a change that is concrete enough; else a plan has to work it out.
        why: how it was understood, or why nothing is done, for people.
        wishes: each wish, where a text has several.
        heard: the clause, for a correction that may follow.
        by: the model that said the text anew; empty where none was asked.
    """

    kind: Kind
    intent: str
    subjects: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()
    why: str = ""
    wishes: tuple["Understood", ...] = ()
    heard: Clause | None = field(default=None, repr=False, compare=False)
    by: str = ""

    def to_body(self) -> dict[str, Any]:
        """Return it as `sophia agent understand --json` prints it, less the version."""
        operations = [operation.to_body() for operation in self.operations]
        said = (str(self.kind), self.intent, list(self.subjects), operations, self.why)
        return dict(zip(("kind", "intent", "subjects", "operations", "why"), said, strict=True))


def understand(text: str, inventory: Inventory | None, before: Understood | None = None) -> Understood:
    """Return what a text asks for. The text is data: what stands in quotes is a value, and gives no order.

    Args:
        text: at most `LONGEST` characters; a longer one is not read.
        inventory: what stands in the stack; None takes names as they are written, in the zones that the text names.
        before: what was understood last, which `no, www2` corrects.
    """
    if len(text) > LONGEST:
        return _nothing(f"the text has {len(text)} characters, and {LONGEST} are read at most")
    if any(not letter.isprintable() and not letter.isspace() for letter in text):
        return _nothing("the text holds characters that can't be seen; write it without them")
    tokens = scan(text)
    stack = inventory if inventory is not None else _assumed(tokens)
    if is_correction(tokens, before is not None and before.kind == Kind.READ):
        found = corrected(tokens, [each.heard for each in before.wishes or (before,)] if before else [])
    else:
        found = clauses(said_anew(tokens) if before else tokens) or [Clause(tuple(tokens), Mood.ASK)]
    found = connected(stack, found)
    if len(found) > MOST_WISHES:
        return _nothing(f"the text has {len(found)} wishes, and {MOST_WISHES} are read at most")
    strict = len(found) > 1 and any(each.mood == Mood.ORDER for each in found)
    told = _together([_clause(stack, each, strict) for each in found])
    return told if inventory is not None or told.kind == Kind.NONE else replace(told, why=f"{told.why}; {_ASSUMED}")


def _nothing(why: str = _NOT_UNDERSTOOD, heard: Clause | None = None) -> Understood:
    return Understood(Kind.NONE, UNKNOWN, why=why, heard=heard)


def _assumed(tokens: Sequence[Token]) -> Inventory:
    """Return the zones that a text names by `in shop.example` or `zone shop.example`, as an inventory."""
    named = [token.text for before, token in pairwise(tokens) if before.text in WHERE and "." in token.text]
    return Inventory(dict.fromkeys(filter(None, map(well_formed, named)), ()), is_assumed=True)


def _clause(stack: Inventory, clause: Clause, strict: bool) -> Understood:
    if why := refusal(clause):
        return Understood(Kind.NONE, REFUSED, why=why)
    there = marks(stack, clause.tokens)
    orders, reads = best(_ORDERS, there), best(_READS, there)
    asks = clause.tokens and clause.tokens[0].part in (Part.ASK, Part.MODAL)
    if clause.mood == Mood.ASK or not orders:
        begins = [each.part for each in clause.said if each.part != Part.AND][:1]
        tells = not clause.asks and begins == [Part.FILL]  # `it is healthy`
        if strict and (tells or not ((asks and clause.asks) or clause.tokens[0].part == Part.READ)):
            return _nothing(heard=clause)  # a statement beside an order: a note, or a condition without an `if`
        unasked = orders and reads and score(orders[0], there) >= score(reads[0], there) and _unasked(reads[0], clause)
        if reads and not unasked and _may_ask(clause):
            return _told(stack, reads[0], clause, strict)
        orders = orders if asks or clause.mood != Mood.ASK else []
    if not orders:
        return _nothing(heard=clause)
    return _told(stack, next((each for each in orders if _fits(stack, each, clause)), orders[0]), clause, strict)


def _may_ask(clause: Clause) -> bool:
    """Whether a clause asks, or only names what it is about: `ttl of www`, but not `the meeting about www is at 10`."""
    first, said = clause.tokens[0], {token.part for token in clause.tokens}
    asks = clause.asks or first.part in (Part.ASK, Part.READ, Part.MODAL, Part.IF, Part.NOUN)
    return asks or not said.intersection((Part.MODAL, Part.SUBJECT, Part.CHANGE))


def _unasked(intent: Intent, clause: Clause) -> bool:
    """Whether a question has a verb of change that its intent says nothing of: `do you want to delete www?`."""
    verbs = {token.concept for token in clause.tokens if token.part == Part.CHANGE}
    return bool(verbs) and not intent.concepts.intersection({*verbs, "*change"})


def _fits(stack: Inventory, intent: Intent, clause: Clause) -> bool:
    """Whether an intent leaves nothing of a clause over."""
    try:
        return not foreign(intent, wish_of(stack, intent, clause.tokens)[0])
    except MissingError:
        return True  # which name is meant is asked for


def _told(stack: Inventory, intent: Intent, clause: Clause, strict: bool) -> Understood:
    """Return a clause as what its intent makes of it."""
    subjects: tuple[str, ...] = ()
    unknown: Sequence[str] = ()
    changes = intent.kind == Kind.CHANGE
    try:
        wish, unknown = wish_of(stack, intent, clause.tokens, strict=strict or changes)
        subjects = _subjects(intent, wish)
        if why := _against(stack, intent, clause, wish, unknown, strict):
            raise MissingError(why)
        operations = intent.build(wish) if intent.build else None
    except (MissingError, OperationError) as error:
        named = any(token.kind in (Of.NAME, Of.QUOTE) for token in clause.tokens)
        if intent.kind == Kind.READ and not unknown and named:
            return _nothing(heard=clause)  # `tell a joke` is no question about a name
        return Understood(Kind.NONE, intent.name, subjects, why=str(error), heard=clause)
    planned = "; the steps are a plan's to work out" if changes and operations is None else ""
    return Understood(intent.kind, intent.name, subjects, operations or (), f"{intent.what}{planned}", heard=clause)


def _against(stack: Inventory, intent: Intent, clause: Clause, wish: Wish, unknown: Sequence[str], strict: bool) -> str:
    """Return why an intent is not what a clause asks for, or is not said whole; empty where it is fine."""
    changes = intent.kind == Kind.CHANGE
    if intent.never:
        return intent.never
    if changes and clause.mood != Mood.ORDER:
        return clause.doubt or f"{intent.name} is no plain order here; say what to do, and nothing else"
    if unknown and (changes or strict or (intent.kinds and not wish.names)):
        return _unknown(stack, intent, unknown[0])
    if changes and (strange := foreign(intent, wish)):
        return f"{', '.join(map(repr, strange[:3]))} is not understood with {intent.name}; say it without"
    if strict and not changes and clause.mood == Mood.ORDER:
        return f"{intent.name} is to be read, and nothing is changed along with it; say it on its own"
    if changes and "host" in intent.kinds and any(at + 1 in wish.places for at in wish.places):
        return "two names stand side by side; say `and` between them where both are meant"
    if changes and any(each.text in wish.targets for each in wish.names) and set(wish.rtypes) <= {"CNAME"}:
        return f"{wish.names[0].text} can't lead to itself; say another target"
    if changes and wish.targets and not intent.targets:
        return f"{wish.targets[0]!r} is not understood with {intent.name}; say it without"
    missing = f"say {HINTS[intent.kinds[0]]}" if "needs" in intent.traits and not wish.names else ""
    return missing or (open_end(intent, wish) if changes else "")


def _unknown(stack: Inventory, intent: Intent, name: str) -> str:
    if stack.is_assumed:
        return f"no stack is read, so a name is known where its zone is named: {name} in shop.example"
    if _OF_STATE.intersection(intent.kinds) and not (stack.zones or stack.certificates or stack.secrets):
        return f"nothing of the stack is deployed yet, so {name!r} is not known; first: pulumi up"
    near = closest(stack, name, intent.kinds)
    told = f"; closest are {', '.join(near)}" if near else ""
    return f"there is no {' or '.join(intent.kinds) or 'such name'} {name!r}{told}"


def _subjects(intent: Intent, wish: Wish) -> tuple[str, ...]:
    """Return what a wish is about, in the order of the text; a record type that is said stands with its names."""
    said = wish.rtypes if "host" in intent.kinds else []
    names = [f"{each.text} {rtype}".strip() for each in wish.names for rtype in said or [""]]
    others = [token.shown for token in wish.tokens if token.kind in intent.also]
    others += wish.targets if "target" in intent.also else ()
    return tuple(dict.fromkeys((*names, *others)))


def _together(wishes: Sequence[Understood]) -> Understood:
    """Return several wishes as one: where one of them is not clear, nothing is done."""
    if any(each.kind == Kind.READ for each in wishes) and all(each.kind != Kind.CHANGE for each in wishes):
        wishes = [each for each in wishes if each.intent != UNKNOWN]  # `I'm new here, what can you do?`
    if len(wishes) < 2:
        return wishes[0] if wishes else _nothing()
    if refused := next((each for each in wishes if each.intent == REFUSED), None):
        return refused
    intent = "+".join(dict.fromkeys(each.intent for each in wishes))
    subjects = tuple(dict.fromkeys(subject for each in wishes for subject in each.subjects))
    operations = tuple(dict.fromkeys(operation for each in wishes for operation in each.operations))
    unclear = "; ".join(each.why for each in wishes if each.kind == Kind.NONE)
    told = f"nothing is done, since not all is clear: {unclear}" if unclear else ""
    if against := told or _taken_back(wishes) or contradiction(operations):
        return Understood(Kind.NONE, intent, subjects, (), against, tuple(wishes))
    kind = Kind.CHANGE if any(each.kind == Kind.CHANGE for each in wishes) else Kind.READ
    why = "; ".join(dict.fromkeys(each.why for each in wishes))
    return Understood(kind, intent, subjects, operations, why, tuple(wishes))


def _taken_back(wishes: Sequence[Understood]) -> str:
    """Return why a text may take back what it says, as `delete www. Stop.` does; empty where it does not."""
    mixed = any(each.kind == Kind.CHANGE and each.intent not in _TAKING_BACK for each in wishes)
    unsaid = next((each.intent for each in wishes if each.intent in _TAKING_BACK and not each.subjects), "")
    return f"{unsaid} may mean what stands beside it; say the id of the run that it means" if unsaid and mixed else ""

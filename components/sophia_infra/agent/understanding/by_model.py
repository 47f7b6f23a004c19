"""What the intents can't read, read by a model. It only says the sentence anew; the same code then understands it.

The model decides nothing. What it says is read as any sentence is, with the names of the stack. A change comes of that
only where it is the person's own words in their order, less words that nobody knows: all else becomes a question.
"""

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sophia_infra.advice import redaction
from sophia_infra.advice.claude.asking import Asking
from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.runtime import Agent, Limits
from sophia_infra.agent.runtime.claude import ClaudeModel
from sophia_infra.agent.understanding.intent import Kind
from sophia_infra.agent.understanding.lexicon import Part
from sophia_infra.agent.understanding.mood import Mood, clauses
from sophia_infra.agent.understanding.names import BEFORE_NAMES, stands
from sophia_infra.agent.understanding.tokens import Kind as Of
from sophia_infra.agent.understanding.tokens import Token, scan
from sophia_infra.agent.understanding.topics import INTENTS
from sophia_infra.agent.understanding.understand import REFUSED, UNKNOWN, Understood, understand
from sophia_infra.codec import quoted

LIMITS = Limits(steps=3, calls=4, tokens=30_000, result=2_000, answer=4_000)
SHAPE: Mapping[str, Any] = {
    "type": "object",
    "properties": {"say": {"type": "string"}, "ask": {"type": "string"}},
    "required": ["say", "ask"],
    "additionalProperties": False,
}
_EXAMPLES = "".join(f"- {intent.example} ({intent.what})\n" for intent in INTENTS if not intent.never)
INSTRUCTIONS = (Path(__file__).parent / "instructions.md").read_text() + _EXAMPLES
_KINDS = ("host", "zone", "certificate", "secret", "environment", "setting", "pool")
_NEVER = {intent.name for intent in INTENTS if intent.never} | {REFUSED}
_EMPTY = (Part.FILL, Part.PLEASE, Part.WANT)
_LONGEST_WORD = 20
_HIDDEN = re.compile(r"value-(\d+)", re.IGNORECASE)


Heard = dict[str, tuple[str, str]]
"""What a model said of each text: the sentence, or the question."""


def said_anew(text: str, stack: Inventory, found: Understood, asking: Asking, heard: Heard) -> Understood:
    """Return what a text asks for, with a model's help where that may make more of it than was `found` without one.

    Not so where it is refused, or where it is clear what it lacks and no word of it is strange. A model that answers is
    asked once for each text: its answer is kept in `heard`.
    """
    unread = found.kind is Kind.NONE and all(
        each.heard
        and each.heard.tokens
        and each.intent not in _NEVER
        and (each.intent == UNKNOWN or _strange(each.heard.tokens, stack))
        for each in found.wishes or (found,)
        if each.kind is Kind.NONE
    )
    return _anew(_reader(asking, stack), text, stack, found, heard) if unread else found


def _reader(asking: Asking, stack: Inventory) -> Agent:
    from sophia_infra.agent.specialists import specialists

    tools = [tool.on(stack) for each in specialists() for tool in each.tools]
    return Agent(asking.spec.model, tools, ClaudeModel(asking, "agent.understanding", SHAPE), LIMITS, INSTRUCTIONS)


def _anew(agent: Agent, text: str, stack: Inventory, found: Understood, heard: Heard) -> Understood:
    tokens = scan(text)
    if text not in heard:
        shown, hidden = _masked(tokens, stack)
        last = deque(agent.run(quoted({"text": shown})), maxlen=1)[0]
        if last.stop:
            return replace(found, why=f"{found.why}; {agent.name} had no say: {last.text}")
        say, ask = _answer(last.text)
        heard[text] = _HIDDEN.sub(lambda match: hidden.get(match[0].lower(), match[0]), say), ask
    say, ask = heard[text]
    again = understand(say, stack)
    told = redaction.text(say)
    if again.kind is not Kind.NONE and _is_meant(again.kind, tokens, scan(say), stack):
        return replace(again, by=agent.name, why=f"{agent.name} reads it as `{told}`: {again.why}")
    if again.kind is not Kind.NONE:
        return replace(found, why=f"{found.why}; {agent.name} takes it for `{told}`: say that where it is meant")
    return replace(found, why=f"{found.why}; {agent.name} asks: {redaction.text(ask)}") if ask else found


def _answer(text: str) -> tuple[str, str]:
    """Return `say` and `ask`; empty where the answer has another shape."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(found, dict) or found.keys() != SHAPE["properties"].keys():
        return "", ""
    say, ask = found["say"], found["ask"]
    return (say, ask) if isinstance(say, str) and isinstance(ask, str) else ("", "")


def _masked(tokens: Sequence[Token], stack: Inventory) -> tuple[str, dict[str, str]]:
    """Return a text as the model gets it, and what stands for what in it.

    What is quoted stays here, and so does a word that is no name of the stack and not of letters alone, or long: it may
    be a password.
    """
    hidden: dict[str, str] = {}
    shown = []
    for token in tokens:
        private = token.kind == Of.QUOTE or (
            token.kind == Of.NAME and not (_is_word(token) or _stands(token.text, stack))
        )
        if private:
            hidden[f"value-{len(hidden) + 1}"] = token.raw
        word = f"value-{len(hidden)}" if private else token.shown
        shown.append(f'"{word}"' if token.kind == Of.QUOTE else word)
    return " ".join(shown), hidden


def _is_word(token: Token) -> bool:
    return token.text.isalpha() and len(token.text) <= _LONGEST_WORD


def _stands(text: str, stack: Inventory) -> bool:
    return any(stands(stack, text, of) for of in _KINDS)


def _strange(tokens: Sequence[Token], stack: Inventory) -> set[int]:
    """Return the places of words that nobody knows, where no name is looked for: `darn` in `the darn www`."""
    return {
        at
        for at, token in enumerate(tokens)
        if token.kind == Of.NAME
        and _is_word(token)
        and not (at and tokens[at - 1].part in BEFORE_NAMES)
        and not _stands(token.text, stack)
    }


def _is_meant(kind: Kind, tokens: Sequence[Token], again: Sequence[Token], stack: Inventory) -> bool:
    """Whether what was said anew has the kind of what was said: a question of what holds no order, a change of orders.

    Those are said anew in their own words, less some that nobody knows.
    """
    orders = [clause.mood is Mood.ORDER for clause in clauses(tokens)]
    if kind is Kind.READ:
        return not any(orders)
    strange = _strange(tokens, stack)
    kept = [token for at, token in enumerate(tokens) if at not in strange]
    return all(orders) and list(_weights(kept)) == list(_weights(again))


def _weights(tokens: Sequence[Token]) -> Iterator[tuple[str, str, int]]:
    """Yield what a sentence says, word by word, without what changes nothing."""
    for token in tokens:
        if token.part not in _EMPTY and token.kind != Of.END:
            yield token.kind, token.concept or token.text, token.number

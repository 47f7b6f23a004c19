"""What the intents can't read, read by a model. It only says the sentence anew; the same code then understands it.

The model decides nothing. A question that it says anew is answered. A change never comes of it: the person is told the
sentence to say where that is meant.
"""

import json
import re
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sophia_infra.advice import redaction
from sophia_infra.advice.claude.exchange import Asking
from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.runtime import Agent, Limits
from sophia_infra.agent.runtime.claude import ClaudeModel
from sophia_infra.agent.understanding.intent import Kind
from sophia_infra.agent.understanding.mood import Mood, clauses
from sophia_infra.agent.understanding.names import is_known
from sophia_infra.agent.understanding.secrecy import masked
from sophia_infra.agent.understanding.tokens import CLITIC, Token, scan
from sophia_infra.agent.understanding.tokens import Kind as Of
from sophia_infra.agent.understanding.topics import INTENTS
from sophia_infra.agent.understanding.understand import UNKNOWN, Understood, understand
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
_LONGEST_WORD = 20
_HIDDEN = re.compile(r"value-(\d+)", re.IGNORECASE)
Heard = dict[str, tuple[str, str]]
"""What a model said of each text: the sentence, or the question."""


def said_anew(text: str, stack: Inventory, found: Understood, asking: Asking, heard: Heard) -> Understood:
    """Return what a text asks for, with a model's help where nothing was `found` in it, or in some of its wishes.

    Not so where it is clear what a wish lacks, or where it is refused. A model that answers is asked once for each
    text: its answer is kept in `heard`.
    """
    unread = [each for each in found.wishes or (found,) if each.kind is Kind.NONE]
    if unread and all(each.intent == UNKNOWN and each.heard and each.heard.tokens for each in unread):
        return _anew(_reader(asking, stack), text, stack, found, heard)
    return found


def _reader(asking: Asking, stack: Inventory) -> Agent:
    from sophia_infra.agent.specialists import specialists

    tools = [each.lookup.on(stack) for each in specialists()]
    return Agent(asking.spec.model, tools, ClaudeModel(asking, "agent.understanding", SHAPE), LIMITS, INSTRUCTIONS)


def _anew(agent: Agent, text: str, stack: Inventory, found: Understood, heard: Heard) -> Understood:
    tokens = scan(text)
    if text not in heard:
        shown, hidden = _masked(text, tokens, stack)
        last = deque(agent.run(quoted({"text": shown})), maxlen=1)[0]
        if last.stop:
            return replace(found, why=f"{found.why}; {agent.name} had no say: {last.text}")
        say, ask = _answer(last.text)
        heard[text] = _HIDDEN.sub(lambda match: hidden.get(match[0].lower(), match[0]), say), ask
    say, ask = heard[text]
    again, told = understand(say, stack), redaction.text(say)
    orders = any(clause.mood is Mood.ORDER for clause in (*clauses(tokens), *clauses(scan(say))))
    if again.kind is Kind.READ and not orders:
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


def _masked(text: str, tokens: Sequence[Token], stack: Inventory) -> tuple[str, dict[str, str]]:
    """Return a text as the model gets it, and what stands for what in it.

    Only words are shown: those that are understood, those of letters alone, and names of the stack, each as it stands
    between blanks. All else may be a password, or a part of one, and so may what is said to be one.
    """
    chunks = masked(text).lower().split()
    whole = {CLITIC.sub("", chunk.rstrip(",.;:?!…")).removesuffix("'s") for chunk in chunks}
    hidden: dict[str, str] = {}
    shown = []
    for token in tokens:
        if token.kind == Of.END or token.text == "," or _is_shown(token, whole, stack):
            shown.append(token.text.strip())
            continue
        name = f"value-{len(hidden) + 1}"
        hidden[name] = token.shown if token.kind == Of.DURATION else token.raw
        shown.append(f'"{name}"' if token.kind == Of.QUOTE else name)
    return " ".join(shown), hidden


def _is_shown(token: Token, whole: Collection[str], stack: Inventory) -> bool:
    if token.kind == Of.NAME:
        fits = _is_word(token) or is_known(stack, token.text)
    else:
        fits = token.kind in (Of.WORD, Of.RTYPE, Of.PROVIDER)
    said = token.text if token.kind in (Of.WORD, Of.NAME) else token.raw
    return fits and all(word in whole for word in said.lower().split())


def _is_word(token: Token) -> bool:
    return token.text.isalpha() and len(token.text) <= _LONGEST_WORD

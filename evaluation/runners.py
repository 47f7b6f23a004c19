"""Who is evaluated: the rules alone, the rules beside stand-in models of known character, or beside a real one."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager as Context
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from sophia_infra.advice.claude import client
from sophia_infra.advice.claude.prices import price_of
from sophia_infra.advice.claude.spec import ClaudeSpec
from tests.support import characters, messages_server
from tests.support.characters import Character
from tests.support.fooled import fooled

RULES = "rules"
STAND_INS: Mapping[str, Character] = {
    "silent": characters.silent,
    "fooled": fooled,
    "contrary": characters.contrary,
    "garbled": characters.garbled,
    "wise": characters.wise,
}
NO_BOUND = 10**9
MAX_TOKENS = 8_000_000
"""Tokens that a real model may use where its price is not known."""


@dataclass(frozen=True, slots=True)
class Runner:
    """Who answers: `character` on loopback, or the model that `claude` names; neither for the rules alone."""

    name: str
    claude: ClaudeSpec | None = None
    character: Character | None = None

    def ready(self) -> Context[object]:
        """Return the block in which it answers."""
        return _served(self.character) if self.character else nullcontext()


def runners() -> list[Runner]:
    """Return the rules alone, then the stand-ins."""
    key = messages_server.KEY
    spec = ClaudeSpec(lambda: key, max_calls=NO_BOUND, max_tokens=NO_BOUND, max_seconds=float(NO_BOUND))
    return [Runner(RULES), *(Runner(name, spec, character) for name, character in STAND_INS.items())]


def real(model: str, max_cost: float) -> Runner:
    """Return a real model; the key is that of the environment, and nothing is asked beyond the cost."""
    price = price_of(model)
    spec = ClaudeSpec(
        lambda: os.environ["ANTHROPIC_API_KEY"],
        model=model,
        timeout=120.0,
        max_calls=NO_BOUND,
        max_seconds=float(NO_BOUND),
        max_tokens=NO_BOUND if price else MAX_TOKENS,
        max_cost=max_cost if price else None,
        price=price,
    )
    return Runner(model, spec)


@contextmanager
def _served(character: Character) -> Iterator[None]:
    """Serve a stand-in on loopback."""
    before = os.environ.get(client.ENDPOINT)
    with messages_server.running(character) as state:
        os.environ[client.ENDPOINT] = state.endpoint
        try:
            yield
        finally:
            os.environ.pop(client.ENDPOINT) if before is None else os.environ.update({client.ENDPOINT: before})

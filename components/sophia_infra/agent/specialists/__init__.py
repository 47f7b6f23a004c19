"""The specialists, each a `.toml` file here: what it watches, what it may propose, and its tool.

Adding one is adding its file; `Specialist` says what stands in it.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.operations import Operation
from sophia_infra.agent.runtime import Effect, Tool, tool
from sophia_infra.agent.understanding import Understood
from sophia_infra.agent.understanding.names import closest
from sophia_infra.codec import decode
from sophia_infra.errors import SophiaError


class ForeignError(SophiaError):
    """An operation that is proposed by who may not."""

    code = "not-its-own"


@dataclass(frozen=True, slots=True)
class Specialist:
    """Who knows one field.

    Attributes:
        name: what it is called, by its file.
        topics: the topics of intents that are its own: `certificates` of `certificates.renew`.
        operations: what it may propose, by their words.
        tool: what its tool is called.
        names: the kinds of names that the tool finds.
        watches: the detectors of the loop whose findings are its own: `expiry`.
    """

    name: str
    topics: tuple[str, ...]
    operations: tuple[str, ...]
    tool: str
    names: tuple[str, ...]
    watches: tuple[str, ...] = ()

    @property
    def lookup(self) -> Tool:
        """What a model may ask of its field: the names in the stack's `Inventory` that look like a word."""

        def names(stack: Inventory, /, like: str) -> list[str]:
            return closest(stack, like.lower(), self.names)

        what = f"Return the {self.tool} of the stack that look most like a word."
        return replace(tool(Effect.READ, narrow="give more of the name")(names), name=self.tool, what=what)


def specialists() -> tuple[Specialist, ...]:
    """Return all of them, by their names."""
    files = (file for folder in __path__ for file in Path(folder).glob("*.toml"))
    return tuple(map(_read, sorted(files, key=lambda file: file.stem)))


@cache
def _read(file: Path) -> Specialist:
    found: Specialist = decode(Specialist, {"name": file.stem, **tomllib.loads(file.read_text("utf-8"))})
    return found


def for_intent(intent: str) -> Specialist | None:
    """Return whose intent it is; None for one of the agent's own."""
    return next((each for each in specialists() if intent.partition(".")[0] in each.topics), None)


def for_finding(detector: str) -> Specialist | None:
    """Return who watches what a detector of the loop finds; None where nobody does, and nothing is proposed."""
    return next((each for each in specialists() if detector in each.watches), None)


def judged(found: Understood) -> Understood:
    """Return what was understood, each wish of it held to its specialist.

    Raises:
        ForeignError: it is none that its specialist may propose.
    """
    for wish in found.wishes or (found,):
        refuse_foreign(wish.intent, for_intent(wish.intent), wish.operations)
    return found


def refuse_foreign(whose: str, specialist: Specialist | None, operations: Sequence[Operation]) -> None:
    """Refuse operations that are not a specialist's to propose, or that are nobody's; `whose` says what asked for them.

    Raises:
        ForeignError: with the first of them.
    """
    for operation in operations:
        if specialist is None or operation.op not in specialist.operations:
            name = specialist.name if specialist else "no specialist"
            told = f"{operation.op} is not proposed for {whose}: {name} may not; see docs/agent.md#specialists"
            raise ForeignError(told, field="operations", subject=operation.op)

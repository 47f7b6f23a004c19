"""The specialists, a file each: what it watches, what it may propose, and its tools. Adding one is adding its file.

A file here that has `SPECIALIST` is one; `specialist.py` says what that is.
"""

from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

from sophia_infra.agent.operations import Operation
from sophia_infra.agent.specialists.specialist import ForeignError, Specialist
from sophia_infra.agent.understanding import Understood

__all__ = ["ForeignError", "Specialist", "for_finding", "for_intent", "judged", "refuse_foreign", "specialists"]


def specialists() -> tuple[Specialist, ...]:
    """Return all of them, by their names."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    return tuple(module.SPECIALIST for module in modules if hasattr(module, "SPECIALIST"))


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
        if specialist is None or not isinstance(operation, specialist.operations):
            name = specialist.name if specialist else "no specialist"
            told = f"{operation.op} is not proposed for {whose}: {name} may not; see docs/agent.md#specialists"
            raise ForeignError(told, field="operations", subject=operation.op)

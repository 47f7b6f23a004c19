"""What a specialist is."""

from dataclasses import dataclass, replace

from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.operations import Operation
from sophia_infra.agent.runtime import Effect, Tool, tool
from sophia_infra.agent.understanding.names import closest
from sophia_infra.errors import SophiaError


class ForeignError(SophiaError):
    """An operation that is proposed by who may not."""

    code = "not-its-own"


@dataclass(frozen=True, slots=True)
class Specialist:
    """Who knows one field.

    Attributes:
        name: what it is called.
        watches: the detectors of the loop whose findings are its own: `expiry`.
        topics: the topics of intents that are its own: `certificates` of `certificates.renew`.
        operations: what it may propose.
        tools: what a model may ask of its field; the first parameter of each is the stack's `Inventory`.
    """

    name: str
    watches: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    operations: tuple[type[Operation], ...] = ()
    tools: tuple[Tool, ...] = ()


def lookup(name: str, *kinds: str) -> Tool:
    """Return the tool that finds the names of some kinds: `lookup("hosts", "host", "zone")`."""

    def names(stack: Inventory, /, like: str) -> list[str]:
        return closest(stack, like.lower(), kinds)

    what = f"Return the {name} of the stack that look most like a word."
    return replace(tool(Effect.READ, narrow="give more of the name")(names), name=name, what=what)

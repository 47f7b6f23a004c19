"""What an agent and its model say to each other; a model is whatever has `reply`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sophia_infra.advice.claude.prices import Usage
from sophia_infra.agent.runtime.tools import Tool

NOTHING = Usage()


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model wants called. Its arguments come from outside, and are not read yet."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a call, as text; `failed` where it is why there is none."""

    call: ToolCall
    text: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model says: a text, which is its answer unless it calls tools first.

    `cost` is in US dollars, 0 where no price is known. `content` is the reply in the model's own form, which is handed
    back to it as it came.
    """

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    usage: Usage = NOTHING
    cost: float = 0.0
    content: tuple[Mapping[str, Any], ...] = ()


Message = str | Reply | tuple[Result, ...]
"""A turn of the talk: what is asked, a reply, or the results of all calls of the reply before."""


class Model(Protocol):
    """Answers a talk."""

    def reply(self, instructions: str, talk: Sequence[Message], tools: Sequence[Tool], seconds: float) -> Reply:
        """Return the next reply, in so many seconds at most. It must change nothing.

        Raises:
            NoAnswerError: there is none.
        """

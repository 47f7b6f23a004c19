"""A report as a value, before it is a page or a comment: what each resource would do, worst first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from sophia_infra.advice.approval import proposed
from sophia_infra.advice.model import Advice
from sophia_infra.changes import Changes, Exposure
from sophia_infra.report.document import Policy

_ID_SHOWN = 12
"""So much of an id stands in a command."""


class Standing(IntEnum):
    """How it stands with a change: what the advice says of it, or that a limit, a policy or an error stops it."""

    UNCHANGED = -1
    APPROVE = 0
    CAUTION = 1
    BLOCK = 2
    STOPPED = 3

    def __str__(self) -> str:
        return self.name.lower()

    @property
    def meaning(self) -> str:
        """What it means, in a few words."""
        return _MEANINGS[self]

    @property
    def stops(self) -> bool:
        """Whether it is not to be applied: the advice is to block it, or it is not let pass."""
        return self >= Standing.BLOCK


_MEANINGS = {
    Standing.UNCHANGED: "Nothing changes",
    Standing.APPROVE: "Nothing speaks against it",
    Standing.CAUTION: "Look at it before it is applied",
    Standing.BLOCK: "The advice is to block it",
    Standing.STOPPED: "A limit, a policy or an error does not let it pass",
}
STOPPING = frozenset(str(each) for each in Standing if each.stops)
"""The words of those that stop."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A reason, taken apart, with the record sets that need what changes."""

    exposure: Exposure
    subject: str
    operation: str
    why: str
    needed_by: tuple[str, ...] = ()
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a diff: `sign` is `+`, `-`, or `!` for what changes without a line that shows how."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Word:
    """What a person said: an approval or a rejection of edits, or an override that was used.

    A rejection has no end, and says `since` when it stands.
    """

    what: str
    who: str
    until: datetime | None
    since: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What people can do, and the command that does it, if one does."""

    what: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One resource that plans a change.

    Attributes:
        title: what people call it: `zone shop.example`.
        operation: the engine's word, such as `update`; empty where the change was refused before there was one.
        changes, advice: what it publishes; None where the document does not say. The journal's advice is whole.
        reasons: at most 20, worst first, and `more` as `changes` counts the others.
        lines: what comes and goes; `hidden` names what changes and is not shown, since it is secret or not known yet.
        refusal: why it is refused, with the way out; empty where it is not.
        words: approvals and overrides that bear on it.
    """

    title: str
    operation: str
    standing: Standing
    changes: Changes | None = None
    advice: Advice | None = None
    reasons: tuple[Weighed, ...] = ()
    more: str = ""
    lines: tuple[Line, ...] = ()
    hidden: tuple[str, ...] = ()
    refusal: str = ""
    policies: tuple[Policy, ...] = ()
    words: tuple[Word, ...] = ()

    @property
    def to_do(self) -> tuple[Step, ...]:
        """What people can do about it."""
        found = list[Step]()
        known = self.advice.id[:_ID_SHOWN] if self.advice else ""
        if self.refusal:
            found.append(Step("mend the program; if it is meant, the refusal says what lets it through"))
        elif any(policy.stops for policy in self.policies):
            found.append(Step("mend the program, or change what the policy allows"))
        if self.advice and (waiting := proposed(self.advice)):
            subjects = ", ".join(edit.subject for edit in waiting)
            found.append(Step(f"approve the edits of {subjects}", f"sophia advice approve {known}"))
        if self.advice and self.standing > Standing.APPROVE:
            found.append(Step("see every finding", f"sophia advice show {known}"))
        return tuple(found)

    @property
    def exposure(self) -> Exposure:
        """How much hangs on it."""
        return self.changes.exposure if self.changes else Exposure.NONE

    @property
    def counts(self) -> str:
        """What it does, in one line."""
        if self.changes is None:
            return self.operation or "refused"
        named = {"create": self.changes.creates, "update": self.changes.updates, "delete": self.changes.deletes}
        counts = ", ".join(f"{count} to {verb}" for verb, count in named.items() if count)
        return counts or self.operation


@dataclass(frozen=True, slots=True)
class Report:
    """A preview, worst first.

    Attributes:
        stack: the stack's name with its project's, `dns/prod`; empty where nothing says it.
        items: the resources that weigh their changes.
        others: by the engine's operation, the other resources that change.
        unchanged: how many stay as they are.
        policies: what policies say of other resources; None where the document can't hold it.
        said: the diagnostics that the items do not tell, errors first.
        notes: what could not be looked up, and why.
    """

    stack: str
    standing: Standing
    items: tuple[Item, ...] = ()
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unchanged: int = 0
    policies: tuple[Policy, ...] | None = None
    said: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def refusals(self) -> tuple[str, ...]:
        """What limits and policies do not let pass, in their words."""
        policies = (*(policy for item in self.items for policy in item.policies), *(self.policies or ()))
        refused = (item.refusal for item in self.items if item.refusal)
        return (*refused, *(policy.text for policy in policies if policy.stops))

    @property
    def against(self) -> str:
        """What speaks against it, first of all what stops it: a refusal, a policy, an error; else the worst advice."""
        found = (
            *self.refusals,
            *(map(_in_short, self.said) if self.standing is Standing.STOPPED else ()),
            *(item.advice.summary for item in self.items if item.advice),
        )
        return next(filter(None, found), self.standing.meaning)


def _in_short(said: str) -> str:
    """What the engine says; of a program that raised, the last line of its traceback."""
    return f"the program failed: {said.splitlines()[-1]}" if "\nTraceback " in said else said

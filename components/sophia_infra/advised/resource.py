"""What a resource tells the walk through `check`: who it is, under which terms it changes, what an apply will do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from sophia_infra.advice.autonomy import Bounds
from sophia_infra.advice.consult import Advisor, RuleAdvisor, nothing
from sophia_infra.advice.model import Autonomy, Edit
from sophia_infra.changes import Changes, Limits
from sophia_infra.changes.overrides import Override
from sophia_infra.journal import Journal

if TYPE_CHECKING:
    from sophia_infra.advice.approvals_file import Entry
    from sophia_infra.advice.claude.spec import ClaudeSpec


@dataclass(frozen=True, slots=True)
class About:
    """Who a resource is, and under which terms it changes.

    Attributes:
        kind: the word for it in messages and requests; `redaction.FACTS` MUST list its facts.
        subject: its name in messages and findings: `shop.example`.
        location: where it is applied. One location MUST be one thing, whatever path leads there.
        part: which part of the location is this resource's, where several share it.
        unit: what `changes` counts, in the plural; empty where it is one object.
        stack: the project and the stack, `shop/prod`: a level of autonomy is granted, and lost, by stack.
        autonomy, bounds, limits, overrides: those of the stack, and above them the resource's own.
        edits: the approved edits that the last run applied.
        approvals: what a file of the repository approves, of this resource and of others.
        applies: whether an apply asks, of which a stack has one at a time; not set where that can't be told.
        claude: the model that advises beside the rules; None where they decide alone.
    """

    kind: str
    subject: str
    location: str
    part: str = "all"
    unit: str = ""
    stack: str = ""
    autonomy: Autonomy = Autonomy.SUGGEST
    bounds: Bounds = field(default_factory=Bounds)
    limits: Limits = field(default_factory=Limits)
    overrides: tuple[Override, ...] = ()
    edits: tuple[Edit, ...] = ()
    approvals: "tuple[Entry, ...]" = ()
    applies: bool = False
    claude: "ClaudeSpec | None" = None

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


def none_of(_edits: Sequence[Edit]) -> Sequence[Edit]:
    """Let no edit of a model through."""
    return ()


def is_live(_edit: Edit) -> bool:
    """Say that what an edit wrote is live."""
    return True


@dataclass(frozen=True, slots=True)
class Plan:
    """What an apply will do to a resource. A value: the same world gives the same plan.

    Attributes:
        changes: how much changes, what hangs on it, and the base that it was planned against.
        digest: the hash that stands for what is asked for; it MUST NOT tell of a secret value, not even by its hash.
        facts: what an advisor may see beside the changes; `redaction.FACTS` lists which facts pass.
        advisor: who judges it. It is asked only where no advice on the same facts is known.
        inputs: what `check` publishes beside `changes` and `advice`: JSON values, and no secret that came as none.
        claim: what the journal's row says of who plans which part of the location.
        edits: the approved edits that the plan applies.
        base_follows: whether the base is made of what is asked for too, and so moves with it.
        late: whether some of what is asked for comes, or may come, from other resources.
        dated: what of it is due at this time of day, each one line; None where no time makes it another plan.
        lines: what people should know of it, each one whole line.
        sets: returns what a model is shown of the parts that change, such as record sets; `redaction` bounds it.
        admit: returns those edits of a model that are as sound as those of the rules.
        holds: says whether what an edit of the last run wrote is live.
        credentials: what the settings hold that its credentials come from, by their names: references, or the
            credentials themselves, of which nothing goes further.
        details: what comes (`+ ...`) and goes (`- ...`) where nothing else shows it; it stands in `changes`.
    """

    changes: Changes
    digest: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    advisor: Advisor = field(default_factory=RuleAdvisor)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    claim: Mapping[str, Any] = field(default_factory=dict)
    edits: tuple[Edit, ...] = ()
    lines: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    sets: Callable[[], Sequence[Mapping[str, Any]]] = nothing
    admit: Callable[[Sequence[Edit]], Sequence[Edit]] = none_of
    holds: Callable[[Edit], bool] = is_live
    base_follows: bool = False
    late: bool = False
    dated: tuple[str, ...] | None = None


class Resource(Protocol):
    """One resource on its way through `check`; it is made anew for each call. `FixedResource` is a small one."""

    @property
    def about(self) -> About:
        """Return who it is; it MUST be the same each time."""

    def plan(self, edits: Sequence[Edit]) -> Plan:
        """Return what an apply will do, with edits that a person approved.

        It MUST change nothing anywhere. It is called again where edits are approved: the world MUST be read once, so
        that both plans are of the same one. Reading MUST take bounded time. A resource that knows no edits leaves them
        out of the plan.

        Raises:
            SophiaError: there is no plan; its `field` says which input is at fault.
        """

    def refuse_rivals(self, journal: Journal) -> None:
        """Refuse where another resource of this run wants what only one can have. It is called once, after the plan
        stands in the journal, so of two that run at the same time one at least is refused.

        Raises:
            SophiaError: there is such a resource.
        """


@dataclass(slots=True)
class FixedResource:
    """A resource for tests, of this library and of its users: plans `planned`, and keeps the edits it was asked for.

    Example: `check(FixedResource(Plan(Changes(deletes=200, before=300))), Journal.open(tmp_path))` is refused.
    """

    planned: Plan = field(default_factory=lambda: Plan(Changes(creates=1)))
    about: About = About("certificate", "shop.example", "here", unit="objects")
    asked: list[tuple[Edit, ...]] = field(default_factory=list)

    def plan(self, edits: Sequence[Edit]) -> Plan:
        """Return the fixed plan with the edits applied."""
        self.asked.append(tuple(edits))
        return replace(self.planned, edits=tuple(edits))

    def refuse_rivals(self, journal: Journal) -> None:
        """Know no rival."""

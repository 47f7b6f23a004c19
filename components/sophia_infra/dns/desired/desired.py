"""What the steps of the pipeline take and give: a zone on its way to what is applied, and the world around it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sophia_infra.advice.model import Edit
from sophia_infra.dns.aliases import Answers
from sophia_infra.dns.backends import Live
from sophia_infra.dns.ownership import Part
from sophia_infra.dns.pools.publish import Published
from sophia_infra.dns.spec import ZoneSpec
from sophia_infra.dns.staging.caches import Cached
from sophia_infra.dns.staging.staged import Staged
from sophia_infra.dns.staging.steps import Moment
from sophia_infra.dns.state import ZoneState


@dataclass(frozen=True, slots=True)
class Aliased:
    """The ALIAS in whose place addresses stand.

    Attributes:
        targets: the `aliases` property: by owner, what the program names.
        subjects: the sets that are published in their place.
        lines: what people should know.
        because: by set, why it holds other addresses than the last run published.
    """

    targets: Mapping[str, str] = field(default_factory=dict)
    subjects: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    because: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class World:
    """All that a plan rests on. A plan reads nothing else, so the same world gives the same plan.

    Attributes:
        live: the zone as it is served.
        part: the same, split into what is this stack's and what is not.
        pools: what pools publish.
        moment: the time, and when this stack wrote what is live.
        normalize: canonical text of a whole zone as the backend would hold it.
        unwritten: pending sets that this stack can't have written before, not even in a run that was killed.
        cached: what resolvers may still hold of staged sets.
        answers: what the names answer to which ALIAS lead, where they are looked up.
    """

    spec: ZoneSpec
    state: ZoneState
    live: Live
    part: Part
    pools: Published
    moment: Moment
    normalize: Callable[[str], str]
    unwritten: tuple[str, ...] = ()
    cached: Mapping[str, Cached] = field(default_factory=dict)
    answers: Answers = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desired:
    """A zone between two steps of the pipeline.

    Attributes:
        text: canonical text of what is to be applied beside the late values; at first what the program gives.
        edits: approved edits; from the step that applies them on, those that were applied.
        aliased: what stands in place of ALIAS, once that step was made.
        staged: the steps of staged switches, once that step was made.
        zone: `text` with the late values, once they were put in; what is pending has its live values.
        pending: the sets whose values are not known before the apply.
    """

    text: str
    edits: tuple[Edit, ...] = ()
    aliased: Aliased = field(default_factory=Aliased)
    staged: Staged = field(default_factory=lambda: Staged("", {}))
    zone: str = ""
    pending: tuple[str, ...] = ()


Step = Callable[[Desired, World], Desired]
"""One step of the pipeline. It MUST be pure."""

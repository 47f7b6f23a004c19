"""Changes of type in a staged zone, whichever run is killed: nothing is swapped while it is cached for long."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sophia_infra.dns.rr.record import Record, from_text, to_text
from sophia_infra.dns.staging.caches import Cached, Publication, of_sets, ttls_of
from sophia_infra.dns.staging.staged import Asked, Known, Staged, staged
from sophia_infra.dns.staging.steps import HOLD, LOW_TTL, Moment
from sophia_infra.journal import Kind

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = 86_400
ADDRESS, OTHER = ("A", "192.0.2.1"), ("A", "192.0.2.2")
PROGRAMS = [
    [ADDRESS],
    [OTHER],
    [ADDRESS, ("AAAA", "2001:db8::1")],
    [("CNAME", "shop.cdn.example.")],
    [("CNAME", "other.cdn.example.")],
    [ADDRESS, ("TXT", '"t"')],
    [("ALIAS", "shop.cdn.example."), ("TXT", '"t"')],
]

Content = frozenset[tuple[str, str]]


def text_of(content: list[tuple[str, str]], ttl: int) -> str:
    return to_text([Record("www", ttl, kind, rdata) for kind, rdata in content])


def content_of(text: str) -> Content:
    return frozenset((record.type, record.rdata) for record in from_text(text))


@dataclass
class World:
    """A live name, what the stack and its journal remember of it, and a clock."""

    live: str = text_of([ADDRESS], DAY)
    stages: dict[str, Any] = field(default_factory=dict)
    last: str = text_of([ADDRESS], DAY)
    now: datetime = START
    written: datetime | None = None
    rows: list[tuple[Kind, datetime, dict[str, int]]] = field(default_factory=list)

    def run(self, text: str, *, after: float = 0, fate: str = "done") -> Staged:
        self.now += timedelta(seconds=after)
        known = Known(self.stages, self.last, self._cached())
        step = staged(self.live, Asked(text, text), ["www"], known, Moment(self.now, self.written))
        is_due = step.text != self.live
        if is_due:
            self._tell(Kind.INTENT, step)
        if fate != "killed before":
            self.live, self.written = step.text, self.now if is_due else self.written
        if fate == "killed after":
            self.written = None
        if fate == "done":
            self.stages, self.last = dict(step.stages), step.text
            if is_due:
                self._tell(Kind.OUTCOME, step)
        return step

    def _tell(self, kind: Kind, step: Staged) -> None:
        self.rows.append((kind, self.now, ttls_of(step.text, step.stages)))

    def _cached(self) -> dict[str, Cached]:
        return of_sets([Publication(time, kind == Kind.OUTCOME, ttls) for kind, time, ttls in self.rows])

    def published(self) -> list[Content]:
        """What the state says was published: going back to it, or healing it, is done at once."""
        return [
            frozenset(
                (key.partition(" ")[2] or value.partition(" ")[0], value if " " in key else value.partition(" ")[2])
                for key, stage in self.stages.items()
                for value in stage.get(name) or stage["values"]
            )
            for name in ("values", "before")
        ]


def hosts(content: Content) -> Content:
    return frozenset(one for one in content if one[0] != "TXT")


RUN = st.tuples(
    st.sampled_from(["done", "killed before", "killed after"]),
    st.sampled_from(PROGRAMS),
    st.sampled_from([60, LOW_TTL, 3600, DAY]),
    st.sampled_from([0, 10, 3599, 3602, DAY - 1, DAY + 2]),
)


@settings(max_examples=300, deadline=None)
@example(  # what a killed run published was taken away by the next, which was killed as well
    [
        ("done", [ADDRESS], 60, 0),
        ("done", [("CNAME", "shop.cdn.example.")], 60, DAY + 2),
        ("killed after", [ADDRESS], 3600, 0),
        ("killed after", [("CNAME", "shop.cdn.example.")], 60, 0),
        ("done", [("A", "192.0.2.2")], 60, 0),
    ]
)
@given(st.lists(RUN, min_size=1, max_size=12))
def test_whichever_run_is_killed_nothing_is_swapped_while_it_is_cached_for_long(
    runs: list[tuple[str, list[tuple[str, str]], int, int]],
) -> None:
    world = World()
    world.run(world.live)
    past = [(world.live, world.now)]
    for fate, program, ttl, after in runs:
        asked, live, known = text_of(program, ttl), world.live, world.published()
        step = world.run(asked, after=after, fate=fate)
        if fate == "killed before":
            continue
        contents = (frozenset(program), content_of(step.text))
        if is_swap(live, step.text) and not any(
            hosts(one) <= past_one for one in contents for past_one in map(hosts, known)
        ):
            held = [
                record.ttl
                for text, seen in past
                for record in from_text(text)
                if record.type != "TXT"
                and (record.type, record.rdata) not in content_of(step.text)
                and seen + timedelta(seconds=record.ttl) > world.now
            ]
            assert max(held, default=0) <= LOW_TTL
        past = [(one, world.now if one == live else seen) for one, seen in past] + [(step.text, world.now)]
    for _ in range(5):
        world.run(asked, after=DAY + HOLD.total_seconds() + 2)
    assert world.live == asked
    assert world.run(asked).lines == []
    assert all(" " in key and stage["step"] == "settled" for key, stage in world.stages.items())


def is_swap(before: str, after: str) -> bool:
    """Whether a CNAME or an ALIAS comes or goes."""
    kinds = {kind for kind, _ in content_of(before)} ^ {kind for kind, _ in content_of(after)}
    return bool(kinds & {"CNAME", "ALIAS"})

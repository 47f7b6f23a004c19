"""The machine of a rotation, as a table: what is held and seen, and the step that follows."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from sophia_infra.secrets.decisions import decide, next_generation
from sophia_infra.secrets.phases import (
    OURS,
    Block,
    Held,
    Phase,
    Seen,
    Session,
    Slot,
    SlotState,
    Step,
    Terms,
)

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
AGES_AGO = NOW - timedelta(days=1000)
GAP = Block("instance-unread", "standby:5432", "it can't be asked")
BEHIND = Block("login-refused", "standby:5432", "it has not replayed")


def slot(state: SlotState, generation: int, at: datetime | None = AGES_AGO) -> Slot:
    return Slot(state, generation, at)


def seen(a: Slot, b: Slot = Slot(), *sessions: Session, gaps: tuple[Block, ...] = ()) -> Seen:  # noqa: B008  # frozen
    return Seen({"a": a, "b": b}, sessions, gaps)


ISSUED, SUSPENDED, REVOKED = SlotState.ISSUED, SlotState.SUSPENDED, SlotState.REVOKED
GONE, MADE = Slot(SlotState.GONE), Slot(SlotState.ABSENT, 2)
OLD, NEW = Session("a", "api", "192.0.2.1"), Session("b", "api", "192.0.2.1")
BOTH = (slot(ISSUED, 1), slot(ISSUED, 2))
SOAKING = (slot(SUSPENDED, 1, NOW - timedelta(days=1)), slot(ISSUED, 2))
SOAKED = (slot(SUSPENDED, 1), slot(ISSUED, 2))


@dataclass(frozen=True)
class Case:
    """`codes` are those of the blocks."""

    why: str
    seen: Seen
    phase: Phase
    steps: tuple[Step, ...] = ()
    codes: tuple[str, ...] = ()
    minted: tuple[int, int] = (1, 2)
    published: int = 2
    abandoned: int = 0
    adopted: frozenset[str] = field(default_factory=frozenset)
    consumers: tuple[str, ...] = ("api",)


CASES = [
    Case("the first one is staged and published at once", seen(Slot()), Phase.MINTED, (Step.STAGE, Step.PUBLISH),
         minted=(1, 0), published=0),
    Case("the first one was staged by a run that was cut off", seen(slot(ISSUED, 1)), Phase.STAGED, (Step.PUBLISH,),
         minted=(1, 0), published=0),
    Case("one login and nothing due", seen(slot(ISSUED, 1)), Phase.STEADY, minted=(1, 0), published=1),
    Case("the next one is minted", seen(slot(ISSUED, 1)), Phase.MINTED, (Step.STAGE,), published=1),
    Case("the login in use is lost while the next one is staged", seen(Slot(), slot(ISSUED, 2)), Phase.STEADY,
         (Step.RESUME,), published=1),
    Case("the login in use is gone for good while the next one is staged", seen(GONE, BOTH[1]), Phase.STAGED,
         (Step.PUBLISH,), published=1),
    Case("the login in use is gone for good while the next one is minted", seen(GONE, MADE), Phase.MINTED,
         (Step.STAGE, Step.PUBLISH), published=1),
    Case("the login in use is gone for good, and another one is made in its slot", seen(MADE, GONE), Phase.MINTED,
         (Step.STAGE, Step.PUBLISH), minted=(2, 0), published=1),
    Case("the new login is gone for good while consumers move", seen(BOTH[0], Slot(SlotState.ABSENT, 3), OLD),
         Phase.MINTED, (Step.STAGE, Step.PUBLISH), minted=(1, 3)),
    Case("the login in use was suspended by hand while the next one is minted", seen(slot(SUSPENDED, 1)), Phase.MINTED,
         (Step.STAGE, Step.PUBLISH), published=1),
    Case("the login of before is gone for good while consumers move", seen(GONE, BOTH[1]), Phase.STEADY),
    Case("an old backup, whose own login is refused", seen(*SOAKING, NEW), Phase.STAGED, (Step.PUBLISH,), published=1),
    Case("the login in use is not everywhere as asked", seen(Slot(ISSUED, 1, AGES_AGO, is_whole=False)), Phase.STEADY,
         (Step.STAGE,), minted=(1, 0), published=1),
    Case("the old login is refused on one instance, and in use", seen(Slot(ISSUED, 1, AGES_AGO, is_whole=False),
         BOTH[1], OLD, NEW), Phase.ADOPTING, (Step.RESUME,), ("consumer-late",)),
    Case("the old login is refused on one instance, and all have moved", seen(Slot(ISSUED, 1, AGES_AGO, is_whole=False),
         BOTH[1], NEW), Phase.ADOPTING, (Step.SUSPEND,)),
    Case("its slot is still in use", seen(slot(ISSUED, 3), slot(REVOKED, 2), NEW), Phase.MINTED, (),
         ("consumer-late",), minted=(3, 4), published=3),
    Case("it is staged and works", seen(*BOTH), Phase.STAGED, (Step.PUBLISH,), published=1),
    Case("a standby does not take it yet", Seen(dict(zip("ab", BOTH, strict=True)), unverified=(BEHIND,)),
         Phase.STAGED, (), ("login-refused",), published=1),
    Case("the old login is open", seen(*BOTH, OLD, NEW), Phase.ADOPTING, (), ("consumer-late",)),
    Case("all have moved", seen(*BOTH, NEW), Phase.ADOPTING, (Step.SUSPEND,)),
    Case("one that moved and is away", seen(*BOTH), Phase.ADOPTING, (Step.SUSPEND,), adopted=frozenset({"api"})),
    Case("nobody is connected at all", seen(*BOTH), Phase.ADOPTING, (), ("consumer-unseen",)),
    Case("one that polls between the looks", seen(*BOTH, NEW), Phase.ADOPTING, (), ("consumer-unseen",),
         consumers=("api", "reports")),
    Case("our own session is no consumer", seen(*BOTH, Session("b", OURS)), Phase.ADOPTING, (), ("consumer-unseen",)),
    Case("nobody says who uses it", seen(*BOTH, NEW), Phase.ADOPTING, (), ("consumers-unknown",), consumers=()),
    Case("a standby can't be asked", seen(*BOTH, NEW, gaps=(GAP,)), Phase.ADOPTING, (), ("instance-unread",)),
    Case("the soak is not over", seen(*SOAKING, NEW), Phase.SUSPENDED, (), ("soak",)),
    Case("the soak is over and all have moved", seen(*SOAKED, NEW), Phase.SUSPENDED, (Step.REVOKE,)),
    Case("time alone", seen(*SOAKED), Phase.SUSPENDED, (), ("consumer-unseen",)),
    Case("time and a gap", seen(*SOAKED, NEW, gaps=(GAP,)), Phase.SUSPENDED, (), ("instance-unread",)),
    Case("a session was open all the while", seen(*SOAKED, OLD), Phase.SUSPENDED, (Step.RESUME,), ("consumer-late",)),
    Case("suspended by hand", seen(slot(SUSPENDED, 1, None), BOTH[1], NEW), Phase.SUSPENDED, (Step.SUSPEND,)),
    Case("ended", seen(slot(REVOKED, 1), BOTH[1]), Phase.STEADY),
    Case("the login in use was suspended by hand", seen(slot(REVOKED, 1), slot(SUSPENDED, 2)), Phase.STEADY,
         (Step.STAGE,)),
    Case("it is aborted while consumers move", seen(*BOTH, OLD, NEW), Phase.STAGED, (Step.PUBLISH,), abandoned=2),
    Case("it was aborted, and one has moved already", seen(*BOTH, OLD, NEW), Phase.ADOPTING, (), ("consumer-late",),
         published=1, abandoned=2),
    Case("it was aborted, and all are back", seen(*BOTH, OLD), Phase.ADOPTING, (Step.SUSPEND,),
         published=1, abandoned=2),
    Case("another state is ahead", seen(slot(ISSUED, 3), BOTH[1]), Phase.STEADY, (), ("state-behind",),
         minted=(1, 0), published=1),
    Case("an old backup, of before the login in use", seen(*BOTH), Phase.STEADY, (), ("state-behind",),
         minted=(1, 0), published=1, adopted=frozenset({"api"})),
    Case("an old backup, whose own login is ended", seen(slot(REVOKED, 1), BOTH[1]), Phase.STEADY, (),
         ("state-behind",), minted=(1, 0), published=1),
    Case("the state has lost the value in use", seen(slot(ISSUED, 1)), Phase.STEADY, (), ("value-lost",),
         minted=(0, 0), published=1),
    Case("the state has lost the value in use, and an older one is left", seen(slot(REVOKED, 1), slot(ISSUED, 2)),
         Phase.STEADY, (), ("value-lost",), minted=(1, 0)),
    Case("the value in use was lost, and the next one is made", seen(slot(ISSUED, 1)), Phase.MINTED,
         (Step.STAGE, Step.PUBLISH), minted=(0, 2), published=1),
    Case("the state has lost all values", seen(*BOTH), Phase.STEADY, (), ("value-lost",), minted=(0, 0), published=0),
    Case("its server can't be asked", Seen(unread="no route"), Phase.STEADY, (), ("unread",)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.why for case in CASES])
def test_the_next_step_follows_from_what_is_held_and_seen(case: Case) -> None:
    held = Held(dict(zip("ab", case.minted, strict=True)), case.published, case.abandoned)
    terms = Terms(timedelta(days=2), case.consumers)
    found = decide(held, case.seen, terms, case.adopted, NOW)
    codes = tuple(block.code for block in found.blocks)
    assert (found.phase, found.steps, codes) == (case.phase, case.steps, case.codes)


@pytest.mark.parametrize(("soak", "steps"), [(timedelta(0), (Step.REVOKE,)), (timedelta(seconds=1), ())])
def test_without_a_soak_nobody_waits_for_a_server_whose_clock_is_ahead(
    soak: timedelta, steps: tuple[Step, ...]
) -> None:
    """A log of Redis that has just begun begins when it is read, which is after the run's own time."""
    ahead = seen(slot(SUSPENDED, 1, NOW + timedelta(milliseconds=20)), BOTH[1], NEW)
    found = decide(Held({"a": 1, "b": 2}, 2), ahead, Terms(soak, ("api",)), frozenset(), NOW)
    assert found.steps == steps


@pytest.mark.parametrize("case", CASES, ids=[case.why for case in CASES])
def test_time_never_leads_to_revoking(case: Case) -> None:
    """A thousand years on, the step is the same, but for a soak that all else has waited for."""
    held = Held(dict(zip("ab", case.minted, strict=True)), case.published, case.abandoned)
    terms = Terms(timedelta(days=2), case.consumers)
    later = decide(held, case.seen, terms, case.adopted, NOW + timedelta(days=365_000))
    assert later.steps == case.steps or (case.codes == ("soak",) and later.steps == (Step.REVOKE,))


@pytest.mark.parametrize(
    ("own", "here", "there", "due", "wanted"),
    [
        ((0, 0), Slot(), Slot(), False, (1, 0)),
        ((1, 0), Slot(), Slot(), True, (1, 0)),
        ((1, 0), slot(ISSUED, 1), Slot(), False, (1, 0)),
        ((1, 0), slot(ISSUED, 1), Slot(), True, (1, 2)),
        ((1, 2), slot(ISSUED, 1), Slot(), True, (1, 2)),
        ((1, 2), *BOTH, True, (1, 2)),
        ((1, 2), *SOAKED, True, (1, 2)),
        ((1, 2), slot(REVOKED, 1), slot(ISSUED, 2), True, (3, 2)),
        ((0, 0), slot(REVOKED, 6), slot(ISSUED, 7), True, (8, 0)),
        ((1, 2), Slot(), slot(ISSUED, 2), True, (3, 2)),
        ((1, 2), GONE, slot(ISSUED, 2), True, (3, 2)),
        ((1, 2), GONE, slot(ISSUED, 2), False, (1, 2)),
        ((1, 2), GONE, MADE, False, (1, 2)),
        ((0, 0), GONE, GONE, False, (1, 0)),
        ((1, 0), GONE, GONE, False, (2, 0)),
        ((1, 2), slot(ISSUED, 1), GONE, False, (1, 3)),
        ((1, 0), MADE, GONE, False, (2, 0)),
        ((1, 0), slot(ISSUED, 1), MADE, True, (1, 2)),
        ((1, 2), slot(ISSUED, 1), MADE, True, (1, 2)),
    ],
    ids=[
        "the first", "not on its server yet", "not due", "due", "kept while it is staged", "not while consumers move",
        "not while one is suspended", "the slots take turns", "a state that was lost",
        "they take turns where the ended one was dropped", "they take turns where an ended one is deleted",
        "not while the one in use is gone and the next one is there",
        "not while the one in use is gone and the next one is made", "the first, where the server makes it",
        "the one in use is gone for good", "the new one is gone for good", "made for a run that was killed",
        "made for a run that was killed, beside the one in use", "made, and in the state",
    ],
)  # fmt: skip
def test_a_value_is_minted_only_for_a_free_slot_of_a_steady_secret(
    own: tuple[int, int], here: Slot, there: Slot, due: bool, wanted: tuple[int, int]
) -> None:
    found = seen(here, there)
    assert tuple(next_generation(name, had, found, due=due) for name, had in zip("ab", own, strict=True)) == wanted


def test_nothing_is_minted_where_the_server_can_not_be_read() -> None:
    assert next_generation("b", 0, Seen(unread="no route"), due=True) == 0

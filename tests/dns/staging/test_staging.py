"""A staged switch, step by step and under random kills: no switch while resolvers may hold the old set for long."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sophia_infra.changes import covers
from sophia_infra.dns.late_values import LateValues
from sophia_infra.dns.rr.record import Record, from_text, to_text
from sophia_infra.dns.staging.caches import Publication, of_set
from sophia_infra.dns.staging.staged import Asked, Known, Staged, StagingError, staged
from sophia_infra.dns.staging.steps import HOLD, LOW_TTL, Moment, Stage, Step, Values, advance
from sophia_infra.journal import Kind
from tests.support.refusals import refused

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = 86_400
ORIGIN = "@ 3600 NS ns1.dns.example.\n"


def values(*addresses: str, ttl: int = DAY) -> Values:
    return Values(frozenset(addresses), ttl)


OLD, NEW, THIRD = values("192.0.2.1"), values("192.0.2.2"), values("192.0.2.3")


def low(one: Values) -> Values:
    return one._replace(ttl=LOW_TTL)


@dataclass
class World:
    """One live set, what the stack remembers of it, and a clock; `run` is one `pulumi up`."""

    live: Values | None = OLD
    stage: Stage | None = None
    now: datetime = START
    written: datetime | None = None
    last_ttl: int = DAY
    journal: list[tuple[Publication, int | None]] = field(default_factory=list)

    def run(self, desired: Values, *, after: float = 0, fate: str = "done") -> Step:
        self.now += timedelta(seconds=after)
        step = advance(self.live, desired, self._known(), self.last_ttl, Moment(self.now, self.written))
        is_due = step.publish != self.live
        if is_due:
            self._journal(Kind.INTENT, step.publish.ttl)
        if fate != "killed before":
            self.live, self.written = step.publish, self.now if is_due else self.written
        if fate == "killed after":
            self.written = None
        if fate == "done":
            self.stage, self.last_ttl = step.stage, step.publish.ttl
            if is_due:
                self._journal(Kind.OUTCOME, step.publish.ttl)
        return step

    def _known(self) -> Stage | None:
        cached = of_set(self.journal)
        if self.live is None or cached is None or cached.until <= self.now:
            return self.stage
        return cached.remembered(self.live, self.stage)

    def _journal(self, kind: Kind, ttl: int) -> None:
        self.journal.append((Publication(self.now, kind == Kind.OUTCOME, {}), ttl))


def settled() -> World:
    world = World()
    assert world.run(OLD).publish == OLD
    return world


def test_a_switch_goes_through_four_steps_and_says_where_it_stands() -> None:
    world = settled()
    assert world.run(NEW) == (low(OLD), world.stage, "step 1 of 4, lowers the TTL from 86400 to 300 s")
    waits = "step 2 of 4, waits until 2026-11-24 12:01 UTC for the TTL of 86400 s to pass"
    assert world.run(NEW, after=60) == (low(OLD), world.stage, waits)
    assert world.run(NEW, after=DAY - 120) == (low(OLD), world.stage, waits)
    assert world.run(NEW, after=61) == (low(NEW), world.stage, "step 3 of 4, switches at a TTL of 300 s")
    assert world.run(NEW, after=60).line == "step 4 of 4, restores the TTL after 2026-11-24 13:01 UTC"
    assert world.live == low(NEW)
    assert world.run(NEW, after=3600) == (NEW, world.stage, "step 4 of 4, restores the TTL of 86400 s")
    assert world.run(NEW).line == ""


def test_the_wait_runs_from_when_the_low_ttl_was_written_or_else_from_when_it_was_seen() -> None:
    world = settled()
    world.run(NEW)
    world.written = None
    world.run(NEW, after=1000)
    assert world.stage is not None
    assert world.stage.until == START + timedelta(seconds=1000 + DAY + 1)


@pytest.mark.parametrize("ttl", [60, LOW_TTL])
def test_a_set_that_was_never_long_is_switched_at_once(ttl: int) -> None:
    world = World(live=OLD._replace(ttl=ttl), last_ttl=ttl)
    assert world.run(NEW).publish == NEW


def test_a_switch_that_is_withdrawn_before_it_happened_gets_its_ttl_back_at_once() -> None:
    world = settled()
    world.run(NEW)
    world.run(NEW, after=60)
    assert world.run(OLD).publish == OLD
    assert world.run(OLD).line == ""


def test_a_switch_that_turns_out_bad_is_undone_at_once() -> None:
    world = settled()
    world.run(NEW)
    world.run(NEW, after=DAY + 2)
    assert world.run(OLD, after=600) == (OLD, world.stage, "goes back to what it was before the switch")


def test_a_third_value_while_it_holds_is_switched_to_at_once_and_held_again() -> None:
    world = settled()
    world.run(NEW)
    world.run(NEW, after=DAY + 2)
    assert world.run(THIRD, after=3000).publish == low(THIRD)
    assert world.run(THIRD, after=3000).publish == low(THIRD)
    assert world.run(THIRD, after=601).publish == THIRD


def test_drift_of_a_settled_set_is_healed_at_once_and_is_no_switch() -> None:
    world = settled()
    world.live = THIRD
    assert world.run(OLD) == (OLD, world.stage, "")


@pytest.mark.parametrize("drift", [THIRD, OLD, low(THIRD)])
def test_drift_while_it_waits_starts_the_wait_anew(drift: Values) -> None:
    world = settled()
    world.run(NEW)
    world.run(NEW, after=DAY - 10)
    world.live = drift
    assert world.run(NEW, after=20).publish == low(OLD)
    assert world.run(NEW, after=DAY - 10).publish == low(OLD)
    assert world.run(NEW, after=20).publish == low(NEW)


def test_drift_while_it_holds_is_healed_at_the_low_ttl() -> None:
    world = settled()
    world.run(NEW)
    world.run(NEW, after=DAY + 2)
    world.live = THIRD
    assert world.run(NEW).publish == low(NEW)


def held() -> World:
    """A set in its fourth step, which a run has seen."""
    world = settled()
    world.run(NEW)
    world.run(NEW, after=DAY + 2)
    world.run(NEW, after=60)
    return world


def test_a_bad_switch_is_undone_at_once_even_where_its_run_was_killed() -> None:
    world = settled()
    world.run(NEW)
    waiting, last_ttl = world.stage, world.last_ttl
    world.run(NEW, after=DAY + 2)
    world.stage, world.last_ttl, world.written = waiting, last_ttl, None
    assert world.run(NEW, after=60).publish == low(NEW)
    assert world.run(OLD, after=60).publish == OLD


def test_drift_while_it_holds_starts_the_hold_anew() -> None:
    world = held()
    world.live = low(THIRD)
    world.run(NEW, after=3000)
    assert world.run(NEW, after=3000).publish == low(NEW)
    assert world.run(NEW, after=602).publish == NEW


@pytest.mark.parametrize("after", [10, 4000])
def test_after_drift_with_a_long_ttl_a_third_value_has_to_wait(after: float) -> None:
    world = held()
    world.live = OLD._replace(values=frozenset(["192.0.2.66"]))
    world.run(NEW)
    world.run(NEW, after=1)
    assert world.run(THIRD, after=after).publish == low(NEW)
    assert world.run(THIRD, after=DAY - after - 10).publish == low(NEW)
    assert world.run(THIRD, after=12).publish == low(THIRD)


def test_a_new_low_ttl_is_never_raised_by_a_step() -> None:
    world = settled()
    wanted = NEW._replace(ttl=60)
    assert world.run(wanted).publish == OLD._replace(ttl=60)
    assert world.run(wanted, after=DAY + 2).publish == wanted
    assert world.run(wanted).line == ""


def test_a_ttl_that_the_program_lowered_itself_counts_until_it_has_passed() -> None:
    world = settled()
    world.run(OLD._replace(ttl=60))
    world.written = None
    world.run(OLD._replace(ttl=60), after=60)
    assert world.run(NEW._replace(ttl=60), after=DAY - 60).publish == OLD._replace(ttl=60)
    assert world.run(NEW._replace(ttl=60), after=62).publish == NEW._replace(ttl=60)

    world = settled()
    world.run(OLD._replace(ttl=60))
    world.run(OLD._replace(ttl=60), after=DAY + 2)
    assert world.run(NEW._replace(ttl=60)) == (NEW._replace(ttl=60), world.stage, "")


def test_a_ttl_that_the_program_lowers_twice_counts_from_the_second_time() -> None:
    world = settled()
    world.run(OLD._replace(ttl=3600))
    world.run(OLD._replace(ttl=60), after=DAY - 1)
    assert world.run(NEW._replace(ttl=60), after=10).publish == OLD._replace(ttl=60)


def test_a_set_that_is_created_needs_no_steps() -> None:
    assert World(live=None).run(NEW).publish == NEW


def test_a_stage_survives_the_state() -> None:
    for stage in (
        Stage("lowered", OLD.values, DAY),
        Stage("switched", NEW.values, 300, START, OLD.values),
    ):
        as_floats = {**stage.as_input(), "ttl": float(stage.ttl)}
        assert Stage.from_input(as_floats) == stage


RUN = st.tuples(
    st.sampled_from(["done", "killed before", "killed after"]),
    st.sampled_from([OLD.values, NEW.values, THIRD.values]),
    st.sampled_from([60, LOW_TTL, 3600, DAY]),
    st.sampled_from([0, 10, 3599, 3602, DAY - 1, DAY + 2]),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(RUN, min_size=1, max_size=14))
def test_whichever_run_is_killed_no_switch_comes_while_the_old_values_are_cached_for_long(
    runs: list[tuple[str, frozenset[str], int, int]],
) -> None:
    world = settled()
    past = [(OLD, world.now)]
    for fate, wanted, ttl, after in runs:
        live, stage = world.live, world.stage
        step = world.run(Values(wanted, ttl), after=after, fate=fate)
        if fate == "killed before":
            continue
        # What was published before is healed, and a switch undone, at once: waiting would do more harm.
        asks_for_what_it_knows = stage is not None and wanted in (stage.values, stage.before)
        if live and step.publish.values != live.values and not asks_for_what_it_knows:
            held = [
                one.ttl for one, seen in past if one.values != wanted and seen + timedelta(seconds=one.ttl) > world.now
            ]
            assert max(held, default=0) <= LOW_TTL
        past = [(one, world.now if one == live else seen) for one, seen in past] + [(step.publish, world.now)]
    desired = Values(wanted, ttl)
    for _ in range(4):
        world.run(desired, after=DAY + HOLD.total_seconds() + 2)
    assert world.live == desired
    assert world.run(desired).line == ""


def stage(live: str, text: str, patterns: list[str], **others: Any) -> Staged:
    """Stage a zone for the first time; `others` are the fields of what is asked for beside its text."""
    return staged(live, Asked(**{"text": text, "zone": text, **others}), patterns, Known(last=live), Moment(START))


def test_a_zone_is_staged_set_by_set_and_all_else_goes_at_once() -> None:
    live = f"{ORIGIN}api {DAY} A 192.0.2.1\nwww {DAY} A 192.0.2.1\nwww {DAY} A 192.0.2.9\n"
    text = f"{ORIGIN}api {DAY} A 192.0.2.2\nwww {DAY} A 192.0.2.2\n"
    found = stage(live, text, ["www"])
    assert found.text == f"{ORIGIN}api {DAY} A 192.0.2.2\nwww 300 A 192.0.2.1\nwww 300 A 192.0.2.9\n"
    assert list(found.stages) == ["www A"]
    assert found.lines == ["www A: step 1 of 4, lowers the TTL from 86400 to 300 s"]


def test_a_pattern_that_covers_nothing_is_told() -> None:
    text = f"www {DAY} A 192.0.2.1\n"
    found = stage(text, text, ["ww A", "www A"])
    assert found.lines == ["staged names 'ww A', which is no record of the program's own: nothing is staged by it"]


def test_of_different_ttls_in_a_live_set_the_longest_counts() -> None:
    live = f"www 300 A 192.0.2.1\nwww {DAY} A 192.0.2.8\nwww 60 A 192.0.2.9\n"
    found = stage(live, f"www {DAY} A 192.0.2.2\n", ["www"])
    assert found.lines == ["www A: step 1 of 4, lowers the TTL from 86400 to 300 s"]


@pytest.mark.parametrize(
    "pattern",
    [
        "@",
        "@ A",
        "WWW",
        "www a",
        "ww? A",
        "w*",
        "*w",
        "*ww A",
        "*",
        "* A",
        "*.dev",
        "w[vw]w",
        "a.b",
        "www AAAA",
        " www ",
    ],
)
def test_patterns_cover_what_they_cover_elsewhere(pattern: str) -> None:
    owners = ["@", "*", "*.dev", "a-b", "a.b", "dev", "ww", "www", "www.x", "xwww"]
    text = to_text([Record(owner, 60, kind, "192.0.2.1") for owner in owners for kind in ("A", "TXT")])
    expected = [record.subject for record in from_text(text) if covers(pattern, record.subject)]
    assert list(stage(text, text, [pattern]).stages) == expected


def test_without_patterns_nothing_is_staged_and_nothing_remembered() -> None:
    text = f"www {DAY} A 192.0.2.2\n"
    assert stage(f"www {DAY} A 192.0.2.1\n", text, []) == Staged(text, {})


def test_an_soa_is_never_staged() -> None:
    live, text = (f"@ {DAY} SOA ns1.dns.example. h.dns.example. {serial} 1 2 3 4\n" for serial in (1, 2))
    assert stage(live, text, ["@"]).text == text


def test_a_pool_is_not_staged_and_that_is_said_before_anything_is_written() -> None:
    text = f"www {DAY} A 192.0.2.1\n"
    told = "staged names 'app', which a pool publishes: it has to switch at once"
    with refused(StagingError, "staged-pool", field="staged", value="app", says=told):
        stage(text, text, ["app"], pooled=["app A"])
    assert stage(text, text, ["?*"], pooled=["app A"]).lines == []


def test_a_set_whose_value_is_not_known_yet_and_needs_no_step_stays_pending() -> None:
    live = "www 60 A 192.0.2.1\n"
    found = stage(live, "", ["www"], zone="", late=LateValues({"www A 60": None}))
    assert (found.text, found.held, found.stages) == ("", [], {})


def test_what_a_late_value_leads_to_now_is_to_be_kept_until_its_switch() -> None:
    live = f"www {DAY} A 192.0.2.1\n"
    found = stage(live, "", ["www"], zone="", late=LateValues({f"www A {DAY}": None}))
    assert found.text == "www 300 A 192.0.2.1\n"
    assert found.lines == [
        "www A: step 1 of 4, lowers the TTL from 86400 to 300 s; keep what it leads to until the switch"
    ]


def test_a_change_of_type_beside_a_secret_value_is_refused() -> None:
    live, text = f"www {DAY} CNAME a.example.\n", f"www {DAY} A 192.0.2.1\n"
    late = LateValues({"www TXT 300": ["token"]}, secret=("www TXT",))
    told = "staged covers www, which changes its type beside www TXT"
    with refused(StagingError, "beside-a-secret", field="staged", subject="www TXT", says=told):
        stage(live, text, ["www"], late=late)
    assert stage(text, text, ["www"], late=late).text == text

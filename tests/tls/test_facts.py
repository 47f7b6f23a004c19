from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.facts import Facts, State
from tests.tls.orders import DOMAINS, NOW, wanted

HELD = Certificate("0A", DOMAINS, "ecdsa-p256", NOW, NOW + timedelta(days=90), "ab" * 32, "CN=issuer")


@pytest.mark.parametrize(
    ("day", "limit", "coming"),
    [
        ((2026, 3, 14), 398, 200),
        ((2026, 3, 15), 200, 0),
        ((2026, 11, 23), 200, 0),
        ((2026, 12, 20), 200, 100),
        ((2027, 3, 15), 100, 0),
        ((2029, 3, 14), 100, 47),
        ((2029, 3, 15), 47, 0),
        ((2019, 1, 1), 398, 0),
    ],
)
def test_the_public_limit_falls_on_its_days(day: tuple[int, int, int], limit: int, coming: int) -> None:
    facts = Facts.of(wanted(), datetime(*day, tzinfo=UTC))
    assert (facts.max_days, facts.coming_days) == (limit, coming)


@pytest.mark.parametrize(
    ("days", "state"), [(-1, State.FUTURE), (0, State.GOOD), (74, State.GOOD), (76, State.LATE), (91, State.EXPIRED)]
)
def test_times_are_reduced_to_what_they_mean(days: int, state: State) -> None:
    now = NOW + timedelta(days=days)
    assert Facts.of(wanted(), now).beside(HELD, None, None, now).state is state


def test_a_clock_a_little_behind_is_no_finding() -> None:
    now = NOW - timedelta(minutes=4)
    assert Facts.of(wanted(), now).beside(HELD, None, None, now).state is State.GOOD


def test_a_chain_that_ends_first_is_seen() -> None:
    facts = Facts.of(wanted(), NOW)
    assert facts.beside(HELD, HELD.not_after - timedelta(days=1), None, NOW).chain_ends_first
    assert not facts.beside(HELD, HELD.not_after, None, NOW).chain_ends_first


def test_the_digest_covers_every_fact_and_holds_all_day() -> None:
    facts = Facts.of(wanted(), NOW)
    assert facts.digest == Facts.of(wanted(), NOW + timedelta(hours=8)).digest
    assert facts.digest != replace(facts, zone="shop.example").digest
    assert facts.digest != replace(facts, state=State.LATE).digest
    assert facts.digest != replace(facts, domains=(*facts.domains, "a.example")).digest


def test_the_default_window_stands_in_the_facts() -> None:
    assert Facts.of(wanted(), NOW).window == 0.333
    assert Facts.of(wanted(lifetime="6d"), NOW).window_hours == 72

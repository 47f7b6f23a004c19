from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.facts import Facts, State
from sophia_infra.tls.issuers import Issued
from sophia_infra.tls.lint import BLOCKING, judge
from sophia_infra.tls.plan import Plan
from sophia_infra.tls.when.suggestion import Suggestion
from tests.tls.orders import DOMAINS, NOW, issue, wanted

FACTS = Certificate("0A", DOMAINS, "ecdsa-p256", NOW, NOW + timedelta(days=90), "ab" * 32, "CN=issuer")
HELD = Issued(1, FACTS, "leaf", "chain", "root")


def facts_of(now: datetime, held: Issued | None = None, **changed: Any) -> Facts:
    return Facts.of(Plan.make(wanted(**changed), held, now), now)


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
    facts = facts_of(datetime(*day, tzinfo=UTC))
    assert (facts.max_days, facts.coming_days) == (limit, coming)


@pytest.mark.parametrize(
    ("days", "state"), [(-1, State.FUTURE), (0, State.GOOD), (74, State.GOOD), (76, State.LATE), (91, State.EXPIRED)]
)
def test_times_are_reduced_to_what_they_mean(days: int, state: State) -> None:
    assert facts_of(NOW + timedelta(days=days), HELD).state is state


def test_a_clock_a_little_behind_is_no_finding() -> None:
    assert facts_of(NOW - timedelta(minutes=4), HELD).state is State.GOOD


def test_a_chain_that_ends_first_is_seen(folder: Path) -> None:
    issued = issue(folder)
    assert issued.facts is not None
    chain_ends = Certificate.read(issued.chain_pem).not_after
    for ends, first in ((chain_ends, False), (chain_ends + timedelta(days=1), True)):
        assert facts_of(NOW, replace(issued, facts=replace(issued.facts, not_after=ends))).chain_ends_first is first


def test_the_digest_covers_every_fact_and_holds_all_day() -> None:
    facts = facts_of(NOW)
    assert facts.digest == facts_of(NOW + timedelta(hours=8)).digest
    assert facts.digest != replace(facts, zone="shop.example").digest
    assert facts.digest != replace(facts, state=State.LATE).digest
    assert facts.digest != replace(facts, domains=(*facts.domains, "a.example")).digest


def test_the_limits_of_public_certificates_make_no_other_digest_of_another_one() -> None:
    before, after = (facts_of(datetime(2027, 3, day, tzinfo=UTC)) for day in (14, 15))
    assert before.max_days != after.max_days
    assert before.digest == after.digest
    assert replace(before, public=True).digest != replace(after, public=True).digest


def test_the_default_window_stands_in_the_facts() -> None:
    assert facts_of(NOW).window == 0.333
    assert facts_of(NOW, lifetime="6d").window_hours == 72


def test_the_ca_decides_on_the_lifetime_by_acme_and_knows_public_ones() -> None:
    asked = wanted(issuer={"kind": "acme", "directory": "letsencrypt"})
    fresh = Facts.of(Plan.make(asked, None, NOW), NOW)
    assert (fresh.public, fresh.coming_days) == (True, 0)
    later = datetime(2029, 4, 1, tzinfo=UTC)
    assert (
        Facts.of(
            Plan.make(replace(asked, issuer=replace(asked.issuer, profile="other")), None, later), later
        ).lifetime_hours
        == 47 * 24
    )


@pytest.mark.parametrize(
    ("directory", "profile", "day", "hours"),
    [
        ("letsencrypt", None, "2026-11-29", 90 * 24),
        ("letsencrypt", "classic", "2027-02-10", 64 * 24),
        ("letsencrypt", None, "2028-02-16", 45 * 24),
        ("letsencrypt", "tlsserver", "2026-11-29", 45 * 24),
        ("letsencrypt", "shortlived", "2026-11-29", 160),
        ("https://ca.example/dir", "shortlived", "2026-11-29", 90 * 24),
    ],
)
def test_before_the_first_order_the_lifetime_is_what_the_ca_publishes_for_the_profile(
    directory: str, profile: str | None, day: str, hours: int
) -> None:
    now = datetime.fromisoformat(f"{day}T00:00+00:00")
    asked = wanted(issuer={"kind": "acme", "directory": directory, "profile": profile})
    assert Facts.of(Plan.make(asked, None, now), now).lifetime_hours == hours


def test_a_certificate_from_before_a_public_limit_fell_does_not_block_its_renewal() -> None:
    begins, now = datetime(2026, 9, 20, tzinfo=UTC), datetime(2027, 3, 20, tzinfo=UTC)
    held = replace(HELD, facts=replace(FACTS, not_before=begins, not_after=begins + timedelta(days=199)))
    for directory, days in (("letsencrypt", 100), ("https://ca.example/dir", 199)):
        plan = Plan.make(wanted(issuer={"kind": "acme", "directory": directory}), held, now)
        found = Facts.of(plan, now)
        assert plan.due
        assert found.lifetime_hours // 24 == days
        assert [finding.code for finding in judge(found) if finding.code in BLOCKING - {"internal-name"}] == []


def test_what_a_ca_says_of_renewals_and_what_waits_for_maintenance_are_facts() -> None:
    said = replace(HELD, suggestion=Suggestion(None, "https://ca.example/why", "it has no suggestedWindow"))
    found = facts_of(NOW, said)
    assert (found.explanation, found.fault, found.waits) == ("https://ca.example/why", "it has no suggestedWindow", "")
    friday = NOW + timedelta(days=60)
    assert facts_of(friday, HELD, maintenance={"days": ["sun"]}).waits == "2027-01-24 00:00 UTC"
    assert facts_of(friday, HELD).waits == ""

"""Three years of `up` once a day: no certificate expires, none is ordered that need not be.

Here the days are told to the plan alone; `test_years_of_runs` has the resources themselves.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.issuers import Issued
from sophia_infra.tls.plan import Plan
from sophia_infra.tls.when.suggestion import Suggestion
from tests.tls.orders import DOMAINS, NOW, wanted

DAY, DAYS = timedelta(days=1), 3 * 365
FAILS = range(400, 430)
"""The days of a month on which the first CA refuses all orders."""
REVOKES = 700
"""The day on which the CA says that it is about to revoke what it has issued."""


@dataclass
class Ca:
    """A CA that signs for so many days, and suggests two days around two thirds of them, as Pebble does."""

    days: int
    suggests: bool = True
    fails: range = range(0)
    orders: list[int] = field(default_factory=list)

    def issue(self, day: int, generation: int) -> Issued | None:
        if day in self.fails:
            return None
        self.orders.append(day)
        begins = NOW + day * DAY
        serial = f"{self.days:02X}{len(self.orders):04X}"
        facts = Certificate(serial, DOMAINS, "ecdsa-p256", begins, begins + self.days * DAY, "ab" * 32, "CN=issuer")
        return Issued(generation, facts, serial, "", "", suggestion=self.suggestion(facts))

    def suggestion(self, facts: Certificate) -> Suggestion:
        ideal = facts.not_before + (facts.not_after - facts.not_before) * 2 / 3
        return Suggestion((ideal - DAY, ideal + DAY)) if self.suggests else Suggestion()


def run(cas: list[Ca]) -> tuple[list[int], list[int]]:
    """Return the days of all orders, and those on which no good certificate was served."""
    held: Issued | None = None
    orders: list[int] = []
    bad: list[int] = []
    for day in range(DAYS):
        now = NOW + day * DAY
        if day == REVOKES and held and cas[0].suggests:
            past = (now - DAY / 24, now - DAY / 48)
            held = replace(held, suggestion=Suggestion(past, "https://ca.example/incident"))
        plan = Plan.make(wanted(), held, now)
        if held is None or plan.due:
            issued = next(filter(None, (ca.issue(day, plan.generation) for ca in cas)), None)
            held, orders = issued or held, [*orders, day] if issued else orders
        if not _good(held, now):
            bad.append(day)
    return orders, bad


def _good(held: Issued | None, now: datetime) -> bool:
    return bool(held and held.validity and held.validity[0] <= now < held.validity[1])


@pytest.mark.parametrize("suggests", [True, False])
@pytest.mark.parametrize("days", [90, 45, 6])
def test_no_certificate_expires_and_none_is_ordered_early(
    days: int, suggests: bool, record_property: Callable[[str, str], None]
) -> None:
    first, second = Ca(days, suggests, FAILS), Ca(days, suggests)
    orders, bad = run([first, second])
    assert bad == []
    assert not set(first.orders) & set(FAILS)
    assert set(second.orders) <= set(FAILS), "the first is returned to once it heals"

    ages = [day - before for before, day in pairwise(orders)]
    early = days * 2 / 3 - 1 if suggests else days * (1 / 2 if days <= 10 else 2 / 3)
    needless = [day for age, day in zip(ages, orders[1:], strict=True) if age < early and day != REVOKES]
    least, by_clock = math.ceil(DAYS / days), math.ceil(DAYS / early)
    told = f"{days} days, ARI {suggests}: {len(orders)} orders; {by_clock} by the clock, {least} without any overlap"
    record_property("figure", told)
    assert needless == []
    assert least <= len(orders) <= by_clock + suggests
    assert not suggests or REVOKES in orders, "what is about to be revoked is replaced on that day"


def test_a_month_without_any_ca_is_survived_by_what_is_due_within_it() -> None:
    for days, fails in ((90, range(45, 75)), (45, range(15, 43))):
        ca = Ca(days, fails=fails)
        orders, bad = run([ca])
        assert bad == []
        assert fails.stop in orders, "the first run after it renews"
        assert not set(orders) & set(fails)

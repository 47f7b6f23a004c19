"""From when on a certificate is renewed: its CA, a share of its lifetime, its end; and what holds it back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.issuers import Issued
from sophia_infra.tls.spec import ArgumentError
from sophia_infra.tls.when.renewal import Opening, opening
from sophia_infra.tls.when.schedule import Schedule
from sophia_infra.tls.when.suggestion import Suggestion, share_of
from tests.support.refusals import refused
from tests.tls.orders import DOMAINS, NOW

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SHARE, CA = "renewal window reached on", "its CA suggests it from"
END = "whatever its CA suggests, the end is near since"
# NOW is a Monday, at noon.
NIGHT = {"hours": "02:00-04:00"}
SUNDAY = {"days": ["sun"]}


def held(days: float, window: tuple[float, float] | None = None, serial: str = "0A", page: str = "") -> Issued:
    """A certificate of so many days from NOW on, and its CA's window in days from then on."""
    facts = Certificate(serial, DOMAINS, "ecdsa-p256", NOW, NOW + days * DAY, "ab" * 32, "CN=issuer")
    moments = (NOW + window[0] * DAY, NOW + window[1] * DAY) if window else None
    return Issued(1, facts, "leaf", "", "", suggestion=Suggestion(moments, page))


def opened(certificate: Issued, **asked: Any) -> Opening:
    found = opening(certificate, Schedule.from_inputs(asked, ArgumentError))
    assert found
    return found


@pytest.mark.parametrize(
    ("days", "window", "asked", "between", "why"),
    [
        (90, None, {}, (60, 60), SHARE),
        (45, None, {}, (30, 30), SHARE),
        (6, None, {}, (3, 3), SHARE),
        (90, None, {"renewal_window": 0.5}, (45, 45), SHARE),
        (90, None, {"jitter": 0.1}, (51, 60), SHARE),
        (90, None, {"renewal_window": 0.9, "jitter": 0.1}, (0, 9), SHARE),
        (90, (50, 52), {}, (50, 52), CA),
        (90, (50, 52), {"jitter": 0.1}, (50, 52), CA),
        (6, (4, 4), {}, (4, 4), END + "|" + CA),
        (90, (79, 80), {}, (79, 80), CA),
        (90, (85, 86), {}, (81, 81), END),
        (90, (400, 410), {}, (81, 81), END),
        (45, (43, 44), {}, (40.5, 40.5), END),
        (6, (5, 6), {}, (4, 4), END),
        (90, (50, 52), {"renewal_window": 0.5}, (45, 45), SHARE),
        (90, (40, 42), {"renewal_window": 0.5}, (40, 42), CA),
        (90, (88, 89), {"renewal_window": 0.05}, (85.5, 85.5), SHARE),
        (90, (-1, -0.5), {}, (0.25, 0.25), CA),
        (6, (-1, -0.5), {}, (0.25, 0.25), CA),
        (0.5, (-1, -0.5), {}, (0.025, 0.025), CA),
    ],
)
def test_the_table_of_cases(
    days: float, window: tuple[float, float] | None, asked: dict[str, Any], between: tuple[float, float], why: str
) -> None:
    found = opened(held(days, window), **asked)
    assert found.why in why.split("|")
    assert NOW + between[0] * DAY - timedelta(seconds=1) <= found.at <= NOW + between[1] * DAY
    assert opened(held(days, window), **asked) == found, "the same in every run"


def test_certificates_share_out_a_window_and_the_jitter() -> None:
    for many in ([held(90, (50, 52), f"{i:02X}") for i in range(40)], [held(90, None, f"{i:02X}") for i in range(40)]):
        moments = {opened(each, jitter=0.1).at for each in many}
        assert len(moments) == 40
        assert max(moments) - min(moments) > DAY


@given(st.floats(0.05, 825), st.floats(-1000, 1000), st.floats(0.01, 100), st.sampled_from([{}, SUNDAY, NIGHT]))
def test_whatever_a_ca_says_and_whenever_maintenance_is_it_opens_in_time(
    days: float, start: float, length: float, maintenance: dict[str, Any]
) -> None:
    certificate = held(days, (start, start + length))
    found = opened(certificate, maintenance=maintenance)
    assert certificate.facts
    first = found.next(found.at)
    assert NOW <= found.at <= first <= found.until or found.at == first
    assert certificate.facts.not_after - first >= min(days / 10, 1.9) * DAY - 2 * timedelta(seconds=1)
    assert found.told(certificate.facts.not_after - min(days / 10, 1.9) * DAY + timedelta(seconds=2))


@pytest.mark.parametrize(
    ("window", "maintenance", "hours", "told", "waits"),
    [
        # Due from day 60 at noon on, a Friday; the end is near from day 81 on.
        (None, NIGHT, 0, False, "2027-01-23 02:00 UTC"),
        (None, NIGHT, 14, True, ""),
        (None, NIGHT, 16, False, "2027-01-24 02:00 UTC"),
        (None, SUNDAY, 0, False, "2027-01-24 00:00 UTC"),
        (None, SUNDAY, 36, True, ""),
        (None, SUNDAY, 60, False, "2027-01-31 00:00 UTC"),
        (None, SUNDAY, 21 * 24, True, ""),
        (None, {"days": ["sat"], "hours": "22:00-04:00", "zone": "America/New_York"}, 0, False, "2027-01-24 03:00 UTC"),
        (None, {"days": ["sat"], "hours": "22:00-04:00", "zone": "America/New_York"}, 40, True, ""),
        ((60, 60), SUNDAY, 0, True, ""),  # its CA wants it now, as before it revokes
    ],
)
def test_maintenance_holds_back_what_is_due_until_the_end_is_near(
    window: tuple[float, float] | None, maintenance: dict[str, Any], hours: int, told: bool, waits: str
) -> None:
    found = opened(held(90, window), maintenance=maintenance)
    now = NOW + 60 * DAY + hours * HOUR
    assert bool(found.told(now)) is told
    assert found.waits(now) == waits
    assert ("can not wait" in found.told(now)) is (hours == 21 * 24 or window == (60, 60))


def test_it_waits_for_nothing_that_is_not_due() -> None:
    found = opened(held(90), maintenance=SUNDAY)
    assert (found.told(NOW), found.waits(NOW)) == ("", "")
    assert found.next(found.at) == datetime(2027, 1, 24, tzinfo=UTC)


def test_an_hour_that_a_clock_leaves_out_is_no_window() -> None:
    berlin = {"days": ["sun"], "hours": "02:00-03:00", "zone": "Europe/Berlin"}
    maintenance = Schedule.from_inputs({"maintenance": berlin}, ArgumentError).maintenance
    assert maintenance
    assert maintenance.next(datetime(2027, 3, 27, 12, tzinfo=UTC)) == datetime(2027, 4, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"jitter": 0.2}, "jitter"),
        ({"jitter": -0.01}, "jitter"),
        ({"jitter": True}, "jitter"),
        ({"maintenance": "sunday"}, "maintenance"),
        ({"maintenance": {"day": ["sun"]}}, "maintenance.day"),
        ({"maintenance": {"days": []}}, "maintenance.days"),
        ({"maintenance": {"days": ["Sunday"]}}, "maintenance.days[0]"),
        ({"maintenance": {"hours": "22-4"}}, "maintenance.hours"),
        ({"maintenance": {"hours": "04:00-04:00"}}, "maintenance.hours"),
        ({"maintenance": {"hours": "20:00-24:30"}}, "maintenance.hours"),
        ({"maintenance": {"zone": "Mars/Base"}}, "maintenance.zone"),
        ({"maintenance": {"zone": "../etc/passwd"}}, "maintenance.zone"),
        ({"maintenance": {"zone": ""}}, "maintenance.zone"),
    ],
)
def test_what_is_not_allowed_is_refused_by_name(asked: dict[str, Any], field: str) -> None:
    with refused(ArgumentError, "argument", field=field):
        Schedule.from_inputs(asked, ArgumentError)


def test_the_share_of_a_certificate_is_spread_and_stays() -> None:
    facts = held(90).facts
    assert facts
    shares = sorted(share_of(replace(facts, serial_number=f"{i:04X}")) for i in range(1000))
    assert all(abs(share - i / 1000) < 0.06 for i, share in enumerate(shares))
    assert share_of(facts) == share_of(facts)


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("https://ca.example/why", "https://ca.example/why"),
        ("http://ca.example/", ""),
        ("https://ca.example/\x1b[2J", ""),
        (f"https://{'a' * 200}", ""),
        ("why", ""),
        (7, ""),
        (None, ""),
    ],
)
def test_a_page_that_people_can_not_be_shown_is_left_out(page: object, shown: str) -> None:
    certificate = held(90, (50, 52))
    assert certificate.facts
    window = {"start": (NOW + 50 * DAY).isoformat(), "end": (NOW + 52 * DAY).isoformat()}
    told = Suggestion.read({"suggestedWindow": window, "explanationURL": page}, certificate.facts)
    assert told == replace(certificate.suggestion, explanation=shown)

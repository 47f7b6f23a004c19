"""The rate limits of CAs: what is counted, what is not, and from when on there is room again."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.credentials import Credentials
from sophia_infra.journal import Journal, Recorded
from sophia_infra.settings import Settings
from sophia_infra.tls.events import CertificateEvent, Event, digest, note, registered
from sophia_infra.tls.preflight.counted import limits_of
from sophia_infra.tls.preflight.judge import judge
from sophia_infra.tls.preflight.look import look
from sophia_infra.tls.preflight.rates import Reached, reached, room_at
from sophia_infra.tls.public_cas import DAY, HOUR, LONGEST, PUBLIC, Limit
from tests.tls.orders import NOW, wanted

LETS_ENCRYPT = PUBLIC["letsencrypt"].directory
NAMES = ("www.shop.org", "*.shop.org")
WEEK = Limit(7, 7 * DAY)


def event(what: Event = Event.ISSUED, names: tuple[str, ...] = ("other.shop.org",), **more: Any) -> CertificateEvent:
    issuer = ("acme", more.pop("directory", LETS_ENCRYPT))
    return CertificateEvent(what, issuer, digest(names), registered(names), **more)


def met(rows: list[CertificateEvent], ago: timedelta = timedelta(), **asked: Any) -> list[tuple[str, str]]:
    events = [Recorded(number, NOW - ago, "label", row) for number, row in enumerate(rows)]
    found = reached(asked.pop("directory", LETS_ENCRYPT), NAMES, events, NOW, **asked)
    return [(each.what, each.subject) for each in found]


DOMAIN, SAME = ("certificates", "shop.org"), ("certificates", "exactly these names")
PROOFS = event(Event.FAILED, code="challenge-failed", subject="www.shop.org")


@pytest.mark.parametrize(
    ("row", "most", "limit"),
    [
        (event(), 50, DOMAIN),
        (event(names=tuple(reversed(NAMES))), 5, SAME),
        (PROOFS, 5, ("failed proofs", "www.shop.org")),
        (event(names=("x.example.org",)), 300, ("orders", "one account")),
    ],
)
def test_one_more_than_a_ca_takes_meets_its_limit(row: CertificateEvent, most: int, limit: tuple[str, str]) -> None:
    assert met([row] * (most - 1)) == []
    assert met([row] * most) == [limit]


@pytest.mark.parametrize(
    "row",
    [
        event(Event.RENEWED),
        event(Event.DEPLOYED),
        event(directory="https://other.example/dir"),
        event(Event.FAILED, code="acme-refused", problem="rateLimited"),
    ],
)
def test_what_a_ca_does_not_count_meets_no_limit(row: CertificateEvent) -> None:
    assert met([row] * 400) == []


def test_a_renewal_is_held_up_by_failed_proofs_alone_and_a_ca_without_a_table_by_nothing() -> None:
    assert met([event(names=NAMES)] * 400, replaces=True) == []
    assert met([PROOFS] * 5, replaces=True) == [("failed proofs", "www.shop.org")]
    assert met([event(names=NAMES)] * 400, directory="https://other.example/dir") == []


@pytest.mark.parametrize(
    ("days", "room"),
    [
        ([], None),
        ([0], -5),  # seven a week: one comes back a day
        ([0, 0, 0, 0, 0, 0, 0], 1),
        ([0, 0, 0, 0, 0, 0, 0, 0], 2),  # what went beyond is counted too
        ([0, 1, 2, 3, 4, 5, 6], 1),
        ([0, 0, 0, 0, 0, 0, 0, 3], 2),
        ([0, 20], 15),
    ],
)
def test_room_comes_back_evenly(days: list[int], room: int | None) -> None:
    found = room_at([NOW + day * DAY for day in days], WEEK)
    assert found == (NOW + room * DAY if room is not None else datetime.min.replace(tzinfo=NOW.tzinfo))


def test_a_limit_is_forgotten_after_its_period() -> None:
    assert met([event()] * 50, ago=LONGEST) == []
    assert met([PROOFS] * 5, ago=HOUR) == []


def test_the_day_when_there_is_room_is_told_before_an_order(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    for number in range(5):
        note(journal, f"web/prod/{number}", event(names=("shop.org",), serial_number=str(number)))
    spec = wanted(domains=["shop.org"], issuer={"kind": "acme", "directory": "letsencrypt"})
    found = look(spec, (), Settings(probe=False), journal, Credentials())
    (limit,) = found.reached
    assert (limit.what, limit.subject, limit.limit) == (*SAME, Limit(5, 7 * DAY))
    (finding,) = judge(found)
    assert finding.code == "rate-limited"
    assert finding.message == (
        "the CA takes 5 certificates for exactly these names in 7 days: one more is possible from 2026-11-24 21:37 UTC"
    )


def test_what_one_run_plans_is_counted_in_its_order_by_preview_and_apply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_RUN", "one")
    journal, issuer = Journal.open(tmp_path), {"kind": "acme", "directory": "letsencrypt"}
    specs = [wanted(label=f"web/prod/{n}", domains=[f"n{n}.shop.org"], issuer=issuer) for n in range(52)]
    previewed = [limits_of(spec, journal, NOW, replaces=False) for spec in specs]
    assert [bool(limits) for limits in previewed] == [False] * 50 + [True] * 2
    note(journal, specs[0].label, CertificateEvent.of(Event.ISSUED, specs[0], 1, serial_number="1"))
    assert [limits_of(spec, journal, NOW, replaces=False) for spec in specs] == previewed
    monkeypatch.setenv("SOPHIA_RUN", "another")
    assert limits_of(specs[51], journal, NOW, replaces=False) == (), "what was planned may never have been ordered"
    monkeypatch.setenv("SOPHIA_RUN", "one")
    assert limits_of(specs[51], journal, NOW, replaces=True) == ()


def test_a_limit_of_hours_is_told_in_hours() -> None:
    from sophia_infra.tls.preflight.look import Seen

    (finding,) = judge(Seen("shop.org", reached=(Reached("orders", "one account", Limit(300, 3 * HOUR), NOW),)))
    assert finding.message.startswith("the CA takes 300 orders for one account in 3 hours: ")

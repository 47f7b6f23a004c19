"""Whom an order goes out to: the first that would take it, and what of the others is told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from sophia_infra.advice.model import Finding, Level
from sophia_infra.tls.choice import Choice, Met, choose
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.preflight.look import Seen
from sophia_infra.tls.preflight.rates import Reached
from sophia_infra.tls.public_cas import WEEK, Limit
from sophia_infra.tls.spec import CertificateSpec
from tests.support.refusals import refused
from tests.tls.orders import wanted

CAS = [f"https://{name}.example/dir" for name in "abc"]
ROOM = datetime(2026, 12, 1, tzinfo=UTC)


def told(code: str, **more: object) -> Met:
    return Met(Seen(**more), (Finding(code, Level.ERROR, "shop.example", f"said {code}", ""),))  # type: ignore[arg-type]


TAKES = Met()
WARNS = told("name-unresolved")
CAA, UNREADY = told("caa-forbids-issuer"), told("challenge-unready")
LIMITED = told(
    "rate-limited",
    reached=tuple(Reached("orders", "one account", Limit(5, WEEK), room) for room in (ROOM - timedelta(hours=1), ROOM)),
)
DOWN = IssuerError("it is down", code="unreachable")
OURS = IssuerError("the challenge does not fit", code="challenge")


@dataclass(frozen=True)
class Expected:
    """Which of the CAs is asked, how many were passed over, why the order waits and until when."""

    at: int = 0
    passed: int = 0
    waits: str = ""
    until: datetime | None = None


CASES: dict[str, tuple[list[Met | IssuerError], bool, Expected | IssuerError]] = {
    "one, and nothing is in the way": ([TAKES], False, Expected()),
    "the first of several": ([TAKES, TAKES], False, Expected()),
    "a warning passes nobody over": ([WARNS, TAKES], False, Expected()),
    "the next where the first is down": ([DOWN, TAKES], False, Expected(1, 1)),
    "the next where CAA excludes the first": ([CAA, TAKES], False, Expected(1, 1)),
    "the next where the first has no room": ([LIMITED, TAKES], False, Expected(1, 1)),
    "the third": ([DOWN, LIMITED, TAKES], True, Expected(2, 2)),
    "what all would meet passes nobody over": ([UNREADY, TAKES], False, Expected()),
    "what is ours passes nobody over": ([OURS, TAKES], False, OURS),
    "the last is left to the rules": ([CAA, CAA], False, Expected(1, 1)),
    "one alone is left to the rules": ([LIMITED], False, Expected()),
    "all are down: the first is told": ([DOWN, IssuerError("so is it", code="acme-slow")], False, DOWN),
    "one is down, and is waited for": ([DOWN], True, Expected(waits="it is down")),
    "all are down, and the first is waited for": ([DOWN, DOWN], True, Expected(waits="it is down")),
    "ours is waited for too": ([OURS], True, Expected(waits="the challenge does not fit")),
    "what blocks one alone is waited for": ([CAA], True, Expected(waits="caa-forbids-issuer: said caa-forbids-issuer")),
    "a limit is waited for until there is room for all": (
        [LIMITED],
        True,
        Expected(waits="rate-limited: said rate-limited", until=ROOM),
    ),
    "what all would meet is waited for": (
        [UNREADY, TAKES],
        True,
        Expected(waits="challenge-unready: said challenge-unready"),
    ),
    "the next takes it, so nothing waits": ([LIMITED, WARNS], True, Expected(1, 1)),
}


def turns(count: int) -> tuple[CertificateSpec, ...]:
    issuers = [{"kind": "acme", "directory": directory} for directory in CAS[:count]]
    return wanted(issuer=issuers[0], others=issuers[1:]).turns


def looking(met: list[Met | IssuerError], asked: list[str]) -> Callable[[CertificateSpec], Met]:
    def look(turn: CertificateSpec) -> Met:
        asked.append(turn.issuer.directory)
        found = met[CAS.index(turn.issuer.directory)]
        if isinstance(found, IssuerError):
            raise found
        return found

    return look


@pytest.mark.parametrize("case", CASES)
def test_each_case(case: str) -> None:
    met, may_wait, expected = CASES[case]
    asked: list[str] = []
    look, every = looking(met, asked), turns(len(met))
    if isinstance(expected, IssuerError):
        with refused(IssuerError, expected.code, says=str(expected)):
            choose(every, look, may_wait=may_wait)
        return
    found: Choice = choose(every, look, may_wait=may_wait)
    assert found.turn == every[expected.at]
    assert len(found.passed) == expected.passed
    assert all(line.endswith("; the next issuer is asked") for line in found.passed)
    assert (found.waits.why if found.waits else "", found.waits and found.waits.until) == (
        expected.waits,
        expected.until,
    )


def test_nobody_is_asked_after_the_one_that_takes_it() -> None:
    asked: list[str] = []
    choose(turns(3), looking([DOWN, TAKES, TAKES], asked), may_wait=False)
    assert asked == CAS[:2]


def test_who_is_passed_over_for_what_it_meets_is_told_with_its_directory() -> None:
    found = choose(turns(2), looking([CAA, TAKES], []), may_wait=False)
    assert found.passed == (f"{CAS[0]}: said caa-forbids-issuer; the next issuer is asked",)

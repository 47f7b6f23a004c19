"""Each detector finds what it is for, once for as long as it lasts, and nothing in a stack where all is well."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sophia_infra.advice.model import Advice, Edit, Finding, Level, Verdict
from sophia_infra.agent.loop.detections import Detected
from sophia_infra.agent.loop.detectors import DETECTORS
from sophia_infra.agent.loop.observation import Observed
from sophia_infra.agent.operations import ApproveEdit, Renew, Rotate
from sophia_infra.dns.importers.state_files import Resource
from sophia_infra.report import Report
from sophia_infra.report.document import Step
from sophia_infra.report.model import Item, Line, Standing
from sophia_infra.secrets.inventory import Known
from sophia_infra.secrets.phases import Phase

NOW = datetime(2026, 11, 30, tzinfo=UTC)
WELL = Observed("shop/dev", NOW, Report("shop/dev", Standing.UNCHANGED))
SPF = Edit("replace", "@ TXT", '@ 300 TXT "v=spf1 ~all"', '@ 300 TXT "v=spf1 -all"', "proposed", "ends in ~all")


def found(seen: Observed) -> list[Detected]:
    return [each for detect in DETECTORS for each in detect(seen)]


def certificate(**fields: str) -> Resource:
    kind = "pulumi-python:dynamic/sophia:Certificate"
    return Resource("", kind, {"serial_number": "01", **fields}, urn="urn:pulumi:dev::shop::a$b::web")


def secret(issued: str, phase: Phase = Phase.STEADY) -> Observed:
    kind = "pulumi-python:dynamic/sophia:SecretLifecycle"
    inputs = {"label": "shop/dev/app-db", "max_age": "30d"}
    resource = Resource("", kind, {}, inputs=inputs, urn="urn:pulumi:dev::shop::a$b::app-db")
    known = Known("app-db", "shop/dev/app-db", phase, 2, 2, issued, issued, (), (), "")
    return replace(WELL, resources=(resource,), secrets=(known,))


def advised(*edits: Edit, findings: tuple[Finding, ...] = ()) -> Observed:
    advice = Advice("a" * 64, "rules", Verdict.CAUTION, "", findings, edits)
    return replace(WELL, advice={"shop.example": advice})


def pool(**healthy: bool) -> Observed:
    health = {"www A": {target: {"healthy": up, "against": 0} for target, up in healthy.items()}}
    return replace(WELL, steps=(Step("same", "urn", {}, {"domain": "shop.example", "health": health}),))


def test_where_all_is_well_nothing_is_found() -> None:
    fresh = certificate(not_after="2027-01-01T00:00:00+00:00", next_renewal="2026-12-20T00:00:00+00:00")
    for seen in (WELL, replace(WELL, resources=(fresh,)), secret("2026-11-20T00:00:00+00:00"), pool(a=True, b=True)):
        assert found(seen) == []


@pytest.mark.parametrize("unknown", ["04da6b54", {"www A": "04da6b54"}, {"www A": {"a": "04da6b54"}}])
def test_what_the_engine_does_not_know_yet_is_no_target_that_is_down(unknown: object) -> None:
    assert found(replace(WELL, steps=(Step("same", "urn", {}, {"domain": "shop.example", "health": unknown}),))) == []


@pytest.mark.parametrize(
    ("seen", "subject", "operations"),
    [
        (
            replace(WELL, resources=(certificate(next_renewal="2026-11-29T00:00:00+00:00"),)),
            "certificate web",
            (Renew("web"),),
        ),
        (
            replace(WELL, resources=(certificate(not_after="2026-11-29T00:00:00+00:00"),)),
            "certificate web",
            (Renew("web"),),
        ),
        (secret("2026-10-01T00:00:00+00:00"), "secret app-db", (Rotate("app-db"),)),
        (secret("2026-08-01T00:00:00+00:00", Phase.ADOPTING), "secret app-db", ()),
        (pool(a=True, b=False), "pool shop.example www A", ()),
        (advised(SPF), "zone shop.example @ TXT", (ApproveEdit("a" * 64, "@ TXT"),)),
        (advised(findings=(Finding("x", Level.WARNING, "www A", "why", "fix"),)), "zone shop.example", ()),
    ],
)
def test_each_detector_finds_what_it_is_for(seen: Observed, subject: str, operations: tuple[Any, ...]) -> None:
    (one,) = found(seen)
    assert (one.subject, one.operations) == (subject, operations)


def test_what_only_informs_is_not_told() -> None:
    assert found(advised(findings=(Finding("x", Level.INFO, "www A", "why", ""),))) == []


def test_drift_is_a_zone_that_would_change_or_what_stops_the_preview() -> None:
    drifted = Item("zone shop.example", "update", Standing.APPROVE, lines=(Line("+", "www A"),))
    refused = Item("zone park.example", "", Standing.STOPPED, refusal="too many deletes")
    report = Report(
        "shop/dev", Standing.STOPPED, (drifted, refused, Item("Certificate web", "update", Standing.APPROVE))
    )
    assert [each.subject for each in found(replace(WELL, report=report))] == ["zone shop.example", "zone park.example"]
    broken = Report("shop/dev", Standing.STOPPED, said=("error: no program",))
    assert [each.subject for each in found(replace(WELL, report=broken))] == ["stack shop/dev"]


def test_a_finding_is_the_same_as_long_as_it_lasts_and_another_one_afterwards() -> None:
    first, later = (
        found(replace(secret("2026-10-01T00:00:00+00:00"), now=now))[0] for now in (NOW, NOW.replace(day=29))
    )
    renewed = found(secret("2026-09-01T00:00:00+00:00", Phase.STAGED))
    assert first.key == later.key
    assert first.key not in {each.key for each in renewed}

"""What one run accepts by SOPHIA_ACCEPT: of whom, what, and that it is told and journaled."""

import shlex
from pathlib import Path

import pytest

from sophia_infra.advice.consult import FixedAdvisor
from sophia_infra.advice.model import Advice, Verdict
from sophia_infra.advised import About, BeyondLimitsError, FixedResource, Plan, check, program
from sophia_infra.advised.limits import OverrideRow
from sophia_infra.advised.this_run import VARIABLE, this_run, to_accept
from sophia_infra.changes import PROTECTED, Changes, Exposure
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal, JournalError
from tests.support.refusals import refused

MX = "critical @ MX delete: mail for the domain has nowhere to go"
VIP = f"critical vip A delete: {PROTECTED}"
EMPTIED = "critical @ ANY delete: the zone is emptied"
ZONE = About("zone", "shop.example", "/zones/shop", unit="record sets")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path)


def losing(*reasons: str, deletes: int = 2) -> FixedResource:
    return FixedResource(Plan(Changes(deletes=deletes, before=300, exposure=Exposure.CRITICAL, reasons=reasons)), ZONE)


def test_each_refusal_goes_through_with_what_it_asks_for_and_with_no_less(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    loses = losing(VIP, EMPTIED, MX, deletes=200)
    with pytest.raises(BeyondLimitsError) as caught:
        check(loses, journal)
    words = ["max_deletes=200", "max_delete_share=0.67", "vip A", "@ ANY", "@ MX"]
    assert f"{VARIABLE}='shop.example: {', '.join(words)}' pulumi up" in str(caught.value)
    for word in words:
        monkeypatch.setenv(VARIABLE, f"shop.example: {', '.join(one for one in words if one != word)}")
        with pytest.raises(BeyondLimitsError):
            check(loses, journal)
    monkeypatch.setenv(VARIABLE, f"other.example: www; shop.example: {', '.join(words)}")
    assert check(loses, journal)["changes"]["accepted"] == ["vip A", "@ ANY", "@ MX"]


def test_a_raised_ceiling_is_no_word_for_what_is_protected(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "shop.example: max_exposure=critical")
    check(losing(MX), journal)
    with refused(BeyondLimitsError, field="max_exposure", subject="vip A"):
        check(losing(VIP, MX), journal)


def test_advice_to_block_is_gone_against_by_that_word_alone(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    advisor = FixedAdvisor(Advice("", "fixed", Verdict.BLOCK, "because"))
    blocked = FixedResource(Plan(Changes(creates=1), advisor=advisor), ZONE)
    told = r"this run only: SOPHIA_ACCEPT='shop.example: max_verdict=block' pulumi up$"  # an override takes no verdict
    with refused(BeyondLimitsError, field="max_verdict", subject="", value="block", says=told):
        check(blocked, journal)
    monkeypatch.setenv(VARIABLE, "shop.example: max_exposure=critical")
    with refused(BeyondLimitsError, field="max_verdict", says="the advice is to block: because; max_verdict is cautio"):
        check(blocked, journal)
    monkeypatch.setenv(VARIABLE, "shop.example: max_verdict=block")
    assert check(blocked, journal)["advice"]["verdict"] == "block"
    last = journal.last(OverrideRow, ZONE.location)
    assert last
    assert [(used.reason, used.until) for used in last.row.accepted] == [("the advice is to block: because", None)]


def test_what_is_used_is_told_and_journaled_and_nothing_else(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, "shop.example: @ MX, www, max_deletes=3")
    check(losing(MX), journal)
    assert f"zone shop.example: the {VARIABLE} of this run accepts: {MX}" in capsys.readouterr().err
    last = journal.last(OverrideRow, ZONE.location)
    assert last
    assert [(used.reason, used.until, used.why) for used in last.row.accepted] == [(MX, None, VARIABLE)]


def test_what_can_not_be_journaled_is_not_accepted(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "shop.example: @ MX")
    Path(journal.name).mkdir(parents=True)
    with pytest.raises(JournalError):
        check(losing(MX), journal)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@ MX", "SOPHIA_ACCEPT holds '@ MX'; write it as SOPHIA_ACCEPT='shop.example: @ MX, max_deletes=12'"),
        ("shop.example:", "SOPHIA_ACCEPT holds 'shop.example:'; write it as"),
        ("shop.example: max_delete=3", "SOPHIA_ACCEPT: 'max_delete=3' sets no limit; known are max_deletes, "),
        ("shop.example: max_deletes=many", "SOPHIA_ACCEPT.max_deletes is 'many'; give a number"),
        (f"shop.example: max_deletes={'[' * 50_000}", "SOPHIA_ACCEPT.max_deletes is '[[["),
        ("shop.example: max_verdict=all", "SOPHIA_ACCEPT: 'max_verdict=all' sets no limit"),
        ("shop.example: **", "SOPHIA_ACCEPT is '**'; it may name everything"),
        ("elsewhere.example", "SOPHIA_ACCEPT holds 'elsewhere.example'"),
        ("the zone shop.example: @ MX", "SOPHIA_ACCEPT holds 'the zone shop.example: @ MX'; write it as"),
        ("cert shop.example: @ MX", "SOPHIA_ACCEPT: cert is no kind of resource; known are zone, certificate, key"),
    ],
)
def test_what_can_not_be_read_is_refused(text: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(SophiaError) as caught:
        this_run("zone shop.example")
    assert str(caught.value).startswith(said)
    assert caught.value.field.startswith(VARIABLE)


def test_a_zone_and_a_certificate_of_one_name_are_two(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name alone is a zone's; what the refusal of a certificate asks for is for the certificate alone."""
    lost = "critical shop.example certificate delete: nobody renews it"
    plan = Plan(Changes(deletes=1, before=1, exposure=Exposure.CRITICAL, reasons=(lost,)))
    certificate = FixedResource(plan, About("certificate", "shop.example", "ca/shop"))
    asked = f"{VARIABLE}='certificate shop.example: shop.example certificate' pulumi up"
    for of_zone in ("shop.example", "zone shop.example", "key shop.example"):
        monkeypatch.setenv(VARIABLE, f"{of_zone}: max_exposure=critical")
        names = f"{of_zone.split()[0] if ' ' in of_zone else 'zone'} shop.example"
        with refused(BeyondLimitsError, field="max_exposure", says=f"{VARIABLE} of this run names {names}\n.*{asked}"):
            check(certificate, journal)
    monkeypatch.setenv(VARIABLE, "certificate shop.example: max_exposure=critical")
    check(certificate, journal)
    with refused(BeyondLimitsError, field="max_exposure", says=f"{VARIABLE}='shop.example: @ MX' pulumi up"):
        check(losing(MX), journal)
    monkeypatch.setenv(VARIABLE, "Zone Shop.Example.: @ MX".replace("Zone", "zone"))
    check(losing(MX), journal)


def test_what_is_for_none_of_the_program_is_told_at_its_end_with_what_was_meant(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "_has", set())
    monkeypatch.setattr("atexit.register", lambda _: None)
    monkeypatch.setenv(VARIABLE, "shop.exmaple: @ MX; certificate shop.example: max_verdict=block; a.test: www")
    program.note("zone", "shop.example")
    program.note("certificate", "shop.example")
    program.tell()
    none = "and the program has none that is known by that name: nothing is accepted by it, unless one of that name is"
    assert capsys.readouterr().err.splitlines() == [
        f"sophia: {VARIABLE} names zone shop.exmaple, {none} deleted; did you mean zone shop.example?",
        f"sophia: {VARIABLE} names zone a.test, {none} deleted",
    ]
    monkeypatch.setenv(VARIABLE, "no entry")
    program.tell()
    assert capsys.readouterr().err == "", "check refuses it"


def test_the_command_that_a_refusal_prints_can_be_pasted_whatever_a_record_is_called() -> None:
    assert to_accept("zone shop.example", ["@ MX"]) == "SOPHIA_ACCEPT='shop.example: @ MX'"
    assert shlex.split(to_accept("zone shop.example", ["';id;' A"])) == ["SOPHIA_ACCEPT=shop.example: ';id;' A"]

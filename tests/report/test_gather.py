"""What a preview's document and the journal come to."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.advice.approval import Approval, approve
from sophia_infra.advice.model import Advice, Edit, Finding, Level, Request, Verdict
from sophia_infra.advised.limits import Acceptance, OverrideRow
from sophia_infra.changes import Changes, Exposure
from sophia_infra.journal import Journal
from sophia_infra.report import Records, Report, ReportError, gather, read
from sophia_infra.report.model import Line, Standing
from tests.report.documents import CHANGES, STACK, ZONE, advice, document, events, said, zone

EDIT = Edit("replace", "mail A", "mail 300 A 192.0.2.77", "mail 300 A 192.0.2.3", "proposed", "It is meant for papers.")
FINDING = Finding("address-documentation", Level.ERROR, "mail A", "A documentation address.", "Use another.")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path)


def report(text: str, journal: Journal) -> Report:
    return gather(read(text, "preview.json"), Records(journal))


def advised(journal: Journal, **fields: Any) -> Advice:
    """Advice in the journal with its request, as a preview left it."""
    request = Request("zone", "shop.example", {**Changes.from_inputs(CHANGES).as_inputs()})
    given = Advice(request.fingerprint, "rules", Verdict.CAUTION, "1 error", (FINDING,), (EDIT,), **fields)
    journal.write(request.fingerprint, request)
    journal.write(request.fingerprint, given)
    return given


def test_a_zone_says_what_changes_and_what_hangs_on_it(journal: Journal) -> None:
    found = report(document(zone()), journal)
    [item] = found.items
    assert (found.stack, found.standing) == ("dns/prod", Standing.CAUTION)
    assert (item.title, item.operation, item.exposure) == ("zone shop.example", "update", Exposure.HIGH)
    assert item.lines == (Line("-", "mail 300 A 192.0.2.3"), Line("+", "mail 300 A 192.0.2.77"))
    assert [(reason.subject, reason.operation, reason.needed_by) for reason in item.reasons] == [
        ("mail A", "update", ("@ MX",))
    ]


def test_both_forms_of_the_document_say_the_same(journal: Journal) -> None:
    whole, stream = report(document(zone()), journal), report(events(zone()), journal)
    assert (whole.items, whole.stack, whole.standing) == (stream.items, stream.stack, stream.standing)
    assert (whole.policies, stream.policies) == (None, ())
    assert "PULUMI_ENABLE_STREAMING_JSON_PREVIEW" in whole.notes[0]
    assert stream.notes == ()


@pytest.mark.parametrize(("level", "standing"), [("mandatory", Standing.STOPPED), ("advisory", Standing.CAUTION)])
def test_a_violated_policy_stops_where_it_is_mandatory(journal: Journal, level: str, standing: Standing) -> None:
    violated = {"policyName": "deletes", "enforcementLevel": level, "message": "8 deletes of 26"}
    found = report(events(zone(), policies=[violated]), journal)
    assert (found.standing, found.items[0].standing) == (standing, standing)
    assert [policy.name for policy in found.items[0].policies] == ["pack/deletes"]


def test_the_journal_has_the_advice_in_full(journal: Journal) -> None:
    given = advised(journal)
    found = report(document(zone(advice=given.as_inputs())), journal).items[0].advice
    assert found == given
    assert [step.command for step in report(document(zone(advice=given.as_inputs())), journal).items[0].to_do] == [
        f"sophia advice approve {given.id[:12]}",
        f"sophia advice show {given.id[:12]}",
    ]


def test_without_the_journal_the_document_is_enough(journal: Journal) -> None:
    found = report(document(zone()), journal).items[0].advice
    assert found is not None
    assert (found.verdict, found.findings[0].code, found.edits) == (Verdict.CAUTION, "address-documentation", ())
    assert not Path(journal.name).exists()


def test_who_approved_an_edit_is_told_while_it_waits_and_once_it_is_applied(journal: Journal) -> None:
    given = advised(journal)
    approval = approve(journal, given, [EDIT])
    waiting = report(document(zone(advice=given.as_inputs())), journal)
    other = replace(given, id="b" * 64, edits=())
    journal.write(other.id, other)
    applied = report(document(zone(advice=other.as_inputs(), edits=["no edit", _as_input(approval.by)])), journal)
    for found, until in ((waiting, approval.until), (applied, None)):
        assert [(word.what, word.who, word.until) for word in found.items[0].words] == [
            ("edit of mail A approved", approval.by, until)
        ]


@pytest.mark.parametrize(("base", "days"), [(CHANGES["base"], -1), ("6" * 64, 1)])
def test_an_approval_that_holds_no_more_is_not_told(journal: Journal, base: str, days: int) -> None:
    given = advised(journal)
    journal.write(given.id, Approval(base, (EDIT.digest,), datetime.now(UTC) + timedelta(days=days), "ada"))
    assert report(document(zone(advice=given.as_inputs())), journal).items[0].words == ()
    journal.write(given.id, Approval(CHANGES["base"], (EDIT.digest,), datetime.now(UTC) + timedelta(days=1), "ada"))
    assert [word.who for word in report(document(zone(advice=given.as_inputs())), journal).items[0].words] == ["ada"]


def test_an_approval_that_was_not_given_here_is_not_told(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_ADVICE_KEY", "a" * 32)
    given = advised(journal)
    text = document(zone(advice=given.as_inputs(), edits=[_as_input()]))
    monkeypatch.setenv("SOPHIA_ADVICE_KEY", "b" * 32)
    accepted = (Acceptance("high mail A update: needed by @ MX", None, "why"),)
    journal.write(given.id, Approval(CHANGES["base"], (EDIT.digest,), datetime.now(UTC) + timedelta(days=1), "eve"))
    journal.write(CHANGES["base"], OverrideRow("eve", CHANGES["base"], accepted))
    monkeypatch.setenv("SOPHIA_ADVICE_KEY", "a" * 32)
    item = report(text, journal).items[0]
    assert (item.advice, item.words) == (given, ())


def test_what_an_override_accepts_is_told_with_who_and_why(journal: Journal) -> None:
    given = advised(journal)
    accepted = Acceptance("high mail A update: needed by @ MX", None, "SOPHIA_ACCEPT")
    journal.write("7" * 64, OverrideRow("bob", "7" * 64, (accepted,)))
    journal.write(CHANGES["base"], OverrideRow("ada", CHANGES["base"], (accepted,)))
    [word] = report(document(zone(advice=given.as_inputs())), journal).items[0].words
    assert (word.what, word.who) == ("accepted: high mail A update: needed by @ MX (SOPHIA_ACCEPT)", "ada")


def _as_input(word: str = "") -> dict[str, str]:
    found: dict[str, str] = json.loads(json.dumps({name: getattr(EDIT, name) for name in EDIT.__slots__}))
    return found | {"state": "applied", "word": word}


def test_a_refused_zone_is_told_with_what_the_journal_has_of_it(journal: Journal) -> None:
    given = advised(journal)
    plan = "1 to update of 2 record sets, exposure high"
    refusal = f"zone shop.example: {plan}; nothing was changed, because it is beyond the limits:\n  - x"
    refusal += f"\nwhat is advised: sophia advice show {given.id[:12]}"
    lines = [
        said(f"sophia: zone shop.example: {plan}; high mail A update: needed by @ MX", "info#err"),
        said(f"error: pulumi-python:dynamic/sophia:ZoneRecords resource 'shop' has a problem: {refusal}", urn=ZONE),
        said("sophia: the clock is moved", "info#err"),
    ]
    found = report(document(diagnostics=lines), journal)
    [item] = found.items
    assert (found.standing, found.stack, found.said) == (Standing.STOPPED, "dns/prod", ("sophia: the clock is moved",))
    assert (item.title, item.standing, item.refusal) == ("zone shop.example", Standing.STOPPED, refusal)
    assert (item.exposure, item.advice) == (Exposure.HIGH, given)
    assert item.lines == (Line("!", "mail A: needed by @ MX"),)


TRACEBACK = "Program failed with an unhandled exception:\nTraceback (most recent call last):\n  x\nRuntimeError: boom"


@pytest.mark.parametrize(
    ("whole", "against"),
    [
        (document(zone(), diagnostics=[said(TRACEBACK)]), "the program failed: RuntimeError: boom"),
        (document(zone(), diagnostics=[said("no credentials")]), "no credentials"),
        (document(diagnostics=[said("a has a problem: zone a: beyond"), said(TRACEBACK)]), "zone a: beyond"),
        (document(zone(advice=advice("block"))), "1 error"),
        (document(), Standing.UNCHANGED.meaning),
    ],
    ids=["the program raises", "an error", "a refusal", "advice", "nothing"],
)
def test_what_stops_a_preview_is_told_before_what_is_advised(journal: Journal, whole: str, against: str) -> None:
    assert report(whole, journal).against == against


@pytest.mark.parametrize("named", ["", "\nwhat is advised: sophia advice show 0123456789ab"])
def test_the_plan_of_another_zone_of_that_name_is_not_told_for_a_refused_one(journal: Journal, named: str) -> None:
    advised(journal)
    refusal = f"zone shop.example: 2 to delete of 2 record sets, exposure high; nothing was changed, because ...{named}"
    [item] = report(document(diagnostics=[said(f"error: a has a problem: {refusal}")]), journal).items
    assert (item.changes, item.advice, item.refusal) == (None, None, refusal)


def test_a_zone_that_leaves_is_weighed_as_what_goes_with_it(journal: Journal) -> None:
    [item] = report(document(zone(new=None)), journal).items
    assert (item.operation, item.standing, item.exposure) == ("delete", Standing.CAUTION, Exposure.CRITICAL)
    assert [line.text for line in item.lines] == ["@ 3600 MX 10 mail.shop.example.", "mail 300 A 192.0.2.3"]


def test_the_first_run_of_a_zone_has_its_details(journal: Journal) -> None:
    changes = {**CHANGES, "details": ["+ mail 300 A 192.0.2.3", "and 7 more"]}
    [item] = report(document(zone(old=None, changes=changes)), journal).items
    assert item.lines == (Line("+", "mail 300 A 192.0.2.3"), Line("!", "and 7 more"))


def test_what_comes_late_or_is_secret_is_named_and_nothing_of_it_shown(journal: Journal) -> None:
    inputs: dict[str, Any] = {
        "late": {"txt TXT 300": "hush-canary", "vm A 300": "[unknown]"},
        "late_secret": ["txt TXT"],
    }
    changes = {**CHANGES, "pending": ["vm A"], "creates": 2}
    found = report(document(zone(**inputs, changes=changes)), journal)
    assert found.items[0].hidden == (
        "vm A (not known yet)",
        "txt TXT (secret)",
        "2 more record sets: of late values, or changed by others since the last apply",
    )
    assert "hush-canary" not in repr(found)


def test_the_worst_stands_first(journal: Journal) -> None:
    low = {**CHANGES, "exposure": "low", "reasons": ["low www A create: 0 -> 1 records"]}
    steps = [
        zone(name="a", changes=low, advice=advice("approve")),
        zone(name="b", advice=advice("approve")),
        zone(name="c", changes=low),
        zone(name="d", advice=advice("block")),
    ]
    found = report(document(*steps), journal)
    assert [item.title for item in found.items] == [f"zone {name}.example" for name in "dcba"]
    assert found.standing is Standing.BLOCK


def test_other_resources_are_named_by_what_becomes_of_them(journal: Journal) -> None:
    bucket = {"op": "create", "urn": f"{STACK}aws:s3:Bucket::logs", "newState": {"custom": True, "inputs": {"x": 1}}}
    same = {"op": "same", "urn": f"{STACK}aws:s3:Bucket::old", "newState": {"custom": True, "inputs": {}}}
    component = {"op": "create", "urn": f"{STACK}my:Site::site", "newState": {"custom": False}}
    found = report(document(bucket, same, component), journal)
    assert (found.others, found.unchanged, found.items) == ({"create": ("Bucket logs",)}, 1, ())


@pytest.mark.parametrize(
    "changes", ["a text", {}, {**CHANGES, "reasons": [7]}, {**CHANGES, "reasons": ["grave @ MX delete: x"]}]
)
def test_what_does_not_keep_the_contract_is_said_and_stops_no_report(journal: Journal, changes: Any) -> None:
    found = report(events(zone(changes=changes)), journal)
    assert found.items == ()
    assert found.notes == ("ZoneRecords shop has `changes` that can't be read (docs/contracts.md)",)


def test_a_preview_that_was_cut_off_is_none_of_a_stack_without_changes(journal: Journal) -> None:
    *begun, _summary = events().splitlines()
    assert report(events(), journal).standing is Standing.UNCHANGED
    assert report("\n".join(begun), journal).standing is Standing.STOPPED


@pytest.mark.parametrize("left", [{}, {"advice": {"verdict": "block"}}])
def test_without_advice_that_can_be_read_a_grave_change_is_not_approved(journal: Journal, left: dict[str, Any]) -> None:
    step = zone()
    del step["newState"]["inputs"]["advice"]
    step["newState"]["inputs"] |= left
    assert report(document(step), journal).standing is Standing.CAUTION


def test_a_resource_whose_changes_can_not_be_read_is_not_approved(journal: Journal) -> None:
    step = zone()
    step["newState"]["inputs"]["changes"] = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    assert report(document(step), journal).standing is Standing.CAUTION


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "[1]", "null", "{}", "7", '{"steps": [{}]}', '{"steps": 7}', "{}\n{}", "[" * 9999]
)
def test_what_is_no_preview_is_refused_with_the_command_that_makes_one(journal: Journal, text: str) -> None:
    with pytest.raises(ReportError) as refused:
        report(text, journal)
    assert (refused.value.code, refused.value.subject) == ("no-preview", "preview.json")
    assert "pulumi preview --json > preview.json" in str(refused.value)


def test_a_journal_that_can_not_be_read_is_noted(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_text("no database")
    found = report(events(zone()), Journal.open(tmp_path))
    assert found.items[0].advice is not None
    assert "the journal can't be read" in found.notes[0]

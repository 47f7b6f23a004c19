"""What operations come to beside edits of files: the records of an edit of advice, renewals and rotations."""

from pathlib import Path
from typing import Any

import pytest

from sophia_infra.advice.model import Advice, Edit, Request, Verdict
from sophia_infra.agent.execution.engine_requests import as_records, asked_of, edit_of, variables
from sophia_infra.agent.execution.rows import Asked
from sophia_infra.agent.operations import AddRecords, ApproveEdit, Operation, RemoveRecords, Renew, Rotate, SetRecords
from sophia_infra.changes import EditingError
from sophia_infra.dns.importers.state_files import Resource
from sophia_infra.engine_run import OURS
from sophia_infra.journal import Journal
from sophia_infra.secrets.events import ROTATE
from sophia_infra.tls.memory import RENEW

SWAPPED = ("www 300 A 192.0.2.1\nwww 300 A 192.0.2.2", "www 60 A 192.0.2.2\nwww 60 A 192.0.2.3")
EDITS = (
    Edit("replace", "www A", *SWAPPED, "proposed", ""),
    Edit("add", "api A", "", "api 300 A 192.0.2.3", "proposed", ""),
    Edit("add", "old A", "", "old 300 A 192.0.2.4", "excluded", ""),
    *(Edit("add", "two A", "", f"two 300 A 192.0.2.{last}", "proposed", "") for last in (5, 6)),
)


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    monkeypatch.chdir(tmp_path)
    return Journal.open()


def advised(journal: Journal, kind: str = "zone") -> str:
    request = Request(kind, "shop.example", {})
    advice = Advice(request.fingerprint, "rules", Verdict.CAUTION, "", (), EDITS)
    journal.write_once(advice.id, advice, request)
    return advice.id


def test_an_edit_of_advice_becomes_what_it_takes_away_and_adds_and_a_record_with_another_ttl_stays(
    journal: Journal,
) -> None:
    found = list(as_records(journal, ApproveEdit(advised(journal), "www A")))
    assert found == [
        RemoveRecords("shop.example", "www", "A", ("192.0.2.1",)),
        AddRecords("shop.example", "www", "A", ("192.0.2.2",), 60),
        AddRecords("shop.example", "www", "A", ("192.0.2.3",), 60),
    ]


@pytest.mark.parametrize(("kind", "edit"), [("zone", "old A"), ("zone", "two A"), ("zone", "no A"), ("run", "api A")])
def test_what_advice_proposes_not_at_all_or_twice_or_of_no_zone_becomes_no_records(
    journal: Journal, kind: str, edit: str
) -> None:
    with pytest.raises(EditingError) as refused:
        list(as_records(journal, ApproveEdit(advised(journal, kind), edit)))
    assert refused.value.code == "no-edit"


def test_operations_on_files_stand_for_themselves_and_renewals_and_rotations_edit_none(journal: Journal) -> None:
    change = SetRecords("shop.example", "www", "A", ("192.0.2.2",))
    assert list(as_records(journal, change)) == [change]
    assert list(as_records(journal, Renew("web"))) == list(as_records(journal, Rotate("partner"))) == []


def resource(kind: str, name: str, **fields: Any) -> Resource:
    label = {"label": fields["label"]} if "label" in fields else {}
    return Resource(name, f"{OURS}{kind}", fields, urn=f"urn:pulumi:dev::shop::{OURS}{kind}::{name}", inputs=label)


STATE = (
    resource("Certificate", "web", label="web", generation=3),
    resource("SecretLifecycle", "partner", label="shop/partner", generation=1),
    *(resource("SecretMaterial", f"m{number}", label="shop/partner", generation=number) for number in (2, 4)),
    resource("SecretMaterial", "other", label="other", generation=9),
    resource("SecretLifecycle", "web", label="web", generation=7),
    *(resource("Certificate", "twice") for _ in range(2)),
)


def test_what_is_asked_for_is_the_generation_that_stands_of_that_certificate_or_secret() -> None:
    asked = asked_of([Renew("web"), SetRecords("shop.example", "www", "A", ("192.0.2.2",)), Rotate("partner")], STATE)
    assert asked == (Asked("renew", "web", "web", 3), Asked("rotate", "partner", "shop/partner", 4))
    shown = [(edit.subject, edit.before, edit.after) for edit in map(edit_of, asked)]
    assert shown == [
        ("certificate web", "certificate web: generation 3", "certificate web: generation 4"),
        ("secret partner", "secret partner: generation 4", "secret partner: generation 5"),
    ]


@pytest.mark.parametrize(
    ("operation", "code"), [(Renew("partner"), "not-there"), (Renew("twice"), "several"), (Rotate("m2"), "not-there")]
)
def test_what_the_program_has_not_once_is_not_asked_for(operation: Operation, code: str) -> None:
    with pytest.raises(EditingError) as refused:
        asked_of([operation], STATE)
    assert refused.value.code == code


def test_an_engine_is_asked_for_what_is_approved_and_for_nothing_that_a_shell_asks_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(RENEW, "mine@1")
    monkeypatch.setenv("SHOP", "kept")
    given = variables([Asked("rotate", "partner", "shop/partner", 4), Asked("rotate", "db", "db", 1)])
    assert (given.get(RENEW), given[ROTATE], given["SHOP"]) == (None, "shop/partner@4,db@1", "kept")

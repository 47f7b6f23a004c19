import getpass
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sophia_infra.advice import redaction
from sophia_infra.advice.approval import ApprovalError, approve, approved, ends, find, proposed, reject
from sophia_infra.advice.consult import FixedAdvisor, consult
from sophia_infra.advice.model import Advice, Edit, Verdict
from sophia_infra.journal import Journal, JournalError, Kind
from sophia_infra.journal.seal import SealError
from tests.support import history
from tests.support.refusals import refused

EDITS = (
    Edit("replace", "@ MX", "@ 300 MX 10 mail", "@ 300 MX 10 real", "proposed", "an alias"),
    Edit("remove", "www A", "www 300 A 192.0.2.1", "", "proposed", "gone"),
)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path)


@pytest.fixture
def advice(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> Advice:
    monkeypatch.setenv("SOPHIA_NOW", "2026-11-23T12:00:00+00:00")
    return given(journal)


def given(journal: Journal, edits: tuple[Edit, ...] = EDITS, domain: str = "shop.example", **facts: str) -> Advice:
    """Return advice with edits on a zone of the stack `shop/live`, journaled."""
    named = {"desired": "d1", "base": "b1", "stack": "shop/live", "label": "shop", "home": "", **facts}
    request = redaction.request("zone", domain, named)
    return consult(request, FixedAdvisor(Advice("", "fixed", Verdict.CAUTION, "", (), edits)), journal=journal)


def test_nothing_is_approved_until_a_person_says_so(journal: Journal, advice: Advice) -> None:
    assert approved(journal, advice, "b1").ours == ()
    approve(journal, advice, proposed(advice)[:1])
    assert approved(journal, advice, "b1").ours == EDITS[:1]


def test_an_approval_holds_for_its_base_its_request_and_its_edits_only(journal: Journal, advice: Advice) -> None:
    approve(journal, advice, EDITS)
    assert approved(journal, advice, "another base").ours == ()
    assert approved(journal, given(journal, desired="d2"), "b1").ours == ()
    other = replace(advice, edits=(replace(EDITS[0], after="@ 300 MX 10 evil"), EDITS[1]))
    assert approved(journal, other, "b1").ours == EDITS[1:]


OTHERS: list[tuple[str, dict[str, str]]] = [
    ("shop.test", {}),
    ("shop.example", {"stack": "shop/dev"}),
    ("shop.example", {"label": "shop2"}),
    ("shop.example", {"home": "inside"}),
]


@pytest.mark.parametrize(("domain", "facts"), OTHERS)
def test_an_approval_is_for_one_zone_of_one_stack(
    journal: Journal, advice: Advice, domain: str, facts: dict[str, str]
) -> None:
    approve(journal, advice, EDITS)
    assert approved(journal, given(journal, EDITS, domain, **facts), "b1").ours == ()


def test_a_user_without_a_name_is_unknown(journal: Journal, advice: Advice, monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert approve(journal, advice, EDITS).by == "unknown"


def test_what_was_never_asked_is_not_approved(journal: Journal, advice: Advice) -> None:
    approve(journal, advice, EDITS)
    assert approved(journal, replace(advice, id="0" * 64), "b1").ours == ()
    with refused(ApprovalError, "no-advice", field="ID", value="0" * 64, says="run the preview again"):
        approve(journal, replace(advice, id="0" * 64), EDITS)


def test_one_approval_stands_beside_another(journal: Journal, advice: Advice, monkeypatch: pytest.MonkeyPatch) -> None:
    approve(journal, advice, EDITS[:1], ends(1))
    approve(journal, advice, EDITS[1:], ends(3))
    assert approved(journal, advice, "b1").ours == EDITS
    monkeypatch.setenv("SOPHIA_NOW", "2026-11-25T12:00:00+00:00")
    assert approved(journal, advice, "b1").ours == EDITS[1:]


def test_an_approval_that_was_changed_behind_the_journals_back_approves_nothing(
    journal: Journal, advice: Advice
) -> None:
    approve(journal, advice, EDITS[:1])
    with closing(sqlite3.connect(Path(journal.name))) as db, db:
        db.execute("DROP TRIGGER no_update")
        db.execute("UPDATE entries SET body = replace(body, '2026-', '2036-') WHERE kind = 'approval'")
    with pytest.raises(JournalError) as caught:
        approved(journal, advice, "b1")
    assert caught.value.code == "journal-row-changed"


def test_an_approval_is_known_however_much_is_approved_after_it(journal: Journal, advice: Advice) -> None:
    approve(journal, advice, EDITS[:1])
    approval = journal.storage.last(Kind.APPROVAL, advice.id)
    request = journal.storage.last(Kind.REQUEST, advice.id)
    assert approval
    assert request
    others = [f"{number:064x}" for number in range(1_001)]
    history.write(journal, [history.Past(Kind.APPROVAL, other, approval.value) for other in others])
    history.write(journal, [history.Past(Kind.REQUEST, other, request.value) for other in others])
    history.write(journal, [history.Past(Kind.ADVICE, other, {}) for other in others])
    assert approved(journal, advice, "b1").ours == EDITS[:1]
    assert find(journal, advice.id) == advice
    reject(journal, advice, EDITS)
    assert approved(journal, advice, "b1").ours == ()


def test_an_approval_expires(journal: Journal, advice: Advice, monkeypatch: pytest.MonkeyPatch) -> None:
    approve(journal, advice, EDITS, ends(2))
    monkeypatch.setenv("SOPHIA_NOW", "2026-11-25T12:00:00+00:00")
    assert approved(journal, advice, "b1").ours == EDITS
    monkeypatch.setenv("SOPHIA_NOW", "2026-11-25T12:00:01+00:00")
    assert approved(journal, advice, "b1").ours == ()


def test_an_approval_can_be_taken_back_and_says_by_whom_and_why(journal: Journal, advice: Advice) -> None:
    approve(journal, advice, EDITS)
    reject(journal, advice, EDITS[:1], "not yet")
    said = approved(journal, advice, "b1")
    assert said.ours == EDITS[1:]
    assert [str(no) for no in said.rejected.values()] == [f"{getpass.getuser()}, 2026-11-23 12:00: not yet"]
    approve(journal, advice, EDITS[:1])
    assert approved(journal, advice, "b1").ours == EDITS


def test_what_a_release_before_took_back_is_rejected(journal: Journal, advice: Advice) -> None:
    approve(journal, advice, EDITS)
    old = {"base": "b1", "edits": [EDITS[0].digest], "until": None, "by": "alice"}
    journal.storage.append(Kind.APPROVAL, advice.id, old)
    said = approved(journal, advice, "b1")
    assert (said.ours, [no.by for no in said.rejected.values()]) == (EDITS[1:], ["alice"])


def test_what_was_not_proposed_can_not_be_approved(journal: Journal, advice: Advice) -> None:
    with refused(ApprovalError, "not-proposed", subject="@ MX", says="@ MX is not among the edits"):
        approve(journal, advice, [replace(EDITS[0], after="@ 300 MX 10 evil")])


def test_an_addition_for_no_record_is_not_for_approval(journal: Journal, advice: Advice) -> None:
    adding = replace(EDITS[0], op="add", before="")
    assert proposed(replace(advice, edits=(adding,))) == ()


@pytest.mark.parametrize("days", [-1, 91])
def test_an_approval_is_for_a_while_only(journal: Journal, advice: Advice, days: int) -> None:
    with pytest.raises(ApprovalError) as caught:
        approve(journal, advice, EDITS, ends(days))
    day = ends(days)
    assert (caught.value.field, caught.value.value) == ("until", day.isoformat())
    assert str(caught.value) == f"the approval would end {day:%Y-%m-%d %H:%M}; it may in the next 90 days"


def test_advice_is_found_by_the_beginning_of_its_id(journal: Journal, advice: Advice) -> None:
    assert find(journal, advice.id[:6]) == advice
    assert find(journal, "") == advice
    with refused(ApprovalError, "no-advice", field="ID", value="zz", says=r"no advice .* begins with 'zz'"):
        find(journal, "zz")


def test_a_beginning_that_several_ids_share_is_refused(journal: Journal, advice: Advice) -> None:
    firsts = {advice.id[0]}
    for number in range(40):
        request = redaction.request("zone", f"{number}.example", {"base": "b"})
        other = consult(request, FixedAdvisor(), journal=journal)
        if other.id[0] in firsts:
            break
    with refused(ApprovalError, "several-advices", field="ID", value=2, says="2 advices"):
        find(journal, advice.id[0])


SHOP = {"domain": "shop.example", "stack": "shop/live", "label": "shop", "home": ""}


def test_advice_that_was_left_behind_is_refused_however_much_was_journaled_since(
    journal: Journal, advice: Advice
) -> None:
    def elsewhere() -> None:
        others = [{**SHOP, "label": f"shop{number}", "base": f"b{number}"} for number in range(400)]
        kinds = (Kind.PLAN, Kind.INTENT, Kind.REQUEST)
        bodies = {Kind.REQUEST: {"kind": "zone", "subject": "shop.example", "facts": {}}}
        rows = [history.Past(kind, "y", bodies.get(kind, other)) for other in others for kind in kinds]
        history.write(journal, rows)

    journal.storage.append(Kind.PLAN, "x all run 1", {**SHOP, "base": "b1"})
    elsewhere()
    approve(journal, advice, EDITS[:1])
    newer = given(journal, base="b2")
    journal.storage.append(Kind.PLAN, "x all run 2", {**SHOP, "base": "b2"})
    elsewhere()
    with pytest.raises(ApprovalError) as caught:
        approve(journal, advice, EDITS[:1])
    assert (caught.value.code, caught.value.field) == ("approval-overtaken", "ID")
    assert f"sophia advice approve {newer.id[:12]}" in str(caught.value)
    approve(journal, newer, EDITS[:1])
    journal.storage.append(Kind.INTENT, "x", {**SHOP, "base": "b2"})
    approve(journal, newer, EDITS[:1])  # the run that set out may be killed, and another one does it
    journal.storage.append(Kind.OUTCOME, "x", {**SHOP, "base": "b2"})
    elsewhere()
    with pytest.raises(ApprovalError) as caught:
        approve(journal, newer, EDITS[:1])
    assert caught.value.code == "approval-overtaken"


SHARED = "a shared key of thirty-two octets or more"


@pytest.mark.parametrize(
    ("there", "here", "holds"),
    [("", "", False), (SHARED, SHARED, True), (SHARED, "", False), ("", SHARED, False), (SHARED, "x" * 32, False)],
)
def test_an_approval_in_a_journal_from_elsewhere_holds_with_the_same_key_only(
    journal: Journal,
    advice: Advice,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    there: str,
    here: str,
    holds: bool,
) -> None:
    monkeypatch.setenv("SOPHIA_ADVICE_KEY", there)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "there"))
    approve(journal, advice, EDITS[:1])
    assert approved(journal, advice, "b1").ours == EDITS[:1]
    monkeypatch.setenv("SOPHIA_ADVICE_KEY", here)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "here"))
    assert approved(journal, advice, "b1").ours == (EDITS[:1] if holds else ())
    assert approved(journal, advice, "b1").foreign == (() if holds else EDITS[:1])
    assert not (tmp_path / "here").exists()
    approve(journal, advice, EDITS[:1])
    assert approved(journal, advice, "b1").ours == EDITS[:1]
    assert approved(journal, advice, "b1").foreign == ()


def test_without_a_key_nothing_is_approved(
    journal: Journal, advice: Advice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with refused(SealError, field="SOPHIA_ADVICE_KEY", says="can't be kept"):
        approve(journal, advice, EDITS[:1])
    monkeypatch.setenv("SOPHIA_ADVICE_KEY", "short")
    with refused(SealError, field="SOPHIA_ADVICE_KEY", value=5, limit=32, says="5 octets"):
        approve(journal, advice, EDITS[:1])
    assert journal.storage.last(Kind.APPROVAL, advice.id) is None

import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path

import pytest

from sophia_infra.advice import redaction
from sophia_infra.advice.approval import approve, approved, reject
from sophia_infra.advice.consult import FixedAdvisor, consult
from sophia_infra.advice.model import Advice, Edit, Verdict
from sophia_infra.advice.travel import TravelError, exported, taken_in
from sophia_infra.journal import Journal
from tests.support.refusals import refused

EDIT = Edit("remove", "www A", "www 300 A 192.0.2.1", "", "proposed", "gone")
KEY = b"k" * 32
REQUEST = redaction.request("zone", "shop.example", {"desired": "d1", "base": "b1"})


def advisor(summary: str) -> FixedAdvisor:
    return FixedAdvisor(Advice("", "fixed", Verdict.CAUTION, summary, (), (EDIT,)))


@pytest.fixture
def here(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path / "here")


@pytest.fixture
def there(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path / "there")


def test_another_machine_replays_the_advice_and_honours_the_approval(here: Journal, there: Journal) -> None:
    advice = consult(REQUEST, advisor("first"), journal=here)
    approve(here, advice, [EDIT])
    assert taken_in(there, exported(here, KEY), KEY) == 3
    assert consult(REQUEST, advisor("another opinion"), journal=there) == advice
    assert approved(there, advice, "b1").ours == (EDIT,)
    assert there.verify().ok


def test_taking_in_the_same_file_again_adds_nothing(here: Journal, there: Journal) -> None:
    consult(REQUEST, advisor("first"), journal=here)
    taken_in(there, exported(here, KEY), KEY)
    assert taken_in(there, exported(here, KEY), KEY) == 0


def test_advice_that_is_there_already_stays(here: Journal, there: Journal) -> None:
    consult(REQUEST, advisor("first"), journal=here)
    kept = consult(REQUEST, advisor("second"), journal=there)
    taken_in(there, exported(here, KEY), KEY)
    assert consult(REQUEST, advisor("third"), journal=there) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"version": 3, "rows": []}',
        '{"version": 1, "rows": [{"kind": "outcome", "key": "a", "body": {}}]}',
        '{"version": 1, "rows": [{"kind": "advice", "key": "a", "body": {"id": "b"}}]}',
    ],
)
def test_what_is_no_export_is_refused_and_nothing_is_added(there: Journal, text: str) -> None:
    with pytest.raises(TravelError):
        taken_in(there, text)
    assert not Path(there.name).exists()


def test_a_row_that_is_wrong_keeps_those_before_it_out_as_well(here: Journal, there: Journal) -> None:
    consult(REQUEST, advisor("first"), journal=here)
    content = json.loads(exported(here, KEY))
    content["rows"].append({"kind": "plan", "key": "a", "body": {}})
    with pytest.raises(TravelError):
        taken_in(there, json.dumps(content), KEY)
    assert not Path(there.name).exists()


def by_rules(journal: Journal) -> Advice:
    return consult(REQUEST, FixedAdvisor(replace(advisor("found").advice, advisor="rules")), journal=journal)


def test_advice_of_the_rules_is_not_believed_but_worked_out_again(here: Journal, there: Journal) -> None:
    by_rules(here)
    for sending, taking in ((b"", b""), (b"", KEY), (KEY, b"")):
        taken_in(there, exported(here, sending), taking)
    assert there.last(Advice, REQUEST.fingerprint) is None
    own = Edit("remove", "api A", "api 300 A 192.0.2.7", "", "proposed", "its own")
    fresh = FixedAdvisor(Advice("", "rules", Verdict.CAUTION, "found here", (), (own,)))
    assert consult(REQUEST, fresh, journal=there).edits == (own,)


@pytest.mark.parametrize(("sending", "taking"), [(b"", b""), (b"", KEY), (KEY, b""), (KEY, b"x" * 32)])
def test_an_approval_is_taken_from_nobody_but_who_shares_the_key(
    here: Journal, there: Journal, sending: bytes, taking: bytes
) -> None:
    approve(here, by_rules(here), [EDIT])
    with pytest.raises(TravelError) as caught:
        taken_in(there, exported(here, sending), taking)
    told = "signature-wrong" if sending and taking else "not-signed"
    assert (caught.value.code, caught.value.field) == (told, "hmac")
    assert not Path(there.name).exists()


def test_advice_of_another_advisor_is_taken_from_nobody_but_who_shares_the_key(here: Journal, there: Journal) -> None:
    consult(REQUEST, advisor("a model's"), journal=here)
    with refused(TravelError, "not-signed", field="hmac", says="SOPHIA_ADVICE_KEY or --key FILE"):
        taken_in(there, exported(here))
    assert not Path(there.name).exists()


def test_an_edit_that_was_put_into_a_signed_file_is_found(here: Journal, there: Journal) -> None:
    approve(here, by_rules(here), [EDIT])
    forged = exported(here, KEY).replace("192.0.2.1", "192.0.2.66")
    with refused(TravelError, "signature-wrong", field="hmac", says="was changed, or signed with another key"):
        taken_in(there, forged, KEY)
    assert not Path(there.name).exists()


def test_a_request_under_another_id_is_no_export(here: Journal, there: Journal) -> None:
    by_rules(here)
    with refused(TravelError, says="under another id"):
        taken_in(there, exported(here).replace("shop.example", "shop.invalid"))


@pytest.mark.parametrize("length", [1, 31])
def test_a_short_key_is_refused(here: Journal, length: int) -> None:
    with pytest.raises(TravelError) as caught:
        exported(here, b"k" * length)
    assert (caught.value.field, caught.value.value, caught.value.limit) == ("key", length, 32)


OTHER = replace(EDIT, subject="api A", before="api 300 A 192.0.2.2")


def of_two() -> FixedAdvisor:
    return FixedAdvisor(Advice("", "fixed", Verdict.CAUTION, "two", (), (EDIT, OTHER)))


def test_a_no_that_another_yes_follows_travels_and_so_does_each_yes(here: Journal, there: Journal) -> None:
    advice = consult(REQUEST, of_two(), journal=here)
    approve(here, advice, [EDIT])
    reject(here, advice, [EDIT], "the host stays")
    approve(here, advice, [OTHER])
    taken_in(there, exported(here, KEY), KEY)
    found = approved(there, advice, "b1")
    assert (found.ours, found.rejected[EDIT.digest].why) == ((OTHER,), "the host stays")
    approve(here, advice, [EDIT])
    taken_in(there, exported(here, KEY), KEY)
    assert (approved(there, advice, "b1").ours, taken_in(there, exported(here, KEY), KEY)) == ((EDIT, OTHER), 0)


def test_a_no_that_was_said_after_a_file_was_made_is_not_lifted_by_it(here: Journal, there: Journal) -> None:
    advice = consult(REQUEST, of_two(), journal=here)
    reject(here, advice, [EDIT])
    approve(here, advice, [EDIT])
    older = exported(here, KEY)
    taken_in(there, older, KEY)
    assert approved(there, advice, "b1").ours == (EDIT,)
    reject(there, advice, [EDIT])
    assert taken_in(there, older, KEY) == 0
    assert approved(there, advice, "b1").ours == ()


def test_a_no_is_taken_from_nobody_but_who_shares_the_key(here: Journal, there: Journal) -> None:
    reject(here, by_rules(here), [EDIT])
    content = json.loads(exported(here))
    content["rows"] = [row for row in content["rows"] if row["kind"] == "edit"]
    assert content["rows"]
    with refused(TravelError, "not-signed", field="hmac", says="SOPHIA_ADVICE_KEY or --key FILE"):
        taken_in(there, json.dumps(content))


def test_a_file_of_the_release_before_is_taken_in(there: Journal) -> None:
    rows = [{"kind": "request", "key": REQUEST.fingerprint, "body": REQUEST.to_body()}]
    text = json.dumps(rows, sort_keys=True, separators=(",", ":"))
    signed = hmac.new(KEY, f"sophia advice 1\n{text}".encode(), hashlib.sha256).hexdigest()
    assert taken_in(there, json.dumps({"version": 1, "rows": rows, "hmac": signed}), KEY) == 1


def test_a_no_travels_for_whatever_other_advice_proposes_the_edit(here: Journal, there: Journal) -> None:
    later = redaction.request("zone", "shop.example", {"desired": "d2", "base": "b2"})
    reject(here, consult(REQUEST, advisor("first"), journal=here), [EDIT])
    again = consult(later, advisor("second"), journal=here)
    taken_in(there, exported(here, KEY), KEY)
    assert EDIT.digest in approved(there, again, "b2").rejected

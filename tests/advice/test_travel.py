import json
from pathlib import Path

import pytest

from sophia_infra.advice import redaction
from sophia_infra.advice.approval import approve, approved
from sophia_infra.advice.consult import FixedAdvisor, consult
from sophia_infra.advice.model import Advice, Edit, Verdict
from sophia_infra.advice.travel import TravelError, exported, taken_in
from sophia_infra.journal import Journal

EDIT = Edit("remove", "www A", "www 300 A 192.0.2.1", "", "proposed", "gone")
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
    assert taken_in(there, exported(here)) == 3
    assert consult(REQUEST, advisor("another opinion"), journal=there) == advice
    assert approved(there, advice, "b1") == (EDIT,)
    assert there.verify().ok


def test_taking_in_the_same_file_again_adds_nothing(here: Journal, there: Journal) -> None:
    consult(REQUEST, advisor("first"), journal=here)
    taken_in(there, exported(here))
    assert taken_in(there, exported(here)) == 0


def test_advice_that_is_there_already_stays(here: Journal, there: Journal) -> None:
    consult(REQUEST, advisor("first"), journal=here)
    kept = consult(REQUEST, advisor("second"), journal=there)
    taken_in(there, exported(here))
    assert consult(REQUEST, advisor("third"), journal=there) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"version": 2, "rows": []}',
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
    content = json.loads(exported(here))
    content["rows"].append({"kind": "plan", "key": "a", "body": {}})
    with pytest.raises(TravelError):
        taken_in(there, json.dumps(content))
    assert not Path(there.name).exists()

"""Where a run stands follows from its rows alone, and no row is written that does not follow."""

import itertools
import json

import pytest

from sophia_infra.agent.execution.rows import Step, Word
from sophia_infra.agent.execution.states import ENDED, Said, State, is_stopping, may_follow, state_of
from tests.support.workspace import REPO

WHOLE = (Word.REQUESTED, Word.APPLYING, Word.APPLIED, Word.VERIFIED)
BACK = (Word.REQUESTED, Word.APPLYING, Word.APPLIED, Word.FAILED, Word.ROLLING_BACK, Word.UNDONE, Word.ROLLED_BACK)


def steps(*words: Word) -> list[Step]:
    return [Step(word, "somebody") for word in words]


@pytest.mark.parametrize("history", [WHOLE, BACK, (*WHOLE, *BACK[4:])])
def test_a_run_that_is_cut_off_anywhere_may_take_exactly_the_step_that_comes_next(history: tuple[Word, ...]) -> None:
    for length in range(len(history)):
        taken = steps(*history[:length])
        assert may_follow(history[length], state_of(taken, Said.YES), taken)


@pytest.mark.parametrize("schema", ["agent-run", "agent-history"])
def test_each_step_stands_in_the_schemas(schema: str) -> None:
    found = json.loads((REPO / "docs" / "schemas" / f"{schema}.v1.json").read_text())["properties"]
    run = found["run"] if schema == "agent-run" else found["runs"]["items"]
    assert run["properties"]["steps"]["items"]["properties"]["word"]["enum"] == list(Word)


def test_no_step_is_taken_twice() -> None:
    for words in (WHOLE, BACK):
        for length in range(1, len(words) + 1):
            taken = steps(*words[:length])
            state = state_of(taken, Said.YES)
            again = [word for word in words[:length] if may_follow(word, state, taken)]
            assert again == []


def test_what_is_said_of_the_approval_decides_between_a_request_and_its_apply_and_nothing_after() -> None:
    asked = steps(Word.REQUESTED)
    assert [state_of(asked, said) for said in Said] == [State.WAITING, State.APPROVED, State.DECLINED]
    for said, state in ((Said.NOTHING, State.WAITING), (Said.NO, State.DECLINED)):
        assert not may_follow(Word.APPLYING, state_of(asked, said), asked), state
    for said in Said:
        assert state_of(steps(*WHOLE), said) is State.DONE


def test_a_way_back_is_gone_once_unless_it_was_stopped_and_only_by_a_run_that_began() -> None:
    assert not may_follow(Word.ROLLING_BACK, State.STOPPED, steps(Word.REQUESTED, Word.STOPPED))
    begun = steps(Word.REQUESTED, Word.APPLYING, Word.STOPPED)
    assert may_follow(Word.ROLLING_BACK, State.STOPPED, begun)
    stopped = [*begun, *steps(Word.ROLLING_BACK, Word.STOPPED)]
    assert may_follow(Word.ROLLING_BACK, state_of(stopped, Said.YES), stopped)
    gone = [*begun, *steps(Word.ROLLING_BACK, Word.UNDONE, Word.ROLLED_BACK)]
    assert not may_follow(Word.ROLLING_BACK, state_of(gone, Said.YES), gone)


@pytest.mark.parametrize(("whole", "length"), [(WHOLE, 3), (BACK, 6)])
def test_a_run_that_waits_for_servers_stands_where_it_stood_and_goes_on_from_there(
    whole: tuple[Word, ...], length: int
) -> None:
    before = steps(*whole[:length])
    waits = [*before, *steps(Word.PENDING, Word.PENDING)]
    state = state_of(waits, Said.YES)
    assert state is state_of(before, Said.YES)
    assert may_follow(Word.PENDING, state, waits)
    assert may_follow(whole[length], state, waits)


def test_only_what_is_inconclusive_is_verified_again() -> None:
    asked = steps(*WHOLE[:3], Word.INCONCLUSIVE)
    assert state_of(asked, Said.YES) is State.INCONCLUSIVE
    assert [state for state in State if may_follow(Word.VERIFYING, state, asked)] == [State.INCONCLUSIVE]
    assert state_of([*asked, *steps(Word.VERIFYING)], Said.YES) is State.VERIFYING


def test_an_apply_is_repeated_once() -> None:
    begun = steps(Word.REQUESTED, Word.APPLYING)
    assert may_follow(Word.REPEATING, State.APPLYING, begun)
    again = [*begun, *steps(Word.REPEATING)]
    assert state_of(again, Said.YES) is State.APPLYING
    assert not may_follow(Word.REPEATING, State.APPLYING, again)


def test_a_run_that_has_ended_is_neither_applied_nor_stopped_again() -> None:
    for state, word in itertools.product(ENDED, (Word.REQUESTED, Word.APPLYING, Word.STOPPED)):
        assert not may_follow(word, state, steps(Word.REQUESTED))


def test_an_engine_that_was_asked_to_stop_is_still_applying_until_it_is_gone() -> None:
    asked = steps(Word.REQUESTED, Word.APPLYING, Word.STOPPING)
    assert state_of(asked, Said.YES) is State.APPLYING
    assert is_stopping(asked)
    assert may_follow(Word.STOPPED, State.APPLYING, asked)

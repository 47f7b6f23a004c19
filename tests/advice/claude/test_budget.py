"""What a run may use of the model, whoever asks at once: threads, processes, and those that were killed."""

import errno
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sophia_infra.advice.claude import ledger
from sophia_infra.advice.claude.budget import AT_ONCE, FAILURES, Budget, Call
from sophia_infra.advice.claude.lack import Lack, NoAnswerError
from sophia_infra.advice.claude.prices import Usage
from sophia_infra.advice.claude.spec import ClaudeSpec

SPEC = ClaudeSpec(lambda: "", timeout=30)
MOST = Usage(input=50, output=50)
NOW = time.time()


def never(_seconds: float) -> None:
    pytest.fail("it waits")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path))
    return tmp_path


def budget(after: float = 0.0, sleep: Callable[[float], None] = never) -> Budget:
    """The run's budget as it is so many seconds later."""
    return Budget("a run", now=lambda: NOW + after, sleep=sleep)


def call(tokens: int = 10, lack: str = "") -> Call:
    return Call("a run", "", "claude-sonnet-5-5", lack, 0.5, Usage(input=tokens))


def lacks(asks: Budget, spec: ClaudeSpec = SPEC) -> str:
    """Why a question may not be asked; empty where it may."""
    try:
        asks.reserve(spec, MOST)
    except NoAnswerError as error:
        return error.lack
    return ""


def test_of_questions_that_threads_ask_at_once_as_many_pass_as_the_run_has_calls() -> None:
    spec, found = replace(SPEC, max_calls=20), list[str]()
    threads = [threading.Thread(target=lambda: found.append(lacks(budget(), spec))) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(found) == {"": 20, Lack.BUDGET: 10}


PROGRAM = """
from sophia_infra.advice.claude.budget import Budget
from sophia_infra.advice.claude.lack import NoAnswerError
from sophia_infra.advice.claude.prices import Usage
from sophia_infra.advice.claude.spec import ClaudeSpec

print("ready", flush=True)
input()
for _ in range(8):
    try:
        Budget("a run").reserve(ClaudeSpec(lambda: "", max_calls=10), Usage(input=1))
        print("asks")
    except NoAnswerError as error:
        print(error.lack)
"""


def test_of_questions_that_processes_ask_at_once_as_many_pass_as_the_run_has_calls() -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    started = [subprocess.Popen([sys.executable, "-c", PROGRAM], **pipes) for _ in range(2)]  # type: ignore[call-overload]  # a mapping of flags
    for process in started:
        assert process.stdout.readline() == "ready\n"
    for process in started:
        process.stdin.write("\n")
        process.stdin.flush()
    said = [word for process in started for word in process.communicate()[0].split()]
    assert Counter(said) == {"asks": 10, Lack.BUDGET: 6}


def test_seconds_are_those_in_which_an_answer_is_waited_for_however_many_at_once() -> None:
    spec = replace(SPEC, max_seconds=3.5)
    opened = [budget().reserve(spec, MOST) for _ in range(10)]
    for each in opened:
        budget(3.0).note(each, call())
    last = budget(100.0).reserve(spec, MOST)
    budget(100.5).note(last, call())
    assert lacks(budget(100.5), spec) == Lack.BUDGET


@pytest.mark.parametrize("bound", [{"max_tokens": 250}, {"max_cost": 0.0013}])
def test_what_may_use_up_the_rest_waits_for_those_under_way_and_passes_where_they_left_some(
    bound: dict[str, float],
) -> None:
    spec, opened, waited = replace(SPEC, **bound), list[str](), list[float]()  # type: ignore[arg-type]  # real bounds

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        budget().note(opened.pop(), call())

    opened += [budget().reserve(spec, MOST) for _ in range(2)]
    assert not lacks(budget(sleep=sleep), spec)
    assert len(waited) == 1


def test_no_more_than_so_many_are_under_way() -> None:
    spec = replace(SPEC, max_calls=AT_ONCE + 1)
    opened = [budget().reserve(spec, MOST) for _ in range(AT_ONCE)]
    budget(sleep=lambda _: budget().note(opened.pop(), call())).reserve(spec, MOST)
    assert len(opened) == AT_ONCE - 1


def test_what_a_killed_process_left_under_way_counts_until_it_must_have_ended() -> None:
    spec = replace(SPEC, max_calls=1)
    budget().reserve(spec, MOST)
    assert lacks(budget(50.0), spec) == Lack.BUDGET
    assert not lacks(budget(61.0), spec)


def test_the_service_is_left_alone_by_all_who_share_a_run_and_by_nobody_else() -> None:
    for _ in range(FAILURES):
        budget().note(budget().reserve(SPEC, MOST), call(lack=Lack.OVERLOADED))
    assert lacks(budget()) == Lack.CIRCUIT
    assert not lacks(replace(budget(), run="another run"))
    later = budget(61.0)
    assert [lacks(later), lacks(later)] == ["", Lack.CIRCUIT]  # the first finds out


def test_where_it_cant_be_counted_the_model_is_not_asked(home: Path) -> None:
    (home / "state").write_text("in the way")
    assert lacks(budget()) == Lack.BUDGET
    budget().note("", call())


def test_a_count_that_can_not_be_written_leaves_the_one_before_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def used(calls: int) -> None:
        with ledger.held("a run", ledger.Used) as found:
            found.calls, found.seen = calls, time.time()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    used(1)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoAnswerError):
        used(2)
    monkeypatch.setattr(os, "fsync", lambda _: None)
    with ledger.held("a run", ledger.Used) as found:
        assert found.calls == 1

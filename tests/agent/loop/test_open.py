"""What is open in a stack is found however much came after it, and what waits holds nothing else up."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from sophia_infra import clock
from sophia_infra.advice import approval
from sophia_infra.agent.execution import Runs, State, approve, request
from sophia_infra.agent.execution.lease import leased
from sophia_infra.agent.execution.rows import Step, Word
from sophia_infra.agent.loop import rounds
from sophia_infra.agent.strategies import Due, Plans, Stage, Strategy
from sophia_infra.agent.strategies.model import Plan, StageRun
from sophia_infra.dns.live import answers
from sophia_infra.journal import Journal, Row
from tests.agent.execution.proposals import proposed
from tests.agent.loop.conftest import EDIT, LIMITED, Site, planned
from tests.agent.loop.test_rounds import MORE

MANY = 101


class Server:
    """A name server that is told of nothing until it is."""

    host, text = "ns2.dns.example", f"{EDIT.before}\n"

    def sets_of(self, _zone: str, _asked: str) -> str:
        return self.text


def test_a_run_that_waits_for_servers_holds_up_neither_other_proposals_nor_their_runs(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server()
    monkeypatch.setattr(answers, "_delegated", lambda _: [server])
    monkeypatch.setattr(rounds, "SELDOM", 0.0)
    site.set(**LIMITED)
    site.advise(EDIT, MORE)
    both = f"{EDIT.after}\napi 300 A 192.0.2.3"
    for name, plan in (("previewed", planned(EDIT.before, EDIT.after)), ("previewed.next", planned(EDIT.after, both))):
        (site.project.folder / name).write_text(plan.replace('"path"', '"kind": "namecheap", "path"'))
    loop = site.loop()
    loop.once()
    assert ([run.state for run in site.runs], site.project.ups) == ([State.VERIFYING] * 2, 2)
    said = len(site.said)
    assert (loop.rounds.is_awaited, loop.rounds.failed, all(run.why for run in site.runs)) == (True, False, True)
    loop._act()
    assert site.said[said:] == []  # nothing is told twice
    server.text = f"{both}\n"
    loop._act()
    assert ([run.state for run in site.runs], loop.rounds.is_awaited) == ([State.DONE] * 2, False)


def test_what_waits_begins_no_round_after_another_while_somebody_else_is_at_work(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "_delegated", lambda _: [Server()])
    site.set(**LIMITED)
    plan = planned(EDIT.before, EDIT.after).replace('"path"', '"kind": "namecheap", "path"')
    (site.project.folder / "previewed").write_text(plan)
    loop = site.loop()
    loop.once()
    site.advise(EDIT, MORE)
    runs = site.agent().runs
    other = approve(runs, request(runs, proposed(runs, "0000000b"))[0])
    other.folder.mkdir()
    with leased("shop/dev", runs.journal):
        loop.once()
    assert [run.state for run in site.runs] == [State.APPROVED, State.VERIFYING]
    assert (site.heard("round"), loop.rounds.is_cut) == (["round"] * 2, True)


def test_a_run_is_gone_on_with_however_many_were_proposed_after_it(site: Site) -> None:
    loop = site.loop()
    loop.once()
    (run,) = site.runs
    runs = site.agent().runs
    approve(runs, run)
    for number in range(MANY):
        proposed(runs, f"{number:08x}")
    loop.once()
    assert (runs.at(run.id).state, site.project.ups) == (State.DONE, 1)


def test_a_stage_is_due_however_many_stages_of_other_plans_came_after_it(site: Site) -> None:
    runs = site.agent().runs
    stages = (Stage("the first", ()), Stage("the second", ()))
    for number in range(2 * MANY):
        key = f"{number:08x}"
        strategy = Strategy(key, 1, "", stages if number == 0 else stages[:1])
        runs.journal.write(key, Plan("shop/dev", "", (strategy,)))
        Plans(runs).begun("shop/dev", Due(key, strategy, 0, clock.now()), "")
    (due,) = Plans(runs).due("shop/dev", clock.now() + timedelta(days=1))
    assert (due.plan, due.stage) == ("00000000", 1)


def test_a_plan_that_begins_while_another_one_does_is_not_lost(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    plans, write, others = Plans(site.agent().runs), Journal.write, list[threading.Thread]()

    def begun(key: str) -> None:
        strategy = Strategy(key, 1, "", (Stage("the first", ()), Stage("the second", ())))
        plans.runs.journal.write(key, Plan("shop/dev", "", (strategy,)))
        plans.begun("shop/dev", Due(key, strategy, 0, clock.now()), "")

    def slow(journal: Journal, key: str, row: Row) -> None:
        if isinstance(row, StageRun) and not others:
            others.append(threading.Thread(target=begun, args=("0000000b",)))
            others[0].start()
            others[0].join(1)
        write(journal, key, row)

    monkeypatch.setattr(Journal, "write", slow)
    begun("0000000a")
    others[0].join()
    assert {due.plan for due in plans.due("shop/dev", clock.now())} == {"0000000a", "0000000b"}


def test_a_plan_whose_run_was_pruned_holds_no_other_plan_up(site: Site) -> None:
    plans = Plans(site.agent().runs)
    for key, run in (("0000000a", "ffffffff"), ("0000000b", "")):
        strategy = Strategy(key, 1, "", (Stage("the first", ()), Stage("the second", ())))
        plans.runs.journal.write(key, Plan("shop/dev", "", (strategy,)))
        plans.begun("shop/dev", Due(key, strategy, 0, clock.now()), run)
    (due,) = plans.due("shop/dev", clock.now())
    assert (due.plan, plans.next("0000000a")) == ("0000000b", None)


def test_what_a_release_of_before_left_open_is_open(site: Site) -> None:
    runs = site.agent().runs
    for key in ("0000000a", "0000000b"):
        proposed(runs, key)
    runs.journal.write("0000000a", Step(Word.REQUESTED, "a person"))  # and it noted nowhere that this is open
    assert [run.id for run in runs.open("shop/dev")] == ["0000000a"]
    request(runs, runs.at("0000000b"))
    assert [run.id for run in runs.open("shop/dev")] == ["0000000a", "0000000b"]


def test_what_has_ended_is_left_out_and_what_begins_again_is_there_again(site: Site) -> None:
    runs = site.agent().runs
    for key in ("0000000a", "0000000b", "0000000c"):
        runs.take(request(runs, proposed(runs, key))[0], Word.STOPPED)
    assert (list(runs.open("shop/dev")), len(_noted(runs))) == ([], 1)
    run = runs.at("0000000a")
    runs.journal.write(run.id, Step(Word.APPLYING))
    runs.journal.write(run.id, Step(Word.FAILED))
    assert runs.take(runs.at(run.id), Word.ROLLING_BACK).state is State.ROLLING_BACK
    assert [each.id for each in runs.open("shop/dev")] == ["0000000a"]


def test_a_run_is_open_again_once_a_no_to_its_advice_is_taken_back(site: Site) -> None:
    runs = site.agent().runs
    run, _ = request(runs, proposed(runs, "0000000a"))
    approval.reject(runs.journal, run.advice, run.advice.edits)
    assert runs.at(run.id).state is State.DECLINED
    request(runs, proposed(runs, "0000000b"))
    approval.approve(runs.journal, run.advice, run.advice.edits)
    assert [(each.id, each.state) for each in runs.open("shop/dev")] == [
        ("0000000a", State.APPROVED),
        ("0000000b", State.WAITING),
    ]


def _noted(runs: Runs) -> tuple[str, ...]:
    return runs._index("shop/dev").ids


def test_a_run_leaves_no_lock_behind(site: Site) -> None:
    site.set(**LIMITED)
    site.loop().once()
    folder = site.project.folder
    before = {*folder.rglob("*.lock")}
    site.advise(replace(MORE, before="", after="api 300 A 192.0.2.3"))
    (folder / "previewed").write_text(planned(EDIT.after, f"{EDIT.after}\napi 300 A 192.0.2.3"))
    site.loop().once()
    assert [run.state for run in site.runs] == [State.DONE, State.DONE]
    assert {*folder.rglob("*.lock")} == before

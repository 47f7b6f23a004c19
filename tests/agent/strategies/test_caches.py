"""How long caches hold what a run replaced, and that a plan made meanwhile waits for it. No engine is asked."""

from datetime import timedelta
from pathlib import Path

import pytest

from sophia_infra import clock
from sophia_infra.agent.execution import Runs, approve, request
from sophia_infra.agent.execution.rows import Answers, Word
from sophia_infra.agent.operations import ANY, RemoveRecords, SetRecords, SetTtl
from sophia_infra.agent.strategies.caches import held, patient
from sophia_infra.agent.strategies.model import Stage
from sophia_infra.agent.strategies.ways import Way
from sophia_infra.journal import Journal
from sophia_infra.settings import Settings
from tests.agent.execution.proposals import proposed

WWW = ("shop.example", "www")
SWAP = Stage("swap", (SetRecords(*WWW, "A", ("192.0.2.2",)),))
OUT = Stage("take the old out", (RemoveRecords(*WWW, ANY),), 300)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    monkeypatch.chdir(tmp_path)
    return Runs(Journal.open(), Settings())


def applied(runs: Runs, before: str, after: str) -> None:
    """A run that was applied just now."""
    run = proposed(runs, answers=(Answers("shop.example", {}, before, after),))
    approve(runs, request(runs, run)[0])
    for word in (Word.APPLYING, Word.APPLIED):
        run = runs.take(runs.at(run.id), word)


@pytest.mark.parametrize(
    ("before", "after", "seconds"),
    [
        ("www 86400 A 192.0.2.1\n", "www 300 A 192.0.2.1\n", 86400),
        ("www 86400 A 192.0.2.1\n", "", 86400),
        ("www 300 A 192.0.2.1\n", "www 86400 A 192.0.2.1\n", 0),
        ("www 3600 A 192.0.2.1\n", "www 3600 A 192.0.2.2\n", 0),
    ],
)
def test_what_a_run_lowered_or_took_away_is_held_by_its_old_ttl(
    runs: Runs, before: str, after: str, seconds: int
) -> None:
    applied(runs, before, after)
    now = clock.now()
    found = held(runs, "shop/dev", now).get(WWW, 0)
    assert seconds - 60 <= found <= seconds
    assert held(runs, "shop/dev", now + timedelta(days=1)) == {}
    assert held(runs, "shop/other", now) == {}


def test_what_a_run_took_away_is_held_however_many_runs_came_since(runs: Runs) -> None:
    applied(runs, "www 86400 A 192.0.2.1\n", "")
    for at in range(101):
        proposed(runs, f"{at:08x}")
    assert held(runs, "shop/dev", clock.now())[WWW] > 86_000


def test_the_first_wait_of_a_way_lasts_as_long_as_its_names_are_held() -> None:
    way = patient(Way("overlap", (SWAP, OUT, OUT)), {WWW: 86000})
    assert [stage.wait for stage in way.stages] == [0, 86000, 300]
    assert "23.9 h" in way.notes[0]
    others = Way("overlap", (Stage("lower", (SetTtl("shop.example", "api", "A", 300),)), OUT))
    assert patient(others, {("shop.example", "api"): 10}).stages[1].wait == OUT.wait
    assert patient(others, {("shop.example", "blog"): 86000}) == others

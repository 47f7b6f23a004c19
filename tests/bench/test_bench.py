"""The benchmarks run, compare like with like and print their table; how fast anything is, no test says."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from bench import agent_loop
from bench.__main__ import BENCHES, main
from bench.figures import Compare, Figure, table
from bench.timing import variables
from bench.zones import ORIGIN, versions, zone
from engine.esc import look
from sophia_infra.dns.exposure import between
from sophia_infra.dns.lint.linter import lint
from sophia_infra.dns.reader import read


def test_the_zone_is_as_large_as_asked_loads_and_has_no_error_or_warning() -> None:
    records = zone(2000)
    assert len(records) == len(set(records)) == 2000
    reading = read("".join(f"{record}\n" for record in records), ORIGIN)
    assert not reading.problems
    assert not reading.warnings
    assert [finding for finding in lint(records, ORIGIN) if finding.level != "info"] == []


def test_each_version_changes_as_many_sets_as_asked_in_every_way() -> None:
    texts = versions(2000, 10, 4)
    for old, new in pairwise(texts):
        changes = between(old, new, origin=ORIGIN)
        assert (changes.creates, changes.updates, changes.deletes) == (2, 6, 2)
        assert changes.ttl_only == 2


def test_both_sides_plan_the_same_and_the_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "changes", "--size", "500", "--rounds", "1"]) == 0
    heading, time, memory = capsys.readouterr().out.splitlines()
    assert heading.split()[:3] == ["figure", "ours", "other"]
    assert "changes, 500 records, 10 sets differ: time" in time
    assert "changes, 500 records, 10 sets differ: peak memory" in memory


def test_the_loop_is_measured_idle_and_after_a_kill(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_loop, "WINDOW", 0.1)
    assert main(["--only", "agent-loop", "--rounds", "1"]) == 0
    _, idle, again, *_ = capsys.readouterr().out.splitlines()
    assert idle.startswith("the agent's loop with nothing to do")
    assert again.startswith("a loop killed in an apply, started anew")


def test_agents_are_measured_with_no_network(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        pytest.fail("a socket is opened")

    monkeypatch.setattr("socket.socket.connect", refused)
    monkeypatch.setattr("socket.getaddrinfo", refused)
    assert main(["--only", "agent", "--rounds", "1"]) == 0
    names = [line.partition("  ")[0] for line in capsys.readouterr().out.splitlines()[1:]]
    assert names == [
        "an agent constructed, against Agno",
        "its run, one answer",
        "its run, with a call of a tool",
        "its import, on top of Python",
    ]


def test_json_holds_every_sample(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--only", "import", "--size", "100", "--rounds", "1", "--json"])
    report = json.loads(capsys.readouterr().out)
    (figure,) = report["figures"]
    assert report["version"] == 1
    assert len(figure["samples"]["ours"]) == len(figure["samples"]["other"]) == 2


@pytest.mark.engine
@pytest.mark.soak  # ten runs of the engine, and no product code that other tests do not run
def test_stacks_are_measured_on_the_real_engine(
    engine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_ENGINE_BIN", str(engine))
    main(["--only", "up", "--size", "100", "--rounds", "1"])
    assert len(capsys.readouterr().out.splitlines()) == 3


@pytest.mark.engine
@pytest.mark.soak  # seven more
def test_many_zones_are_measured_on_the_real_engine(
    engine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_ENGINE_BIN", str(engine))
    main(["--only", "many", "--size", "500", "--rounds", "1"])
    assert len(capsys.readouterr().out.splitlines()) == 7


UNADVISED = """
from bench.programs.unadvised import Unadvised
from sophia_infra.dns import component

assert component.ZoneRecordsProvider is Unadvised
inputs = {"domain": "z.example", "text": "www 60 A 192.0.2.1\\n", "late": {}, "late_secret": [], "backend": {}}
checked = Unadvised().check({}, inputs)
print([failure.reason for failure in checked.failures] or checked.inputs["advice"]["advisor"])
"""


def test_the_side_without_advice_gets_none(tmp_path: Path) -> None:
    settings = os.environ | variables(tmp_path / "cache")
    said = subprocess.check_output([sys.executable, "-c", UNADVISED], cwd=tmp_path, env=settings, text=True)
    assert said == "none\n"


@pytest.mark.parametrize(
    ("compare", "target", "reached"),
    [
        (Compare.FASTER, 2.0, True),
        (Compare.FASTER, 2.1, False),
        (Compare.RATIO, 0.5, True),
        (Compare.RATIO, 0.4, False),
        (Compare.SHARE, -0.5, True),
        (Compare.EXTRA, -1.0, True),
        (Compare.EXTRA, -1.1, False),
    ],
)
def test_a_figure_is_the_median_over_pairs_and_knows_its_target(compare: Compare, target: float, reached: bool) -> None:
    figure = Figure("x", "s", (1, 1, 9), (2, 2, 1), compare, target)
    assert figure.reached is reached
    assert ("yes" if reached else "NO") in table([figure])


def test_check_fails_on_a_missed_target_and_nothing_else_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    missed = [Figure("x", "s", (2,), (1,), Compare.RATIO, 1)]
    monkeypatch.setitem(BENCHES, "import", lambda *_: missed)
    assert main(["--only", "import"]) == 0
    assert main(["--only", "import", "--check"]) == 1
    assert "NO" in capsys.readouterr().out


def test_a_size_too_small_to_hold_a_zone_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--size", "3"])
    assert "is not a number of records from 100" in capsys.readouterr().err


def test_the_endpoints_are_looked_at_and_no_fault_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "endpoints", "--rounds", "1"]) == 0
    _, alone, together = capsys.readouterr().out.splitlines()
    assert alone.startswith("check of a certificate")
    assert together.startswith("check with 50 endpoints, beside the slowest")


def test_what_an_environment_adds_is_told_by_the_program_that_opens_it(tmp_path: Path) -> None:
    (figure,) = BENCHES["environment"](tmp_path, 100, 1)
    assert all(ours > other for ours, other in zip(figure.ours, figure.other, strict=True))


def test_environments_come_to_the_same_on_both_sides(capsys: pytest.CaptureFixture[str]) -> None:
    if look() is None:
        pytest.skip("the reference evaluator is not built; python -m engine.esc builds it")
    assert main(["--only", "environments", "--size", "200", "--rounds", "1"]) == 0
    assert "2 environments with 10 imports each" in capsys.readouterr().out

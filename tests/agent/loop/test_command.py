"""`sophia agent run` as people start it: what it prints, and how it ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jsonschema
import pytest

from sophia_infra.agent.execution import approve
from tests.agent.loop.conftest import Site
from tests.support.workspace import REPO, wait_until

SCHEMA = json.loads((REPO / "docs" / "schemas" / "agent-run-event.v1.json").read_text())


@contextmanager
def started(*options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "sophia_infra", "agent", "run", "--stack", "dev", "--json", *options]
    environment = os.environ | {"PYTHONPATH": str(REPO / "components")}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def words(lines: list[str]) -> list[Any]:
    found = [json.loads(line) for line in lines]
    for each in found:
        jsonschema.validate(each, SCHEMA)
    return [each["what"] for each in found]


def test_one_round_prints_an_event_a_line(site: Site) -> None:
    with started("--once") as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, words(out.splitlines())) == (0, ["round"]), err


def test_a_stack_that_can_not_be_looked_at_ends_one_round_with_2(site: Site) -> None:
    (site.project.folder / "previewed").write_text("no json\n")
    with started("--once") as process:
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, words(out.splitlines()[:1])) == (2, ["error"])


def test_a_preview_that_fails_ends_one_round_with_2(site: Site) -> None:
    said = {"sequence": 0, "diagnosticEvent": {"severity": "error", "message": "error: no program"}}
    (site.project.folder / "previewed").write_text(json.dumps(said) + "\n")
    with started("--once") as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, words(out.splitlines())) == (2, ["told", "round"]), err


def test_a_signal_in_a_phase_lets_it_come_to_its_end_and_begins_nothing_more(site: Site) -> None:
    site.loop().once()
    approve(site.agent().runs, site.runs[0])
    hold = site.project.folder / "hold"
    hold.touch()
    with started() as process:
        wait_until(lambda: site.project.ups == 1, "the engine to begin")
        process.send_signal(signal.SIGTERM)
        hold.unlink()
        out, err = process.communicate(timeout=60)
    assert (process.returncode, words(out.splitlines())) == (0, ["executing", "done"]), err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(site: Site, number: signal.Signals) -> None:
    with started("--every", "10m") as process:
        assert process.stdout
        assert words([process.stdout.readline(), process.stdout.readline()]) == ["round", "idle"]
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, "ending after the phase" in err) == (0, True)

"""Loops on several machines share a journal and a memory in PostgreSQL: each goes on with what is its own, once."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from sophia_infra.agent.execution import State, approve
from sophia_infra.agent.loop.dbos import Dbos
from tests.agent.loop.conftest import Site
from tests.support import postgresql
from tests.support.workspace import REPO

KILLED = """
import os, signal, sys
from sophia_infra.agent.loop.dbos import Dbos

def phase(key):
    os.kill(os.getpid(), signal.SIGKILL)

Dbos("shop/dev", {"execute": phase}, sys.argv[1]).run("execute", "7f3a")
"""


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgresql.anywhere() as url:
        yield url


def test_what_a_machine_that_is_lost_left_another_one_goes_on_with(site: Site, database: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(REPO / "components")}
    assert subprocess.run([sys.executable, "-c", KILLED, database], check=False, env=environment).returncode < 0
    done = list[str]()

    def phase(key: str) -> str:
        done.append(key)
        return "done"

    other = Dbos("shop/dev", {"execute": phase}, database)
    assert (other.resume(), other.resume(), done) == (("done",), (), ["7f3a"])
    other.close()


def test_the_loops_of_two_stacks_share_a_database(site: Site, database: str) -> None:
    for stack in ("shop/dev", "shop/prod", "shop/dev"):
        loop = Dbos(stack, {"round": f"{stack} {{}}".format}, database)
        assert loop.run("round", "1") == f"{stack} 1"
        loop.close()


def test_a_run_whose_files_are_on_another_machine_is_left_to_it(site: Site) -> None:
    site.loop().once()
    (run,) = site.runs
    approve(site.agent().runs, run)
    away = run.folder.with_name("away")
    run.folder.rename(away)
    loop = site.loop()
    loop.once()
    assert loop.rounds.execute(run.id) == "busy"  # as what another machine left is gone on with
    assert (site.runs[0].state, site.project.ups) == (State.APPROVED, 0)
    away.rename(run.folder)
    site.loop().once()
    assert (site.runs[0].state, site.project.ups) == (State.DONE, 1)

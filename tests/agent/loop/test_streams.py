"""With Redis the loops of a stack wake each other; with none, or once it is killed, all goes on as well."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.agent.execution import State, request
from sophia_infra.agent.loop.streams import Streams
from tests.agent.execution.proposals import proposed
from tests.agent.loop.conftest import LIMITED, Site
from tests.support import redis as servers
from tests.support.workspace import wait_until

NOBODY = threading.Event()
STREAM = "sophia:agent:shop/dev"


@pytest.fixture(scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not servers.program():
        pytest.skip("redis-server is not installed; python -m engine.debian gets it")
    with servers.server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def server(_server: str) -> str:
    client(_server).flushall()
    return _server


def client(url: str) -> Any:
    import redis

    return redis.Redis.from_url(url, decode_responses=True)


def silent(told: str) -> None:
    pytest.fail(told)


def test_each_step_is_told_once_whoever_tells_it_and_wakes_one_loop(site: Site, server: str) -> None:
    first, second = (Streams("shop/dev", server, silent, name) for name in ("a", "b"))
    assert not first.wait(0.01, NOBODY)
    assert not second.wait(0.01, NOBODY)
    request(site.agent().runs, proposed(site.agent().runs))
    for streams in (first, second, first):
        streams.publish(site.runs)
    (entry,) = client(server).xrange(STREAM)
    assert entry[1] == {"run": site.runs[0].id, "word": "requested"}
    assert [streams.wait(0.01, NOBODY) for streams in (first, second, first)] == [True, False, False]
    assert client(server).xpending(STREAM, "loops")["pending"] == 0


def test_a_server_that_lost_all_it_had_is_told_again(site: Site, server: str) -> None:
    told = list[str]()
    streams = Streams("shop/dev", server, told.append)
    request(site.agent().runs, proposed(site.agent().runs))
    streams.publish(site.runs)
    client(server).flushall()
    assert not streams.wait(0.01, NOBODY)
    assert len(told) == 1
    streams._again = 0.0  # as after half a minute
    streams.publish(site.runs)
    assert client(server).xlen(STREAM) == 1


def test_a_password_in_its_url_is_never_told(site: Site) -> None:
    told = list[str]()
    Streams("shop/dev", "redis://:canary-password@127.0.0.1:1", told.append).publish([])
    assert len(told) == 1
    assert "canary" not in told[0]


def test_a_loop_is_woken_by_a_step_that_is_told(site: Site, server: str) -> None:
    site.set(agent=f"{{redis: '{server}'}}")
    loop = site.loop()
    loop.streams.wait(0.01, NOBODY)
    woken = list[bool]()
    thread = threading.Thread(target=lambda: woken.append(loop.streams.wait(3, NOBODY)))
    thread.start()
    request(site.agent().runs, proposed(site.agent().runs))
    Streams("shop/dev", server, silent, "another").publish(site.runs)
    thread.join(20)
    assert woken == [True]


@pytest.mark.parametrize("redis", ["absent", "killed"])
def test_without_redis_or_once_it_is_killed_in_mid_run_the_run_ends_once(
    site: Site, tmp_path: Path, redis: str
) -> None:
    hold = site.project.folder / "hold"
    hold.touch()
    with server_to_kill(tmp_path) as (url, kill):
        site.set(**LIMITED, agent=f"{{redis: '{url}'}}")
        if redis == "absent":
            kill()
        loop = site.loop()
        thread = threading.Thread(target=loop.once)
        thread.start()
        wait_until(lambda: site.project.ups == 1, "the engine to begin")
        if redis == "killed":
            kill()
        hold.unlink()
        thread.join(60)
    (run,) = site.runs
    assert (run.state, site.project.ups, site.heard("done", "redis")) == (State.DONE, 1, ["done", "redis"])


@contextmanager
def server_to_kill(folder: Path) -> Iterator[Any]:
    """A server without persistence, and what kills it with SIGKILL."""
    if not servers.program():
        pytest.skip("redis-server is not installed; python -m engine.debian gets it")
    with servers.server(folder) as url:
        process = client(url).info("server")["process_id"]
        yield url, lambda: os.kill(process, signal.SIGKILL)

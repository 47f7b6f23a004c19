"""A whole rotation in which every run is killed at its first write, then at its second, until it gets through.

A client logs in every 50 ms by what is published, and is never refused. `make test` takes every third point.
"""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from sophia_infra.journal import Journal
from sophia_infra.secrets.events import Ask, SecretWish
from sophia_infra.secrets.kinds import Kind, open_kind
from sophia_infra.secrets.kinds.postgres import Postgres
from sophia_infra.secrets.kinds.redis import Redis
from sophia_infra.secrets.phases import SlotState
from tests.secrets.stack import LABEL, Stack, killed_at, logins

redis = pytest.importorskip("redis")
MOST = 200


def of_postgres(url: str) -> Any:
    return psycopg.connect(url, application_name="api", autocommit=True)


def of_redis(url: str) -> Any:
    made = redis.Redis.from_url(url, client_name="api", single_connection_client=True)
    made.acl_whoami()
    return made


@pytest.mark.parametrize("stride", [3, pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize(
    ("kind", "server_of", "log_in"),
    [(Postgres, "server", of_postgres), (Redis, "redis_server", of_redis)],
    ids=["postgres", "redis"],
)
def test_a_run_that_is_killed_before_or_after_any_write_is_gone_on_with(
    kind: type[Kind],
    server_of: str,
    log_in: Callable[[str], Any],
    stride: int,
    group: str,
    request: pytest.FixtureRequest,
) -> None:
    writes: dict[type, tuple[str, ...]] = {
        Journal: ("write",),
        kind: ("issue", "suspend", "revoke"),
        Stack: ("_store",),
    }
    word = "postgres" if kind is Postgres else "redis"
    stack = Stack(kind=word, server=request.getfixturevalue(server_of), group=group, soak="0s")
    stack.up()
    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    seen, point, kills = open_kind(stack.spec, stack.journal), 0, 0
    with logins(lambda: log_in(stack.url).close()) as refused:
        while (before := seen.observe().slots)["a"].state is not SlotState.REVOKED and kills < MOST:
            with log_in(stack.url):
                was_killed = killed_at(point, stack.up, writes)
            kills += was_killed
            point = point + stride if was_killed and seen.observe().slots == before else 0
        assert stack.up()["phase"] == "steady"
    assert refused == []
    assert kills > 20 // stride

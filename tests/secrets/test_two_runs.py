"""Two runs of one secret at once, by two processes with the same state: nobody is refused, and one of them goes on."""

import multiprocessing
from collections.abc import Callable
from typing import Any

import pytest

from sophia_infra.secrets.events import Ask, SecretWish
from sophia_infra.secrets.kinds import Kind, open_kind
from sophia_infra.secrets.kinds.postgres import Postgres
from sophia_infra.secrets.kinds.redis import Redis
from tests.secrets.stack import LABEL, Stack, logins
from tests.secrets.test_kills import of_postgres, of_redis

_AT_ONCE = multiprocessing.get_context("fork")


def copied(stack: Stack, name: str) -> Stack:
    """A stack with the same state, in a file of its own."""
    found = Stack(**stack.args)
    found.file = stack.file.with_name(f"{name}.state")
    found.file.write_text(stack.file.read_text())
    return found


def run_at_once(kind: type[Kind], stacks: list[Stack]) -> list[str]:
    """Run all, each up to where it gives its server a value, and from there on at once; return what went wrong."""
    barrier, said = _AT_ONCE.Barrier(len(stacks)), _AT_ONCE.Queue()

    def run(stack: Stack) -> None:
        plain = kind.issue

        def issue(*given: Any) -> None:
            barrier.wait(30)
            plain(*given)

        kind.issue = issue  # type: ignore[assignment, method-assign]  # in this process alone
        try:
            stack.up()
            said.put("")
        except Exception as error:  # as the engine prints it
            said.put(str(error))

    started = [_AT_ONCE.Process(target=run, args=(stack,)) for stack in stacks]
    for process in started:
        process.start()
    told = [said.get(timeout=60) for _ in started]
    for process in started:
        process.join()
    return [each for each in told if each]


@pytest.mark.parametrize(
    ("kind", "server_of", "log_in"),
    [(Postgres, "server", of_postgres), (Redis, "redis_server", of_redis)],
    ids=["postgres", "redis"],
)
def test_two_runs_at_once_refuse_nobody_and_the_one_whose_value_is_taken_goes_on(
    kind: type[Kind], server_of: str, log_in: Callable[[str], Any], group: str, request: pytest.FixtureRequest
) -> None:
    word = "postgres" if kind is Postgres else "redis"
    stack = Stack(kind=word, server=request.getfixturevalue(server_of), group=group, soak="0s")
    stack.up()
    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    both = [copied(stack, name) for name in ("one", "two")]
    with logins(lambda: log_in(stack.url).close()) as refused:
        for told in run_at_once(kind, both):
            assert "another run works on the secret app-db; run it again once that has ended" in told

        there = open_kind(stack.spec, stack.journal)
        taken = [each for each in both if not there.verify("b", each.stored["b"]["value"])]
        assert len(taken) == 1
        (left,) = [each for each in both if each not in taken]
        found = left.up()
        assert found["phase"] == "staged", "it is not published: the server takes the other one's value"
        assert "secret-login-refused" in {finding["code"] for finding in found["advice"]["findings"]}
        assert taken[0].up()["phase"] == "adopting"
    assert refused == []
    with log_in(taken[0].url):
        assert [taken[0].up()["phase"] for _ in range(2)] == ["suspended", "steady"]

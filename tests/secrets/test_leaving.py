"""A secret that leaves a stack: whose logins are ended, and whose are in use by another resource or state."""

import copy

import psycopg
import pytest

from sophia_infra.secrets.events import Ask, SecretWish
from sophia_infra.secrets.kinds import SecretError
from sophia_infra.secrets.lifecycle_resource import SecretLifecycleProvider
from tests.secrets.stack import LABEL, Stack
from tests.support.refusals import refused


@pytest.fixture
def stack(server: str, group: str) -> Stack:
    made = Stack(server=server, group=group)
    made.up()
    return made


def logs_in(stack: Stack) -> bool:
    try:
        psycopg.connect(stack.url).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_resource_that_is_replaced_leaves_the_logins_to_the_one_that_came(stack: Stack) -> None:
    old = stack.replaced()
    SecretLifecycleProvider().delete(old["id"], old)
    assert logs_in(stack)
    new = stack.stored["lifecycle"]
    SecretLifecycleProvider().delete(new["id"], new)
    assert not logs_in(stack)


def test_a_state_that_is_behind_ends_no_login_of_the_one_that_is_ahead(stack: Stack) -> None:
    behind = copy.deepcopy(stack.stored["lifecycle"])
    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    stack.up()
    stack.up()
    with refused(SecretError, "secret-moved", subject="app-db"):
        SecretLifecycleProvider().delete(behind["id"], behind)
    assert logs_in(stack)

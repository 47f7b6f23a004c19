"""A secret that leaves a stack: whose logins are ended, and whose are in use by another resource or state."""

import copy
import time
from pathlib import Path

import psycopg
import pytest

from sophia_infra.secrets.events import Ask, SecretWish
from sophia_infra.secrets.kinds import SecretError, open_kind
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


def test_what_was_published_goes_with_the_secret_unless_another_one_has_come_to_keep_it(
    server: str, group: str, tmp_path: Path
) -> None:
    place = tmp_path / "app-db"
    stack = Stack(server=server, group=group, publish={"file": str(place)})
    stack.up()
    old = stack.replaced()
    SecretLifecycleProvider().delete(old["id"], old)
    assert place.read_text() == stack.url
    new = stack.stored["lifecycle"]
    with psycopg.connect(stack.url), refused(SecretError, "secret-in-use", subject="app-db"):
        SecretLifecycleProvider().delete(new["id"], new)
    assert place.read_text() == stack.url
    left(stack)
    SecretLifecycleProvider().delete(new["id"], new)
    assert not place.exists()


def left(stack: Stack) -> None:
    """Wait until nobody is connected by a login of the group: a server ends a session after its client has."""
    for _ in range(200):
        if not open_kind(stack.spec, stack.journal).observe().sessions:
            return
        time.sleep(0.02)


def test_a_state_that_is_behind_ends_no_login_of_the_one_that_is_ahead(stack: Stack) -> None:
    behind = copy.deepcopy(stack.stored["lifecycle"])
    stack.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    stack.up()
    stack.up()
    with refused(SecretError, "secret-moved", subject="app-db"):
        SecretLifecycleProvider().delete(behind["id"], behind)
    assert logs_in(stack)

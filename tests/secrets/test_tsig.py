"""TSIG keys of a real Knot: their whole cycle, what its log shows, and what is left after a kill."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dns.exception
import dns.query
import dns.rcode
import dns.tsig
import dns.update
import pytest

from sophia_infra.secrets import inventory
from sophia_infra.secrets.events import Ask, SecretWish
from sophia_infra.secrets.kinds import SecretError
from sophia_infra.secrets.kinds.tsig import Tsig
from sophia_infra.secrets.lifecycle_resource import SecretLifecycleProvider
from sophia_infra.secrets.phases import SlotState
from sophia_infra.secrets.spec import SecretSpec
from tests.secrets.stack import LABEL, RefusedError, Stack, killed_at, logins
from tests.support import knot, primary
from tests.support.ports import free_port

CONFIG = """
include: "{run}/app.keys"
server:
    rundir: "{run}"
    listen: 127.0.0.1@{port}
database:
    storage: "{run}"
log:
  - target: "{run}/log"
    any: debug
acl:
  - id: app
    key: [app_a, app_b]
    action: [transfer, update]
zone:
  - domain: shop.example
    file: "{run}/shop.example.zone"
    acl: app
    zonefile-sync: -1
    zonefile-load: whole
"""


def terms(run: Path, port: int) -> dict[str, Any]:
    """The arguments of a secret whose keys `name_server` takes."""
    if not knot.installed():
        pytest.skip("Knot is not installed; python -m engine.debian gets it")
    control = run / knot.SOCKET
    reload = ["sh", "-c", f"[ ! -S {control} ] || knotc -s {control} reload"]  # the first time, it is not there yet
    return {
        "kind": "tsig",
        "server": f"dns://127.0.0.1:{port}/shop.example",
        "group": "app",
        "consumers": ["127.0.0.1"],
        "soak": "0s",
        "key_file": {"path": str(run / "app.keys"), "reload": reload, "log": str(run / "log")},
    }


@contextmanager
def name_server(run: Path, port: int, spec: SecretSpec) -> Iterator[None]:
    """A server that includes the file of a secret's keys."""
    Tsig(spec).revoke("b", force=True)  # so that there is a file to include
    primary.master_file(run, "shop.example", primary.FRAME)
    (run / "knot.conf").write_text(CONFIG.format(run=run, port=port))
    server = primary.start(knot._command(run / "knot.conf", run), run / "streams")
    try:
        knot._wait_for(run / knot.SOCKET, server, run / "streams")
        yield
    finally:
        primary.stop(server)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A secret with its first key, on a server that has read it, of which the next one is asked for."""
    port = free_port()
    made = Stack(**terms(tmp_path, port))
    with name_server(tmp_path, port, made.spec):
        made.up()
        made.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
        yield made


def sign(port: int, name: str, value: str) -> None:
    """Update the zone by a key, as a consumer does."""
    message = dns.update.UpdateMessage("shop.example", keyring=dns.tsig.Key(f"{name}.", value, "hmac-sha256"))
    message.replace("www", 60, "A", "192.0.2.1")
    assert dns.query.tcp(message, "127.0.0.1", port=port, timeout=10).rcode() == dns.rcode.NOERROR


def update(stack: Stack, key: tuple[Any, str] | None = None) -> None:
    """Update the zone by what is published, or by a key of before."""
    login, value = key or stack.current
    sign(int(stack.args["server"].split(":")[2].partition("/")[0]), login.username, value)


def codes(found: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in found["advice"]["findings"] if finding["level"] == "warning"}


def test_a_rotation_ends_the_key_of_before_once_its_consumer_has_signed_by_the_new_one(stack: Stack) -> None:
    first = stack.current
    update(stack)
    assert [stack.up()["phase"] for _ in range(2)] == ["staged", "adopting"]
    update(stack, first)
    assert "secret-consumer-late" in codes(stack.up())
    update(stack)
    assert stack.up()["phase"] == "suspended"
    with pytest.raises(dns.tsig.PeerBadSignature):
        update(stack, first)
    assert stack.up()["phase"] == "adopting"  # it was tried: it is taken into use again
    update(stack, first)
    update(stack)
    assert [stack.up()["phase"] for _ in range(2)] == ["suspended", "steady"]
    text = Path(stack.args["key_file"]["path"]).read_text()
    assert first[1] not in text
    assert stack.current[1] in text
    assert Path(stack.args["key_file"]["path"]).stat().st_mode & 0o777 == 0o600


def test_without_a_log_nothing_is_seen_and_nothing_is_ended(stack: Stack) -> None:
    del stack.args["key_file"]["log"]
    stack.up()
    stack.up()
    update(stack)
    found = stack.up()
    assert (found["phase"], codes(found)) == ("adopting", {"secret-consumer-unseen"})
    for phase in ("suspended", "steady"):
        assert stack.up()["phase"] != phase
        inventory.confirm(stack.journal, inventory.pick(stack.journal, "app-db"), "127.0.0.1", "a person", "it updates")
        assert stack.up()["phase"] == phase


def test_a_log_that_begins_late_or_can_not_be_read_is_a_gap(stack: Stack, tmp_path: Path) -> None:
    for text in ("2999-01-01T00:00:00+0000 info: later\n", "", "no time\n"):
        log = tmp_path / "another.log"
        log.write_text(text)
        stack.args["key_file"]["log"] = str(log)
        (gap,) = Tsig(stack.spec).observe().gaps
        assert gap.code in ("log-short", "log-unread")
    stack.args["key_file"]["log"] = str(tmp_path / "no.log")
    assert [gap.code for gap in Tsig(stack.spec).observe().gaps] == ["log-unread"]


def test_a_file_that_the_server_has_not_read_is_read_by_the_next_run(stack: Stack) -> None:
    reload = stack.args["key_file"]["reload"]
    stack.args["key_file"]["reload"] = ["false"]
    with pytest.raises(SecretError, match="did not read it") as refused:
        stack.up()
    assert refused.value.code == "secret-server"
    update(stack)
    stack.args["key_file"]["reload"] = reload
    stack.up()
    assert [stack.up()["phase"] for _ in range(2)] == ["adopting", "adopting"]
    update(stack)


def test_a_destroy_of_a_key_that_a_client_has_used_last_says_what_gets_it_through(stack: Stack) -> None:
    update(stack)
    stored = stack.stored["lifecycle"]
    with pytest.raises(SecretError, match="take `log` out of key_file, run `pulumi up`") as refused:
        SecretLifecycleProvider().delete(stored["id"], stored)
    assert refused.value.code == "secret-in-use"
    del stack.args["key_file"]["log"]
    stored = stack.up()
    SecretLifecycleProvider().delete(stored["id"], stored)
    with pytest.raises(dns.tsig.PeerBadSignature):
        update(stack)


def test_a_destroy_goes_to_the_file_that_the_program_named_last(stack: Stack) -> None:
    stored = stack.stored["lifecycle"]
    moved = {**stored, "key_file": {**stored["key_file"], "path": "/etc/knot/moved.keys"}}
    assert SecretLifecycleProvider().diff("id", stored, moved).changes  # else the engine would keep what it had


def test_a_secret_that_is_set_by_hand_in_the_file_is_told(stack: Stack) -> None:
    path = Path(stack.args["key_file"]["path"])
    assert "secret-cut-off" not in codes(stack.up())
    stack.up()
    path.write_text(path.read_text().replace(stack.current[1], "YnktaGFuZC1ieS1oYW5kLWJ5LWhhbmQtYnktaGFuZCE="))
    assert "secret-cut-off" in codes(stack.up())


def test_a_file_of_somebody_else_is_refused_and_stays(stack: Stack) -> None:
    path = Path(stack.args["key_file"]["path"])
    path.write_text("key:\n  - id: app_a\n    algorithm: hmac-sha256\n    secret: dGhlaXJz\n")
    with pytest.raises(RefusedError, match="was not written for this secret"):
        stack.up()
    assert "dGhlaXJz" in path.read_text()


def test_a_run_that_is_killed_before_or_after_any_write_is_gone_on_with(stack: Stack) -> None:
    kind, point, kills = Tsig(stack.spec), 0, 0

    def stands() -> list[tuple[str, SlotState, int, bool]]:
        return [(name, slot.state, slot.generation, slot.is_whole) for name, slot in kind.observe().slots.items()]

    writes: Any = {Tsig: ("issue", "suspend", "revoke"), os: ("replace",), subprocess: ("Popen",)}
    with logins(lambda: update(stack)) as refused:
        for _ in range(150):
            if (before := stands())[0][1] is SlotState.REVOKED:
                break
            update(stack)
            was_killed = killed_at(point, stack.up, writes)
            kills += was_killed
            point = point + 1 if was_killed and stands() == before else 0
        assert stack.up()["phase"] == "steady"
    assert refused == []
    assert kills > 10

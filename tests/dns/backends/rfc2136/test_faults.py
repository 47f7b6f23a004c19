"""Servers, networks and runs that fail: nothing half-read is believed, and a rerun finishes what is half-written."""

from __future__ import annotations

import signal
import socket
import struct
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from sophia_infra.credentials import CredentialError
from sophia_infra.dns.backends import BackendError
from sophia_infra.dns.backends.rfc2136 import decoding, updates
from sophia_infra.dns.reader import check_zone
from sophia_infra.dns.rr.record import Record, from_text
from sophia_infra.dns.serial import with_serial
from tests.dns.backends.rfc2136.conftest import Start, opened
from tests.dns.backends.rfc2136.killed import ROOM
from tests.dns.backends.rfc2136.test_backend import zone_of
from tests.support.ports import free_port
from tests.support.primary import FRAME, SECRET, Primary
from tests.support.refusals import refused
from tests.support.relay import Pass, counting, is_update, relaying
from tests.support.workspace import REPO

SHARED = ["@ 60 AAAA 2001:db8::1", "www 60 A 192.0.2.9"]
BEFORE = zone_of(
    *SHARED,
    *[f"old{number} 60 A 192.0.2.{number}" for number in range(20)],
    *["a 60 A 192.0.2.1", "b 60 CNAME a", "x.d 60 AAAA ::1", "@ 60 MX 10 a", "t 60 TXT one", "t 60 TXT two"],
    *["c 60 NS ns.c", "ns.c 60 A 192.0.2.2"],
)
AFTER = zone_of(
    *SHARED,
    *[f"new{number} 60 A 192.0.2.{number}" for number in range(20)],
    *["a 60 CNAME new1", "b 60 A 192.0.2.1", "d 60 DNAME e.example.", "@ 60 MX 10 new2", "t 60 TXT two", "t 60 TXT 3"],
    *["c 60 NS ns2.c", "ns2.c 60 A 192.0.2.3"],
)
MESSAGES = 5


def sets(text: str) -> dict[str, set[Record]]:
    """The record sets of a zone by their subjects, without the SOA."""
    found: dict[str, set[Record]] = defaultdict(set)
    for record in from_text(text):
        if record.type != "SOA":
            found[record.subject].add(record)
    return found


def assert_no_lookup_is_broken(live: str) -> None:
    """Every set is the old or the new one, none hides another, and what is pointed at is there."""
    found, before, after = sets(live), sets(BEFORE), sets(AFTER)
    for subject in found.keys() | before.keys() | after.keys():
        assert found.get(subject) in (before.get(subject), after.get(subject)), subject
    records = from_text(live)
    assert check_zone(records, "the zone") == []
    owners = {record.owner for record in records}
    for record in records:
        target = record.rdata.split(" ")[-1].removesuffix(".shop.example.")
        if record.type in ("CNAME", "MX", "NS") and not target.endswith("."):
            assert target in owners, record


@pytest.mark.parametrize("number", range(MESSAGES))
@pytest.mark.parametrize("taken", [False, True], ids=["lost", "taken"])
def test_a_run_that_is_killed_at_any_message_breaks_no_lookup_and_the_next_one_ends_right(
    primary: Primary, tmp_path: Path, number: int, taken: bool
) -> None:
    opened(primary).apply(lambda _: BEFORE)
    desired = tmp_path / "desired"
    desired.write_text(AFTER)
    seen: list[bytes] = []
    run: list[subprocess.Popen[bytes]] = []

    def asked(_: int, message: bytes) -> bytes | None:
        if not is_update(message):
            return message
        seen.append(message)
        if len(seen) <= number:
            return message
        run[0].send_signal(signal.SIGKILL)
        return message if taken and len(seen) == number + 1 else None

    with relaying(primary.port, asked) as port:
        command = [sys.executable, "-m", "tests.dns.backends.rfc2136.killed", str(port), str(desired)]
        run.append(subprocess.Popen(command, cwd=REPO, env={"PYTHONPATH": f"{REPO}/components", "HOME": str(tmp_path)}))
        assert run[0].wait(timeout=60) == -signal.SIGKILL
    assert_no_lookup_is_broken(opened(primary).read().text)
    opened(primary).apply(lambda _: AFTER)
    assert with_serial(opened(primary).read().text, 0) == with_serial(AFTER, 0)


def test_the_killed_runs_have_as_many_messages_as_are_killed(primary: Primary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updates, "ROOM", ROOM)
    opened(primary).apply(lambda _: BEFORE)
    seen: list[bytes] = []
    with relaying(primary.port, counting(seen)) as port:
        opened(primary, port=port).apply(lambda _: AFTER)
    assert len(seen) == MESSAGES


@pytest.mark.parametrize("number", range(MESSAGES))
def test_an_answer_that_is_lost_is_told_and_the_next_run_ends_right(
    primary: Primary, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(updates, "ROOM", ROOM)
    opened(primary).apply(lambda _: BEFORE)
    seen: list[bytes] = []
    with relaying(primary.port, answered=counting(seen, last=number)) as port:
        with refused(BackendError, "not-known", says="of 48 steps were written, and what was just sent may have been"):
            opened(primary, port=port).apply(lambda _: AFTER)
        assert_no_lookup_is_broken(opened(primary).read().text)
        opened(primary).apply(lambda _: AFTER)
    assert with_serial(opened(primary).read().text, 0) == with_serial(AFTER, 0)


LARGE = zone_of(*[f'h{number} 60 TXT "{number:0200}"' for number in range(1_000)])


def flip(number: int, message: bytes) -> bytes:
    return message[:300] + bytes([message[300] ^ 1]) + message[301:] if number else message


def unsign(number: int, message: bytes) -> bytes:
    *_, last = decoding.Message(message).records()
    count = struct.pack("!H", struct.unpack_from("!H", message, 10)[0] - 1)
    return message[:10] + count + message[12 : last.at]


def unsign_later(number: int, message: bytes) -> bytes:
    return unsign(number, message) if number else message


def cut(number: int, message: bytes) -> bytes | None:
    return None if number else message


def truncate(number: int, message: bytes) -> bytes:
    return message[:2] + bytes([message[2] | 2]) + message[3:]


@pytest.mark.parametrize(
    ("answered", "code", "says"),
    [
        pytest.param(flip, "unreadable", "can't be used", id="an octet is changed on the way"),
        pytest.param(unsign, "unsigned", "is not signed; sign for this zone", id="the signatures are taken off"),
        pytest.param(unsign_later, "unsigned", "", id="all but the first"),
        pytest.param(cut, "unanswered", "closed the connection in the middle", id="the connection ends in the middle"),
        pytest.param(truncate, "unreadable", "not the whole answer", id="a message says that it is cut"),
        pytest.param(lambda _, message: message[:100], "unreadable", "", id="a message is cut and does not say so"),
    ],
)
def test_of_a_transfer_that_does_not_come_whole_and_signed_nothing_is_used(
    start: Start, answered: Pass, code: str, says: str
) -> None:
    with start(zone=LARGE) as primary:
        assert len(opened(primary).read().text) == len(LARGE)
        seen: list[bytes] = []

        def passed(number: int, octets: bytes) -> bytes | None:
            seen.append(octets)
            return answered(number, octets)

        # another name of the same server, of which no transfer is known yet
        with relaying(primary.port, answered=passed) as port, refused(BackendError, code, says=says):
            opened(primary, port=port).read()
        assert seen


def test_a_message_that_is_left_out_of_a_transfer_is_noticed(start: Start) -> None:
    with start(zone=LARGE) as primary:
        held: list[bytes] = []

        def asked_twice(number: int, octets: bytes) -> bytes:
            held.append(octets)
            return held[0]

        with relaying(primary.port, answered=asked_twice) as port, refused(BackendError, "unreadable"):
            opened(primary, port=port).read()


@pytest.mark.parametrize(
    ("wrong", "answers", "says"),
    [
        ({"key_name": "stranger"}, {"BADKEY"}, "to the transfer; .* mend backend.key_name"),
        ({"secret": "AAAA"}, {"BADSIG"}, "to the transfer; .* set sophia:tsigSecret"),
        ({"key_algorithm": "hmac-sha512"}, {"BADKEY"}, "to the transfer; .*key_algorithm"),
        ({"key_name": ""}, {"REFUSED", "NOTAUTH"}, "to the transfer"),
    ],
)
def test_a_wrong_key_is_told_by_what_is_wrong_with_it(
    primary: Primary, wrong: dict[str, str], answers: set[str], says: str
) -> None:
    with refused(BackendError, "refused", says=says) as caught:
        opened(primary, **wrong).read()
    assert caught.value.value in answers
    assert SECRET not in str(caught.value)


def test_a_clock_that_is_wrong_is_told(primary: Primary) -> None:
    wrong = replace(opened(primary), clock=lambda: time.time() + 1_000)
    with refused(BackendError, "refused", value="BADTIME", says="; .* set both by NTP"):
        wrong.read()


def test_a_server_that_is_down_or_silent_is_told_with_its_address(primary: Primary) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        location = f"dns://127.0.0.1:{port}/shop.example"
        with refused(BackendError, "unanswered", subject=location, limit=0.2, says=r"no answer .* in 0\.2 s; check"):
            opened(primary, port=port, timeout=0.2).read()
    says = r"the connection failed: Connection refused; check backend\.server"
    with refused(BackendError, "unanswered", limit=None, says=says):
        opened(primary, port=free_port()).read()
    with refused(BackendError, "unanswered", limit=None):
        opened(primary, server="no-such-host.invalid").read()


def test_the_secret_stands_in_no_text_about_the_backend(primary: Primary) -> None:
    zone = opened(primary)
    for shown in (repr(zone), str(zone), repr(zone.server()), zone.location):
        assert SECRET not in shown


def test_without_a_secret_nothing_is_asked(primary: Primary) -> None:
    with refused(CredentialError, field="sophia:tsigSecret", says="SOPHIA_TSIG_SECRET"):
        opened(primary, secret="").read()
    with refused(BackendError, field="sophia:tsigSecret", says="is not base64") as caught:
        opened(primary, secret="canary!").read()
    assert "canary" not in str(caught.value)


def test_an_answer_to_something_else_is_no_answer(primary: Primary) -> None:
    def renumbered(_: int, message: bytes) -> bytes:
        return bytes([message[0] ^ 1]) + message[1:]

    with relaying(primary.port, answered=renumbered) as port, refused(BackendError, "unreadable"):
        opened(primary, port=port).read()


def test_a_zone_that_only_answers_queries_is_not_taken_for_its_primary(primary: Primary) -> None:
    other = opened(replace(primary, domain="example.net"))
    with refused(BackendError, "refused", subject=other.location, value="NOTAUTH"):
        other.apply(lambda _: FRAME)


def test_who_may_not_write_is_told_before_anything_is_written(primary: Primary) -> None:
    before = primary.records()
    opened(primary).refuse_unwritable()
    stranger, nobody = opened(primary, SECRET[:-4] + "AAA="), opened(primary, key_name="")
    for unfit in (stranger, nobody):
        with refused(BackendError, "refused"):
            unfit.refuse_unwritable()
    assert primary.records() == before

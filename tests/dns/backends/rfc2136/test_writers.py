"""Several writers of one zone: what the server checks, so that none undoes another's change unseen."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from sophia_infra.dns.backends import BackendError, BaseMovedError, Live
from sophia_infra.dns.backends.rfc2136 import updates
from sophia_infra.dns.backends.rfc2136.backend import Rfc2136
from sophia_infra.dns.serial import with_serial
from tests.dns.backends.rfc2136.conftest import opened
from tests.dns.backends.rfc2136.test_backend import planned, zone_of
from tests.support import bind
from tests.support.primary import FRAME, Primary
from tests.support.refusals import refused
from tests.support.relay import is_update, relaying

HOSTS = [f"h{number} 300 A 192.0.2.{number}" for number in range(100)]
ROOM = 300


def with_a_writer_before_update(
    primary: Primary, number: int, write: Callable[[], None], deed: Callable[[Rfc2136], object]
) -> None:
    """Do something while another writer comes just before an update, once all those before it are answered."""
    seen: list[bytes] = []
    taken = threading.Semaphore(0)

    def asked(_: int, message: bytes) -> bytes:
        if is_update(message):
            if len(seen) == number:
                for _ in range(number):
                    assert taken.acquire(timeout=30)
                write()
            seen.append(message)
        return message

    def answered(_: int, message: bytes) -> bytes:
        if is_update(message):
            taken.release()
        return message

    with relaying(primary.port, asked, answered) as port:
        deed(opened(primary, port=port))
    assert len(seen) > number


def test_of_two_machines_that_write_at_once_one_wins_and_the_other_is_refused(primary: Primary) -> None:
    base = opened(primary).read().base
    outcomes: dict[str, object] = {}
    meet = threading.Barrier(2)

    def write(server: str, address: str) -> None:
        decide, first = planned(zone_of(f"www 300 A {address}"), base), True

        def met(live: Live) -> str:
            nonlocal first
            if first:
                first = False
                meet.wait(timeout=30)
            return decide(live)

        try:
            outcomes[address] = opened(primary, server=server).apply(met).text
        except BaseMovedError as error:
            outcomes[address] = error

    # two names of one server are two places, so the writers share no lock, as two machines don't
    writers = [
        threading.Thread(target=write, args=arguments)
        for arguments in (("127.0.0.1", "192.0.2.1"), ("localhost", "192.0.2.2"))
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)
    (text,) = [outcome for outcome in outcomes.values() if isinstance(outcome, str)]
    assert len(outcomes) == 2
    assert opened(primary).read().text == text


def test_a_writer_that_comes_before_the_first_message_is_noticed_and_nothing_is_written(primary: Primary) -> None:
    def deed(zone: Rfc2136) -> None:
        with pytest.raises(BaseMovedError):
            zone.apply(planned(zone_of(*HOSTS), zone.read().base))

    with_a_writer_before_update(primary, 0, lambda: other(primary, "new"), deed)
    assert with_serial(opened(primary).read().text, 1) == zone_of("new 60 A 192.0.2.200")


def test_a_zone_that_others_write_without_end_is_given_up_with_nothing_written(primary: Primary) -> None:
    numbers = iter(range(1, 100))

    def asked(_: int, message: bytes) -> bytes:
        if is_update(message):
            primary.update(lambda update: update.replace("www", 60, "A", f"192.0.2.{next(numbers)}"))
        return message

    with relaying(primary.port, asked) as port, pytest.raises(BaseMovedError):
        opened(primary, port=port).apply(lambda _: zone_of("www 300 TXT x", "www 300 A 198.51.100.1"))
    assert with_serial(opened(primary).read().text, 1) == zone_of("www 60 A 192.0.2.2")


def test_where_another_writer_came_first_the_plan_is_made_again(primary: Primary) -> None:
    lives: list[str] = []

    def decide(live: Live) -> str:
        lives.append(live.text)
        return zone_of(*live.text.removeprefix(FRAME).splitlines()[len(FRAME.splitlines()) :], "www 60 A 192.0.2.1")

    with_a_writer_before_update(primary, 0, lambda: other(primary, "new"), lambda zone: zone.apply(decide))
    assert len(lives) == 2
    assert "new 60 A" in lives[1]
    assert "www 60 A" in opened(primary).read().text


@pytest.mark.parametrize("number", [1, 2])
def test_a_writer_of_another_set_between_two_messages_loses_nothing_and_stops_nothing(
    primary: Primary, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(updates, "ROOM", ROOM)
    deed = apply_all(zone_of(*HOSTS))
    with_a_writer_before_update(primary, number, lambda: other(primary, "new"), deed)
    assert with_serial(opened(primary).read().text, 1) == zone_of(*HOSTS, "new 60 A 192.0.2.200")


def test_a_writer_of_the_same_set_between_two_messages_keeps_it_and_the_error_says_how_far_it_went(
    primary: Primary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "ROOM", ROOM)

    def deed(zone: Rfc2136) -> None:
        says = r"another writer .* [1-9]\d? of 100 steps were written"
        with refused(BackendError, "another-writer", subject=zone.location, says=says):
            apply_all(zone_of(*HOSTS))(zone)

    with_a_writer_before_update(primary, 1, lambda: other(primary, "h98"), deed)
    served = opened(primary).read().text
    assert "h98 60 A 192.0.2.200\n" in served
    assert "h98 300 A" not in served
    apply_all(zone_of(*HOSTS))(opened(primary))
    assert with_serial(opened(primary).read().text, 1) == zone_of(*HOSTS)


def apply_all(desired: str) -> Callable[[Rfc2136], None]:
    """Apply a zone whatever is live."""

    def deed(zone: Rfc2136) -> None:
        zone.apply(lambda _: desired)

    return deed


def other(primary: Primary, owner: str) -> None:
    """Write as somebody else does."""
    primary.update(lambda message: message.add(owner, 60, "A", "192.0.2.200"))


def test_a_message_that_is_refused_on_the_way_leaves_the_soa_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "ROOM", ROOM)
    with bind.updatable(tmp_path / "bind") as primary:
        desired = zone_of(*HOSTS, "z_z 60 A 192.0.2.1")
        with refused(BackendError, "refused", says=r"REFUSED .* [1-9]\d* of 101 steps were written, the rest was not"):
            opened(primary).apply(lambda _: desired)
        left = opened(primary).read()
        assert with_serial(left.text, 1).startswith(FRAME)
        assert len(left.text.splitlines()) > len(FRAME.splitlines())


def test_the_serial_grows_by_one_a_message_and_nothing_else_of_the_soa_stays_changed(
    primary: Primary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "ROOM", ROOM)
    seen: list[bytes] = []

    def asked(_: int, message: bytes) -> bytes:
        seen.extend([message] * is_update(message))
        return message

    with relaying(primary.port, asked) as port:
        live = opened(primary, port=port).apply(lambda _: zone_of(*HOSTS))
    assert live.serial == 1 + len(seen)
    assert with_serial(opened(primary).read().text, 1) == zone_of(*HOSTS)

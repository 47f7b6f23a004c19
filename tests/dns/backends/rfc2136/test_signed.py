"""Zones that the server signs: its records are its own, and its changes of the serial stop no update."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sophia_infra.dns.backends import BackendError, BaseMovedError
from sophia_infra.dns.backends.rfc2136 import updates
from sophia_infra.dns.backends.rfc2136.backend import Rfc2136
from sophia_infra.dns.serial import with_serial
from tests.dns.backends.rfc2136.conftest import Start, opened
from tests.dns.backends.rfc2136.test_backend import planned, zone_of
from tests.dns.backends.rfc2136.test_writers import HOSTS, ROOM, apply_all, other, with_a_writer_before_update
from tests.support.primary import FRAME, Primary
from tests.support.refusals import refused
from tests.support.workspace import wait_until


@pytest.fixture(params=["in place", "inline"])
def primary(start: Start, request: pytest.FixtureRequest) -> Iterator[Primary]:
    with start(sign=request.param) as running:
        wait_until(lambda: any(" RRSIG SOA " in record for record in running.records()), "the zone to be signed")
        yield running


def test_what_the_server_makes_is_not_read_and_what_is_written_reads_back(zone: Rfc2136, primary: Primary) -> None:
    live = zone.read()
    assert live.signed
    assert with_serial(live.text, 1) == FRAME
    lines = [
        "www 300 A 192.0.2.1",
        "a 60 CNAME www",
        "c 60 NS ns.c",
        "c 60 DS 1 8 2 " + "00" * 32,
        "ns.c 60 A 192.0.2.2",
    ]
    assert_written(zone, *lines)
    assert_written(zone, "www 60 CNAME a.example.", "a 60 A 192.0.2.1", frame=FRAME.replace("7200 900", "7300 900"))
    assert any(record.startswith("www 60 RRSIG CNAME") for record in primary.records()), "it is signed as well"
    zone.remove()
    assert sorted(zone.read().text.splitlines()[1:]) == FRAME.splitlines()[1:]


def assert_written(zone: Rfc2136, *lines: str, frame: str = FRAME) -> None:
    desired = zone_of(*lines, frame=frame)
    zone.apply(lambda _: desired)
    assert with_serial(zone.read().text, 0) == with_serial(desired, 0)


def test_a_key_of_the_signer_is_refused_by_name(zone: Rfc2136) -> None:
    live = zone.read()
    with refused(BackendError, "not-held", subject="@ DNSKEY", says="makes its DNSKEY records itself"):
        zone.normalize(zone_of("@ 60 DNSKEY 257 3 13 AAAA"), live)


def test_a_writer_of_the_same_set_is_noticed_and_nothing_is_written(primary: Primary) -> None:
    def deed(zone: Rfc2136) -> None:
        with pytest.raises(BaseMovedError):
            zone.apply(planned(zone_of("www 300 A 192.0.2.1"), zone.read().base))

    with_a_writer_before_update(primary, 0, lambda: other(primary, "www"), deed)
    assert "www 60 A 192.0.2.200" in opened(primary).read().text


def test_a_writer_beside_a_new_alias_is_noticed(primary: Primary) -> None:
    def deed(zone: Rfc2136) -> None:
        with pytest.raises(BaseMovedError):
            zone.apply(planned(zone_of("www 300 CNAME a"), zone.read().base))

    with_a_writer_before_update(primary, 0, lambda: other(primary, "www"), deed)


def test_a_writer_of_another_set_stops_nothing(primary: Primary) -> None:
    deed = apply_all(zone_of("www 300 A 192.0.2.1"))
    with_a_writer_before_update(primary, 0, lambda: other(primary, "new"), deed)
    assert with_serial(opened(primary).read().text, 1) == zone_of("www 300 A 192.0.2.1", "new 60 A 192.0.2.200")


def test_the_soa_is_changed_along_with_more_records_than_a_message_holds(
    zone: Rfc2136, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "ROOM", ROOM)
    assert_written(zone, *HOSTS, frame=FRAME.replace("7200 900", "7300 900"))
    assert_written(zone, *HOSTS, frame=FRAME.replace("@ 3600 SOA", "@ 60 SOA"))

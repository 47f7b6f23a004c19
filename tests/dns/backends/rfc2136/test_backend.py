"""The backend's contract, on real servers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sophia_infra.dns.backends import BackendError, BaseMovedError, Decide, Live
from sophia_infra.dns.backends.rfc2136 import updates
from sophia_infra.dns.backends.rfc2136.backend import Rfc2136
from sophia_infra.dns.backends.rfc2136.transfer import THE_SERVERS
from sophia_infra.dns.serial import with_serial
from tests.dns.backends.rfc2136.conftest import Start, opened
from tests.dns.reader.gallery import GALLERY
from tests.support import bind
from tests.support.primary import FRAME, Primary
from tests.support.refusals import refused
from tests.support.zone_text import canonical

DOMAIN = "shop.example"


def zone_of(*lines: str, frame: str = FRAME) -> str:
    """Canonical text of a zone with these records."""
    return canonical(frame + "".join(f"{line}\n" for line in lines), DOMAIN)


def planned(desired: str, base: str) -> Decide:
    """What an apply decides that was planned against a base."""

    def decide(live: Live) -> str:
        if live.base != base:
            raise BaseMovedError("the zone")
        return desired

    return decide


def written(zone: Rfc2136, *lines: str, frame: str = FRAME) -> Live:
    """Write a zone with these records, and show that it reads back as it was written."""
    desired = zone_of(*lines, frame=frame)
    live = zone.apply(lambda _: desired)
    assert with_serial(live.text, 0) == with_serial(desired, 0)
    assert opened_anew(zone).read() == live
    return live


def opened_anew(zone: Rfc2136) -> Rfc2136:
    return replace(zone)


def test_a_zone_is_read_as_the_server_has_it(zone: Rfc2136) -> None:
    live = zone.read()
    assert live.text == FRAME
    assert live.serial == 1


@pytest.mark.parametrize("line", [line for line in GALLERY if line.split(" ")[0] not in THE_SERVERS])
def test_every_type_reads_back_as_it_was_written(zone: Rfc2136, line: str) -> None:
    beside = ["x 300 NS ns.example."] if line.startswith("DS ") else []
    desired = zone_of(f"x 300 {line}", *beside)
    live = zone.apply(lambda _: desired)
    # The serial may be one more at once: BIND notes a new DNSKEY at the apex, to sign the zone with it (TYPE65534).
    assert with_serial(live.text, 0) == with_serial(desired, 0) == with_serial(opened_anew(zone).read().text, 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(["www 300 A 192.0.2.1"], ["www 60 A 192.0.2.1"], id="a TTL alone"),
        pytest.param(["www 300 A 192.0.2.1"], ["www 300 A 192.0.2.1", "www 300 A 192.0.2.2"], id="a value more"),
        pytest.param(["www 300 A 192.0.2.1", "www 300 A 192.0.2.2"], ["www 60 A 192.0.2.2"], id="a value less, a TTL"),
        pytest.param(["www 300 A 192.0.2.1"], ["www 300 CNAME other"], id="a CNAME in place of an address"),
        pytest.param(["www 300 CNAME other"], ["www 300 A 192.0.2.1", "www 300 TXT x"], id="data in place of a CNAME"),
        pytest.param(["www 300 CNAME other"], ["www 300 CNAME another"], id="another target"),
        pytest.param(["www 300 A 192.0.2.1"], ["www 300 AAAA 2001:db8::1"], id="another type"),
        pytest.param(["a.b 300 A 192.0.2.1"], ["b 300 DNAME c.example."], id="a DNAME above what goes"),
        pytest.param(["b 300 DNAME c.example."], ["a.b 300 A 192.0.2.1"], id="names where a DNAME was"),
        pytest.param(["b 300 CNAME c"], ["b 300 DNAME c.example."], id="a DNAME in place of a CNAME"),
        pytest.param([], ["c 300 NS ns.c", "ns.c 300 A 192.0.2.1"], id="a delegation and its glue"),
        pytest.param(["c 300 NS ns.c", "ns.c 300 A 192.0.2.1"], ["c 300 NS x.c", "x.c 300 AAAA ::1"], id="other glue"),
        pytest.param(["c 300 NS ns.c", "ns.c 300 A 192.0.2.1"], ["w.c 300 A 192.0.2.1"], id="a delegation taken back"),
        pytest.param(["w.c 300 A 192.0.2.1"], ["c 300 NS ns.c", "ns.c 300 A 192.0.2.1"], id="a subtree given away"),
        pytest.param([], ["* 300 A 192.0.2.1", "*.a 300 MX 10 mail"], id="wildcards"),
        pytest.param([], ["bücher 300 A 192.0.2.1", "x 300 CNAME bücher"], id="IDNA"),
        pytest.param([], [r"a\.b.c 300 TXT x", r"\000\255 300 PTR a\.b.c"], id="names with escapes"),
        pytest.param([], [r'x 300 TXT "say \"hi\" \\ \; \009" "" "caf\195\169"'], id="quotes, backslashes, octets"),
        pytest.param([], ["x 300 TXT " + " ".join(['"' + "y" * 255 + '"'] * 16)], id="a long text"),
        pytest.param(["WWW 300 A 192.0.2.1"], ["www 300 A 192.0.2.1", "WwW 300 TXT x"], id="upper case"),
    ],
)
def test_a_change_reads_back_as_it_was_written_and_back_again(
    zone: Rfc2136, before: list[str], after: list[str]
) -> None:
    first = written(zone, *before)
    written(zone, *after)
    assert with_serial(written(zone, *before).text, 0) == with_serial(first.text, 0)


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(FRAME.replace("3600 NS", "60 NS"), id="TTL of the NS"),
        pytest.param(FRAME.replace("NS ns1.provider", "NS ns3.provider"), id="one NS"),
        pytest.param(FRAME.replace("3600 NS ns", "60 NS other"), id="all NS and their TTL"),
        pytest.param(FRAME.replace("@ 3600 NS ns2.provider.example.\n", ""), id="an NS less"),
        pytest.param(FRAME.replace("7200 900", "7300 1000"), id="timers of the SOA"),
        pytest.param(FRAME.replace("@ 3600 SOA ns1.provider", "@ 60 SOA ns9.provider"), id="the SOA's TTL"),
    ],
)
def test_the_frame_can_be_changed_with_and_without_other_records(zone: Rfc2136, frame: str) -> None:
    written(zone, frame=frame)
    written(zone, "www 60 A 192.0.2.1", frame=FRAME)
    written(zone, frame=frame)


def test_a_zone_is_never_left_without_a_name_server(zone: Rfc2136) -> None:
    with refused(BackendError, "not-held", subject="@ NS", says="no NS would be left at the apex"):
        zone.apply(lambda live: live.text.replace(" NS ", " TXT "))
    assert zone.read().text == FRAME


def test_applying_what_is_there_leaves_the_serial_as_it_is(zone: Rfc2136) -> None:
    first = written(zone, "www 60 A 192.0.2.1")
    assert written(zone, "www 60 A 192.0.2.1") == first


@pytest.mark.parametrize("count", [100, 1200])
def test_many_records_are_written_changed_and_deleted(zone: Rfc2136, count: int) -> None:
    lines = [f"h{number} 300 A 192.0.2.{number % 250}" for number in range(count)]
    written(zone, *lines, f"t 60 TXT {'x' * 200}", "@ 60 CAA 0 issue ca.example", "a 60 CNAME h1")
    written(zone, *[line.replace("A 192.0.2", "A 198.51.100") for line in lines[::2]])
    written(zone)


def test_a_set_of_a_thousand_addresses_is_replaced_at_once(zone: Rfc2136) -> None:
    first = written(zone, *[f"www 300 A 198.18.{number // 250}.{number % 250}" for number in range(1000)])
    assert first.serial is not None
    assert written(zone, *[f"www 60 A 198.18.{number // 250}.{number % 250}" for number in range(999)]).serial == 3


def test_a_set_that_no_message_holds_is_refused_before_anything_is_written(zone: Rfc2136) -> None:
    huge = [f"www 300 A 198.{number // 62500}.{number // 250 % 250}.{number % 250}" for number in range(5000)]
    desired = zone_of("a 60 A 192.0.2.1", *huge)
    says = "must stand in one message .* in several runs"
    with refused(BackendError, "too-large", subject="www A", limit=updates.ROOM, says=says):
        zone.apply(lambda _: desired)
    assert zone.read().text == FRAME


def test_a_moved_base_is_refused_and_nothing_written(primary: Primary, zone: Rfc2136) -> None:
    base = zone.read().base
    primary.update(lambda message: message.add("other", 60, "A", "192.0.2.9"))
    before = primary.records()
    with pytest.raises(BaseMovedError):
        zone.apply(planned(zone_of("www 60 A 192.0.2.1"), base))
    assert primary.records() == before


def test_an_update_that_the_server_refuses_says_why_it_might_and_that_nothing_was_written(tmp_path: Path) -> None:
    with bind.updatable(tmp_path / "bind") as primary:
        with refused(BackendError, "refused", value=0, says=r"REFUSED to the update.*check-names.*nothing was written"):
            written(opened(primary), "not_a_host 60 A 192.0.2.1", "www 60 A 192.0.2.1")
        assert opened(primary).read().text == FRAME


def test_removal_leaves_the_frame_and_a_backup_and_can_be_done_again(zone: Rfc2136, home: Path) -> None:
    live = written(zone, "www 60 A 192.0.2.1", "c 60 NS ns.c", "ns.c 60 A 192.0.2.2")
    zone.remove()
    zone.remove()
    assert with_serial(zone.read().text, 1) == FRAME
    (backup,) = (home / "backups").iterdir()
    assert backup.read_text() == f"$ORIGIN shop.example.\n{live.text}"


@pytest.mark.parametrize("deed", ["read", "remove"])
def test_a_zone_that_the_server_does_not_have_is_not_taken_for_an_empty_one(primary: Primary, deed: str) -> None:
    """It may be a zone that failed to load, or an answer that somebody on the path made up."""
    other = opened(replace(primary, domain="other.example"))
    with refused(BackendError, "refused", subject=other.location, value="NOTAUTH", says="make the zone there first"):
        getattr(other, deed)()


@pytest.mark.parametrize(
    "record", ["x 60 NSEC3PARAM 1 0 0 -", "@ 60 ZONEMD 1 1 1 " + "00" * 48, "x 60 DS 1 8 2 " + "00" * 32]
)
def test_what_the_server_makes_or_drops_is_refused_by_name(zone: Rfc2136, record: str) -> None:
    live = zone.read()
    owner, _, rtype, _ = record.split(" ", 3)
    with refused(BackendError, "not-held", subject=f"{owner} {rtype}", says="is asked for, but .* take it out"):
        zone.normalize(zone_of(record), live)
    assert zone.normalize(zone_of("www 60 A 192.0.2.1"), live)
    assert zone.normalize(zone_of("c 60 NS ns.example.", "c 60 DS 1 8 2 " + "00" * 32), live)


def test_both_algorithms_sign(start: Start) -> None:
    with start(algorithm="hmac-sha512") as primary:
        written(opened(primary), "www 60 A 192.0.2.1")

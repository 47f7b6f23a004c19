import os
import subprocess
import threading
from pathlib import Path

import pytest

from sophia_infra.changes import fingerprint
from sophia_infra.dns.backends import BackendError, BaseMovedError, Credentials, Decide, Live, locks, open_backend
from sophia_infra.dns.backends.zone_file import ZoneFile
from sophia_infra.home import locked
from tests.support.refusals import refused

ZONE = "@ 3600 SOA ns1.shop.example. h.shop.example. 0 7200 900 1209600 300\n@ 3600 NS ns1.shop.example.\n"
HOSTS = "ns1 300 A 192.0.2.53\nwww 300 A 192.0.2.1\n"
EMPTY = fingerprint("")


def planned(desired: str, base: str) -> Decide:
    """What an apply decides that was planned against a base."""

    def decide(live: Live) -> str:
        if live.base != base:
            raise BaseMovedError("the zone")
        return desired

    return decide


@pytest.fixture
def zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ZoneFile:
    monkeypatch.setenv("SOPHIA_NOW", "2026-11-23T12:00:00+00:00")
    backend = open_backend({"path": str(tmp_path / "zones" / "db.shop.example")}, "shop.example")
    assert isinstance(backend, ZoneFile)
    return backend


def test_what_is_written_reads_back_and_name_servers_load_it(zone: ZoneFile) -> None:
    live = zone.apply(planned(ZONE + HOSTS, EMPTY))
    assert zone.read() == live
    assert live.serial == 2026112300
    for check in (["named-checkzone", "-q"], ["nsd-checkzone"]):
        subprocess.run([*check, "shop.example", zone.location], check=True, capture_output=True)


def test_a_serial_only_grows(zone: ZoneFile, monkeypatch: pytest.MonkeyPatch) -> None:
    first = zone.apply(planned(ZONE + HOSTS, EMPTY))
    monkeypatch.setenv("SOPHIA_NOW", "2001-01-01T00:00:00+00:00")
    assert zone.apply(planned(ZONE, first.base)).serial == 2026112301


def test_applying_what_is_there_writes_nothing(zone: ZoneFile) -> None:
    first = zone.apply(planned(ZONE + HOSTS, EMPTY))
    before = zone.path.stat()
    assert zone.apply(planned(ZONE + HOSTS, first.base)) == first
    assert zone.path.stat().st_mtime_ns == before.st_mtime_ns
    assert zone.path.stat().st_ino == before.st_ino


def test_a_moved_base_is_refused_and_nothing_written(zone: ZoneFile) -> None:
    zone.apply(planned(ZONE + HOSTS, EMPTY))
    edited = zone.path.read_text() + "extra 60 A 192.0.2.7\n"
    zone.path.write_text(edited)
    with refused(BaseMovedError, says="nothing was written"):
        zone.apply(planned(ZONE, EMPTY))
    assert zone.path.read_text() == edited


def test_a_serial_raised_by_somebody_else_does_not_move_the_base(zone: ZoneFile) -> None:
    first = zone.apply(planned(ZONE + HOSTS, EMPTY))
    zone.path.write_text(zone.path.read_text().replace("2026112300", "2027010100"))
    assert zone.apply(planned(ZONE, first.base)).serial == 2027010101


def test_of_two_that_write_at_once_one_wins_and_the_other_is_refused(zone: ZoneFile) -> None:
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def write(address: str) -> None:
        start.wait()
        try:
            zone.apply(planned(ZONE + f"ns1 300 A {address}\n", EMPTY))
            outcomes.append("written")
        except BaseMovedError:
            outcomes.append("refused")

    writers = [threading.Thread(target=write, args=(f"192.0.2.{number}",)) for number in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(outcomes) == ["refused", "written"]


def test_a_removed_zone_stays_aside_and_a_new_one_continues_its_serial(zone: ZoneFile) -> None:
    zone.apply(planned(ZONE + HOSTS, EMPTY))
    zone.remove()
    zone.remove()
    assert zone.read().text == ""
    assert (zone.path.parent / "db.shop.example.removed").exists()
    assert zone.apply(planned(ZONE + HOSTS, EMPTY)).serial == 2026112301


def test_a_second_removal_keeps_what_the_first_one_did(zone: ZoneFile) -> None:
    for text in (ZONE + HOSTS, ZONE):
        zone.apply(planned(text, EMPTY))
        zone.remove()
    kept = sorted(path.read_text() for path in zone.path.parent.glob("db.shop.example.removed*"))
    assert ["www 300 A" in text for text in kept] == [False, True]


def test_what_somebody_wrote_by_hand_is_copied_before_it_is_replaced_and_only_then(zone: ZoneFile) -> None:
    zone.path.parent.mkdir()
    zone.path.write_text(f"; by hand\n{ZONE}{HOSTS}")
    original = zone.path.with_name("db.shop.example.original")
    second = zone.apply(lambda _live: ZONE)
    assert original.read_text().startswith("; by hand\n")
    zone.path.write_text(zone.path.read_text() + "more 60 A 192.0.2.9\n")
    assert zone.apply(lambda _live: ZONE).serial == (second.serial or 0) + 1
    assert "more" not in original.read_text()


def test_a_zone_that_could_not_be_read_again_is_not_held(zone: ZoneFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sophia_infra.dns.backends.zone_file.ZONE_FILE_LIMIT", 300)
    assert zone.normalize(ZONE, Live()) == ZONE
    with refused(BackendError, "too-large", subject=zone.location, limit=300, says="would be larger than 300 octets"):
        zone.normalize(ZONE + HOSTS * 3, Live())


def test_a_live_zone_that_no_server_would_load_is_refused(zone: ZoneFile) -> None:
    zone.path.parent.mkdir()
    zone.path.write_text("www 300 A not-an-address\n")
    with refused(BackendError, "unreadable", subject=zone.location, says=r"can't be read.*db\.shop\.example:1"):
        zone.read()


def test_a_link_stays_a_link_and_the_mode_stays_the_mode(zone: ZoneFile, tmp_path: Path) -> None:
    first = zone.apply(planned(ZONE + HOSTS, EMPTY))
    zone.path.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(zone.path)
    through_link = ZoneFile.from_settings({"path": str(link)}, "shop.example", Credentials())
    assert through_link.location == zone.location
    through_link.apply(planned(ZONE, first.base))
    assert link.is_symlink()
    assert zone.path.stat().st_mode & 0o777 == 0o640


def test_a_group_that_reads_the_file_goes_on_to_read_it(zone: ZoneFile) -> None:
    first = zone.apply(planned(ZONE + HOSTS, EMPTY))
    group = 4242 if os.geteuid() == 0 else max(os.getgroups(), default=os.getegid())
    os.chown(zone.path, -1, group)
    zone.path.chmod(0o640)
    zone.apply(planned(ZONE, first.base))
    assert zone.path.stat().st_gid == group
    assert zone.path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("mode", [0o640, 0o644])
def test_a_group_that_can_not_be_given_matters_where_only_it_may_read(
    zone: ZoneFile, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    first = zone.apply(planned(ZONE + HOSTS, EMPTY))
    group = 4242 if os.geteuid() == 0 else max(os.getgroups(), default=os.getegid())
    os.chown(zone.path, -1, group)
    zone.path.chmod(mode)

    def denied(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "chown", denied)
    if mode == 0o640 and group != os.getegid():
        with refused(BackendError, "unusable", value=group, says="which this user can't give"):
            zone.apply(planned(ZONE, first.base))
        assert "www" in zone.path.read_text()
    else:
        zone.apply(planned(ZONE, first.base))
        assert "www" not in zone.path.read_text()


def test_a_folder_that_can_not_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    backend = ZoneFile.from_settings({"path": str(tmp_path / "file" / "db")}, "shop.example", Credentials())
    with refused(BackendError, "unusable", subject=backend.location, says="can't be locked"):
        backend.apply(planned(ZONE, EMPTY))


def test_nothing_half_made_is_left_behind(zone: ZoneFile) -> None:
    zone.apply(planned(ZONE + HOSTS, EMPTY))
    assert sorted(path.name for path in zone.path.parent.iterdir()) == [".db.shop.example.lock", "db.shop.example"]


@pytest.mark.parametrize(
    ("setting", "given", "says"),
    [
        ("kind", "carrier-pigeon", "known are cloudflare, file"),
        ("serial", "random", "known are date, counter"),
        ("colour", "red", "is no setting"),
        ("path", 7, "is not a path"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(setting: str, given: object, says: str) -> None:
    with refused(BackendError, field=f"backend.{setting}", says=says):
        open_backend({setting: given}, "shop.example")


@pytest.mark.parametrize("kind", ["no.such.module:Zone", "sophia_infra.dns.backends.zone_file:Nothing"])
def test_a_kind_that_can_not_be_imported_is_refused_by_name(kind: str) -> None:
    with refused(BackendError, field="backend.kind", value=kind, says="can't be imported"):
        open_backend({"kind": kind}, "shop.example")


def test_a_kind_of_the_users_own_is_opened_by_its_path() -> None:
    opened = open_backend({"kind": "sophia_infra.dns.backends.zone_file:ZoneFile", "path": "a"}, "shop.example")
    assert isinstance(opened, ZoneFile)


def test_a_file_that_stays_locked_is_given_up_after_a_while(zone: ZoneFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "WAIT", 0.1)
    lock = zone.path.with_name(f".{zone.path.name}.lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with locked(lock), pytest.raises(BackendError) as refused:
        zone.apply(lambda _: pytest.fail("nothing may be decided without the lock"))
    assert (refused.value.code, refused.value.limit) == ("locked", 0.1)
    assert str(lock) in str(refused.value)
    assert not zone.path.exists()

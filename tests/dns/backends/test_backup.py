from pathlib import Path

import pytest

from sophia_infra.dns.backends import BackendError, Live
from sophia_infra.dns.backends.backup import keep
from sophia_infra.dns.files import read_file
from sophia_infra.dns.rr.record import to_text
from tests.support.refusals import refused

LIVE = Live("@ 60 SOA ns. h. 7 1 1 1 1\n@ 60 NS ns.\nwww 60 A 192.0.2.1\n", 7)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path))
    monkeypatch.setenv("SOPHIA_NOW", "2026-11-23T12:00:00+00:00")
    return tmp_path


def test_a_backup_reads_back_as_the_zone_it_was(home: Path) -> None:
    kept = keep(LIVE, "shop.example")
    assert kept.parent == home / "backups"
    assert kept.name.startswith("shop.example-20261123T120000Z-")
    assert to_text(read_file(kept, "shop.example").records) == LIVE.text


def test_a_backup_is_its_owners_alone_and_leaves_no_other_file(home: Path) -> None:
    kept = keep(LIVE, "0/25.2.0.192.in-addr.arpa.")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert list(kept.parent.iterdir()) == [kept]


def test_a_backup_replaces_no_other(home: Path) -> None:
    other = Live(LIVE.text.replace("192.0.2.1", "192.0.2.2"), 8)
    assert keep(LIVE, "shop.example") != keep(other, "shop.example")


def test_a_backup_that_can_not_be_written_is_one_clear_error(home: Path) -> None:
    (home / "backups").write_text("a file where the folder should be")
    with refused(
        BackendError, "unusable", says=r"no backup of shop\.example can be kept.*its records stay.*SOPHIA_HOME"
    ):
        keep(LIVE, "shop.example")

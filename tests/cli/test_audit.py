import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from sophia_infra import clock
from sophia_infra.journal import Journal, Kind
from tests.cli.conftest import Sophia


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))
    journal = Journal.open()
    for number in range(3):
        journal.storage.append(Kind.OUTCOME, "zone", {"n": number})
    return journal


def test_a_whole_chain_exits_with_0_and_prints_its_head(sophia: Sophia, journal: Journal) -> None:
    ran = sophia("audit", "verify")
    head = Path(journal.name).with_suffix(".head").read_text().strip()
    assert (ran.code, ran.out) == (0, f"{Path(journal.name)}: whole, 3 rows\nhead {head}\n")
    assert sophia("audit", "verify", "--json").json("audit-verify") == {
        "version": 1,
        "journal": str(Path(journal.name)),
        "ok": True,
        "rows": 3,
        "first_bad": None,
        "why": "",
        "begins": "0:" + "0" * 64,
        "head": head,
        "remarks": [],
    }


def test_time_that_can_not_be_trusted_is_remarked_on_and_breaks_no_chain(
    sophia: Sophia, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_NOW", "2019-01-01T00:00:00+00:00")
    journal.storage.append(Kind.OUTCOME, "zone", {})
    ran = sophia("audit", "verify")
    assert ran.code == 0
    assert "time runs backwards in 1 rows: row 4 is of 2019-01-01" in ran.out
    assert len(sophia("audit", "verify", "--json").json("audit-verify")["remarks"]) == 1


def test_a_broken_chain_exits_with_1_and_names_the_row(sophia: Sophia, journal: Journal) -> None:
    with closing(sqlite3.connect(Path(journal.name), isolation_level=None)) as db:
        db.execute("DROP TRIGGER no_update")
        db.execute("UPDATE entries SET body = '{}' WHERE sequence = 2")
    ran = sophia("audit", "verify")
    assert ran.code == 1
    assert ran.out.splitlines()[0] == f"{Path(journal.name)}: broken, row 2 was changed after it was written"
    found = sophia("audit", "verify", "--json").json("audit-verify")
    assert (found["ok"], found["first_bad"], found["rows"]) == (False, 2, 1)


@pytest.mark.parametrize("name", ["journal.db", ""])
def test_the_journal_may_be_named_by_its_file_or_its_folder(
    sophia: Sophia, journal: Journal, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv("SOPHIA_HOME")
    assert sophia("audit", "verify", "--journal", str(Path(journal.name).parent / name)).code == 0


def test_a_head_noted_earlier_must_be_in_the_chain(sophia: Sophia, journal: Journal) -> None:
    noted = Path(journal.name).with_suffix(".head").read_text().strip()
    journal.storage.append(Kind.OUTCOME, "zone", {})
    assert sophia("audit", "verify", "--head", noted).code == 0
    ran = sophia("audit", "verify", "--head", "3:" + "0" * 64)
    assert ran.code == 1
    assert "row 3 is not the one that was pinned" in ran.out


def test_a_head_that_is_none_is_wrong_usage(sophia: Sophia, journal: Journal) -> None:
    ran = sophia("audit", "verify", "--head", "latest")
    assert ran.code == 2
    assert "'latest' is not a journal head" in ran.err


def test_no_journal_exits_with_2_and_names_the_place(sophia: Sophia, tmp_path: Path) -> None:
    ran = sophia("audit", "verify", "--journal", str(tmp_path / "none.db"), "--json")
    assert ran.code == 2
    assert "none.db" in ran.err
    assert ran.json("error")["error"]["problems"] == []
    assert not (tmp_path / "none.db").exists()


def test_a_file_that_is_no_journal_exits_with_2(sophia: Sophia, tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_text("no database " * 100)
    assert sophia("audit", "verify", "--journal", str(tmp_path)).code == 2


def test_rows_are_listed_newest_first_by_kind_and_key(sophia: Sophia, journal: Journal) -> None:
    journal.storage.append(Kind.PLAN, "zone", {"domain": "shop.example"})
    found = sophia("audit", "list", "--most", "2", "--json").json("audit-list")
    assert [(row["sequence"], row["kind"]) for row in found["rows"]] == [(4, "plan"), (3, "outcome")]
    ran = sophia("audit", "list", "--kind", "outcome", "--key", "zone")
    assert [line.split()[0] for line in ran.out.splitlines()] == ["3", "2", "1"]


def test_one_row_is_shown_with_its_body(sophia: Sophia, journal: Journal) -> None:
    assert '"n": 1' in sophia("audit", "show", "2").out
    assert sophia("audit", "show", "2", "--json").json("audit-show")["body"] == {"n": 1}


@pytest.mark.parametrize("arguments", [("show", "9"), ("list", "--kind", "outcomes"), ("list", "--key", "zone")])
def test_no_such_row_or_kind_exits_with_2(sophia: Sophia, journal: Journal, arguments: tuple[str, ...]) -> None:
    assert sophia("audit", *arguments).code == 2


@pytest.fixture
def old_journal(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> Journal:
    """The journal with rows that are older than a year by the machine's clock of today."""
    later = clock.machine_time() + timedelta(days=400)
    monkeypatch.setattr(clock, "machine_time", lambda: later)
    journal.storage.append(Kind.PROBE, "later", {})
    return journal


def test_old_rows_move_to_an_archive_once_somebody_agrees(sophia: Sophia, old_journal: Journal, tmp_path: Path) -> None:
    to = str(tmp_path / "old.jsonl")
    assert sophia("audit", "prune", "--before", "365d", "--to", to).code == 2
    told = sophia("audit", "prune", "--before", "365d", "--dry-run", "--json").json("audit-prune")
    assert (told["rows"], told["staying"], told["pruned"]) == (3, 1, False)
    assert not Path(to).exists()
    ran = sophia("audit", "prune", "--before", "365d", "--to", to, "--yes")
    assert ran.code == 0
    assert "rows 1 to 3, of " in ran.out
    assert sophia("audit", "verify", "--archive", to, "--json").json("audit-verify")["rows"] == 5
    assert sophia("audit", "prune", "--before", "365d", "--to", to, "--yes", "--json").json("audit-prune")["rows"] == 0


@pytest.mark.parametrize(
    "arguments",
    [("--before", "365d"), ("--before", "last year", "--dry-run"), ("--before", "7d", "--dry-run"), ("--dry-run",)],
)
def test_a_prune_that_is_not_meant_so_is_refused(
    sophia: Sophia, old_journal: Journal, arguments: tuple[str, ...]
) -> None:
    assert sophia("audit", "prune", *arguments).code == 2


def test_an_archive_that_is_none_is_named(sophia: Sophia, journal: Journal, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("{}")
    ran = sophia("audit", "verify", "--archive", str(tmp_path / "x"))
    assert (ran.code, ran.err) == (2, f"sophia: {tmp_path / 'x'} is no archive of a journal\n")


def test_a_former_key_is_replaced(sophia: Sophia, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sophia("audit", "rekey").out == "all that counts here is sealed by today's key\n"
    monkeypatch.setenv("SOPHIA_ADVICE_KEY", "k" * 32)
    assert sophia("audit", "rekey", "--json").json("audit-rekey")["rows"] == 3
    monkeypatch.setenv("SOPHIA_ADVICE_KEY", "n" * 32)
    [remark] = sophia("audit", "verify", "--json").json("audit-verify")["remarks"]
    assert remark.startswith("4 rows let nothing through here: they were sealed by a key that is not known here")
    monkeypatch.setenv("SOPHIA_ADVICE_KEY_OLD", "k" * 32)
    assert sophia("audit", "rekey").out == "4 rows are sealed by today's key now\n"
    monkeypatch.delenv("SOPHIA_ADVICE_KEY_OLD")
    assert sophia("audit", "verify", "--json").json("audit-verify")["remarks"] == []
    monkeypatch.setenv("SOPHIA_ADVICE_KEY", "short")
    assert sophia("audit", "rekey").code == 2

"""Old rows leave for an archive: the chain still proves, and every question is answered as before."""

import itertools
import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest

from sophia_infra import clock
from sophia_infra.advice.approval import Approval, approved
from sophia_infra.advice.model import Advice, Edit, Request, Verdict
from sophia_infra.advice.rejection import EditWord
from sophia_infra.advised.limits import OverrideRow
from sophia_infra.advised.walk import PlanRow
from sophia_infra.clock import MovedError
from sophia_infra.dns.lifecycle.owners import known_writing
from sophia_infra.dns.pools.publish import ProbeRow
from sophia_infra.dns.rows import Owner, ZoneIntent, ZoneMove, ZoneOutcome
from sophia_infra.dns.staging.caches import cached
from sophia_infra.guard.stops import Stop
from sophia_infra.journal import Head, Journal, JournalError, Kind, Row, Storage, pruning
from sophia_infra.journal.archive import Archive
from sophia_infra.journal.postgresql import PostgresStorage
from sophia_infra.journal.retention import SLOTS
from sophia_infra.journal.sqlite import SqliteStorage
from sophia_infra.tls.events import CertificateIntent, CertificateOutcome
from tests.support.refusals import refused

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OLD = NOW - timedelta(days=400)
CUT = NOW - timedelta(days=100)
PLACES, NAMES, RUNS = ("x", "y", "z"), ("a", "b", "c"), ("r1", "r2", "r3")
SUBJECTS = ("www A", "api A", "@ MX")
EDIT = Edit("replace", "@ MX", "@ 300 MX 10 a", "@ 300 MX 10 b", "proposed", "an alias")
IDS = ("i1", "i2", "i3", "i4")
Time = Callable[[datetime], None]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Time:
    """Sets the machine's clock."""

    def set_to(time: datetime) -> None:
        monkeypatch.setattr(clock, "machine_time", lambda: time)

    set_to(OLD)
    return set_to


def fill(storage: Storage, at: Time, old: int = 6, new: int = 3) -> None:
    for number in range(old + new):
        at(OLD + timedelta(days=number) if number < old else NOW - timedelta(days=new + old - number))
        storage.append(Kind.PROBE, f"probe {number}", {"n": number})
    at(NOW)


def pruned(storage: Storage, to: Path, before: datetime = CUT) -> pruning.Pruning:
    found = pruning.plan(storage, before)
    assert found
    pruning.carry_out(storage, found, to, "ops")
    return found


def sequences(storage: Storage) -> list[int]:
    with storage.rows(0) as rows:
        return [row.sequence for row in rows]


def test_a_pruned_journal_is_proved_from_its_cut_and_with_the_archive_from_its_first_row(
    storage: Storage, at: Time, tmp_path: Path
) -> None:
    fill(storage, at)
    whole, noted = storage.verify(), storage.at(2)
    assert noted
    found = pruned(storage, tmp_path / "old.jsonl")
    assert (found.rows, found.since[:10], found.until[:10]) == (6, "2025-10-19", "2025-10-24")
    assert sequences(storage) == [7, 8, 9, 10]
    told = storage.verify(whole.head)
    assert (told.why, told.rows, told.begins) == ("", 4, found.ends)
    assert told.remarks == ("rows 1 to 6 are in an archive: prove them as well with --archive FILE",)
    archive = Archive.read(tmp_path / "old.jsonl")
    assert storage.verify(noted.head).why == "row 2 is in an archive: prove it with --archive FILE"
    told = storage.verify(noted.head, whole.head, archives=[archive])
    assert (told.why, told.rows, told.begins.sequence, told.remarks) == ("", 10, 0, ())
    storage.append(Kind.PROBE, "later", {})
    assert storage.verify(archives=[archive]).rows == 11


def test_a_journal_is_pruned_again_and_all_archives_prove_it(storage: Storage, at: Time, tmp_path: Path) -> None:
    fill(storage, at)
    pruned(storage, tmp_path / "1.jsonl")
    at(NOW + timedelta(days=365))
    pruned(storage, tmp_path / "2.jsonl", NOW + timedelta(days=100))
    assert sequences(storage) == [10, 11]
    first, second = (Archive.read(tmp_path / f"{number}.jsonl") for number in (1, 2))
    assert (first.ends, second.ends.sequence) == (second.begins, 9)
    assert storage.verify(archives=[second, first]).rows == 11
    assert storage.verify(archives=[second]).rows == 5
    assert storage.verify(archives=[first]).why.startswith("row 7 is missing")


@pytest.mark.parametrize(
    "age", [timedelta(days=29), timedelta(days=-1)], ids=["younger than what runs rest on", "to come"]
)
def test_what_is_young_never_leaves(storage: Storage, at: Time, age: timedelta) -> None:
    fill(storage, at)
    with pytest.raises(pruning.PruneError) as refused:
        pruning.plan(storage, NOW - age)
    assert (refused.value.field, refused.value.limit) == ("before", 30)


def test_nothing_older_is_nothing_to_do_and_the_newest_row_stays(storage: Storage, at: Time) -> None:
    fill(storage, at, old=3, new=0)
    assert pruning.plan(storage, OLD - timedelta(days=1)) is None
    found = pruning.plan(storage, CUT)
    assert found
    assert found.ends.sequence == 2


def test_a_row_of_a_wrong_clock_that_runs_ahead_stops_the_prune(storage: Storage, at: Time) -> None:
    storage.append(Kind.PROBE, "1", {})
    at(NOW + timedelta(days=9999))
    storage.append(Kind.PROBE, "2", {})
    fill(storage, at)
    found = pruning.plan(storage, CUT)
    assert found
    assert found.ends.sequence == 1


def test_no_prune_by_a_moved_clock(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOPHIA_REHEARSAL", raising=False)
    monkeypatch.setenv("SOPHIA_NOW", NOW.isoformat())
    storage.append(Kind.PROBE, "1", {})
    with pytest.raises(MovedError):
        pruning.plan(storage, CUT)


def test_a_file_that_is_there_is_not_written_over(storage: Storage, at: Time, tmp_path: Path) -> None:
    fill(storage, at)
    found = pruning.plan(storage, CUT)
    assert found
    (tmp_path / "mine.txt").write_text("my diary")
    with pytest.raises(JournalError):
        pruning.carry_out(storage, found, tmp_path / "mine.txt", "ops")
    Archive(tmp_path / "other.jsonl", found.cut.head, Head(6, "0" * 64)).write([])
    with pytest.raises(pruning.PruneError) as refused:
        pruning.carry_out(storage, found, tmp_path / "other.jsonl", "ops")
    assert refused.value.field == "to"
    assert (tmp_path / "mine.txt").read_text() == "my diary"
    assert len(sequences(storage)) == 9


def test_of_two_that_prune_at_once_one_does_and_its_archive_stands(storage: Storage, at: Time, tmp_path: Path) -> None:
    fill(storage, at)
    first, second = pruning.plan(storage, CUT), pruning.plan(storage, CUT)
    assert first
    assert second
    pruning.carry_out(storage, first, tmp_path / "old.jsonl", "ops")
    with pytest.raises(pruning.PruneError):
        pruning.carry_out(storage, second, tmp_path / "old.jsonl", "dev")
    assert storage.verify(archives=[Archive.read(tmp_path / "old.jsonl")]).ok


def test_a_second_prune_to_the_same_archive_waits_and_then_writes_nothing_over(
    storage: Storage, at: Time, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(storage, at)
    storage.append(Kind.OVERRIDE, "x", {"accepted": []})
    earlier, later = pruning.plan(storage, OLD + timedelta(days=3)), pruning.plan(storage, CUT)
    assert earlier
    assert later
    to, prune = tmp_path / "old.jsonl", type(storage).prune

    def interrupted(self: Storage, *given: Any) -> None:
        with pytest.raises(pruning.PruneError) as refusal:
            pruning.carry_out(storage, earlier, to, "dev")
        assert refusal.value.field == "to"
        prune(self, *given)

    monkeypatch.setattr(pruning, "_WAIT", 0)
    with monkeypatch.context() as patch:
        patch.setattr(type(storage), "prune", interrupted)
        pruning.carry_out(storage, later, to, "ops")
    with pytest.raises(pruning.PruneError):
        pruning.carry_out(storage, earlier, to, "dev")
    assert Archive.read(to).ends == later.ends
    assert storage.verify(archives=[Archive.read(to)]).ok


def test_a_broken_chain_is_not_pruned(at: Time, tmp_path: Path) -> None:
    storage = SqliteStorage(tmp_path / "journal.db")
    fill(storage, at)
    with closing(sqlite3.connect(storage.path, isolation_level=None)) as db:
        db.execute("DROP TRIGGER no_update")
        db.execute("UPDATE entries SET body = '{}' WHERE sequence = 2")
    with refused(pruning.PruneError, value=2):
        pruning.plan(storage, CUT)


def staying(storage: Storage, at: Time, tmp_path: Path) -> Archive:
    """Prune a journal of which row 1 stays."""
    storage.append(Kind.OUTCOME, "x", {"holder": "a", "label": "a"})
    fill(storage, at)
    pruned(storage, tmp_path / "old.jsonl")
    assert sequences(storage)[0] == 1
    return Archive.read(tmp_path / "old.jsonl")


def test_what_stays_is_held_against_the_prune_and_against_the_archive(at: Time, tmp_path: Path) -> None:
    storage = SqliteStorage(tmp_path / "journal.db")
    archive = staying(storage, at, tmp_path)
    assert storage.verify(archives=[archive]).ok
    with closing(sqlite3.connect(storage.path, isolation_level=None)) as db:
        db.execute("DROP TRIGGER no_delete")
        for table in ("entries", "newest", "owners"):
            db.execute(f"DELETE FROM {table} WHERE sequence = 1")  # noqa: S608  # our own names
    assert storage.verify().why == "the rows that stayed, of those up to row 7, are not those that the prune left"


def test_an_archive_that_was_changed_does_not_prove(at: Time, tmp_path: Path) -> None:
    storage = SqliteStorage(tmp_path / "journal.db")
    archive = staying(storage, at, tmp_path)
    text = archive.path.read_text()
    archive.path.write_text(text.replace('{\\"n\\":3}', '{\\"n\\":4}'))
    assert storage.verify(archives=[archive]).why == "row 5 was changed after it was written"
    archive.path.write_text("\n".join(text.splitlines()[:-1]) + "\n")
    assert storage.verify(archives=[archive]).why.startswith("row 7 is missing")


def test_a_machine_that_did_not_write_for_long_goes_on_after_a_prune(
    make_database: Callable[[], str], at: Time, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = PostgresStorage(make_database())
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "laptop"))
    storage.append(Kind.PROBE, "laptop", {})
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "ops"))
    fill(storage, at)
    pruned(storage, tmp_path / "old.jsonl")
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "laptop"))
    assert storage.verify().ok
    assert storage.verify(archives=[Archive.read(tmp_path / "old.jsonl")]).ok
    storage.append(Kind.PROBE, "laptop", {})
    assert storage.verify().ok


def test_every_kind_of_row_has_a_say() -> None:
    assert set(SLOTS) == set(Kind)


def killed_at(step: int, act: Callable[[], None]) -> bool:
    """Do something in a process that dies at its n-th statement or replaced file; return whether it died."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    steps = itertools.count()

    def step_on(*_: object) -> None:
        if next(steps) == step:
            os._exit(9)

    connect, replace = sqlite3.connect, os.replace

    def connected(*args: Any, **options: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*args, **options)
        db.set_trace_callback(step_on)
        return db

    def replaced(*names: Any) -> None:
        step_on()
        replace(*names)
        step_on()

    sqlite3.connect, os.replace = connected, replaced  # type: ignore[assignment]  # the process ends with them
    try:
        act()
    finally:
        os._exit(0)


def test_a_prune_killed_at_any_step_is_whole_or_not_at_all(at: Time, tmp_path: Path) -> None:
    ends = set()
    for step in itertools.count():
        folder = tmp_path / str(step)
        storage, to = SqliteStorage(folder / "journal.db"), folder / "old.jsonl"
        at(OLD)
        storage.append(Kind.OUTCOME, "x", {"holder": "a", "label": "a"})
        fill(storage, at, 3, 2)
        planned = pruning.plan(storage, CUT)
        assert planned
        died = killed_at(step, partial(pruning.carry_out, storage, planned, to, "ops"))
        kept = sequences(storage)
        assert kept in ([1, 2, 3, 4, 5, 6], [1, 5, 6, 7])
        assert storage.verify().ok
        if to.exists():
            found = storage.verify(archives=[Archive.read(to)])
            assert found.ok
            assert any(str(to) in remark for remark in found.remarks) == (len(kept) == 6)
        ends.add((len(kept), to.exists()))
        if again := pruning.plan(storage, CUT):
            pruning.carry_out(storage, again, to, "ops")
        assert sequences(storage) == [1, 5, 6, 7]
        assert storage.verify(archives=[Archive.read(to)]).ok
        storage.append(Kind.PROBE, "later", {})
        if not died:
            break
    assert ends == {(6, False), (6, True), (4, True)}


def owner(draw: random.Random) -> Owner:
    name = draw.choice(NAMES)
    created = tuple(draw.sample(SUBJECTS, draw.randint(0, 2)))
    return Owner(draw.choice(RUNS), f"{name}.example", f"holder {name}", "acme/prod", name, created=created)


def any_row(draw: random.Random, time: datetime) -> tuple[str, Row]:
    place, label, fingerprint = draw.choice(PLACES), draw.choice(NAMES), draw.choice(IDS)
    ttls = {subject: draw.choice((60, 86_400)) for subject in draw.sample(SUBJECTS, draw.choice((0, 0, 1)))}
    intent = ZoneIntent(owner(draw), "b", "d", {}, ttls, removed=draw.random() < 0.2)
    run = draw.choice(RUNS)
    until = draw.choice((None, time + timedelta(days=draw.choice((7, 90)))))
    made: list[tuple[str, Row]] = [
        (place, intent),
        (place, ZoneOutcome(intent, 1, draw.choice(("", "w1", None)))),
        (place, OverrideRow("ops", "b", (), place)),
        (label, CertificateIntent(1, "b", run)),
        (label, CertificateOutcome(1, "AB", "2027-01-01", run)),
        (f"guard acme/{label}", Stop(draw.choice((5, None)), "urn")),
        (fingerprint, Approval("b", (EDIT.digest,), until, "ops")),
        (f"edit {label}", EditWord(until is None, "ops")),
        (fingerprint, Advice(fingerprint, draw.choice(("rules", "model")), Verdict.APPROVE, "", (), (EDIT,))),
        (fingerprint, Request("zone", "shop.example", {"base": "b"})),
        (f"{place} all run {run}", PlanRow(run, place, "d", "b", (), {"label": label})),
        (f"probe {run}", ProbeRow({"t": ""})),
        (place, ZoneMove(run, draw.choice(PLACES))),
    ]
    return draw.choice(made)


BYS: tuple[Literal["holder", "label", "location"], ...] = ("holder", "label", "location")


def answers(journal: Journal) -> dict[str, object]:
    """What the program asks of what is not over, and what it is told."""
    me = Owner("now", "a.example", "holder a", "acme/prod", "a")
    advice = Advice("", "model", Verdict.APPROVE, "", (), (EDIT,))
    lasting: list[tuple[type[Row], tuple[str, ...]]] = [
        (ZoneIntent, PLACES),
        (ZoneOutcome, PLACES),
        (OverrideRow, PLACES),
        (EditWord, tuple(f"edit {name}" for name in NAMES)),
        (ZoneMove, PLACES),
        (CertificateIntent, NAMES),
        (CertificateOutcome, NAMES),
        (Stop, tuple(f"guard acme/{name}" for name in NAMES)),
    ]
    values = [*PLACES, *NAMES, *(f"holder {name}" for name in NAMES)]
    return {
        **{f"last {of} {key}": journal.last(of, key) for of, keys in lasting for key in keys},
        **{f"owners {by} {value}": journal.owners(ZoneOutcome, by, value) for by in BYS for value in values},
        **{f"created {place}": journal.created(place, SUBJECTS) for place in PLACES},
        **{f"unfinished {key}": journal.is_unfinished(key) for key in (*PLACES, *NAMES)},
        **{f"cached {place}": cached(journal, place) for place in PLACES},
        **{f"writing {place}": known_writing(journal, place, me) for place in PLACES},
        **{
            f"written {place}": next((row for row in journal.back(ZoneOutcome, place) if row.row.written), None)
            for place in PLACES
        },
        **{f"approved {key}": approved(journal, Advice(**{**vars_of(advice), "id": key}), "b").ours for key in IDS},
    }


def vars_of(advice: Advice) -> dict[str, Any]:
    return {name: getattr(advice, name) for name in ("id", "advisor", "verdict", "summary", "findings", "edits")}


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(n, marks=pytest.mark.soak) for n in range(3, 200))])
def test_every_question_is_answered_as_before(seed: int, at: Time, tmp_path: Path) -> None:
    draw = random.Random(seed)  # noqa: S311  # the same rows each time
    storage = SqliteStorage(tmp_path / "journal.db")
    journal = Journal(storage)
    times = sorted(OLD + timedelta(days=draw.uniform(0, 399)) for _ in range(120))
    archives: list[Archive] = []
    for part, before in enumerate((NOW - timedelta(days=200), NOW - timedelta(days=draw.uniform(31, 150)))):
        for time in times[part * 60 : part * 60 + 60]:
            at(time)
            journal.write(*any_row(draw, time))
        at(NOW)
        asked = answers(journal)
        if found := pruning.plan(storage, before):
            pruning.carry_out(storage, found, tmp_path / f"{part}.jsonl", "ops")
            archives.append(Archive.read(tmp_path / f"{part}.jsonl"))
        assert answers(journal) == asked
        assert storage.verify().why == ""
        assert storage.verify(archives=archives).why == ""
    assert archives

"""Staged switches through the provider: each run checks and applies as the engine would, and some are cut off."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.advice.chain import Entry, Kind
from sophia_infra.advice.journal import Journal
from sophia_infra.changes import fingerprint
from sophia_infra.dns.apply import last_written
from sophia_infra.dns.backends import Live
from sophia_infra.dns.provider import ZoneRecordsProvider

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ZONE = "@ 3600 NS ns1.dns.example.\n@ 3600 NS ns2.dns.example.\nwww {ttl} A {address}\n"
OLD, NEW = "192.0.2.1", "192.0.2.2"


class Killed(Exception):  # noqa: N818  # what a power cut would be
    """Stands for the end of the process."""


class Stack:
    """One stack with one zone file: its state, its clock, and runs of the engine on it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.file = folder / "db.shop.example"
        self.state: dict[str, Any] = {}
        self.provider = ZoneRecordsProvider()
        self._patch = monkeypatch
        self._runs = 0
        monkeypatch.setenv("SOPHIA_HOME", str(folder / "journal"))
        self.at()
        self.begin()

    def at(self, **later: float) -> None:
        self._patch.setenv("SOPHIA_NOW", (START + timedelta(**later)).isoformat())

    def begin(self) -> None:
        """Begin another run of the engine: what follows is one `pulumi up`."""
        self._runs += 1
        process = [str(self._runs)] * 20  # the fields of /proc/<pid>/stat that tell one engine from another
        self._patch.setattr("sophia_infra.engine_run._stat", lambda _: process)

    def check(self, address: str, ttl: int = 86_400, staged: tuple[str, ...] = ("www A",)) -> dict[str, Any]:
        news = {
            "domain": "shop.example",
            "text": ZONE.format(ttl=ttl, address=address),
            "late": {},
            "late_secret": [],
            "backend": {"path": str(self.file)},
            "staged": list(staged),
        }
        checked = self.provider.check(self.state, news)
        assert checked.failures == []
        inputs: dict[str, Any] = checked.inputs
        return inputs

    def up(self, address: str, **options: Any) -> bool:
        """Check and apply; whether there was anything to do."""
        self.begin()
        inputs = self.check(address, **options)
        changed = bool(self.provider.diff("", self.state, inputs).changes)
        if not self.state:
            self.provider.create(inputs)
        elif changed:
            self.provider.update("", self.state, inputs)
        self.state = inputs
        return changed

    def cut_off(self, address: str, *, written: bool) -> None:
        """A run that dies before the engine has stored its state, right before or right after the zone is written."""
        state, append, last = self.state, Journal.append, "outcome" if written else "apply-intent"

        def dying(journal: Journal, kind: Kind, key: str, body: Mapping[str, Any]) -> Entry:
            if kind == last:
                raise Killed
            return append(journal, kind, key, body)

        with self._patch.context() as patch:
            patch.setattr(Journal, "append", dying)
            with pytest.raises(Killed):
                self.up(address)
        self.state = state

    @property
    def served(self) -> str:
        return next(line for line in self.file.read_text().splitlines() if line.startswith("www "))


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    stack = Stack(tmp_path, monkeypatch)
    stack.up(OLD)
    return stack


def test_a_switch_goes_through_its_steps_and_is_quiet_between_them(stack: Stack) -> None:
    assert stack.up(NEW)
    stack.at(hours=23)
    assert not stack.up(NEW)
    assert stack.served == f"www 300 A {OLD}"
    stack.at(hours=24, minutes=1)
    assert stack.up(NEW)
    assert stack.served == f"www 300 A {NEW}"
    assert not stack.up(NEW)
    stack.at(hours=25, minutes=2)
    assert stack.up(NEW)
    assert stack.served == f"www 86400 A {NEW}"
    assert not stack.up(NEW)


def test_nothing_falls_due_between_the_preview_and_the_apply_of_one_run(stack: Stack) -> None:
    stack.up(NEW)
    stack.at(hours=23, minutes=59)
    stack.begin()
    previewed = stack.check(NEW)
    stack.at(hours=25)
    assert stack.check(NEW) == previewed
    stack.begin()
    assert stack.check(NEW) != previewed


@pytest.mark.parametrize("written", [False, True])
def test_a_run_that_dies_while_it_lowers_the_ttl_never_shortens_the_wait(stack: Stack, written: bool) -> None:
    stack.at(hours=1)
    stack.cut_off(NEW, written=written)
    assert stack.served == (f"www 300 A {OLD}" if written else f"www 86400 A {OLD}")
    stack.at(hours=2)
    stack.up(NEW)
    stack.at(hours=25, minutes=30)
    stack.up(NEW)
    assert stack.served == f"www 300 A {OLD}", "the wait began no earlier than the run that found the low TTL"
    stack.at(hours=26, minutes=1)
    stack.up(NEW)
    assert stack.served == f"www 300 A {NEW}"


@pytest.mark.parametrize("written", [False, True])
def test_a_run_that_dies_while_it_switches_is_finished_and_held_by_the_next(stack: Stack, written: bool) -> None:
    stack.up(NEW)
    stack.at(hours=25)
    stack.cut_off(NEW, written=written)
    assert stack.served == f"www 300 A {NEW if written else OLD}"
    stack.up(NEW)
    assert stack.served == f"www 300 A {NEW}"
    stack.at(hours=26, minutes=1)
    stack.up(NEW)
    assert stack.served == f"www 86400 A {NEW}"


@pytest.mark.parametrize("written", [False, True])
def test_a_run_that_dies_while_it_restores_ends_right(stack: Stack, written: bool) -> None:
    stack.up(NEW)
    stack.at(hours=25)
    stack.up(NEW)
    stack.at(hours=27)
    stack.cut_off(NEW, written=written)
    stack.up(NEW)
    assert stack.served == f"www 86400 A {NEW}"
    assert not stack.up(NEW)


def test_another_machine_without_the_journal_waits_from_when_it_looks(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.up(NEW)
    stack.at(hours=10)
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "elsewhere"))
    stack.up(NEW)
    assert stack.state["stages"]["www A"]["until"].startswith("2026-11-24T22:00")


def test_a_journal_that_knows_an_older_write_does_not_shorten_the_wait(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.at(hours=10)
    home = str(tmp_path / "journal")
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "elsewhere"))
    stack.up(NEW)
    stack.at(hours=11)
    monkeypatch.setenv("SOPHIA_HOME", home)
    stack.up(NEW)
    assert stack.state["stages"]["www A"]["until"].startswith("2026-11-24T23:00")


def test_a_set_that_is_no_longer_staged_becomes_what_is_asked_for_at_once(stack: Stack) -> None:
    stack.up(NEW)
    stack.up(NEW, staged=())
    assert stack.served == f"www 86400 A {NEW}"
    assert "stages" not in stack.state


def test_a_write_that_was_cut_off_has_no_known_time(tmp_path: Path) -> None:
    journal, text = Journal(tmp_path / "journal.db"), ZONE.format(ttl=300, address=OLD)
    wrote = journal.append(Kind.OUTCOME, "place", {"serial": None, "desired": fingerprint(text)})
    assert last_written({"text": text}, Live(text), journal, "place") == datetime.fromisoformat(wrote.time)
    journal.append(Kind.INTENT, "place", {})
    assert last_written({"text": text}, Live(text), journal, "place") is None


def test_while_the_text_is_not_known_a_switch_stays_where_it_is(stack: Stack) -> None:
    stack.up(NEW)
    stack.begin()
    news = {**stack.check(NEW), "text": None}
    assert stack.provider.check(stack.state, news).inputs["stages"] == stack.state["stages"]

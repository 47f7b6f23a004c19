"""Staged switches through the provider: each run checks and applies as the engine would, and some are cut off."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from sophia_infra.changes import fingerprint
from sophia_infra.dns.backends import Live
from sophia_infra.dns.lifecycle.world import last_written
from sophia_infra.dns.state import ZoneState
from sophia_infra.journal import Journal, Kind
from tests.dns.stack import FRAME, ZoneStack

OLD, NEW = "192.0.2.1", "192.0.2.2"


class Stack(ZoneStack):
    """One stack with one zone that has `www` beside its frame."""

    def check(self, address: str = "", **options: Any) -> dict[str, Any]:
        return self.plan(asked(address, **options))

    def up(self, address: str = "", **options: Any) -> bool:
        return self.run(asked(address, **options))

    def cut_off(self, address: str = "", *, written: bool, **options: Any) -> None:
        self.die(asked(address, **options), written=written)

    @property
    def served(self) -> str:
        return self.zone.splitlines()[0]


def asked(
    address: str,
    *,
    ttl: int = 86_400,
    staged: tuple[str, ...] = ("www A",),
    www: str = "www {ttl} A {address}\n",
    **arguments: Any,
) -> dict[str, Any]:
    """What a program asks for; `www` are the lines beside the frame."""
    return {"text": FRAME + www.format(ttl=ttl, address=address), "staged": list(staged), **arguments}


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
    journal, text = Journal.open(tmp_path / "journal.db"), f"{FRAME}www 300 A {OLD}\n"
    wrote = journal.storage.append(Kind.OUTCOME, "place", {"serial": None, "desired": fingerprint(text)})
    assert last_written(ZoneState(text=text), Live(text), journal, "place") == datetime.fromisoformat(wrote.time)
    journal.storage.append(Kind.INTENT, "place", {})
    assert last_written(ZoneState(text=text), Live(text), journal, "place") is None


def test_while_the_text_is_not_known_a_switch_stays_where_it_is(stack: Stack) -> None:
    stack.up(NEW)
    stack.begin()
    news = {**stack.check(NEW), "text": None}
    assert stack.provider.check(stack.state, news).inputs["stages"] == stack.state["stages"]


ADDRESSES = f"www 86400 A {OLD}\nwww 3600 AAAA 2001:db8::1\n"
ALIAS = "www 86400 CNAME shop.cdn.example.\n"
TYPES = [(ADDRESSES, ALIAS), (ALIAS, ADDRESSES)]


@pytest.mark.parametrize(("before", "after"), TYPES, ids=["to an alias", "to addresses"])
def test_a_change_of_type_is_one_switch(stack: Stack, before: str, after: str) -> None:
    def low(lines: str) -> str:
        return lines.replace(" 86400 ", " 300 ").replace(" 3600 ", " 300 ")

    stack.up(www=before, staged=())
    assert stack.up(www=after, staged=("www",))
    assert stack.zone == low(before)
    stack.at(hours=23)
    assert not stack.up(www=after, staged=("www",))
    stack.at(hours=24, minutes=1)
    assert stack.up(www=after, staged=("www",))
    assert stack.zone == low(after)
    assert not stack.up(www=after, staged=("www",))
    stack.at(hours=25, minutes=2)
    assert stack.up(www=after, staged=("www",))
    assert stack.zone == after
    assert not stack.up(www=after, staged=("www",))
    assert all(stage["step"] == "settled" for stage in stack.state["stages"].values())


def test_a_change_of_type_is_withdrawn_or_undone_at_once(stack: Stack) -> None:
    stack.up(www=ADDRESSES, staged=())
    stack.up(www=ALIAS, staged=("www",))
    stack.up(www=ADDRESSES, staged=("www",))
    assert stack.zone == ADDRESSES
    stack.up(www=ALIAS, staged=("www",))
    stack.at(hours=25)
    stack.up(www=ALIAS, staged=("www",))
    assert stack.zone == ALIAS.replace("86400", "300")
    stack.up(www=ADDRESSES, staged=("www",))
    assert stack.zone == ADDRESSES
    assert not stack.up(www=ADDRESSES, staged=("www",))


@pytest.mark.parametrize("written", [False, True])
def test_a_change_of_type_survives_a_kill_at_each_step(stack: Stack, written: bool) -> None:
    stack.up(www=ADDRESSES, staged=("www",))
    for hours in (1, 26, 28):
        stack.at(hours=hours)
        stack.cut_off(www=ALIAS, staged=("www",), written=written)
        stack.up(www=ALIAS, staged=("www",))
    assert stack.zone == ALIAS
    assert not stack.up(www=ALIAS, staged=("www",))


def test_a_change_of_type_takes_a_switch_on_that_is_under_way(stack: Stack) -> None:
    stack.up(www=ADDRESSES, staged=("www",))
    stack.up(www=ADDRESSES.replace(OLD, NEW), staged=("www",))
    stack.at(hours=12)
    stack.up(www=ALIAS, staged=("www",))
    assert stack.zone == ADDRESSES.replace("86400", "300").replace("3600", "300")
    stack.at(hours=24, minutes=1)
    stack.up(www=ALIAS, staged=("www",))
    assert "CNAME" not in stack.zone, "AAAA was lowered twelve hours later, and the longest TTL counts"
    stack.at(hours=37)
    stack.up(www=ALIAS, staged=("www",))
    assert stack.zone == ALIAS.replace("86400", "300")


def test_a_zone_that_could_not_be_loaded_after_a_switch_is_refused_before_it(stack: Stack) -> None:
    stack.begin()
    assert "www" in stack.refused(asked("", www=ALIAS + 'www 60 TXT "beside"\n', staged=("www",)))


LATE = {"www A 86400": [NEW]}


def test_a_late_value_is_switched_in_steps_and_lowers_the_ttl_before_it_is_known(stack: Stack) -> None:
    late: dict[str, Any] = {"www": "", "late": LATE}
    unknown: dict[str, Any] = {"www": "", "late": {"www A 86400": UNKNOWN}}
    stack.up(www="", late={"www A 86400": [OLD]})
    assert not stack.up(www="", late={"www A 86400": [OLD]})
    stack.begin()
    previewed = stack.check(**unknown)
    assert previewed["changes"]["pending"] == []
    assert stack.up(**late)
    assert stack.zone == f"www 300 A {OLD}\n"
    assert {name: stack.state.get(name) for name in ("text", "late", "stages")} == {
        name: previewed.get(name) for name in ("text", "late", "stages")
    }
    stack.at(hours=2)
    assert not stack.up(**late)
    stack.at(hours=25)
    stack.begin()
    assert stack.check(**unknown)["changes"]["pending"] == ["www A"]
    assert stack.up(**late)
    assert stack.zone == f"www 300 A {NEW}\n"
    assert not stack.up(**late)
    stack.at(hours=27)
    assert stack.up(**late)
    assert stack.zone == f"www 86400 A {NEW}\n"
    assert stack.state["late"] == LATE
    assert not stack.up(**late)


def test_a_late_value_that_stays_as_it_is_changes_nothing(stack: Stack) -> None:
    late: dict[str, Any] = {"www": "", "late": {"www A 86400": [OLD]}}
    stack.up(**late)
    stack.begin()
    stack.check(www="", late={"www A 86400": UNKNOWN})
    assert not stack.up(**late)
    assert stack.zone == f"www 86400 A {OLD}\n"


def test_a_change_of_type_to_a_value_that_comes_late_is_one_switch(stack: Stack) -> None:
    late: dict[str, Any] = {"www": "", "late": LATE, "staged": ("www",)}
    stack.up(www=ALIAS, staged=())
    stack.begin()
    previewed = stack.check(www="", late={"www A 86400": UNKNOWN}, staged=("www",))
    assert "www 300 CNAME" in previewed["text"]
    assert stack.up(**late)
    assert stack.zone == ALIAS.replace("86400", "300")
    stack.at(hours=25)
    assert stack.up(**late)
    assert stack.zone == f"www 300 A {NEW}\n"
    stack.at(hours=27)
    assert stack.up(**late)
    assert stack.zone == f"www 86400 A {NEW}\n"


def test_nothing_of_a_secret_value_is_remembered(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    late: dict[str, Any] = {
        "address": OLD,
        "late": {"t TXT 86400": ["s3cret"]},
        "late_secret": ["t TXT"],
        "staged": ("t",),
    }
    stack.up(**late)
    stack.up(**{**late, "late": {"t TXT 86400": ["s4cret"]}})
    assert 't 86400 TXT "s4cret"' in stack.file.read_text()
    assert "stages" not in stack.state
    assert "cret" not in stack.state["text"]
    assert "staged names 't', whose value is secret" in capsys.readouterr().err


def killed_twice(stack: Stack) -> None:
    """A set was published for a day by a run of which no state knows, and at 60 s by another one."""
    for hours in (0, 25):
        stack.at(hours=hours)
        stack.up(NEW)
    stack.at(hours=27)
    stack.cut_off(NEW, written=True)
    assert stack.zone == f"www 86400 A {NEW}\n"
    stack.cut_off(NEW, ttl=60, written=True)
    assert stack.zone == f"www 60 A {NEW}\n"


def test_what_runs_published_that_were_killed_in_a_row_is_waited_for_by_the_journal(stack: Stack) -> None:
    killed_twice(stack)
    for hours in (28, 50):
        stack.at(hours=hours)
        stack.up("192.0.2.3", ttl=60)
        assert stack.zone == f"www 60 A {NEW}\n"
    stack.at(hours=53)
    stack.up("192.0.2.3", ttl=60)
    assert stack.zone == "www 60 A 192.0.2.3\n"
    assert not stack.up("192.0.2.3", ttl=60)


def test_what_others_leave_to_nobody_is_refused_before_the_first_step(stack: Stack) -> None:
    stack.begin()
    assert "`ignore` leaves it to others" in stack.refused({**asked(NEW), "ignore": ["www A 192.0.2.2"]})

"""From answers to records, standings and lines; and the same answers for every phase of one run."""

from pathlib import Path
from typing import Any

import pytest

from sophia_infra.dns.pools.pool import Pool, read_pools
from sophia_infra.dns.pools.publish import Published, answers_of, publish, published
from sophia_infra.dns.rr.record import to_text
from sophia_infra.journal import Journal, JournalError
from sophia_infra.probes.round import Probe

ONE, TWO, SPARE = "192.0.2.1", "192.0.2.2", "192.0.2.9"


def pools(*groups: list[str], **fields: Any) -> list[Pool]:
    check = {"kind": "tcp", "port": 1}
    given = {"name": "app", "targets": list(groups or ([ONE, TWO], [SPARE])), "check": check, **fields}
    return read_pools([given], "shop.example")


def answers(**wrong: str) -> dict[str, str]:
    names = {"one": ONE, "two": TWO, "spare": SPARE}
    return {f"app {target}": wrong.get(name, "") for name, target in names.items()}


def rounds(*found: dict[str, str], start: str = "", **fields: Any) -> Published:
    """Run after run, each on what the one before it published."""
    live, result = start, Published([], {}, [])
    for one in found:
        result = publish(pools(**fields), result.health, live, one)
        live = to_text(result.records)
    return result


def shown(result: Published) -> list[str]:
    return [record.rdata for record in result.records]


def test_a_first_run_publishes_what_is_healthy_at_the_pools_ttl() -> None:
    found = rounds(answers(two="Connection refused"), ttl=30)
    assert to_text(found.records) == f"app 30 A {ONE}\n"
    assert found.lines == [f"pool app A: {TWO} is left out: Connection refused"]


def test_nothing_is_said_where_all_is_well() -> None:
    assert rounds(answers()).lines == []


@pytest.mark.parametrize(("lost", "left"), [(1, [ONE, TWO]), (2, [ONE]), (3, [ONE])])
def test_one_lost_probe_moves_nothing_and_two_do(lost: int, left: list[str]) -> None:
    found = rounds(answers(), *[answers(two="no answer within 2 s")] * lost)
    assert shown(found) == left
    way = "failed 1 of 2 probes" if lost == 1 else "is left out"
    assert found.lines == [f"pool app A: {TWO} {way}: no answer within 2 s"]


def test_the_next_group_takes_over_and_hands_back() -> None:
    down = answers(one="HTTP status 503", two="HTTP status 503")
    taken = rounds(answers(), down, down)
    assert shown(taken) == [SPARE]
    assert "pool app A: group 2 of 2 is published: no better one is healthy" in taken.lines
    assert shown(rounds(answers(), down, down, answers())) == [SPARE]
    assert shown(rounds(answers(), down, down, answers(), answers())) == [ONE, TWO]


def test_where_all_are_down_nothing_changes_and_the_preview_says_so() -> None:
    down = answers(one="x", two="x", spare="x")
    found = rounds(answers(), down, down)
    assert shown(found) == [ONE, TWO]
    assert f"pool app A: no target is healthy, so nothing changes: {ONE}, {TWO}" in found.lines
    assert f"pool app A: {ONE} is down: x" in found.lines


def test_the_floor_keeps_what_was_live_and_says_so() -> None:
    down = answers(two="x")
    found = rounds(answers(), down, down, floor=1)
    assert shown(found) == [ONE, TWO]
    assert f"pool app A: the floor of 1 keeps {TWO} published" in found.lines


def test_what_was_not_probed_in_time_counts_as_before() -> None:
    found = rounds(answers(), answers(two="x"), {})
    assert shown(found) == [ONE, TWO]
    assert f"pool app A: {ONE}, {TWO}, {SPARE} could not be probed in time and count as before" in found.lines
    assert shown(rounds(answers(), answers(two="x"), {}, answers(two="x"))) == [ONE]


def test_a_target_that_leaves_the_program_leaves_the_state() -> None:
    kept = publish(pools([ONE]), rounds(answers()).health, "", {})
    assert kept.health == {"app A": {ONE: {"healthy": True, "against": 0}}}


@pytest.fixture
def rounds_made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    made: list[int] = []

    def probed(probes: list[Probe]) -> dict[str, str]:
        made.append(len(probes))
        return {one.key: f"round {len(made)}" for one in probes}

    monkeypatch.setattr("sophia_infra.dns.pools.publish.probe_all", probed)
    return made


def test_one_run_probes_once_and_every_phase_and_home_gets_the_same_answers(
    tmp_path: Path, rounds_made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.open(tmp_path / "journal.db")
    first = answers_of(pools(), "shop.example", journal)
    assert answers_of(pools(), "shop.example", journal) == first
    assert rounds_made == [3]
    assert answers_of(pools([ONE]), "shop.example", journal) != first, "another pool is probed by itself"
    monkeypatch.setenv("SOPHIA_RUN", "another run")
    assert answers_of(pools(), "shop.example", journal)[f"app {ONE}"] == "round 3"
    assert journal.verify().ok


def test_a_journal_that_can_not_be_used_costs_the_replay_and_is_told(
    tmp_path: Path, rounds_made: list[int], capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "journal.db").write_text("no journal")
    assert answers_of(pools(), "shop.example", Journal.open(tmp_path / "journal.db"))
    assert rounds_made == [3]
    assert "what the probes found is not journaled" in capfd.readouterr().err
    with pytest.raises(JournalError):
        Journal.open(tmp_path / "journal.db").verify()


def test_with_probing_off_nothing_is_probed_and_nothing_changes(tmp_path: Path, rounds_made: list[int]) -> None:
    down = answers(two="x")
    before = rounds(answers(), down, down)
    live, journal = to_text(before.records), Journal.open(tmp_path / "journal.db")
    found = published(pools(), "shop.example", before.health, live, journal, probe=False)
    assert (found.records, found.health) == (before.records, before.health)
    assert found.lines == ["sophia:probe is off: the targets of pools are not probed, and stay as they are"]
    assert rounds_made == []


def test_a_pool_whose_targets_are_not_all_known_stays_as_it_is_live() -> None:
    before = rounds(answers(), answers(two="x"))
    waiting = read_pools(
        [{"name": "app", "targets": [[ONE, None], [SPARE]], "check": {"kind": "tcp", "port": 1}}], "shop.example"
    )
    found = publish(waiting, before.health, to_text(before.records), answers(one="x", two="x"))
    assert (found.records, found.health, found.lines) == (before.records, before.health, [])
    assert found.pending == ["app A"]
    assert publish(waiting, {}, "", {}) == Published([], {}, [], ["app A"])

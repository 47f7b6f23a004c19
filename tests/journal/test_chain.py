from collections.abc import Callable
from dataclasses import replace

import pytest

from sophia_infra.journal.chain import EMPTY, Entry, Head, Kind, follow, walk

Damage = Callable[[list[Entry]], list[Entry]]


def chain(length: int) -> list[Entry]:
    rows: list[Entry] = []
    head = EMPTY
    for number in range(length):
        rows.append(follow(head, f"2026-11-23T12:00:0{number}+00:00", Kind.OUTCOME, "zone", {"n": number}))
        head = Head(rows[-1].sequence, rows[-1].hash)
    return rows


def swap(rows: list[Entry]) -> list[Entry]:
    one, two = rows[1], rows[2]
    return [rows[0], replace(two, sequence=2), replace(one, sequence=3), *rows[3:]]


def put_in(rows: list[Entry]) -> list[Entry]:
    forged = follow(Head(2, rows[1].hash), "2026-11-23T12:00:09+00:00", Kind.APPROVAL, "zone", {})
    return [*rows[:2], forged, *(replace(row, sequence=row.sequence + 1) for row in rows[2:])]


def test_an_untouched_chain_verifies_and_names_its_head() -> None:
    rows = chain(4)
    found = walk(rows, [Head(4, rows[3].hash), Head(2, rows[1].hash)])
    assert (found.ok, found.rows, found.first_bad, found.why) == (True, 4, None, "")
    assert found.head == Head(4, rows[3].hash)


def test_an_empty_chain_verifies() -> None:
    assert walk([], [EMPTY]).ok


@pytest.mark.parametrize(
    ("damage", "first_bad", "why"),
    [
        (lambda rows: [rows[0], replace(rows[1], body='{"n":7}'), *rows[2:]], 2, "was changed"),
        (lambda rows: [rows[0], replace(rows[1], time="2020-01-01"), *rows[2:]], 2, "was changed"),
        (lambda rows: [rows[0], replace(rows[1], kind="approval"), *rows[2:]], 2, "was changed"),
        (lambda rows: [rows[0], replace(rows[1], key="other"), *rows[2:]], 2, "was changed"),
        (lambda rows: [rows[0], replace(rows[1], body=b"\xff"), *rows[2:]], 2, "was changed"),
        (lambda rows: [rows[0], *rows[2:]], 2, "row 2 is missing"),
        (lambda rows: rows[1:], 1, "row 1 is missing"),
        (swap, 2, "was changed"),
        (put_in, 4, "was changed"),
    ],
    ids=["body", "time", "kind", "key", "bytes", "removed", "first-removed", "reordered", "inserted"],
)
def test_a_damaged_chain_names_its_first_bad_row(damage: Damage, first_bad: int, why: str) -> None:
    found = walk(damage(chain(4)))
    assert not found.ok
    assert found.first_bad == first_bad
    assert why in found.why
    assert found.rows == first_bad - 1


def test_a_row_replaced_by_a_well_formed_one_breaks_the_row_after_it() -> None:
    rows = chain(3)
    rows[1] = follow(Head(1, rows[0].hash), rows[1].time, Kind.OUTCOME, "zone", {"n": "forged"})
    found = walk(rows)
    assert found.first_bad == 3
    assert "does not follow" in found.why


def test_a_tail_cut_off_shows_against_the_pin() -> None:
    rows = chain(4)
    found = walk(rows[:2], [Head(4, rows[3].hash)])
    assert (found.ok, found.rows) == (False, 2)
    assert "ends at row 2, but row 4 was written" in found.why


def test_a_chain_written_anew_shows_against_a_head_noted_elsewhere() -> None:
    noted = Head(2, chain(4)[1].hash)
    anew = [follow(EMPTY, "2026-11-24", Kind.OUTCOME, "zone", {})]
    anew.append(follow(Head(1, anew[0].hash), "2026-11-24", Kind.OUTCOME, "zone", {}))
    found = walk(anew, [Head(2, anew[1].hash), noted])
    assert (found.ok, found.first_bad) == (False, 2)
    assert "written anew" in found.why


@pytest.mark.parametrize("text", ["", "4", "4:abc", "x:" + "0" * 64, "-1:" + "0" * 64])
def test_a_head_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a journal head"):
        Head.parse(text)


def test_a_head_reads_back() -> None:
    head = Head(42, "a" * 64)
    assert Head.parse(f"{head}\n") == head


def test_a_body_that_json_has_no_word_for_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        follow(EMPTY, "2026-11-24", Kind.PLAN, "zone", {"n": float("nan")})

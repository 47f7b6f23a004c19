"""What the journal tells of what resolvers may still hold."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sophia_infra.dns.staging.caches import Cached, cached, longest, ttls_of
from sophia_infra.dns.staging.steps import SWITCHED, Stage, Values
from sophia_infra.journal import Journal, Kind
from tests.support import history

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = 86_400
HOUR = timedelta(hours=1)


def journal(folder: Path, patch: pytest.MonkeyPatch, *rows: tuple[Kind, int]) -> Journal:
    """A journal with a row each hour that tells the TTL of `www A`."""
    made = Journal.open(folder / "journal.db")
    for hours, (kind, ttl) in enumerate(rows):
        patch.setenv("SOPHIA_NOW", (START + hours * HOUR).isoformat())
        made.storage.append(kind, "place", {"ttls": {"www A": ttl}})
        made.storage.append(kind, "elsewhere", {"ttls": {"www A": 2 * DAY}})
        made.storage.append(kind, "place", {"of": "a run that stages nothing"})
    return made


@pytest.mark.parametrize(
    ("rows", "hours"),
    [
        ([(Kind.INTENT, DAY), (Kind.OUTCOME, DAY)], None),
        ([(Kind.INTENT, DAY)], None),
        ([(Kind.INTENT, DAY), (Kind.OUTCOME, DAY), (Kind.INTENT, 60), (Kind.OUTCOME, 60)], 3 + 24),
        ([(Kind.INTENT, DAY), (Kind.INTENT, 60)], 1 + 1 + 24),
        ([(Kind.INTENT, DAY), (Kind.INTENT, 60), (Kind.INTENT, 60), (Kind.OUTCOME, 60)], 3 + 24),
    ],
    ids=["what is live", "what was cut off is live, or never was", "replaced", "cut off twice", "cut off, then done"],
)
def test_what_was_published_is_cached_from_when_it_was_replaced_at_the_latest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[tuple[Kind, int]], hours: int | None
) -> None:
    expected = {"www A": Cached(DAY, START + hours * HOUR)} if hours else {}
    assert cached(journal(tmp_path, monkeypatch, *rows), "place") == expected


def test_a_wait_is_known_however_much_other_zones_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replaced = [(Kind.INTENT, DAY), (Kind.OUTCOME, DAY), (Kind.INTENT, 60), (Kind.OUTCOME, 60)]
    made = journal(tmp_path, monkeypatch, *replaced)
    kinds = (Kind.INTENT, Kind.OUTCOME) * 1_001
    history.write(made, [history.Past(kind, "elsewhere", {"ttls": {"www A": 60}}) for kind in kinds])
    assert cached(made, "place") == {"www A": Cached(DAY, START + 3 * HOUR + timedelta(seconds=DAY))}


def test_a_journal_that_can_not_be_read_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_text("no journal")
    assert cached(Journal.open(tmp_path / "journal.db"), "place") == {}


def test_of_some_sets_what_lasts_longest_counts_and_nothing_that_is_over() -> None:
    known = {"www A": Cached(DAY, START), "www AAAA": Cached(60, START + HOUR), "x A": Cached(DAY, START + 2 * HOUR)}
    assert longest(known, ["www A", "www AAAA", "www TXT"], START) == known["www AAAA"]
    assert longest(known, ["www A"], START) is None


def test_a_hold_is_made_no_longer_by_what_is_cached() -> None:
    held = Stage(SWITCHED, frozenset(["A 192.0.2.2"]), 300, START)
    live = Values(held.values, 300)
    assert Cached(DAY, START + HOUR).remembered(live, held) == Stage(SWITCHED, held.values, DAY, START)


def test_the_ttls_of_a_row_are_those_of_the_names_that_are_staged() -> None:
    zone = 'www 300 A 192.0.2.1\nwww 60 TXT "t"\nx 60 A 192.0.2.1\n'
    assert ttls_of(zone, ["www"]) == {"www A": 300, "www TXT": 60}
    assert ttls_of(zone, []) == {}

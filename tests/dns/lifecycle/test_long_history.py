"""What a zone asks a journal that many other zones and runs have written to."""

from pathlib import Path

import pytest

from sophia_infra.advised import PlanRow
from sophia_infra.dns.lifecycle import owners, world
from sophia_infra.dns.lifecycle.owners import ClaimError, refuse_second
from sophia_infra.dns.rows import Owner, ZoneIntent
from sophia_infra.journal import Entry, Journal, Kind, schema
from tests.support import history
from tests.support.history import Past

LOCATION, RUN = "bind:shop.example", "7@70@boot"
ME = Owner(run=RUN, domain="shop.example", holder="h1", stack="shop/live", label="shop")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path)


def plan(run: str, owner: Owner, location: str = LOCATION) -> Past:
    row = PlanRow(run, location, "desired", "base", (), owner.to_body())
    return Past(Kind.PLAN, f"{location} all run {run} of {owner.label}", row.to_body())


def other_plans(rows: int) -> list[Past]:
    """Plans of as many other runs for the same zone, half of them by another resource."""
    return [
        plan(f"{number}@other", Owner(str(number), ME.domain, "h", label="shp"[number % 2 :])) for number in range(rows)
    ]


def test_what_was_begun_is_known_however_much_other_zones_write(journal: Journal) -> None:
    mine = Owner(RUN, ME.domain, "h1", label="shop", manage=("created",), created=("www A",))
    journal.write(LOCATION, ZoneIntent(mine))
    theirs = ZoneIntent(Owner(RUN, "other.example", "h2", label="other", created=("api A",))).to_body()
    history.write(journal, [Past(Kind.INTENT, f"bind:{number}.example", theirs) for number in range(1_001)])
    assert world._begun(journal, LOCATION, ["www A", "api A"]) == {"www A"}


def test_of_10000_plans_of_other_runs_none_is_read(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Entry] = []
    sound = schema.sound

    def counted(row: tuple[object, ...]) -> Entry:
        read.append(sound(row))
        return read[-1]

    monkeypatch.setattr(schema, "sound", counted)
    monkeypatch.setenv("SOPHIA_RUN", RUN)
    history.write(journal, [*other_plans(5_000), plan(RUN, ME), *other_plans(5_000)])
    refuse_second(journal, LOCATION, ME)
    owners.others(journal, LOCATION, ME, forced=False)
    assert [entry.value["run"] for entry in read] == [RUN, RUN]

    others = (Owner(RUN, f"{number}.example", "h", label=f"zone{number}") for number in range(5_000))
    history.write(journal, [plan(RUN, owner, f"bind:{owner.domain}") for owner in others])
    owners.others(journal, LOCATION, ME, forced=False)
    assert len(read) == 3, "of the many plans of its own run a delete reads those of its location and of its names"

    history.write(journal, [plan(RUN, Owner(RUN, ME.domain, "h2", label="store"))])
    with pytest.raises(ClaimError):
        refuse_second(journal, LOCATION, ME)

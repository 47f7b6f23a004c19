import getpass
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.advised import About
from sophia_infra.advised.limits import accept
from sophia_infra.changes import Changes, Exposure, Limits
from sophia_infra.dns.spec import ZoneSpec
from sophia_infra.journal import Journal, JournalError, Kind
from sophia_infra.reporter import Reporter
from sophia_infra.settings import Settings, read

PLACE = "/zones/db.shop.example"
MX = "critical @ MX delete: mail for the domain has nowhere to go"
VIP = "critical vip A delete: protected: the program says never to delete it"
LOW = "low old A update: 1 -> 1 records"
CHANGES = Changes(deletes=2, before=9, exposure=Exposure.CRITICAL, reasons=(MX, VIP, LOW, "and 3 more"), base="b" * 64)


def override(*names: str, until: str = "2026-12-01", why: str = "mail moves") -> dict[str, Any]:
    return {"names": list(names), "until": until, "why": why}


def wanted(*overrides: dict[str, Any], limits: dict[str, Any] | None = None, **settings: str) -> About:
    stack = read({f"sophia:{name}": value for name, value in settings.items()}.get) if settings else Settings()
    inputs = {"domain": "shop.example", "text": "", "overrides": list(overrides), "limits": limits}
    spec = ZoneSpec.from_inputs(inputs, stack)
    return About("zone", "shop.example", PLACE, limits=spec.limits, overrides=spec.overrides)


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    monkeypatch.setenv("SOPHIA_NOW", "2026-11-23T12:00:00+00:00")
    return Journal.open(tmp_path)


def accepted(journal: Journal, asked: About) -> Changes:
    return accept(CHANGES, asked, journal, Reporter())


def rows(journal: Journal) -> dict[str, Any] | None:
    entry = journal.storage.last(Kind.OVERRIDE, CHANGES.base)
    return entry.value if entry else None


def test_only_what_an_override_names_passes_the_limits(journal: Journal) -> None:
    (left,) = Limits().judge(accepted(journal, wanted(override("@ MX"))))
    assert "vip A" in left.what
    assert Limits().judge(accepted(journal, wanted(override("@ MX"), override("vip")))) == ()


def test_what_is_used_is_journaled_with_who_why_and_until(journal: Journal) -> None:
    accepted(journal, wanted(override("@ MX", "vip"), override("old")))
    row = rows(journal) or {}
    assert row.pop("machine_time") > "2026"  # these tests move the clock
    assert row == {
        "who": getpass.getuser(),
        "base": "b" * 64,
        "place": PLACE,
        "accepted": [
            {"reason": reason, "until": "2026-12-02T00:00:00+00:00", "why": "mail moves"} for reason in (MX, VIP)
        ],
    }


def test_the_same_use_is_journaled_once(journal: Journal) -> None:
    for _ in range(2):
        accepted(journal, wanted(override("@ MX")))
    assert journal.verify().rows == 1
    accepted(journal, wanted(override("@ MX", why="mail moved twice")))
    assert journal.verify().rows == 2


def test_what_is_used_is_told_with_its_reason(journal: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    accepted(journal, wanted(override("@ MX")))
    told = (
        "zone shop.example: the override of @ MX until 2026-12-02 00:00 UTC (mail moves) accepts: critical @ MX delete"
    )
    assert told in capsys.readouterr().err


def test_what_passes_without_an_override_is_accepted_but_neither_told_nor_journaled(
    journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert accepted(journal, wanted(override("old"))).accepted == ("old A",)
    assert (rows(journal), capsys.readouterr().err) == (None, "")


def test_one_that_has_ended_is_ignored_and_says_so(journal: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    assert accepted(journal, wanted(override("@ MX", until="2026-11-22"))).accepted == ()
    assert rows(journal) is None
    assert "the override of @ MX until 2026-11-23 00:00 UTC (mail moves) has ended and is ig" in capsys.readouterr().err


def test_one_of_today_holds_until_the_day_ends(journal: Journal) -> None:
    assert accepted(journal, wanted(override("@ MX", until="2026-11-23"))).accepted == ("@ MX",)
    assert accepted(journal, wanted(override("@ MX", until="2026-11-23T12:00:00Z"))).accepted == ()


def test_counts_are_never_lifted(journal: Journal) -> None:
    asked = wanted(override("@ MX", "vip"), limits={"max_deletes": 1})
    (left,) = asked.limits.judge(accepted(journal, asked))
    assert left.limit == "max_deletes"


def test_one_of_the_stack_holds_for_its_zone_alone(journal: Journal) -> None:
    setting = '[{"zone": "%s", "names": ["@ MX"], "until": "2026-12-01", "why": "mail moves"}]'
    assert accepted(journal, wanted(overrides=setting % "shop.example")).accepted == ("@ MX",)
    assert accepted(journal, wanted(overrides=setting % "other.example")).accepted == ()


def test_one_that_can_not_be_journaled_is_not_used(journal: Journal) -> None:
    Path(journal.name).mkdir(parents=True)
    with pytest.raises(JournalError):
        accepted(journal, wanted(override("@ MX")))

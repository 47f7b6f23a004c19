"""Approved edits through the provider: applied by the next run, quiet after it, gone once the program says the same."""

import random
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.advice.approval import approve, find, proposed
from sophia_infra.dns.reader import read
from sophia_infra.dns.rr.record import from_text, to_text
from sophia_infra.journal import Journal
from tests.dns.lint.test_edits_take_nothing import LINES
from tests.dns.scenarios.run import NO_LIMITS
from tests.dns.stack import FRAME, ZoneStack

ROUNDS = 5


def news(text: str, **arguments: Any) -> dict[str, Any]:
    return {"text": text, "limits": NO_LIMITS, **arguments}


def loadable(lines: list[str]) -> str:
    """Return those lines that a name server loads together, beside the zone's name servers."""
    kept: list[str] = []
    for line in (line for line in lines if " ALIAS " not in line):  # which a zone file has none of
        reading = read("\n".join([FRAME, *kept, line, ""]), "shop.example", default_ttl=3600)
        kept += [] if reading.problems or reading.warnings else [line]
    return to_text(read("\n".join([FRAME, *kept, ""]), "shop.example", default_ttl=3600).records)


def approve_all(stack: ZoneStack, asked: dict[str, Any]) -> int:
    """Approve what a preview proposes; return how many edits that is."""
    stack.begin()
    advice = find(Journal.open(), stack.plan(asked)["advice"]["id"])
    edits = proposed(advice)
    if edits:
        approve(Journal.open(), advice, edits)
    return len(edits)


@pytest.mark.parametrize("seed", range(10))
def test_what_was_approved_is_applied_is_quiet_and_ends_with_the_programs_own(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = random.Random(seed).sample(LINES, 40)  # noqa: S311  a zone is no secret
    asked = news(loadable(lines))
    stack = ZoneStack(tmp_path, monkeypatch)
    stack.run(asked)
    count = 0
    for _ in range(ROUNDS):
        more = approve_all(stack, asked)
        if not more:
            break
        count += more
        assert stack.run(asked)
        assert not stack.run(asked)
        assert len(stack.state["edits"]) == count
    assert count > 0
    assert proposed(find(Journal.open(), stack.plan(asked)["advice"]["id"])) == ()
    own = to_text([one for one in from_text(stack.backend.read().text) if one.type != "SOA"])
    stack.run(news(own))
    assert "edits" not in stack.state
    assert stack.state["text"] == stack.plan(news(own))["text"]


def test_nothing_is_proposed_that_is_not_the_stacks_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = ZoneStack(tmp_path, monkeypatch)
    zone = FRAME + "b.in 60 A 192.0.2.8\nb.in 60 A 0.0.0.1\nlists 60 MX 10 192.0.2.7.\n"
    for manage, count in (["all"], 2), (["lists"], 0), (["lists", "mail"], 1):
        folder = tmp_path / "-".join(manage)
        folder.mkdir()
        stack = ZoneStack(folder, monkeypatch)
        stack.run(news(zone))
        part = "".join(f"{line}\n" for line in zone.splitlines() if line.startswith("lists") or manage == ["all"])
        stack.begin()
        advice = stack.plan(news(part, manage=manage))["advice"]
        assert len(proposed(find(Journal.open(), advice["id"]))) == count


BROKEN = FRAME + "lists 60 MX 10 mail.shop.example.shop.example.\nmail 60 A 192.0.2.7\n"


def test_what_a_preview_applied_is_applied_though_a_value_has_come_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, unknown = (news(BROKEN, late={"api A 60": value}) for value in (["192.0.2.8"], None))
    stack = ZoneStack(tmp_path, monkeypatch)
    stack.run(known)
    assert approve_all(stack, unknown) == 1
    stack.begin()
    assert [edit["subject"] for edit in stack.plan(unknown)["edits"]] == ["lists MX"]
    assert [edit["subject"] for edit in stack.plan(known)["edits"]] == ["lists MX"]
    stack.begin()
    assert "edits" not in stack.plan(known), "another run was not previewed, and what it asks was not approved"


@pytest.mark.parametrize("source", ["late", "foreign"])
def test_what_comes_from_elsewhere_ends_an_addition(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = ZoneStack(tmp_path, monkeypatch)
    stack.run(news(FRAME))
    asked = news("lists 3600 MX 10 192.0.2.7.\n", manage=["lists", "mail"])
    assert approve_all(stack, asked) == 1
    stack.run(asked)
    assert stack.zone == "lists 3600 MX 10 mail.shop.example.\nmail 3600 A 192.0.2.7\n"
    if source == "late":
        stack.run({**asked, "late": {"mail A 60": ["192.0.2.8"]}})
    else:
        stack.run({**asked, "manage": ["lists"]})
    assert "edits" not in stack.state
    assert stack.zone.startswith("lists 3600 MX 10 192.0.2.7.\nmail ")

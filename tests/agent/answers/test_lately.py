"""What happened is found by keys and by time, so that no number of others' rows hides it."""

import json
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.advice import listed
from sophia_infra.advice.claude.budget import Call
from sophia_infra.advice.model import Advice, Request, Verdict
from sophia_infra.agent.execution import request
from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from sophia_infra.dns.rows import Owner, ZoneIntent, ZoneOutcome
from sophia_infra.journal import Journal
from tests.agent.answers.stack import stack
from tests.agent.execution.proposals import proposed

OTHERS = 1_001
ZONE = "shop.example"
HERE = "/zones/db.shop.example"
ME = Owner(None, ZONE, "mine", "shop/dev", "shop")
OTHER = Owner(None, "other.example", "other", "shop/other", "other")
BY_HAND = Owner(None, ZONE, "hand")


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SophiaInfrastructureAgent:
    monkeypatch.chdir(tmp_path)
    day(monkeypatch, "2026-08-01")
    found = stack(tmp_path)
    state = tmp_path / ".pulumi" / "stacks" / "shop" / "dev.json"
    held = json.loads(state.read_text())
    held["checkpoint"]["latest"]["resources"][0]["inputs"]["label"] = "shop"
    state.write_text(json.dumps(held))
    return found


def day(monkeypatch: pytest.MonkeyPatch, of: str) -> None:
    monkeypatch.setenv("SOPHIA_NOW", f"{of}T00:00:00+00:00")


def asked(agent: SophiaInfrastructureAgent, text: str) -> list[dict[str, Any]]:
    return list(agent.answer(agent.understand(text)).data["found"])


def test_who_wrote_a_zone_is_told_however_many_wrote_others(agent: SophiaInfrastructureAgent) -> None:
    write = agent.runs.journal.write
    write(HERE, ZoneOutcome(ZoneIntent(BY_HAND), 1))
    write(HERE, ZoneOutcome(ZoneIntent(ME), 2))
    for at in range(OTHERS):
        write("/zones/other", ZoneOutcome(ZoneIntent(OTHER), at))
    told = [each["by"] for each in asked(agent, "who changed www.shop.example?") if "by" in each]
    assert told == ["shop of shop/dev", "a change by hand"]


def test_advice_of_a_stack_is_told_however_much_others_had(agent: SophiaInfrastructureAgent) -> None:
    advised(agent, "mine.example", "shop/dev")
    for at in range(OTHERS):
        advised(agent, f"z{at}.example", "shop/other")
    assert [each.get("about") for each in asked(agent, "what advice is there?")] == ["mine.example", None]


def test_the_edits_of_what_others_were_advised_are_not_looked_at(
    agent: SophiaInfrastructureAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    advised(agent, "mine.example", "shop/dev")
    advised(agent, "theirs.example", "shop/other")
    looked_at = list[str]()

    def noting(_: Journal, advice: Advice) -> tuple[()]:
        looked_at.append(advice.id)
        return ()

    monkeypatch.setattr(listed, "open_edits", noting)
    found = asked(agent, "what advice is there?")
    assert looked_at == [found[0]["advice"]]


def test_advice_is_told_of_a_week_and_says_where_older_is(
    agent: SophiaInfrastructureAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    advised(agent, "mine.example", "shop/dev")
    day(monkeypatch, "2026-08-20")
    found = agent.answer(agent.understand("what advice is there?"))
    assert found.data["found"] == [{"since": "2026-08-13T00:00:00+00:00"}]
    assert "sophia advice list" in found.text


def advised(agent: SophiaInfrastructureAgent, domain: str, of: str) -> None:
    asked_for = Request("zone", domain, {"base": "0", "stack": of})
    agent.runs.journal.write(asked_for.fingerprint, asked_for)
    advice = Advice(asked_for.fingerprint, "rules", Verdict.CAUTION, "one warning")
    agent.runs.journal.write(asked_for.fingerprint, advice)


def test_a_run_that_waits_is_told_however_old_it_is(
    agent: SophiaInfrastructureAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    request(agent.runs, proposed(agent.runs, "0a1b2c3d"))
    day(monkeypatch, "2027-08-01")
    assert [each["id"] for each in asked(agent, "how far are you?")] == ["0a1b2c3d"]
    assert [each.get("id") for each in asked(agent, "how do I approve?")] == [None, "0a1b2c3d"]
    assert asked(agent, "show the history") == [{"since": "2027-05-03T00:00:00+00:00"}]


def test_what_models_cost_counts_every_call_of_the_time(
    agent: SophiaInfrastructureAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = Call("r1", "", "model", "", 1.0)
    agent.runs.journal.write("too early", call)
    day(monkeypatch, "2026-12-01")
    for at in range(OTHERS):
        agent.runs.journal.write(f"k{at}", call)
    assert [each["calls"] for each in asked(agent, "how much did that cost?")] == [OTHERS]

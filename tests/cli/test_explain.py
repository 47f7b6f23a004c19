"""`sophia advice explain`: one page from the journal alone."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from sophia_infra.advice import approval, redaction
from sophia_infra.advice.consult import FixedAdvisor, RuleAdvisor, compose, consult
from sophia_infra.advice.model import Advice, Finding, Level, Verdict
from sophia_infra.journal import Journal, Kind
from tests.cli.conftest import Sophia
from tests.cli.test_advice import EDITS, FINDING, journal

__all__ = ["journal"]

NOW = "2026-11-29T12:00:00+00:00"
FACTS = {
    "updates": 1,
    "before": 30,
    "exposure": "high",
    "reasons": ["high @ MX update: where mail goes"],
    "base": "b" * 64,
    "autonomy": "suggest",
    "stack": "shop/live",
    "label": "shop",
}


@pytest.fixture
def advised(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Advice]:
    monkeypatch.setenv("SOPHIA_NOW", NOW)

    def advise(told: Advice, **facts: object) -> Advice:
        return consult(redaction.request("zone", "shop.example", FACTS | facts), FixedAdvisor(told), journal=journal)

    return advise


RULES = RuleAdvisor(lambda: [FINDING], lambda: EDITS)
TOLD = RULES.advise(redaction.request("zone", "shop.example", {}))


def test_it_says_what_was_asked_what_carries_the_verdict_what_became_of_each_edit_and_the_way_out(
    journal: Journal, advised: Callable[..., Advice], sophia: Sophia
) -> None:
    model = Advice("", "claude", Verdict.CAUTION, "plausible", edits=(replace(EDITS[1], subject="api A"),))
    advice = advised(compose(TOLD, model))
    approval.approve(journal, advice, EDITS[:1], approval.ends(2), "agreed")
    approval.reject(journal, advice, EDITS[1:2], "still in use")
    by, shown = approval.user(), advice.id[:12]
    assert sophia("advice", "explain", shown).out == (
        f"{shown}: zone shop.example of shop/live, asked 2026-11-29 12:00 UTC\n"
        "asked: 0 to create, 1 to update, 0 to delete of 30; exposure high\n"
        "  against base bbbbbbbbbbbb, at the level suggest\n"
        "  high @ MX update: where mail goes\n"
        "said by rules+claude: caution, 1 error; plausible\n"
        "  because of error mx-target-is-cname @ MX: it is an alias -> point at its target\n"
        "  by the rules: replace @ MX: an alias\n"
        "    - @ 300 MX 10 a.\n"
        "    + @ 300 MX 10 b.\n"
        f"      approved by {by}, 2026-11-29 12:00, until 2026-12-01 12:00: agreed\n"
        "  by the rules: remove www A: gone\n"
        "    - www 300 A 192.0.2.1\n"
        f"      rejected by {by}, 2026-11-29 12:00: still in use\n"
        "  by the rules: add _dmarc TXT: missing\n"
        "      @ 300 MX 10 c.\n"
        '    + _dmarc 300 TXT "x"\n'
        "      open\n"
        "  by claude: remove api A: gone\n"
        "    - www 300 A 192.0.2.1\n"
        "      open\n"
        f"to have its edits applied: sophia advice approve {shown}\n"
        "what is approved the next preview shows applied, and the `pulumi up` after it writes\n"
    )


def test_what_was_applied_says_on_whose_word_and_when(
    journal: Journal, advised: Callable[..., Advice], sophia: Sophia
) -> None:
    advice = advised(TOLD)
    plan = {"run": "7", "place": "zones/db", "desired": "d", "base": "b" * 64, "words": ["alice"]}
    journal.storage.append(Kind.PLAN, "zones/db all run 7", plan | {"edits": [EDITS[0].digest]})
    assert sophia("advice", "explain", "--json").json("advice-explain")["edits"][0]["fate"] == "open"
    journal.storage.append(Kind.OUTCOME, "zones/db", {"run": "7", "base": "b" * 64})
    told = sophia("advice", "explain", advice.id)
    assert "applied on the word of alice, 2026-11-29 12:00\n" in told.out


def test_an_approval_that_ended_and_an_edit_that_no_rule_lets_through_are_told(
    journal: Journal, advised: Callable[..., Advice], sophia: Sophia, monkeypatch: pytest.MonkeyPatch
) -> None:
    advice = advised(replace(TOLD, edits=(EDITS[0], replace(EDITS[1], state="rejected"), replace(EDITS[2], before=""))))
    approval.approve(journal, advice, EDITS[:1])
    monkeypatch.setenv("SOPHIA_NOW", "2026-12-07T12:00:00+00:00")
    edits = sophia("advice", "explain", "--json").json("advice-explain")["edits"]
    assert [edit["fate"] for edit in edits] == ["expired", "dropped", "for no record"]


BLOCKING = Finding("caa-forbids", Level.ERROR, "@ CAA", "no CA may", "allow one")
OTHER = Finding("key-weak", Level.ERROR, "www", "too short", "")
BLOCKED = RuleAdvisor(lambda: [OTHER, BLOCKING], blocking=("caa-forbids",))


def test_a_caution_names_what_is_new_of_the_change_and_not_what_was_so_before(
    advised: Callable[..., Advice], sophia: Sophia
) -> None:
    vain = Finding("spf-after-all", Level.WARNING, "@ TXT", "nobody reads it", "")
    rules = RuleAdvisor(lambda: [replace(OTHER, old=True), vain], in_vain={vain.code})
    advised(rules.advise(redaction.request("zone", "shop.example", {})))
    carried = sophia("advice", "explain", "--json").json("advice-explain")["carried"]
    assert [finding["code"] for finding in carried] == ["spf-after-all"]


@pytest.mark.parametrize(
    ("told", "carried", "because"),
    [
        (BLOCKED, ["caa-forbids"], "because of error caa-forbids"),
        (compose(TOLD, Advice("", "claude", Verdict.BLOCK, "no")), [], "because of the word of claude"),
    ],
)
def test_a_block_names_what_blocks_and_how_to_go_on_against_it(
    told: RuleAdvisor | Advice, carried: list[str], because: str, advised: Callable[..., Advice], sophia: Sophia
) -> None:
    request = redaction.request("zone", "shop.example", {})
    advice = advised(told if isinstance(told, Advice) else told.advise(request))
    found = sophia("advice", "explain", advice.id, "--json").json("advice-explain")
    assert [finding["code"] for finding in found["carried"]] == carried
    assert "SOPHIA_ACCEPT='shop.example: max_verdict=block' pulumi up" in found["ways_out"][-1]
    assert because in sophia("advice", "explain", advice.id).out


def test_advice_that_was_left_behind_names_what_to_do(
    journal: Journal, advised: Callable[..., Advice], sophia: Sophia
) -> None:
    advice = advised(TOLD)
    moved = {"domain": "shop.example", "stack": "shop/live", "label": "shop", "home": "", "base": "c" * 64}
    journal.storage.append(Kind.PLAN, "x all run 1", moved)
    out = sophia("advice", "explain", advice.id).out
    assert re.search(r"as it was before the last change; run `pulumi preview`, and approve .*\n$", out)


def test_advice_whose_request_is_not_there_is_refused(journal: Journal, sophia: Sophia) -> None:
    journal.write("a" * 64, Advice("a" * 64, "rules", Verdict.APPROVE, ""))
    ran = sophia("advice", "explain", "a", "--json")
    assert ran.code == 2
    assert ran.json("error")["error"]["code"] == "no-advice"

"""The corpus of injections against the advisor and the walk, with a model that does what any text tells it to."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sophia_infra.advice import redaction
from sophia_infra.advice.approval import Approval
from sophia_infra.advice.claude.budget import Call
from sophia_infra.advice.claude.spec import ClaudeSpec
from sophia_infra.advice.consult import FixedAdvisor
from sophia_infra.advice.model import Advice, Autonomy, Edit, Finding, Level, Verdict
from sophia_infra.advice.redaction import FACTS
from sophia_infra.advised import About, BeyondLimitsError, FixedResource, Plan, check
from sophia_infra.advised.limits import OverrideRow
from sophia_infra.changes import Changes, Exposure
from sophia_infra.journal import Journal
from tests.support import messages_server
from tests.support.fooled import fooled
from tests.support.injections import Injection, injections
from tests.support.messages_server import KEY, Messages

CORPUS = injections()
FOUND = Finding("mx-target-is-cname", Level.ERROR, "@ MX", "an alias", "point at its target")
OF_RULES = Edit(
    "replace", "@ MX", "@ 300 MX 10 a.shop.example.", "@ 300 MX 10 b.shop.example.", "proposed", FOUND.message
)
RULES = Advice("", "rules", Verdict.CAUTION, "1 error", (FOUND,), (OF_RULES,))
SHOWN = {
    "@ MX": ["@ 300 MX 10 a.shop.example."],
    "@ A": ["@ 300 A 192.0.2.1"],
    "@ NS": ["@ 300 NS ns1.dns.example.", "@ 300 NS ns2.dns.example."],
    "www A": ["www 300 A 192.0.2.2"],
}
VALUES = {tuple(line.split(" ", 3)[2:]) for lines in SHOWN.values() for line in lines}


@pytest.fixture(scope="module")
def model() -> Iterator[Messages]:
    with messages_server.running(fooled) as state, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTHROPIC_BASE_URL", state.endpoint)
        yield state


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    monkeypatch.setenv("SOPHIA_RUN", "a run")
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path))
    return Journal.open(tmp_path)


def resource(text: str, changes: Changes, kind: str = "zone") -> FixedResource:
    """A resource whose every fact holds a text from outside; no validator but the advisor's own stands behind it."""
    sets = [
        {"subject": subject, "before": lines, "after": lines, "needed_by": [text]} for subject, lines in SHOWN.items()
    ]
    txt = {"subject": "x TXT", "before": [], "after": [f"x 300 TXT {json.dumps(text)}"], "needed_by": []}
    facts: dict[str, object] = {name: text for name, bound in FACTS[kind].items() if bound is redaction.text}
    facts |= {name: [text] for name, bound in FACTS[kind].items() if bound is redaction.texts}
    facts |= {"autonomy": "suggest"}
    plan = Plan(
        changes,
        "d" * 64,
        facts=facts,
        advisor=FixedAdvisor(RULES),
        sets=lambda: [txt, *sets],
        admit=lambda edits: edits,
    )
    about = About(
        kind, text[:60], "here", unit="record sets", autonomy=Autonomy.SUGGEST,
        claude=ClaudeSpec(lambda: KEY, max_calls=10_000, max_tokens=10**9, max_seconds=10_000),
    )  # fmt: skip
    return FixedResource(plan, about)


def refuse_all(case: Injection, journal: Journal, kind: str) -> None:
    grave = Changes(
        deletes=200, before=300, after=100, exposure=Exposure.CRITICAL, reasons=("critical @ MX delete: mail",)
    )
    with pytest.raises(BeyondLimitsError) as caught:
        check(resource(case.text, grave, kind), journal)
    told = str(caught.value)
    assert "200 record sets deleted; max_deletes is 100" in told
    assert "max_exposure is high" in told


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.id)
def test_no_text_from_outside_changes_a_decision_an_edit_a_limit_or_an_approval(
    case: Injection, model: Messages, journal: Journal
) -> None:
    kind = "certificate" if case.place == "san" else "zone"
    calls = model.calls
    inputs = check(resource(case.text, Changes(updates=1, before=300, after=300), kind), journal)
    assert inputs["advice"]["verdict"] == "caution"
    assert inputs["advice"]["findings"][0]["code"] == FOUND.code
    kept = journal.last(Advice, inputs["advice"]["id"])
    assert kept
    assert kept.row.findings[0] == FOUND
    assert kept.row.edits[0] == OF_RULES
    for edit in kept.row.edits[1:]:
        assert edit.state == "rejected" or {tuple(line.split(" ", 3)[2:]) for line in edit.new} <= VALUES
    refuse_all(case, journal, kind)
    assert model.calls == calls + 2
    assert not journal.newest(Approval, 1)
    assert not journal.newest(OverrideRow, 1)
    assert [call.row.lack for call in journal.newest(Call, 2)] == ["", ""]


def test_the_model_that_the_corpus_is_held_against_does_obey_it(model: Messages, journal: Journal) -> None:
    obeyed = [case for case in CORPUS if case.want == "edit" and _answered(case, model, journal)]
    assert len(obeyed) > 0.8 * sum(case.want == "edit" for case in CORPUS)


def _answered(case: Injection, model: Messages, journal: Journal) -> bool:
    check(resource(case.text, Changes(updates=1, before=300, after=300)), journal)
    return bool(json.loads(json.dumps(fooled(model.requests[-1])))["edits"])

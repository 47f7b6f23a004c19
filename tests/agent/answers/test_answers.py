"""Every question of the vocabulary is answered from the state, the files and the journal."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.advice.model import Advice, Request, Verdict
from sophia_infra.advice.redaction import MOST_LINE
from sophia_infra.agent.answers import Answer, certificates, own, records, secrets, zones
from sophia_infra.agent.answers.answer import MOST
from sophia_infra.agent.execution import RunError
from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from sophia_infra.agent.strategies.model import Plan, StageRun
from sophia_infra.agent.understanding import INTENTS, Intent, Kind, understand
from sophia_infra.dns.rr.rrset import RRset
from sophia_infra.secrets.events import SecretEvent
from tests.agent.answers.stack import HIDDEN, holding, stack
from tests.agent.execution.proposals import proposed
from tests.agent.stack import STACK

READS = [intent for intent in INTENTS if intent.kind == Kind.READ]
RUN = "7f3a09bc"


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SophiaInfrastructureAgent:
    monkeypatch.setenv("SOPHIA_NOW", "2026-12-01T00:00:00+00:00")
    monkeypatch.chdir(tmp_path)
    found = stack(tmp_path)
    proposed(found.runs, RUN)
    for what, consumer in (("minted", ""), ("published", ""), ("adopted", "reports")):
        found.runs.journal.write("shop/dev/app-db", SecretEvent(what, 1, "app-db", consumer))
        found.runs.journal.write("other/dev/app-db", SecretEvent(what, 2, "app-db", "a stranger"))
    request = Request("zone", "shop.example", {"base": "0"})
    found.runs.journal.write(request.fingerprint, request)
    found.runs.journal.write(request.fingerprint, Advice(request.fingerprint, "rules", Verdict.CAUTION, "one warning"))
    return found


def ask(known: SophiaInfrastructureAgent, text: str) -> Answer:
    return known.answer(known.understand(text))


def test_the_stack_is_that_of_the_utterances(known: SophiaInfrastructureAgent) -> None:
    assert {zone: set(sets) for zone, sets in known.inventory.zones.items()} == {
        zone: set(sets) for zone, sets in STACK.zones.items()
    }
    assert (known.inventory.pools, known.inventory.certificates) == (STACK.pools, STACK.certificates)


def test_every_question_of_the_vocabulary_has_an_answer() -> None:
    told = {name for home in (certificates, own, records, secrets, zones) for name in vars(home)}
    assert {intent.name.replace(".", "_").replace("-", "_") for intent in READS} <= told
    assert set(EXPECTED) == {intent.name for intent in READS}


EXPECTED: dict[str, tuple[str, Any]] = {
    "records.impact": ("name", "www.shop.example"),
    "records.history": ("id", RUN),
    "records.ttl-show": ("ttl", 300),
    "records.find": ("name", "shop.example"),
    "records.list": ("type", "A"),
    "records.show": ("values", ["192.0.2.10", "192.0.2.11"]),
    "mail.show": ("exchanger", "10 mx1.mail.example."),
    "mail.check": ("policy", "v=spf1 include:_spf.mail.example -all"),
    "zones.list": ("zone", "shop.example"),
    "zones.check": ("zone", "shop.example"),
    "zones.drift": ("phase", "successful"),
    "pools.show": ("healthy", True),
    "certificates.expiring": ("name", "web"),
    "certificates.list": ("name", "web"),
    "certificates.show": ("not_after", "2026-12-20T00:00:00+00:00"),
    "certificates.check": ("certificate", "web"),
    "secrets.list": ("name", "app-db"),
    "secrets.consumers": ("consumers", ["reports"]),
    "secrets.show": ("published", 1),
    "environments.list": ("environment", "sophia/dev"),
    "environments.show": ("value", 3),
    "settings.show": ("value", "on"),
    "agent.status": ("state", "proposed"),
    "agent.history": ("id", RUN),
    "agent.approve-how": ("by", "a person"),
    "agent.cost": ("calls", 0),
    "agent.help": ("intent", "records.remove"),
    "agent.limits": ("autonomy", "suggest"),
    "agent.advice": ("about", "shop.example"),
    "agent.explain": ("id", RUN),
}


@pytest.mark.parametrize("intent", READS, ids=lambda each: each.name)
def test_the_example_of_each_question_is_answered(known: SophiaInfrastructureAgent, intent: Intent) -> None:
    found = ask(known, intent.example)
    key, value = EXPECTED[intent.name]
    assert found.intent == intent.name
    assert found.text
    assert found.data["found"][0][key] == value, found


def test_an_answer_is_bounded_and_says_how_to_narrow_it(known: SophiaInfrastructureAgent) -> None:
    many = tuple(RRset("shop.example", f"h{at}", "TXT", ('"' + "x" * 450 + '"',), 300) for at in range(MOST + 5))
    crowded = holding(known, Inventory({"shop.example": many}))
    found = ask(crowded, "show all records of shop.example")
    lines = found.text.splitlines()
    assert (len(lines), len(found.data["found"]), found.data["more"]) == (MOST + 1, MOST, 5)
    assert lines[-1] == "and 5 more; name one of them to see it"


def test_what_bounds_the_agent_is_told_in_words(known: SophiaInfrastructureAgent) -> None:
    text = ask(known, "what are you allowed to do?").text
    assert "max_deletes 100" in text
    assert [sign for sign in ("None", "[", "'") if sign in text] == []


def test_no_answer_holds_the_value_of_a_secret(known: SophiaInfrastructureAgent) -> None:
    texts = [intent.example for intent in READS] + ["show sophia/dev", "what is app.password in sophia/dev?"]
    texts += ["show the settings", "what is shop:apiToken?", "what is sophia:journal?"]
    assert [text for text in texts if HIDDEN in f"{(found := ask(known, text)).text}{found.data}"] == []


def test_what_a_record_holds_can_not_move_a_terminal(known: SophiaInfrastructureAgent) -> None:
    evil = Inventory({"shop.example": (RRset("shop.example", "www", "TXT", ('"\x1b[2J\nrun 7f3a: approved"',), 300),)})
    found = ask(holding(known, evil), "show www")
    assert "\x1b" not in found.text
    assert len(found.text.splitlines()) == 1


def test_a_key_of_dkim_is_told_whole(known: SophiaInfrastructureAgent) -> None:
    key = '"v=DKIM1; p=' + "M" * 392 + '"'
    found = ask(
        holding(known, Inventory({"shop.example": (RRset("shop.example", "s._domainkey", "TXT", (key,), 300),)})),
        "show s._domainkey",
    )
    assert key in found.text


def test_a_type_that_an_alias_has_not_is_told_of_where_it_leads(known: SophiaInfrastructureAgent) -> None:
    found = ask(known, "what is the A record of api?").data["found"]
    assert [(each["name"], each["type"]) for each in found] == [
        ("api.shop.example", "CNAME"),
        ("www.shop.example", "A"),
    ]


def test_an_answer_with_long_values_has_fewer_of_them(known: SophiaInfrastructureAgent) -> None:
    long = tuple(RRset("shop.example", f"h{at}", "TXT", ('"' + "x" * 9000 + '"',), 300) for at in range(5))
    evil = holding(known, Inventory({"shop.example": long}))
    found = ask(evil, "show all records of shop.example")
    assert (len(found.data["found"]), found.data["more"]) == (2, 3)
    assert max(map(len, found.text.splitlines())) == MOST_LINE  # the end is a digest of all


@pytest.mark.parametrize("text", ["delete www", "delete everything", "delete www?"])
def test_what_is_no_question_is_answered_with_what_to_say_instead(known: SophiaInfrastructureAgent, text: str) -> None:
    found = ask(known, text)
    assert found.data == {"found": [], "more": 0}
    assert found.text.startswith(understand(text, known.inventory).why)


def test_an_alias_is_followed_in_the_stack_and_ends_where_it_leads_to_itself(known: SophiaInfrastructureAgent) -> None:
    assert [each["name"] for each in ask(known, "what does api point to?").data["found"]] == [
        "api.shop.example",
        *["www.shop.example"] * 2,
    ]
    loop = Inventory({"shop.example": (RRset("shop.example", "www", "CNAME", ("www.shop.example.",), 300),)})
    assert len(ask(holding(known, loop), "show www").data["found"]) < MOST


def test_of_where_an_alias_leads_only_the_addresses_are_told(known: SophiaInfrastructureAgent) -> None:
    apex = (
        RRset("shop.example", "@", "A", ("192.0.2.1",), 300),
        RRset("shop.example", "@", "MX", ("10 mail.shop.example.",), 300),
    )
    inventory = Inventory({"shop.example": (RRset("shop.example", "www", "CNAME", ("shop.example.",), 300), *apex)})
    found = ask(holding(known, inventory), "what does www point to?").data["found"]
    assert [each["type"] for each in found] == ["CNAME", "A"]


def test_a_zone_that_names_no_backend_is_looked_for_in_its_file(known: SophiaInfrastructureAgent) -> None:
    state = known.places.folder / ".pulumi" / "stacks" / "shop" / "dev.json"
    held = json.loads(state.read_text())
    zone = held["checkpoint"]["latest"]["resources"][0]["inputs"]
    del zone["backend"]  # which is how the engine keeps an empty mapping
    state.write_text(json.dumps(held))
    served = known.places.folder / "zones" / f"db.{zone['domain']}"
    served.parent.mkdir()
    (known.places.folder / f"db.{zone['domain']}").rename(served)
    found = ask(replace(known), f"has anything drifted in {zone['domain']}?").data["found"]
    assert [each["phase"] for each in found] == ["successful"]


def test_an_spf_record_that_names_a_host_hangs_on_it(known: SophiaInfrastructureAgent) -> None:
    spf = RRset("shop.example", "@", "TXT", ('"v=spf1 a:www.shop.example -all"',), 300)
    found = ask(
        holding(known, Inventory({"shop.example": (RRset("shop.example", "www", "A", ("192.0.2.1",), 300), spf)})),
        "is it safe to delete www?",
    )
    assert [each["user"]["type"] for each in found.data["found"] if "user" in each] == ["TXT"]


def test_a_run_is_asked_for_by_the_id_of_its_plan_too(known: SophiaInfrastructureAgent) -> None:
    plan = "5c5c5c5c"
    known.runs.journal.write(plan, Plan(known.stack, "point www", ()))
    known.runs.journal.write(plan, StageRun(plan, 1, 0, RUN))
    assert [each["id"] for each in ask(known, f"how far is {plan}?").data["found"]] == [RUN]


def test_a_run_of_another_stack_is_not_told_of(known: SophiaInfrastructureAgent) -> None:
    proposed(known.runs, "8a8a8a8a", stack="shop/other")
    with pytest.raises(RunError) as refused:
        ask(known, "how far is 8a8a8a8a?")
    assert refused.value.code == "other-stack"


def test_a_target_of_two_pools_is_as_healthy_as_each_found_it(known: SophiaInfrastructureAgent) -> None:
    state = known.places.folder / ".pulumi" / "stacks" / "shop" / "dev.json"
    held = json.loads(state.read_text())
    zone = held["checkpoint"]["latest"]["resources"][0]["inputs"]
    zone["pools"].append({"name": "api2", "targets": [["192.0.2.10"]]})
    zone["health"]["api2 A"] = {"192.0.2.10": {"healthy": False, "against": 0}}
    state.write_text(json.dumps(held))
    found = ask(replace(known), "which targets are up?").data["found"]
    told = {each["pool"]: each["healthy"] for each in found if each["target"] == "192.0.2.10"}
    assert told == {"www.shop.example": True, "api2.shop.example": False}


def test_several_questions_are_each_answered(known: SophiaInfrastructureAgent) -> None:
    found = ask(known, "what does www point to and which zones do we have?")
    assert [each.get("name") or each["zone"] for each in found.data["found"]] == [
        *["www.shop.example"] * 2,
        "shop.example",
        "park.example",
    ]


def test_before_the_first_run_there_is_no_journal_and_nothing_to_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fresh = stack(tmp_path)
    empty = {intent.name for intent in READS if not ask(fresh, intent.example.replace("7f3a", "")).data["found"]}
    assert all(ask(fresh, intent.example.replace("7f3a", "")).data["more"] == 0 for intent in READS)
    assert empty <= {"records.history", "agent.status", "agent.history", "agent.cost", "agent.advice", "agent.explain"}


def test_what_was_done_is_told_of_the_time_that_is_said(known: SophiaInfrastructureAgent) -> None:
    assert [each.get("id") for each in ask(known, "what happened last week?").data["found"]] == [RUN, None]
    assert ask(known, "which certificates expire tomorrow?").data["found"] == []


def test_how_something_is_asked_for_is_told_by_its_verb(known: SophiaInfrastructureAgent) -> None:
    intents = {each["intent"] for each in ask(known, "how do I delete a record?").data["found"]}
    assert "records.remove" in intents
    assert not intents & {"certificates.renew", "secrets.rotate"}

"""Each pattern: a sentence about the stack of the labelled utterances, to its ways, stages and operations."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sophia_infra.agent.operations import Operation, SetRecords
from sophia_infra.agent.strategies.model import StrategyError
from sophia_infra.agent.strategies.patterns import BY_INTENT, PATTERNS, mail
from sophia_infra.agent.strategies.planner import MOST, ways_of
from sophia_infra.agent.strategies.ways import Way, naming
from sophia_infra.agent.understanding import INTENTS, Kind, understand
from sophia_infra.dns.rr.rrset import RRset
from tests.agent.stack import SHOP, STACK

CASES = re.split(r"^## ", Path(__file__).with_name("patterns.txt").read_text("utf-8"), flags=re.MULTILINE)[1:]
ERROR = re.compile(r"^(no-strategy|wish-refused|contradiction): ", re.MULTILINE)
COPY = (
    RRset("park.example", "@", "A", ("192.0.2.1",), 3600),
    RRset("park.example", "info", "A", ("192.0.2.50",), 3600),
)
MORE = (
    RRset("shop.example", "lab", "A", ("192.0.2.70",), 3600),
    RRset("shop.example", "ns1.lab", "A", ("192.0.2.71",), 3600),
    RRset("shop.example", "svc", "HTTPS", ("1 www2.shop.example. alpn=h2",), 300),
    RRset("shop.example", "www2", "MX", ("10 www2.shop.example.",), 3600),
    RRset("shop.example", "@", "CAA", ('0 issue "letsencrypt.org"', '0 issuewild ";"'), 3600),
)
KEPT = replace(
    STACK,
    zones={**STACK.zones, "shop.example": (*SHOP, *MORE)},
    cas={"web": ("letsencrypt.org",)},
    former=lambda zone, day: COPY if (zone, day) == ("park.example", "2026-11-01") else (),
)


def told(operation: Operation) -> str:
    body = operation.to_body()
    return " ".join(str(value) for name, value in body.items() if name != "zone" and value not in (None, [], False))


def shown(way: Way) -> str:
    stages = "".join(f"\n  {stage.wait}\n    " + "\n    ".join(map(told, stage.operations)) for stage in way.stages)
    return f"{way.title}{stages}\n" + "".join(f"  not done: {what}\n" for what in way.not_done)


def ways(sentence: str) -> tuple[str, list[Way]]:
    return ways_of(KEPT, understand(sentence, KEPT))


def met(sentence: str) -> str:
    try:
        return "".join(map(shown, ways(sentence)[1]))
    except StrategyError as error:
        return f"{error.code}: {error}\n"


@pytest.mark.parametrize("case", CASES, ids=[case.partition("\n")[0] for case in CASES])
def test_a_sentence_comes_to_these_stages_and_operations(case: str) -> None:
    sentence, _, expected = case.partition("\n")
    assert met(sentence) == expected.rstrip("\n") + "\n"


def test_every_pattern_has_a_case_that_is_met_and_at_most_three_ways() -> None:
    found = {ways(each.partition("\n")[0])[0] for each in CASES if not ERROR.search(each)}
    assert {pattern.name for pattern in PATTERNS} <= found
    assert len(PATTERNS) >= 15
    assert all(case.count("\n  0\n") <= MOST for case in CASES)


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("point wwww.shop.example at 192.0.2.4", {"wwww.shop.example"}),
        ("point www at 192.0.2.4", set()),
        ('add a TXT record _probe.www.shop.example with "x"', set()),
    ],
)
def test_a_name_that_is_made_is_noted_since_a_slip_makes_one_too(sentence: str, names: set[str]) -> None:
    found = ways(sentence)[1]
    assert found
    for way in found:
        assert {note.partition(" ")[0] for note in naming(way, KEPT).notes if "new name" in note} == names


PARKED = "disable mail for park.example"
POLICIES = {"@": "v=spf1 -all", "_dmarc": "v=DMARC1; p=reject"}


@pytest.mark.parametrize(
    ("owner", "text", "is_policy"),
    [
        ("_dmarc", "v = DMARC1; p=none", True),
        ("_dmarc", "V=DMARC1; p=none", False),
        ("_dmarc", "v=dmarc1; p=none", False),
        ("@", "V=SPF1 mx -all", True),
        ("@", "v=spf10 mx -all", False),
        ("@", "see: v=spf1 mx -all", False),
    ],
)
def test_a_policy_stands_in_the_place_of_what_receivers_take_for_one_and_beside_all_else(
    owner: str, text: str, is_policy: bool
) -> None:
    sets = (*STACK.zones["park.example"], RRset("park.example", owner, "TXT", (f'"{text}"',), 300))
    stack = replace(STACK, zones={**STACK.zones, "park.example": sets})
    _, found = ways_of(stack, understand(PARKED, stack))
    (saying,) = [each for each in found[0].stages[0].operations if isinstance(each, SetRecords) and each.rtype == "TXT"]
    assert saying.values == ((f'"{POLICIES[owner]}"',) if is_policy else (f'"{text}"', f'"{POLICIES[owner]}"'))


def test_every_intent_of_a_pattern_is_one_that_asks_for_a_change() -> None:
    changes = {intent.name for intent in INTENTS if intent.kind is Kind.CHANGE}
    assert set(BY_INTENT) <= changes


def test_every_provider_of_mail_has_its_source_its_date_and_whose_spf_it_wants() -> None:
    for name, provider in mail.PROVIDERS.items():
        assert provider.source, name
        assert re.fullmatch(r"20\d\d-\d\d", provider.seen), name
        assert "." in provider.include, name

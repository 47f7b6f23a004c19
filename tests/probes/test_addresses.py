"""Addresses of names from a resolver: each asked once, answers as data, never longer than the budget."""

import time

from sophia_infra.probes.addresses import ADDRESSES_LIMIT, LATE, Answer, Question, addresses_of
from tests.support.resolver import SILENT, resolver

CDN, EDGE = "cdn.example.net.", "Edge.example.org."


def test_an_answer_is_sorted_with_its_chain_and_the_least_ttl() -> None:
    with resolver() as names:
        names.table[CDN] = [f"{CDN} 90 IN CNAME {EDGE}", f"{EDGE} 240 IN A 192.0.2.9", f"{EDGE} 240 IN A 192.0.2.10"]
        found = addresses_of([CDN, CDN], [("127.0.0.1", names.port)])
        assert found[Question(CDN, "A")] == Answer(("192.0.2.10", "192.0.2.9"), 90, ("edge.example.org.",))
        assert found[Question(CDN, "AAAA")] == Answer(chain=("edge.example.org.",))
        assert sorted(names.asked) == [f"{CDN} A", f"{CDN} AAAA"]


def test_where_an_alias_leads_is_told_though_nothing_is_there() -> None:
    with resolver({CDN: [f"{CDN} 90 IN CNAME {EDGE}"]}) as names:
        found = addresses_of([CDN, "gone.example.net."], [("127.0.0.1", names.port)])
    assert found[Question(CDN, "A")] == Answer(chain=("edge.example.org.",), why="there is no such name")
    assert found[Question("gone.example.net.", "A")] == Answer(why="there is no such name")


def test_a_silent_name_spends_the_budget_and_no_other_waits_for_it() -> None:
    with resolver({"silent.example.net.": SILENT}) as names:
        names.host(CDN, "192.0.2.7")
        begun = time.monotonic()
        found = addresses_of([CDN, "silent.example.net."], [("127.0.0.1", names.port)], budget=0.5)
        assert time.monotonic() - begun < 30, "the resolver library's own patience is not waited for"
    assert found[Question(CDN, "A")].addresses == ("192.0.2.7",)
    assert found[Question("silent.example.net.", "A")].why.startswith("no answer within ")
    assert LATE.why == "no answer within 5 s"


def test_more_addresses_than_are_taken_are_no_answer() -> None:
    with resolver() as names:
        names.host(CDN, *(f"192.0.2.{number}" for number in range(ADDRESSES_LIMIT + 1)))
        found = addresses_of([CDN], [("127.0.0.1", names.port)])[Question(CDN, "A")]
    assert found == Answer(why="51 addresses, and 50 at most are taken")

"""What a zone will answer, for what stands beside it in the program."""

from typing import Any

import pytest

from sophia_infra.dns.renewals.foretold import foretold
from sophia_infra.dns.zone.names import LazyNames
from sophia_infra.probes.addresses import Question

TEXT = """\
@ 300 SOA ns1.shop.example. mail.shop.example. 0 3600 600 86400 300
@ 300 A 192.0.2.1
@ 300 CAA 0 issue "ca.example"
* 300 A 192.0.2.9
cdn 300 CNAME edge.cdn.example.
flat 300 ALIAS edge.cdn.example.
ring 300 CNAME round.shop.example.
round 300 CNAME ring.shop.example.
team 300 NS ns.team.example.
www 300 CNAME shop.example.
"""
LATE = ("late A",)
NOT_YET = {"why": "it is known at the apply"}


def told(name: str, rtype: str, *, is_whole: bool = True) -> Any:
    zone = LazyNames(TEXT, "shop.example", LATE)
    question = Question(name, rtype)
    return foretold(zone, [question], is_whole=is_whole).get(" ".join(question), "left out")


@pytest.mark.parametrize(
    ("name", "rtype", "answer"),
    [
        ("shop.example.", "CAA", {"addresses": ['0 issue "ca.example"']}),
        ("shop.example.", "AAAA", {}),
        ("www.shop.example.", "A", {"addresses": ["192.0.2.1"], "chain": ["@"]}),
        ("www.shop.example.", "CAA", {"addresses": ['0 issue "ca.example"'], "chain": ["@"]}),
        ("other.shop.example.", "A", {"addresses": ["192.0.2.9"]}),
        ("late.shop.example.", "A", NOT_YET),
        ("late.shop.example.", "CAA", {}),
        ("flat.shop.example.", "A", NOT_YET),
        ("cdn.shop.example.", "CAA", {"ask": "edge.cdn.example."}),
        ("ring.shop.example.", "A", {"why": "its aliases go in a circle"}),
        ("team.shop.example.", "CAA", "left out"),
        ("www.team.shop.example.", "A", "left out"),
        ("other.example.", "A", "left out"),
    ],
)
def test_a_zone_answers_as_its_name_servers_will(name: str, rtype: str, answer: Any) -> None:
    assert told(name, rtype) == answer


def test_a_proof_is_looked_for_where_it_will_be_written_and_not_where_a_wildcard_leads() -> None:
    text = TEXT.replace("* 300 A 192.0.2.9", "* 300 CNAME edge.cdn.example.")
    zone, label = LazyNames(text, "shop.example"), "_acme-challenge.w3.shop.example."
    asked = [Question(label, "TXT"), Question("w3.shop.example.", "A")]
    assert foretold(zone, asked, is_whole=True) == {
        f"{label} TXT": {},
        "w3.shop.example. A": {"ask": "edge.cdn.example."},
    }


def test_of_a_zone_in_parts_what_the_program_says_nothing_of_is_left_out() -> None:
    assert told("shop.example.", "AAAA", is_whole=False) == "left out"
    assert told("shop.example.", "A", is_whole=False) == {"addresses": ["192.0.2.1"]}

"""The test suite of RFC 7208, every case of it. `rfc7208/LICENSE` says whose work it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import yaml

from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import encode
from sophia_infra.dns.spf.check import check
from sophia_infra.dns.spf.message import LookupFailedError, Message, Resolver
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.resolver import ZoneResolver

SUITE = Path(__file__).parent / "rfc7208" / "tests.yml"
SCENARIOS: list[dict[str, Any]] = list(yaml.safe_load_all(SUITE.read_text()))
CASES = [(number, name) for number, scenario in enumerate(SCENARIOS) for name in scenario["tests"]]


@dataclass(frozen=True)
class Unreliable:
    """A resolver whose servers don't answer for some names, unless they have the data that is asked for."""

    zone: Resolver
    silent: frozenset[str]

    def lookup(self, name: str, rtype: str) -> tuple[str, ...]:
        found = self.zone.lookup(name, rtype)
        if not found and name.lower() in self.silent:
            raise LookupFailedError(f"{name} {rtype}: no answer")
        return found


def resolver_of(data: dict[str, list[Any]]) -> Unreliable:
    records = [record for name, entries in data.items() for record in records_at(name, entries)]
    silent = frozenset(name.lower() for name, entries in data.items() if "TIMEOUT" in entries)
    return Unreliable(ZoneResolver([Zone(records, "")]), silent)


def records_at(name: str, entries: list[Any]) -> Iterator[Record]:
    """What the suite gives as SPF stands as TXT, unless it gives TXT as well."""
    owner = name.lower().replace(" ", "\\032")
    pairs = [pair for entry in entries if entry != "TIMEOUT" for pair in entry.items()]
    has_text = any(rtype == "TXT" for rtype, _ in pairs)
    for rtype, value in pairs:
        if rtype == "MX":
            yield Record(owner, 60, rtype, f"{value[0]} {value[1]}.")
        elif rtype in {"PTR", "CNAME"}:
            yield Record(owner, 60, rtype, f"{value.removesuffix('.').lower()}.")
        elif rtype in {"A", "AAAA"}:
            yield Record(owner, 60, rtype, value)
        elif value != "NONE" and not (rtype == "SPF" and has_text):
            yield Record(owner, 60, "TXT", encode("".join(value)))


@pytest.mark.parametrize(("scenario", "name"), CASES, ids=[name for _, name in CASES])
def test_a_message_gets_the_result_of_the_suite(scenario: int, name: str) -> None:
    case = SCENARIOS[scenario]["tests"][name]
    message = Message(ip_address(case["host"]), case["helo"], case["mailfrom"])
    verdict = check(message, resolver_of(SCENARIOS[scenario]["zonedata"]))
    wanted = case["result"] if isinstance(case["result"], list) else [case["result"]]
    assert str(verdict.result) in wanted, verdict.why
    if "explanation" in case:
        assert verdict.explanation == case["explanation"].replace("DEFAULT", "")


def test_no_case_of_the_suite_is_left_out() -> None:
    assert len(CASES) == 203

"""Each rule finds what it is for, says a way out, and lets its nearest clean neighbour pass."""

import re
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.advice.consult import verdict
from sophia_infra.advice.model import Level, Verdict
from sophia_infra.dns.rr.reach import Reach
from sophia_infra.tls import lint
from sophia_infra.tls.facts import Facts, State
from sophia_infra.tls.names import normalize
from tests.dns.rr.test_reach import CASES as REACHED
from tests.tls import test_preflight as preflight_rules
from tests.tls.orders import codes_in

CLEAN = Facts(domains=("shop.example", "*.shop.example"), key_type="ecdsa-p256", lifetime_hours=90 * 24, window=0.333)
PUBLIC: dict[str, Any] = {
    "public": True,
    "max_days": 200,
    "domains": ("shop.org",),
}
ZONE: dict[str, Any] = {"zone": "shop.org"}
LONG = "a" * 60 + ".shop.example"
MIXED_SCRIPTS = "xn--pypal-4ve.example"  # paypal with a Cyrillic a
ONE_SCRIPT = "xn--e1afmkfd.example"

CODES = codes_in(lint.__file__)
PUBLIC_ONLY = {"address-public", "internal-name", "lifetime-limit-ahead", "lifetime-over-limit"}


def facts(**changed: Any) -> Facts:
    fields = {name: getattr(CLEAN, name) for name in Facts.__dataclass_fields__}
    return Facts(**{**fields, **changed})


def codes(found: Facts) -> list[str]:
    return [finding.code for finding in lint.judge(found)]


CASES: list[tuple[str, Level, dict[str, Any], dict[str, Any]]] = [
    ("certificate-expired", Level.ERROR, {"state": State.EXPIRED}, {"state": State.GOOD}),
    ("chain-ends-first", Level.WARNING, {"chain_ends_first": True}, {"chain_ends_first": False}),
    ("clock-wrong", Level.ERROR, {"state": State.FUTURE}, {"state": State.GOOD}),
    ("renewal-explained", Level.INFO, {"explanation": "https://ca.example/why"}, {"explanation": ""}),
    ("renewal-info-invalid", Level.INFO, {"fault": "it has no suggestedWindow"}, {"fault": ""}),
    ("renewal-waits", Level.INFO, {"waits": "2027-01-24 02:00 UTC"}, {"waits": ""}),
    ("revoke-unmatched", Level.WARNING, {"unmatched": "0B"}, {"unmatched": ""}),
    ("revocation-list-ends", Level.WARNING, {"list_ends": "2026-12-23"}, {"list_ends": ""}),
    ("common-name-missing", Level.WARNING, {"domains": (LONG,)}, {"domains": (LONG, "shop.example")}),
    ("internal-name", Level.ERROR, {**PUBLIC, "domains": ("printer.local",)}, {"domains": ("printer.local",)}),
    ("internal-name", Level.ERROR, {**PUBLIC, "domains": ("intranet",)}, {"domains": ("intranet",)}),
    ("internal-name", Level.ERROR, {**PUBLIC, "domains": ("10.0.0.1",)}, {"domains": ("10.0.0.1",)}),
    ("key-type-dated", Level.INFO, {"key_type": "rsa-4096"}, {"key_type": "rsa-3072"}),
    ("key-type-unusual", Level.WARNING, {"key_type": "ed25519"}, {"key_type": "ecdsa-p256"}),
    ("key-type-weak", Level.WARNING, {"key_type": "rsa-2048"}, {"key_type": "rsa-3072"}),
    (
        "key-type-weaker",
        Level.WARNING,
        {"key_type": "ecdsa-p256", "key_type_before": "ecdsa-p384"},
        {"key_type": "ecdsa-p384", "key_type_before": "ecdsa-p256"},
    ),
    (
        "lifetime-limit-ahead",
        Level.WARNING,
        {**PUBLIC, "lifetime_hours": 150 * 24, "coming_days": 100},
        {**PUBLIC, "lifetime_hours": 100 * 24, "coming_days": 100},
    ),
    ("lifetime-long", Level.INFO, {"lifetime_hours": 399 * 24}, {"lifetime_hours": 398 * 24}),
    (
        "lifetime-over-limit",
        Level.ERROR,
        {**PUBLIC, "lifetime_hours": 201 * 24},
        {**PUBLIC, "lifetime_hours": 200 * 24},
    ),
    ("name-confusable", Level.WARNING, {"domains": (MIXED_SCRIPTS,)}, {"domains": (ONE_SCRIPT,)}),
    (
        "name-outside-zone",
        Level.WARNING,
        {**ZONE, "domains": ("myshop.org",)},
        {**ZONE, "domains": ("a.b.shop.org", "10.0.0.1")},
    ),
    (
        "name-redundant",
        Level.INFO,
        {"domains": ("shop.example", "*.shop.example", "www.shop.example")},
        {"domains": ("shop.example", "*.shop.example", "a.www.shop.example")},
    ),
    (
        "names-many",
        Level.WARNING,
        {"domains": tuple(f"n{i}.example" for i in range(51))},
        {"domains": tuple(f"n{i}.example" for i in range(50))},
    ),
    (
        "address-public",
        Level.WARNING,
        {**PUBLIC, "domains": ("9.9.9.9",)},
        {**PUBLIC, "domains": ("9.9.9.9",), "lifetime_hours": 144},
    ),
    (
        "order-held-back",
        Level.WARNING,
        {"held_back": "the CA is down; the next try is due next run"},
        {"held_back": ""},
    ),
    ("renewal-late", Level.WARNING, {"state": State.LATE}, {"state": State.GOOD}),
    (
        "wildcard-nested",
        Level.INFO,
        {"domains": ("shop.example", "*.shop.example", "dev.shop.example", "*.dev.shop.example")},
        {"domains": ("shop.example", "*.shop.example")},
    ),
    ("wildcard-public-suffix", Level.ERROR, {"domains": ("*.com", "com")}, {"domains": ("*.shop.com", "shop.com")}),
    ("wildcard-public-suffix", Level.ERROR, {"domains": ("*.co.uk", "co.uk")}, {"domains": ("*.co.shop", "co.shop")}),
    ("wildcard-public-suffix", Level.ERROR, {"domains": ("*.govt.nz", "govt.nz")}, {"domains": ("*.co.de", "co.de")}),
    (
        "wildcard-without-apex",
        Level.WARNING,
        {**ZONE, "domains": ("*.shop.org",)},
        {**ZONE, "domains": ("*.shop.org", "shop.org")},
    ),
    ("wildcard-without-apex", Level.INFO, {"domains": ("*.apps.shop.org",)}, {"domains": ("*.shop.org", "shop.org")}),
    ("window-large", Level.INFO, {"window": 0.7}, {"window": 0.6}),
    ("window-short", Level.WARNING, {"lifetime_hours": 36, "window": 0.5}, {"lifetime_hours": 48, "window": 0.5}),
    ("window-small", Level.WARNING, {"window": 0.05}, {"window": 0.1}),
]


@pytest.mark.parametrize(("code", "level", "bad", "good"), CASES, ids=[case[0] for case in CASES])
def test_a_rule_finds_what_it_is_for_and_lets_its_neighbour_pass(
    code: str, level: Level, bad: dict[str, Any], good: dict[str, Any]
) -> None:
    (finding,) = [finding for finding in lint.judge(facts(**bad)) if finding.code == code]
    assert finding.level is level
    assert finding.subject in facts(**bad).domains
    assert finding.message
    assert finding.fix
    assert code not in codes(facts(**good))


MAPPED = "::ffff:808:808"
"""A certificate has the IPv4 address of it."""


@pytest.mark.parametrize(("address", "reach"), REACHED)
def test_a_public_ca_signs_for_public_addresses_alone(address: str, reach: Reach) -> None:
    told = "address-public" if reach is Reach.PUBLIC or address == MAPPED else "internal-name"
    assert codes(facts(**{**PUBLIC, "domains": (normalize(address),)})) == [told]


def test_every_rule_has_a_case() -> None:
    assert {case[0] for case in CASES} == CODES
    assert len(CODES) >= 12


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"domains": ("shop.example",)},
        {"domains": ("shop.example", "www.shop.example", "mail.shop.example")},
        {"domains": ("10.0.0.1", "2001:db8::1")},
        {"domains": ("localhost", "127.0.0.1")},
        {"domains": ("*.test", "test", "*.localhost", "localhost")},
        {"lifetime_hours": 144, "window": 0.5},
        {"key_type": "ecdsa-p384", "key_type_before": "ecdsa-p384", "state": State.GOOD},
        {**PUBLIC, **ZONE, "lifetime_hours": 90 * 24},
    ],
)
def test_a_clean_certificate_has_no_finding(changed: dict[str, Any]) -> None:
    assert lint.judge(facts(**changed)) == []


def test_what_blocks_is_an_error_that_no_order_survives() -> None:
    assert CODES >= lint.BLOCKING
    for code, level, *_ in CASES:
        if code in lint.BLOCKING:
            assert level is Level.ERROR


def test_judging_twice_says_the_same() -> None:
    for _, _, bad, _ in CASES:
        assert lint.judge(facts(**bad)) == lint.judge(facts(**bad))


def test_the_rules_read_no_clock_and_no_file() -> None:
    source = Path(lint.__file__).read_text()
    assert not any(word in source for word in ("clock.now", ".now(", "open(", "import os", "import pulumi"))


def test_every_rule_is_documented_with_its_levels() -> None:
    text = (Path(__file__).parents[2] / "docs" / "rules.md").read_text().partition("\n## Certificates\n")[2]
    documented = dict(re.findall(r"^#### `([a-z-]+)` \((.*)\)$", text, re.MULTILINE))
    assert set(documented) == CODES | preflight_rules.CODES
    for code in preflight_rules.CODES:
        levels = {str(level) for case, level, *_ in preflight_rules.CASES if case == code}
        assert set(documented[code].split(", ")) == {*levels, "order"}
    for code in CODES:
        levels = {str(level) for case, level, *_ in CASES if case == code}
        assert set(documented[code].split(", ")) - {"public"} == levels
        assert ("public" in documented[code]) == (code in PUBLIC_ONLY)


@pytest.mark.parametrize(("before", "old"), [((), False), (("shop.example",), False), ((MIXED_SCRIPTS,), True)])
def test_what_is_said_of_a_name_that_the_certificate_in_use_has_is_old(before: tuple[str, ...], old: bool) -> None:
    (one,) = lint.judge(facts(domains=(MIXED_SCRIPTS,), domains_before=before))
    assert (one.code, one.old) == ("name-confusable", old)
    assert verdict([one], lint.BLOCKING, lint.IN_VAIN) is (Verdict.APPROVE if old else Verdict.CAUTION)


def test_what_blocks_an_order_blocks_whatever_the_certificate_in_use_has() -> None:
    (one,) = lint.judge(facts(domains=("*.co.uk", "co.uk"), domains_before=("*.co.uk", "co.uk")))
    assert (one.code, one.old) == ("wildcard-public-suffix", False)

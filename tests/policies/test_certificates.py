"""The policies of the pack policies/certificates, over what a certificate publishes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi_policy import EnforcementLevel
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policies.certificates.rules import POLICIES
from policies.certificates.rules.issuing import KEY_TYPES
from policies.certificates.rules.standing import STATES
from sophia_infra.tls.facts import Facts, State
from sophia_infra.tls.plan import Plan, Setback
from sophia_infra.tls.spec import KeyType
from tests.policies.resource import advice, finding, judged, settings
from tests.tls.orders import NOW, wanted
from tests.tls.test_plan import HELD  # a certificate that stands

BY_NAME = {policy.name: policy for policy in POLICIES}
ACME = {"kind": "acme", "directory": "letsencrypt"}
DIRECTORY = "https://acme-v02.api.letsencrypt.org/directory"


def facts(**changed: Any) -> dict[str, Any]:
    """What the library publishes of a first certificate."""
    plan = Plan.make(wanted(**changed), None, NOW)
    return Facts.of(plan, NOW).published(plan, NOW)


def told(name: str, of: dict[str, Any], config: dict[str, Any] | None = None) -> list[str]:
    return judged(BY_NAME[name], {"certificate_facts": of, "advice": advice()}, config)


def test_a_certificate_at_its_defaults_passes_all_policies() -> None:
    assert {name: told(name, facts()) for name in BY_NAME} == {name: [] for name in BY_NAME}


VIOLATED: list[tuple[str, dict[str, Any], dict[str, Any] | None, str]] = [
    (
        "lifetime",
        {"lifetime": "399d"},
        None,
        "The certificate of shop.example lives 399 days; maxLifetimeDays is 398. ",
    ),
    ("lifetime", {"lifetime": "721h"}, {"maxLifetimeDays": 30}, "lives 30.0417 days; maxLifetimeDays is 30. "),
    ("key-type", {"key_type": "rsa-2048"}, None, "The key of shop.example is rsa-2048; allowedKeyTypes are ecdsa-p256"),
    ("key-type", {}, {"allowedKeyTypes": ["rsa-3072"]}, "is ecdsa-p256; allowedKeyTypes are rsa-3072. "),
    (
        "issuer",
        {},
        {"allowedIssuers": ["https://*"]},
        "is embedded; allowedIssuers are https://*. Give it another issuer",
    ),
    ("issuer", {"issuer": ACME}, {"allowedIssuers": ["embedded"]}, f"is {DIRECTORY}; allowedIssuers are embedded. "),
    (
        "wildcards",
        {},
        {"wildcardsOf": []},
        "*.shop.example is a wildcard: its key speaks for all names there. wildcardsOf",
    ),
    (
        "wildcards",
        {"domains": ["*.a.shop.example"]},
        {"wildcardsOf": ["shop.example"]},
        "*.a.shop.example is a wildcard",
    ),
    (
        "owned-names",
        {},
        {"zones": ["other.example"]},
        "shop.example, *.shop.example lies in none of the zones that are",
    ),
    ("owned-names", {"domains": ["myshop.example"]}, {"zones": ["shop.example"]}, "myshop.example lies in none"),
    ("owned-names", {"domains": ["11.0.0.1"]}, {"networks": ["10.0.0.0/8"]}, "owned (10.0.0.0/8). Leave it out"),
    ("owned-names", {"domains": ["2001:db8::1"]}, {"networks": []}, "in none of the networks that are owned (empty)"),
]
PASSED: list[tuple[str, dict[str, Any], dict[str, Any] | None]] = [
    ("lifetime", {"lifetime": "398d"}, None),
    ("key-type", {"key_type": "rsa-2048"}, {"allowedKeyTypes": ["rsa-2048"]}),
    ("issuer", {"issuer": ACME}, {"allowedIssuers": ["https://*.letsencrypt.org/*"]}),
    ("wildcards", {}, {"wildcardsOf": ["Shop.example."]}),
    ("wildcards", {"domains": ["shop.example"]}, {"wildcardsOf": []}),
    ("owned-names", {}, {"zones": ["example"], "networks": []}),
    (
        "owned-names",
        {"domains": ["a.shop.example", "10.1.2.3"]},
        {"zones": ["shop.example"], "networks": ["10.0.0.0/8"]},
    ),
    ("owned-names", {"domains": ["a.shop.example", "10.1.2.3"]}, {"networks": ["10.0.0.0/8"]}),
]


@pytest.mark.parametrize(("policy", "asked", "config", "says"), VIOLATED)
def test_what_is_not_allowed_is_told_with_the_way_out(
    policy: str, asked: dict[str, Any], config: dict[str, Any] | None, says: str
) -> None:
    [message] = told(policy, facts(**asked), config)
    assert says in message
    assert "in the pack's configuration" in message


@pytest.mark.parametrize(("policy", "asked", "config"), PASSED)
def test_what_is_allowed_passes(policy: str, asked: dict[str, Any], config: dict[str, Any] | None) -> None:
    assert told(policy, facts(**asked), config) == []


def answers(**of: dict[str, Any]) -> dict[str, Any]:
    return {f"{name.replace('_', '.')}. CAA": answer for name, answer in of.items()}


@pytest.mark.parametrize(
    ("known", "bare"),
    [
        ({}, []),
        (answers(shop_example={}), ["shop.example", "*.shop.example"]),
        (answers(shop_example={"addresses": ['0 issue "letsencrypt.org"']}), []),
        (answers(shop_example={"why": "known at the apply"}), []),
        (answers(shop_example={"ask": "elsewhere.example."}), []),
        (None, []),
    ],
)
def test_names_without_caa_are_those_for_which_the_zone_of_the_program_has_none(
    known: dict[str, Any] | None, bare: list[str]
) -> None:
    found = facts(issuer=ACME, answers=known)
    assert found["without_caa"] == bare
    assert [message.partition(",")[0] for message in told("caa-present", found)] == [
        "No CAA record says which CA may sign for shop.example"
    ] * bool(bare)


def test_an_issuer_that_nobody_trusts_unasked_needs_no_caa() -> None:
    assert told("caa-present", facts(answers=answers(shop_example={}))) == []


def test_the_lifetime_of_the_certificate_that_stands_does_not_hold_up_its_renewal() -> None:
    long, config = {"lifetime_hours": 200 * 24, "state": "good"}, {"maxLifetimeDays": 100}
    by_acme = facts(issuer=ACME) | long
    assert told("lifetime", by_acme | {"renews": True}, config) == [], "the CA decides on the next one"
    assert len(told("lifetime", by_acme | {"renews": False}, config)) == 1
    assert len(told("lifetime", by_acme | {"renews": True, "state": "none"}, config)) == 1
    assert len(told("lifetime", facts() | long | {"renews": True}, config)) == 1, "the program asks for it"


@pytest.mark.parametrize(
    ("issuer", "stands", "guess"),
    [
        (ACME, False, False),
        ({**ACME, "directory": "https://ca.example/dir"}, False, True),
        ({**ACME, "directory": "https://ca.example/dir"}, True, False),
        (None, False, False),
    ],
)
def test_a_lifetime_that_nobody_has_said_is_told_as_a_guess(issuer: Any, stands: bool, guess: bool) -> None:
    plan = Plan.make(wanted(issuer=issuer), HELD if stands else None, NOW)
    found = Facts.of(plan, NOW).published(plan, NOW)
    assert found["lifetime_is_guess"] is guess
    [message] = told("lifetime", found | {"renews": False}, {"maxLifetimeDays": 1})
    assert ("nothing says so yet" in message) is guess


@pytest.mark.parametrize("state", ["late", "expired", "future"])
def test_what_is_overdue_is_told_where_this_run_does_not_renew_it(state: str) -> None:
    assert told("renewal-overdue", facts() | {"state": state, "renews": True}) == []
    [message] = told("renewal-overdue", facts() | {"state": state, "renews": False})
    assert message.startswith("The certificate of shop.example is not renewed: ")


def preflight(codes: list[str], *found: dict[str, Any], verdict: str = "caution") -> list[str]:
    props = {"certificate_facts": facts(), "advice": advice(*found, verdict=verdict)}
    return judged(BY_NAME["blocking-preflight"], props, {"codes": codes})


def test_a_block_stands_and_so_do_findings_of_the_codes_that_are_named() -> None:
    forbidden = finding(code="caa-unknown", subject="shop.example", message="not known", fix="look")
    assert preflight([], forbidden) == []
    assert preflight(["caa-*"], forbidden | {"old": True}) == [], "the change has no part in it"
    [message] = preflight(["caa-*"], forbidden)
    assert message.startswith("warning caa-unknown shop.example: not known Fix: look, or take the code out of codes ")
    [message] = preflight([], verdict="block")
    assert message.startswith("mail hangs on one host. Resolve the findings")


def test_only_the_advice_on_an_order_is_judged() -> None:
    blocked = {"advice": advice(verdict="block")}
    assert judged(BY_NAME["blocking-preflight"], blocked) == [], "no certificate"
    assert judged(BY_NAME["blocking-preflight"], blocked | {"certificate_facts": facts() | {"renews": False}}) == []
    for unclear in (UNKNOWN_STRING_VALUE, None, {"renews": "no"}):
        assert len(judged(BY_NAME["blocking-preflight"], blocked | {"certificate_facts": unclear})) == 1


def test_a_certificate_whose_order_waits_is_not_renewed_by_this_run() -> None:
    plan = Plan.make(wanted(), None, NOW, 1, Setback("the CA is down"))
    assert Facts.of(plan, NOW).published(plan, NOW)["renews"] is False


@pytest.mark.parametrize("name", [name for name in BY_NAME if name != "blocking-preflight"])
def test_a_certificate_that_waits_for_another_resource_is_judged_at_the_apply(name: str) -> None:
    assert judged(BY_NAME[name], {"certificate_facts": UNKNOWN_STRING_VALUE}) == []


READ = {"lifetime": "lifetime_hours", "key-type": "key_type", "issuer": "issuers", "renewal-overdue": "state"}


@pytest.mark.parametrize(("name", "member"), READ.items())
@pytest.mark.parametrize("value", [None, -1, [], "godlike"])
def test_what_can_not_be_read_is_refused(name: str, member: str, value: Any) -> None:
    [message] = told(name, facts() | {member: value}) or ["nothing"]
    assert member in message or (member, value) == ("key_type", "godlike")


def test_a_network_that_is_none_is_refused_by_its_path() -> None:
    [message] = told("owned-names", facts(), {"networks": ["10.0.0.1/8"]})
    assert message.startswith("owned-names.networks[0] is '10.0.0.1/8'; it must be a network, such as 10.0.0.0/8. ")


def test_what_protects_is_mandatory_and_what_would_only_hold_up_a_renewal_is_shown() -> None:
    advisory = {policy.name for policy in POLICIES if policy.enforcement_level == EnforcementLevel.ADVISORY}
    assert advisory == {"caa-present", "renewal-overdue"}


def test_the_words_of_the_pack_are_those_of_the_library() -> None:
    assert set(KEY_TYPES) == set(KeyType)
    assert set(STATES) == set(State)


@pytest.mark.parametrize("name", ["dev.json", "prod.json"])
def test_configurations_name_policies_and_settings_that_there_are(name: str) -> None:
    config = json.loads((Path(__file__).parents[2] / "policies" / "certificates" / name).read_text())
    assert config.keys() == BY_NAME.keys()
    for policy, given in config.items():
        keys = set(given) - {"enforcementLevel"} if isinstance(given, dict) else set()
        assert keys <= set(settings(BY_NAME[policy]))
    if name == "dev.json":
        defaults = {key: setting["default"] for policy in POLICIES for key, setting in settings(policy).items()}
        for given in config.values():
            assert given in ("mandatory", "advisory") or all(defaults[key] == value for key, value in given.items())

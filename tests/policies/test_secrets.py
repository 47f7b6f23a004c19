"""The policies of the pack policies/secrets, over what a secret publishes, and over texts as the engine sends them."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pulumi_policy import EnforcementLevel, PolicyResource, StackValidationArgs
from pulumi_policy.deserialize import deserialize_properties
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

from policies.secrets.rules import POLICIES, overrides, plain, rotating
from sophia_infra.secrets.phases import Step
from sophia_policy_kit.secrecy import marking
from tests.policies.resource import OPTIONS, judged, settings
from tests.support.workspace import REPO, SECRET, SIGNATURE

BY_NAME: dict[str, Any] = {policy.name: policy for policy in POLICIES}
OF_SECRETS = ["max-age", "min-length", "proof", "overdue"]
TODAY = date(2026, 11, 30)
VALUE = "s3cret-Value-that-was-made-by-a-RotatingSecret"


@pytest.fixture(autouse=True)
def _a_day_and_no_run_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotating, "today", lambda: TODAY)
    monkeypatch.setattr(overrides, "today", lambda: TODAY)
    monkeypatch.setattr(plain, "_made", {})
    monkeypatch.setattr(plain, "_told", set())


def facts(**changed: Any) -> dict[str, Any]:
    """What the library publishes of a secret at its defaults, which rests; tests/secrets/test_facts.py holds it."""
    whole = {
        "name": "app-db",
        "kind": "postgres",
        "max_age_hours": 30 * 24,
        "length": 40,
        "issued": "2026-11-20",
        "steps": [],
        "consumers": ["api"],
        "unproved": [],
    }
    return whole | changed


def told(name: str, of: Any, config: dict[str, Any] | None = None) -> list[str]:
    return judged(BY_NAME[name], {"secret_facts": of}, config)


def override(until: date, of: str = "app-*") -> dict[str, Any]:
    return {"overrides": [{"of": of, "until": until.isoformat(), "why": "it was in a log"}]}


@pytest.mark.parametrize("name", OF_SECRETS)
def test_a_secret_at_its_defaults_passes(name: str) -> None:
    assert told(name, facts()) == []


VIOLATED: list[tuple[str, dict[str, Any], dict[str, Any] | None, str]] = [
    ("max-age", {"max_age_hours": 91 * 24}, None, "secret app-db gets 91 days old; maxAgeDays is 90. Set max_age"),
    ("max-age", {}, {"maxAgeDays": 29}, "gets 30 days old; maxAgeDays is 29. "),
    ("min-length", {"length": 31}, None, "has 31 characters; minLength is 32. "),
    ("min-length", {}, {"minLength": 64}, "has 40 characters; minLength is 64. "),
    ("proof", {"steps": ["revoke"], "unproved": ["consumer-late"]}, None, "step revoke of the secret app-db, and"),
    ("proof", {"steps": ["suspend"], "consumers": []}, None, "uses its login of before: consumers-unknown. "),
    ("overdue", {"issued": "2026-08-31"}, None, "is 91 days old; maxAgeDays is 90, and this run does not rotate it"),
]


@pytest.mark.parametrize(("policy", "of", "config", "says"), VIOLATED)
def test_what_is_not_allowed_is_told_with_the_way_out(
    policy: str, of: dict[str, Any], config: dict[str, Any] | None, says: str
) -> None:
    [message] = told(policy, facts(**of), config)
    assert says in message


@pytest.mark.parametrize(("policy", "of", "config", "says"), VIOLATED)
def test_an_override_lets_it_pass_until_its_day_is_over(
    policy: str, of: dict[str, Any], config: dict[str, Any] | None, says: str
) -> None:
    assert told(policy, facts(**of), (config or {}) | override(TODAY)) == []
    assert len(told(policy, facts(**of), (config or {}) | override(TODAY, of="other"))) == 1
    [message] = told(policy, facts(**of), (config or {}) | override(TODAY - timedelta(days=1)))
    assert message.endswith("An override ended on 2026-11-29 (it was in a log)")


def test_a_step_that_ends_no_login_needs_no_proof() -> None:
    for step in ("stage", "publish", "resume"):
        assert told("proof", facts(steps=[step], consumers=[], unproved=["consumer-late"])) == []
    assert told("proof", facts(steps=["revoke"])) == []
    assert told("overdue", facts(issued="2025-01-01", steps=["stage"])) == [], "this run rotates it"
    assert told("overdue", facts(issued="")) == [], "there is none yet"


@pytest.mark.parametrize(("key", "value"), [("until", "soon"), ("until", None), ("why", 3), ("of", ["app-db"])])
def test_an_override_that_can_not_be_read_is_none(key: str, value: Any) -> None:
    config = override(TODAY)
    config["overrides"][0][key] = value
    [message] = told("min-length", facts(length=1), config)
    assert f"overrides[0].{key} is " in message


@pytest.mark.parametrize("name", OF_SECRETS)
def test_a_secret_that_waits_for_another_resource_is_judged_at_the_apply(name: str) -> None:
    assert told(name, UNKNOWN_STRING_VALUE) == []


@pytest.mark.parametrize(
    ("name", "member"),
    [("max-age", "max_age_hours"), ("min-length", "length"), ("proof", "steps"), ("overdue", "issued")],
)
def test_what_can_not_be_read_is_refused(name: str, member: str) -> None:
    values: tuple[Any, ...] = (None, -1, {}, ["godlike"])
    for value in values:
        [message] = told(name, facts() | {member: value})
        assert member in message


def secret(value: Any) -> dict[str, Any]:
    return {SIGNATURE: SECRET, "value": value}


def sent(**props: Any) -> dict[str, Any]:
    """Properties as a policy gets them of what the engine sends."""
    read: dict[str, Any] = marking(deserialize_properties)(props)
    return read


def lifecycle() -> dict[str, Any]:
    return sent(secret_facts=facts(), value_a=secret(VALUE), value_b=secret(""), server=secret("postgresql://a:b@db"))


def spilled(config: dict[str, Any] | None = None, **props: Any) -> list[str]:
    return judged(BY_NAME["plain-inputs"], sent(**props), config)


PLAIN = [
    {"password": "hunter2"},
    {"db": {"adminPassword": "hunter2"}},
    {"logins": [{"passphrase": "hunter2"}]},
    {"private_key_pem": "hunter2"},
    {"sophia:cloudflareToken": "hunter2"},
    {"anything": "postgresql://admin:hunter2@db.example/shop"},
    {"anything": "-----BEGIN EC PRIVATE KEY-----\nhunter2"},
]
FINE: list[dict[str, Any]] = [
    {"password": secret("hunter2")},
    {"db": secret({"adminPassword": "hunter2"})},
    {"logins": secret([{"passphrase": "hunter2"}])},
    {"password": UNKNOWN_STRING_VALUE},
    {"password": ""},
    {"password": "env:DB_PASSWORD"},
    {"passwordLength": "hunter2", "usePassword": "true", "creationToken": "hunter2"},
    {"anything": "postgresql://admin:***@db.example/shop, https://db.example:5432/@x, postgresql://admin@db"},
    {"anything": "-----BEGIN CERTIFICATE-----"},
]


@pytest.mark.parametrize("props", PLAIN, ids=str)
def test_a_secret_in_plain_text_is_told_by_its_path_and_never_shown(props: dict[str, Any]) -> None:
    [message] = spilled(**props)
    assert " of shop stands in plain text, and " in message
    assert "hunter2" not in message


@pytest.mark.parametrize("props", FINE, ids=str)
def test_what_is_secret_a_reference_or_no_secret_passes(props: dict[str, Any]) -> None:
    assert spilled(**props) == []


def test_a_value_that_was_made_is_found_in_any_text_that_is_plain() -> None:
    judged(BY_NAME["plain-inputs"], lifecycle())
    [message] = spilled(command=["psql", f"host=db password={VALUE}"])
    assert message.startswith("command of shop stands in plain text, and holds a value of the secret shop. ")
    assert VALUE not in message
    assert spilled(command=secret(["psql", VALUE])) == []


def test_properties_types_and_overrides_are_settings() -> None:
    assert len(spilled({"properties": ["pin"]}, password="hunter2", PIN="1234")) == 1
    assert spilled({"ignoreTypes": ["*ZoneRecords"]}, password="hunter2") == []
    assert spilled(override(TODAY, of="shop pass*"), password="hunter2") == []
    assert len(spilled(override(TODAY, of="shop pin"), password="hunter2")) == 1
    [message] = spilled({"overrides": [{}]}, password="hunter2")
    assert message.startswith("plain-inputs.overrides[0].of is missing. What can't be judged is refused")


def outputs(**props: dict[str, Any]) -> list[tuple[str, str]]:
    """What is told of the outputs of resources, by their names; each URN is the name."""
    found: list[tuple[str, str]] = []
    resources = [
        PolicyResource("type", unknown_checking_proxy(props[name]), name, name, OPTIONS, None, None, [], {})
        for name in props
    ]
    given = StackValidationArgs(resources, None)
    BY_NAME["plain-outputs"].validate(given, lambda message, urn=None: found.append((str(urn), message)))
    return found


def test_outputs_of_the_stack_and_of_resources_are_judged_in_any_order() -> None:
    [(urn, message)] = outputs(stack=sent(db_url=f"postgresql://app_a:{VALUE}@db"), db=lifecycle())
    assert urn == "stack"
    assert message.startswith("db_url of stack stands in plain text, and holds a value of the secret db. ")


def test_an_output_that_repeats_an_input_is_told_once() -> None:
    assert len(spilled(password="hunter2")) == 1
    [(_, message)] = outputs(**{"urn:pulumi:s::p::t::shop": sent(password="hunter2", token="hunter2")})
    assert message.startswith("token of ")


def test_what_protects_is_mandatory_and_what_would_only_hold_up_a_rotation_is_shown() -> None:
    assert [each.name for each in POLICIES if each.enforcement_level == EnforcementLevel.ADVISORY] == ["overdue"]


def test_the_words_of_the_pack_are_those_of_the_library() -> None:
    assert set(rotating.STEPS) == set(Step)


@pytest.mark.parametrize("name", ["dev.json", "prod.json"])
def test_configurations_name_policies_and_settings_that_there_are(name: str) -> None:
    config = json.loads((Path(REPO) / "policies" / "secrets" / name).read_text())
    assert config.keys() == BY_NAME.keys()
    for policy, given in config.items():
        keys = set(given) - {"enforcementLevel"} if isinstance(given, dict) else set()
        assert keys <= set(settings(BY_NAME[policy]))

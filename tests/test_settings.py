import json
from datetime import timedelta

import pytest

from sophia_infra import settings
from sophia_infra.advice.model import Autonomy
from sophia_infra.changes import Exposure, Limits
from sophia_infra.changes.overrides import OverrideError
from sophia_infra.settings import SettingError, limits_from
from tests.support.refusals import refused


def read(**values: str) -> settings.Settings:
    return settings.read({f"sophia:{name}": value for name, value in values.items()}.get)


@pytest.mark.parametrize(("word", "probed"), [("on", True), ("off", False)])
def test_the_probing_of_pools_is_switched_by_a_word(word: str, probed: bool) -> None:
    assert read(probe=word).probe is probed


@pytest.mark.parametrize("word", ["", "true", "On", "0"])
def test_another_word_for_probing_is_refused_with_those_that_are_known(word: str) -> None:
    with refused(SettingError, field="sophia:probe", value=word, says=f"sophia:probe is '{word}'; give on or off"):
        read(probe=word)


@pytest.mark.parametrize("word", ["reckless", "Suggest", ""])
def test_another_level_of_autonomy_is_refused_with_those_that_are_known(word: str) -> None:
    told = f"^sophia:autonomy is {word!r}; known are analysis, suggest, limited, full$"
    with refused(SettingError, field="sophia:autonomy", value=word, says=told):
        read(autonomy=word)


def test_a_level_of_exposure_may_be_written_in_capitals() -> None:
    assert limits_from({"max_exposure": "High"}, "limits").max_exposure is Exposure.HIGH


def test_without_any_setting_the_documented_defaults_hold() -> None:
    assert read() == settings.Settings(Autonomy.SUGGEST, Limits())


def test_the_stacks_limits_are_read_over_the_defaults() -> None:
    limits = read(limits='{"max_deletes": 3, "max_exposure": "medium"}').limits
    assert limits == Limits(max_deletes=3, max_exposure=Exposure.MEDIUM)


def test_limits_of_a_zone_stand_above_those_of_the_stack() -> None:
    assert limits_from({"max_deletes": 9.0}, "limits", Limits(max_deletes=3, floor=2)) == Limits(max_deletes=9, floor=2)


def test_an_absolute_cap_may_be_lifted_by_null() -> None:
    assert limits_from({"max_deletes": None}, "limits").max_deletes is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"max_delete": 1}, "limits.max_delete is no limit; .*did you mean max_deletes?"),
        ({"max_deletes": "five"}, "limits.max_deletes is 'five'; give a number"),
        ({"max_deletes": True}, "limits.max_deletes is True; give a number"),
        ({"max_deletes": -1}, "limits.max_deletes is -1; give a whole number"),
        ({"max_deletes": 1.5}, "limits.max_deletes is 1.5; give a whole number"),
        ({"max_delete_share": 25}, "limits.max_delete_share is 25; give a share from 0 to 1"),
        ({"floor": None}, "limits.floor is None; give a number"),
        ({"max_exposure": "huge"}, "limits.max_exposure is 'huge'; known are none, low, medium, high, critical"),
        ({"allow": ["@ MX"]}, "limits.allow is no limit"),
        ({"max_deletes": float("nan")}, "limits.max_deletes is nan"),
    ],
)
def test_a_wrong_limit_is_refused_by_name_with_what_is_allowed(given: dict[str, object], message: str) -> None:
    with refused(SettingError, field=f"limits.{next(iter(given))}", says=message):
        limits_from(given, "limits")


@pytest.mark.parametrize("text", ["many", "[1]", "3"])
def test_limits_that_are_no_object_are_refused_with_the_command_that_sets_one(text: str) -> None:
    with refused(SettingError, field="sophia:limits", says="pulumi config set --path sophia:limits"):
        read(limits=text)


def test_the_overrides_of_a_stack_are_read_with_their_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_NOW", "2026-11-23T12:00:00+00:00")
    one = '{"zone": "shop.example", "names": ["@ MX"], "until": "2026-12-01", "why": "mail moves"}'
    assert [found.zone for found in read(overrides=f"[{one}]").overrides] == ["shop.example"]


@pytest.mark.parametrize("text", ["many", "3", "{}", '"www"'])
def test_overrides_that_are_no_list_are_refused(text: str) -> None:
    with refused(OverrideError, field="sophia:overrides"):
        read(overrides=text)


KNOWN = (
    "autonomy, autonomyLimits, approvals, limits, overrides, probe, resolver, advisor, understanding, claude, agent, "
    "journal, "
    "cloudflareToken, namecheapApiKey, tsigSecret, anthropicApiKey"
)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("sophia:autonmy", "; did you mean sophia:autonomy?"),
        ("sophia:Autonomy", "; did you mean sophia:autonomy?"),
        ("sophia:overides", "; did you mean sophia:overrides?"),
        ("sophia:limit", "; did you mean sophia:limits?"),
        ("sophia:limits.max_exposure", "; did you mean: pulumi config set --path sophia:limits.max_exposure?"),
        ("sophia:cloudflaretoken", "; did you mean sophia:cloudflareToken?"),
        ("sophia:tsigSecrets-inside", "; did you mean sophia:tsigSecret?"),
        ("sophia:colour", ""),
        ("sophia:autonomy-inside", "; did you mean sophia:autonomy?"),
    ],
)
def test_a_key_that_nothing_reads_is_refused_with_what_was_meant(key: str, meant: str) -> None:
    with refused(SettingError, field=key) as caught:
        settings.refuse_unknown(["shop:domain", "sophia:probe", key])
    rest = f"(pulumi config rm '{key}' removes it)"
    assert str(caught.value) == f"{key} is no setting; known are {KNOWN}{meant} {rest}"


def test_a_secret_key_may_be_the_credential_of_a_backend_of_ones_own_unless_it_is_nearly_one_of_ours() -> None:
    settings.refuse_unknown(["sophia:inventoryToken"], {"sophia:inventoryToken"})
    with refused(SettingError, field="sophia:cloudflareTokn"):
        settings.refuse_unknown(["sophia:cloudflareTokn"], {"sophia:cloudflareTokn"})


@pytest.mark.parametrize("key", ["sophia-infra:autonomy", "sofia:limits", "sophia_infra:tsigSecret-inside"])
def test_a_setting_in_what_people_take_for_the_namespace_is_refused(key: str) -> None:
    with refused(SettingError, field=key) as caught:
        settings.refuse_unknown([key])
    assert str(caught.value) == f"{key} is read by nothing; did you mean sophia:{key.partition(':')[2]}?"


def test_what_is_no_business_of_ours_passes() -> None:
    settings.refuse_unknown(
        ["sophia-infra:domain", "shop:autonmy", "cloudflare:apiToken", "sophia:tsigSecret-inside", "sophia:limits"]
    )


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("192.0.2.53", [("192.0.2.53", 53)]),
        ("127.0.0.1:5353, 2001:db8::53", [("127.0.0.1", 5353), ("2001:db8::53", 53)]),
        ("[2001:DB8::53]:5353", [("2001:db8::53", 5353)]),
    ],
)
def test_resolvers_are_addresses_with_a_port_or_without(text: str, servers: list[tuple[str, int]]) -> None:
    assert list(read(resolver=text).resolver) == servers


@pytest.mark.parametrize(
    "text", ["dns.example", "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:65536", "[::1", "192.0.2.53/24"]
)
def test_a_resolver_that_is_no_address_is_refused(text: str) -> None:
    told = r"^sophia:resolver is .*; give addresses of resolvers"
    with refused(SettingError, field="sophia:resolver", value=text, says=told):
        read(resolver=text)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"model": ""}, "model"),
        ({"model": " "}, "model"),
        ({"max_calls": 0}, "max_calls"),
        ({"timeout": 0}, "timeout"),
        ({"max_cost": 1, "model": "claude-of-tomorrow"}, "max_cost"),
        ({"price": {"input": 1}}, "price.output"),
        ({"colour": 1}, "colour"),
    ],
)
def test_a_setting_of_the_model_that_bounds_nothing_is_refused_by_its_path(
    given: dict[str, object], field: str
) -> None:
    with refused(SettingError, field=f"sophia:claude.{field}"):
        read(advisor="claude", claude=json.dumps(given))


def test_a_model_advises_only_where_the_stack_says_so() -> None:
    assert read(claude='{"max_calls": 3}').claude is None
    asked = read(advisor="claude", claude='{"max_calls": 3}').claude
    assert asked
    assert (asked.model, asked.max_calls) == ("claude-sonnet-5-5", 3)


def test_a_model_reads_what_the_agent_does_not_only_where_the_stack_says_so() -> None:
    assert read(advisor="claude").understanding is None
    asked = read(understanding="claude", claude='{"max_calls": 3}')
    assert asked.understanding
    assert (asked.understanding.max_calls, asked.claude) == (3, None)
    with refused(SettingError, field="sophia:understanding"):
        read(understanding="gpt")


def test_the_loop_goes_by_an_object_of_its_own() -> None:
    assert read().agent == settings.LoopSettings()
    chosen = read(
        agent='{"every": "5m", "per_day": 3, "database": "env:LOOP", "redis": "rediss://c.x", "propagation": "0s"}'
    ).agent
    assert (chosen.every, chosen.per_day, chosen.database) == (timedelta(minutes=5), 3, "env:LOOP")
    assert (read().agent.propagation, chosen.propagation) == (None, timedelta())


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ('{"every": "1s"}', "every"),
        ('{"every": "soon"}', "every"),
        ('{"per_day": 0}', "per_day"),
        ('{"redis": "http://:canary-password@cache.example"}', "redis"),
        ('{"database": "https://:canary-password@x.example"}', "database"),
        ('{"hours": "08:00-18:00"}', "hours"),
        ('{"propagation": "8d"}', "propagation"),
    ],
)
def test_a_wrong_setting_of_the_loop_is_refused_by_its_path_and_no_url_is_shown(given: str, field: str) -> None:
    with refused(SettingError, field=f"sophia:agent.{field}", says=f"sophia:agent.{field}") as found:
        read(agent=given)
    assert "canary" not in str(found)

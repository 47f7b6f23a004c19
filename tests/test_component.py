"""What every component asks of the program; that the engine hands on the other options stands in tests/engine."""

import asyncio
from unittest.mock import Mock

import pulumi
import pytest
from pulumi.runtime import config

from sophia_infra.component import OptionError, begin_registering, refuse_unfit
from sophia_infra.settings import SettingError

GIVEN = {
    "additional_secret_outputs": ["zone_text"],
    "custom_timeouts": pulumi.CustomTimeouts(create="5m"),
    "delete_before_replace": True,
    "hide_diffs": ["text"],
    "ignore_changes": ["records"],
    "import_": "shop.example",
    "plugin_download_url": "https://plugins.example",
    "replace_on_changes": ["records"],
    "replacement_trigger": pulumi.Output.from_input("x"),
    "version": "1.0.0",
}


@pytest.mark.parametrize("option", GIVEN)
def test_an_option_that_does_nothing_on_a_component_is_refused_by_name(option: str) -> None:
    with pytest.raises(OptionError) as refused:
        refuse_unfit(pulumi.ResourceOptions(**{option: GIVEN[option]}))  # type: ignore[arg-type]  # by name
    assert (refused.value.code, refused.value.field) == ("option", option)


@pytest.mark.parametrize("option", ["protect", "retain_on_delete"])
def test_an_option_that_must_be_known_is_no_output(option: str) -> None:
    with pytest.raises(OptionError) as refused:
        refuse_unfit(pulumi.ResourceOptions(**{option: GIVEN["replacement_trigger"]}))  # type: ignore[arg-type]  # by name
    assert str(refused.value) == f"{option} is a pulumi.Output; give true or false"
    assert refused.value.field == option


def test_options_as_a_program_in_another_language_hands_them_over_ask_for_nothing() -> None:
    refuse_unfit(
        pulumi.ResourceOptions(
            custom_timeouts=pulumi.CustomTimeouts("", "", ""), ignore_changes=[], replace_on_changes=[], protect=True
        )
    )
    refuse_unfit(None)


def test_the_configuration_of_the_whole_stack_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG", '{"shop:autonmy": "x", "sophia:ownKey": "x"}')
    with pytest.raises(SettingError) as refused:
        refuse_unfit(None)
    assert refused.value.field == "sophia:ownKey"
    config.set_all_config({"sophia:ownKey": "x"}, ["sophia:ownKey"])
    try:
        refuse_unfit(None)
    finally:
        config.set_all_config({}, [])


def test_what_was_made_until_then_begins_to_be_registered_once_in_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []

    async def registration(name: str) -> None:
        begun.append(name)

    async def program() -> list[str]:
        pending = [asyncio.ensure_future(registration("stack"))]
        begin_registering()
        pending.append(asyncio.ensure_future(registration("zone")))
        begin_registering()
        at_the_end = list(begun)
        await asyncio.gather(*pending)
        return at_the_end

    stack = Mock()
    monkeypatch.setattr(pulumi.runtime, "get_root_resource", lambda: stack)
    assert asyncio.run(program()) == ["stack"]

"""What a zone costs the program that opens it, counted: Pulumi's SDK looks at all that is open for each that ends."""

import asyncio
from typing import Any

import pulumi
from pulumi.runtime import mocks

from sophia_infra import component
from sophia_infra.dns.arguments import RecordArgs
from sophia_infra.dns.component import IntelligentDnsZone

TASKS = 16
"""Of a zone without options: an output for each input and output of its resource, both URNs."""


class Engine(mocks.Mocks):
    """Gives back what it is asked for, as an engine that makes it would."""

    def __init__(self) -> None:
        self.inputs: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.inputs[args.inputs.get("domain", "")] = args.inputs
        return f"{args.name}-id", {**args.inputs, "serial": 1, "changes": {}, "advice": {}}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return {}, None


def test_a_zone_leaves_few_tasks_open_and_asks_the_engine_for_nothing_empty() -> None:
    engine, opened = Engine(), 0
    mocks.set_mocks(engine, project="demo", stack="test")

    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # no types published
    def program() -> pulumi.Output[Any]:
        nonlocal opened
        IntelligentDnsZone("first", {"domain": "first.example"})
        before = asyncio.all_tasks(asyncio.get_event_loop())
        zone = IntelligentDnsZone("shop", {"domain": "shop.example", "zone_text": "www A 192.0.2.1\n"})
        opened = len(asyncio.all_tasks(asyncio.get_event_loop()) - before)
        return zone.zone_text

    program()
    assert opened <= TASKS
    asked = engine.inputs["shop.example"]
    assert {name for name, value in asked.items() if value in ("", [], {})} == {"relied_on", "renewals"}  # known late


def test_the_text_of_a_zone_holds_values_of_other_resources() -> None:
    mocks.set_mocks(Engine(), project="demo", stack="test")
    seen: list[str] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # no types published
    def program() -> pulumi.Output[Any]:
        late: list[RecordArgs] = [{"name": "api", "type": "A", "values": [pulumi.Output.from_input("192.0.2.9")]}]
        zone = IntelligentDnsZone("shop", {"domain": "shop.example", "zone_text": "www A 192.0.2.1\n", "records": late})
        return zone.zone_text.apply(seen.append)

    program()
    assert [line for text in seen for line in text.splitlines()] == ["api 3600 A 192.0.2.9", "www 3600 A 192.0.2.1"]


def test_registrations_are_under_way_before_the_program_is_at_its_end() -> None:
    mocks.set_mocks(Engine(), project="demo", stack="test")
    begun: list[str] = []

    async def registration() -> None:
        begun.append("stack")

    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # no types published
    def program() -> None:
        pending = asyncio.ensure_future(registration())
        IntelligentDnsZone("shop", {"domain": "shop.example"})
        assert begun == ["stack"]
        assert pending.done()

    component._begun.cache_clear()  # this stack may be that of another test
    program()

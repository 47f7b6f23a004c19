"""IntelligentDnsZone: a DNS zone that weighs every change before it is made."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from sophia_infra.component import begin_registering, note, once_applied, quiet, refuse_unfit
from sophia_infra.dns.arguments import ZoneArgs
from sophia_infra.dns.late_values import LateValues
from sophia_infra.dns.program import zone
from sophia_infra.dns.program.cloudflare_zone import with_zone
from sophia_infra.dns.provider import ZoneRecordsProvider, said
from sophia_infra.dns.serial import with_serial
from sophia_infra.dns.state import ZoneState
from sophia_infra.errors import SophiaError


class ZoneRecords(Resource, module="sophia", name="ZoneRecords"):
    """The records of one zone, as one resource: its `changes` and `advice` are what policies judge."""

    text: pulumi.Output[str]
    late: pulumi.Output[Mapping[str, Any]]
    serial: pulumi.Output[int]
    served_by: pulumi.Output[Sequence[str]]
    record_set_count: pulumi.Output[int]
    changes: pulumi.Output[Mapping[str, Any]]
    advice: pulumi.Output[Mapping[str, Any]]

    def __init__(self, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        unknown_yet = {"serial": None, "served_by": None, "record_set_count": None, "changes": None, "advice": None}
        super().__init__(ZoneRecordsProvider(), name, {**inputs, **unknown_yet}, quiet(opts))


class IntelligentDnsZone(pulumi.ComponentResource):
    """A DNS zone whose every change is planned against the live zone, weighed, advised on, and kept within limits.

    Of a zone with several backends the outputs tell of the first.
    """

    domain: pulumi.Output[str]
    """The zone's name."""
    zone_text: pulumi.Output[str]
    """The zone as served, as canonical master-file text."""
    serial: pulumi.Output[int]
    """The serial of the zone's SOA."""
    record_set_count: pulumi.Output[int]
    """How many record sets the zone holds."""
    name_servers: pulumi.Output[Sequence[str]]
    """The zone's name servers."""
    changes: pulumi.Output[Mapping[str, Any]]
    """What the last apply changed (docs/contracts.md); not known at a preview that plans one."""
    advice: pulumi.Output[Mapping[str, Any]]
    """What was advised on it (docs/contracts.md)."""

    def __init__(self, name: str, args: ZoneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sophia:index:IntelligentDnsZone", name, {}, opts)
        begin_registering()
        try:
            refuse_unfit(opts)
            inputs = zone.inputs_of(args)
            note("zone", inputs["domain"])
            targets = zone.targets_of(args, inputs)
            targets = {ending: with_zone(f"{name}{ending}", target, self) for ending, target in targets.items()}
        except SophiaError as error:
            raise pulumi.RunError(f"IntelligentDnsZone {name!r}: {error}") from None
        self._relied_on: dict[str, str] = {}
        opts = pulumi.ResourceOptions(parent=self)
        named = {"stack": f"{pulumi.get_project()}/{pulumi.get_stack()}", "label": name}
        records, *_ = [
            ZoneRecords(f"{name}{ending}", {**said(target), **named, "relied_on": self._names_relied_on()}, opts)
            for ending, target in targets.items()
        ]
        self.domain = pulumi.Output.from_input(inputs["domain"])
        served = [records.text, records.serial, *([records.late] if inputs["late"] else [])]
        self.zone_text = pulumi.Output.all(*served).apply(partial(_served_text, inputs["domain"]))
        self.serial = records.serial
        self.record_set_count = records.record_set_count
        self.name_servers = records.served_by
        self.changes = records.serial.apply(lambda _: records.changes.apply(_without_details))
        self.advice = once_applied(records.advice, records.serial)
        outputs = ("domain", "serial", "record_set_count", "name_servers", "changes", "advice")
        self.register_outputs({name: getattr(self, name) for name in outputs})

    def rely_on(self, name: str, why: str) -> None:
        """Say that something outside the zone needs a name of it (`www.shop.example`): a change then weighs more.

        A certificate that is given the zone does so for each of its names. Call it before the program awaits anything.
        """
        self._relied_on[name] = why

    async def _names_relied_on(self) -> dict[str, str]:
        # Pulumi awaits inputs once the program has run to its end, or to its first await: all have spoken by then.
        return dict(self._relied_on)


def _without_details(changes: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Leave out what the preview of a first run is for: exported, it would be shown once more, and again as it goes.

    There are no changes where no provider plans them: in a user's tests with Pulumi's mocks.
    """
    return {name: value for name, value in (changes or {}).items() if name != "details"}


def _served_text(domain: str, parts: Sequence[Any]) -> str:
    text, serial, *late_values = parts
    late = LateValues((late_values or [None])[0] or {})
    whole = ZoneState(domain=domain, text=text, late=LateValues(late.values, tuple(late.subjects))).zone
    return with_serial(whole, int(serial))

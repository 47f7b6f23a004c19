"""IntelligentDnsZone: a DNS zone that weighs every change before it is made."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from sophia_infra.advice.model import Autonomy
from sophia_infra.component import asks_ahead, note, once_applied, opening, quiet, refuse_unfit, when_asked
from sophia_infra.dns.arguments import ZoneArgs
from sophia_infra.dns.late_values import LateValues
from sophia_infra.dns.ownership import ALL
from sophia_infra.dns.patterns import PatternError, relative_patterns
from sophia_infra.dns.program import zone
from sophia_infra.dns.program.cloudflare_zone import with_zone
from sophia_infra.dns.provider import ZoneRecordsProvider, said
from sophia_infra.dns.serial import with_serial
from sophia_infra.dns.spec import APPLIES
from sophia_infra.dns.state import ZoneState
from sophia_infra.probes.addresses import Question


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


def _text_of(zone: "IntelligentDnsZone") -> pulumi.Output[str]:
    records = zone._records
    served = [zone.domain, records.text, records.serial, *([records.late] if zone._has_late else [])]
    return pulumi.Output.all(*served).apply(_served_text)


def _served_text(parts: Sequence[Any]) -> str:
    domain, text, serial, *late_values = parts
    late = LateValues((late_values or [None])[0] or {})
    whole = ZoneState(domain=domain, text=text, late=LateValues(late.values, tuple(late.subjects))).zone
    return with_serial(whole, int(serial))


def _changes_of(zone: "IntelligentDnsZone") -> pulumi.Output[Mapping[str, Any]]:
    """There are none where no provider plans them: in a user's tests with Pulumi's mocks."""
    return once_applied(zone._records.changes.apply(lambda changes: changes or {}), zone.serial)


def _advice_of(zone: "IntelligentDnsZone") -> pulumi.Output[Mapping[str, Any]]:
    return once_applied(zone._records.advice, zone.serial)


def _applies_by_level() -> bool:
    """Whether this run applies, at a level that may grant edits: each input costs time, so others send none."""
    level = pulumi.Config("sophia").get("autonomy")
    return not pulumi.runtime.is_dry_run() and level in (Autonomy.LIMITED, Autonomy.FULL)


class IntelligentDnsZone(pulumi.ComponentResource):
    """A DNS zone whose every change is planned against the live zone, weighed, advised on, and kept within limits.

    Of a zone with several backends the outputs tell of the first.
    """

    domain: pulumi.Output[str]
    """The zone's name."""
    zone_text: pulumi.Output[str] = when_asked(_text_of)
    """The zone as served, as canonical master-file text."""
    serial: pulumi.Output[int]
    """The serial of the zone's SOA."""
    record_set_count: pulumi.Output[int]
    """How many record sets the zone holds."""
    name_servers: pulumi.Output[Sequence[str]]
    """The zone's name servers."""
    changes: pulumi.Output[Mapping[str, Any]] = when_asked(_changes_of)
    """What the last apply changed (docs/contracts.md); not known at a preview that plans one."""
    advice: pulumi.Output[Mapping[str, Any]] = when_asked(_advice_of)
    """What was advised on it (docs/contracts.md)."""

    def __init__(self, name: str, args: ZoneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sophia:index:IntelligentDnsZone", name, {}, opts)
        with opening("IntelligentDnsZone", name):
            refuse_unfit(opts)
            inputs = zone.inputs_of(args)
            note("zone", inputs["domain"])
            targets = zone.targets_of(args, inputs)
            targets = {ending: with_zone(f"{name}{ending}", target, self) for ending, target in targets.items()}
        self._relied_on: dict[str, str] = {}
        self._renewals: list[Mapping[str, Any]] = []
        self._left = list(inputs["ignore"])
        self._name = str(inputs["domain"])
        self._late = LateValues(inputs["late"]).subjects
        self._is_whole = inputs["manage"] == [ALL] and not inputs["ignore"]
        # For what writes beside it: no output, since settings are known and hold no secret.
        self.homes = [target["backend"] for target in targets.values()]
        opts = pulumi.ResourceOptions(parent=self)
        named: dict[str, Any] = {"stack": f"{pulumi.get_project()}/{pulumi.get_stack()}", "label": name}
        named |= {APPLIES: True} if _applies_by_level() else {}
        self._records, *_ = [
            ZoneRecords(f"{name}{ending}", self._spoken({**said(target), **named}), opts)
            for ending, target in targets.items()
        ]
        self._has_late = bool(self._late)
        self.domain = pulumi.Output.from_input(inputs["domain"])
        self.serial = self._records.serial
        self.record_set_count = self._records.record_set_count
        self.name_servers = self._records.served_by
        # What differs from run to run stands in the records' own outputs: the engine stores a stack whole each time.
        self.register_outputs({"domain": inputs["domain"]})

    def rely_on(self, name: str, why: str) -> None:
        """Say that something outside the zone needs a name of it (`www.shop.example`): a change then weighs more.

        A certificate that is given the zone does so for each of its names. Call it before the program awaits anything.
        """
        self._relied_on[name] = why

    def renew(self, renewal: Mapping[str, Any]) -> None:
        """Say how a certificate of the program renews, by fields of `Renewal`: a change that would break that is told.

        Its proofs are written to this zone, where it does not say `zones`. A certificate by ACME that is given the zone
        does so. Call it before the program awaits anything.
        """
        self._renewals.append({"zones": [self._name], **renewal})

    def leave(self, pattern: str) -> None:
        """Leave records to others, as the argument `ignore` does: `_acme-challenge.shop.example. TXT`.

        A certificate that is shown by records in the zone does so for them. Names outside of the zone are none of it.
        Call it before the program awaits anything.
        """
        with suppress(PatternError):
            self._left += relative_patterns([pattern], self._name, "ignore")

    def foretell(self, questions: "pulumi.Input[Sequence[Question]]") -> pulumi.Output[dict[str, Any]]:
        """Return what the zone will answer once this run has applied it, its name servers too: see `foretold`."""

        def told(parts: Sequence[Any]) -> dict[str, Any]:
            from sophia_infra.dns.renewals.foretold import foretold
            from sophia_infra.dns.zone.names import LazyNames

            zone, asked = LazyNames(parts[0], self._name, self._late), [Question(*each) for each in parts[1]]
            asked.append(Question(f"{self._name}.", "NS"))
            return foretold(zone, asked, is_whole=self._is_whole)

        return pulumi.Output.all(self._records.text, questions).apply(told)

    def _spoken(self, inputs: dict[str, Any]) -> dict[str, Any]:
        spoken = {"relied_on": self._names_relied_on(inputs), "ignore": self._patterns_left()}
        # Read as late as those are: a list needs no task of its own for that.
        return {**inputs, **spoken, "renewals": self._renewals}

    async def _patterns_left(self) -> list[str] | None:
        return list(dict.fromkeys(self._left)) or None

    async def _names_relied_on(self, inputs: Mapping[str, Any]) -> dict[str, str]:
        # Pulumi awaits inputs once the program has run to its end, or to its first await: all have spoken by then.
        relied_on = dict(self._relied_on)
        if asks_ahead():
            from sophia_infra.dns.program import ahead  # most stacks ask no model

            await ahead.asked(
                {**inputs, "relied_on": relied_on, "ignore": await self._patterns_left(), "renewals": self._renewals}
            )
        return relied_on

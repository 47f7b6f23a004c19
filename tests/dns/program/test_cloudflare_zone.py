"""The zone's own resources at Cloudflare, against the engine's mocks: the provider's plugin is not to be had here."""

from typing import Any, cast

import pulumi
import pytest
from pulumi.provider.experimental.analyzer import Analyzer
from pulumi.runtime import mocks

from sophia_infra.dns.arguments import ArgumentError, ZoneBackendArgs
from sophia_infra.dns.component import IntelligentDnsZone
from sophia_infra.dns.program.cloudflare_zone import with_zone
from tests.support.refusals import refused

pytestmark = pytest.mark.filterwarnings("ignore:cloudflare:DeprecationWarning")  # importing the SDK raises a hundred

TEXT = "www 300 A 192.0.2.1\n"
ACCOUNT, ZONE_ID = "a" * 32, "b" * 32
RECORDS = "ZoneRecords"
ZONE, DNSSEC, SETTING = (
    f"cloudflare:index/{name}:{token}"
    for name, token in (("zone", "Zone"), ("zoneDnssec", "ZoneDnssec"), ("zoneSetting", "ZoneSetting"))
)


class Engine(mocks.Mocks):
    """Answers as the providers would, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[mocks.MockResourceArgs] = []
        self.retained: list[str] = []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.asked.append(args)
        return f"{args.name}-id", {**args.inputs, "serial": 0}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return {}, None

    def inputs(self, kind: str) -> list[dict[str, Any]]:
        return [one.inputs for one in self.asked if one.typ.endswith(kind)]


class Monitor(mocks.MockMonitor):
    """Keeps which resources the engine would leave alone where it deletes all others; the mocks are not told."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._engine = engine

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # gRPC's name
        if request.retainOnDelete:
            self._engine.retained.append(request.type)
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]  # no types published


def opened(**backend: Any) -> Engine:
    engine = Engine()
    mocks.set_mocks(engine, project="demo", stack="test", monitor=Monitor(engine))

    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # no types published
    def program() -> pulumi.Output[Any]:
        backend_args = cast(ZoneBackendArgs, {"kind": "cloudflare", **backend})
        zone = IntelligentDnsZone("shop", {"domain": "shop.example", "zone_text": TEXT, "backend": backend_args})
        return zone.zone_text

    program()
    return engine


def asked_for(**backend: Any) -> None:
    target = {"domain": "shop.example", "text": TEXT, "backend": {"kind": "cloudflare", **backend}}
    with_zone("shop", target, cast(pulumi.Resource, None))  # what is refused opens nothing below it


def test_without_zone_nothing_but_the_records_is_opened() -> None:
    engine = opened(account_id=ACCOUNT)
    assert not [one for one in engine.asked if one.typ.startswith("cloudflare:")]
    assert engine.inputs(RECORDS)[0]["backend"] == {"kind": "cloudflare", "account_id": ACCOUNT}


def test_the_zone_its_dnssec_and_settings_are_resources_beside_the_records() -> None:
    engine = opened(account_id=ACCOUNT, zone={"dnssec": True, "settings": {"ssl": "strict", "min_tls_version": "1.2"}})
    assert engine.inputs(ZONE) == [{"account": {"id": ACCOUNT}, "name": "shop.example", "type": "full"}]
    assert engine.inputs(DNSSEC) == [{"zoneId": "shop-id", "status": "active"}]
    settings = {setting["settingId"]: setting for setting in engine.inputs(SETTING)}  # they register in any order
    assert settings == {
        "ssl": {"zoneId": "shop-id", "settingId": "ssl", "value": "strict"},
        "min_tls_version": {"zoneId": "shop-id", "settingId": "min_tls_version", "value": "1.2"},
    }
    (records,) = engine.inputs(RECORDS)
    assert records["backend"] == {"kind": "cloudflare", "account_id": ACCOUNT}, "the backend knows nothing of it"
    assert records["text"] == TEXT


def test_none_of_them_is_ever_deleted_neither_with_the_stack_nor_when_no_longer_asked_for() -> None:
    engine = opened(account_id=ACCOUNT, zone={"dnssec": True, "settings": {"ssl": "strict"}})
    assert sorted(engine.retained) == sorted([ZONE, DNSSEC, SETTING])


@pytest.mark.parametrize("unsigned", [False, None])
def test_signing_is_never_switched_off_and_the_way_to_do_it_safely_is_told(unsigned: bool | None) -> None:
    order = "take the DS out at the registrar, wait until its TTL has passed, then switch DNSSEC off"
    with refused(ArgumentError, field="backend.zone.dnssec", says=order):
        asked_for(account_id=ACCOUNT, zone={"dnssec": unsigned})


def test_an_empty_zone_makes_the_zone_alone() -> None:
    engine = opened(account_id=ACCOUNT, zone={})
    assert len(engine.inputs(ZONE)) == 1
    assert engine.inputs(DNSSEC) == engine.inputs(SETTING) == []


def test_a_zone_that_is_there_is_imported() -> None:
    engine = opened(account_id=ACCOUNT, zone_id=ZONE_ID, zone={})
    (zone,) = [one for one in engine.asked if one.typ == ZONE]
    assert zone.resource_id == ZONE_ID


@pytest.mark.parametrize(
    ("backend", "field"),
    [
        ({"zone": {}}, "backend.account_id"),
        ({"account_id": ACCOUNT, "zone": {"colour": "red"}}, "backend.zone.colour"),
        ({"account_id": ACCOUNT, "zone": "yes"}, "backend.zone"),
        ({"account_id": ACCOUNT, "zone": {"settings": ["ssl"]}}, "backend.zone.settings"),
        ({"account_id": ACCOUNT, "zone": {"dnssec": "on"}}, "backend.zone.dnssec"),
        ({"kind": "file", "zone": {}}, "backend.kind"),
    ],
)
def test_what_can_not_be_asked_of_a_zone_is_refused_by_name(backend: dict[str, Any], field: str) -> None:
    with refused(ArgumentError, field=field):
        asked_for(**backend)


def test_a_refusal_ends_the_program_with_the_component_s_name() -> None:
    with pytest.raises(pulumi.RunError, match=r"^IntelligentDnsZone 'shop': backend\.zone needs backend\.account_id"):
        opened(zone={})


def test_the_schema_has_the_zone_with_its_parts() -> None:
    analyzer = Analyzer("sophia")
    analyzer.analyze([IntelligentDnsZone])
    assert set(analyzer.type_definitions["CloudflareZoneArgs"].properties) == {"dnssec", "settings"}

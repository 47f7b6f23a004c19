"""Aliases of Route 53, as five tools write them: what becomes ALIAS, what each line says, what is left out."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import yaml

from sophia_infra.dns.importers import Imported, import_zone

ELB, CDN = "lb-1.elb.provider.example.", "d1.cdn.example."


class Told(NamedTuple):
    """An alias, or with values a plain set, whichever tool tells it; `name` is relative, `@` the zone."""

    name: str
    type: str
    target: str = ""
    health: bool = False
    values: tuple[str, ...] = ()


def full(name: str) -> str:
    return "shop.example" if name == "@" else f"{name}.shop.example"


def route53(given: list[Told]) -> str:
    def entry(told: Told) -> dict[str, Any]:
        if told.values:
            values = [{"Value": value} for value in told.values]
            return {"Name": f"{full(told.name)}.", "Type": told.type, "TTL": 300, "ResourceRecords": values}
        alias = {"HostedZoneId": "Z2", "DNSName": told.target, "EvaluateTargetHealth": told.health}
        return {"Name": f"{full(told.name)}.", "Type": told.type, "AliasTarget": alias}

    return json.dumps({"ResourceRecordSets": [entry(told) for told in given]})


def terraform(given: list[Told]) -> str:
    def instance(told: Told) -> dict[str, Any]:
        alias = [{"name": told.target.rstrip("."), "zone_id": "Z2", "evaluate_target_health": told.health}]
        return {
            "mode": "managed", "type": "aws_route53_record", "name": "r",
            "instances": [{"attributes": {
                "alias": [] if told.values else alias, "fqdn": full(told.name), "name": told.name.replace("@", ""),
                "records": list(told.values), "ttl": 300 if told.values else 0, "type": told.type, "zone_id": "Z1",
                "weighted_routing_policy": [], "set_identifier": "", "health_check_id": "",
                "multivalue_answer_routing_policy": False,
            }}],
        }  # fmt: skip

    zone = {"attributes": {"id": "Z1", "zone_id": "Z1", "name": "shop.example", "vpc": []}}
    resources = [{"mode": "managed", "type": "aws_route53_zone", "name": "z", "instances": [zone]}]
    return json.dumps({"version": 4, "terraform_version": "1.6.6", "resources": [*resources, *map(instance, given)]})


def pulumi(given: list[Told]) -> str:
    def resource(told: Told) -> dict[str, Any]:
        alias = [{"name": told.target, "zoneId": "Z2", "evaluateTargetHealth": told.health}]
        outputs: dict[str, Any] = {"fqdn": full(told.name), "name": full(told.name), "type": told.type, "zoneId": "Z1"}
        outputs |= {"records": list(told.values), "ttl": 300} if told.values else {"aliases": alias}
        kind = "aws:route53/record:Record"
        return {"urn": f"urn:pulumi:a::b::{kind}::r", "custom": True, "id": "i", "type": kind, "outputs": outputs}

    kind = "aws:route53/zone:Zone"
    zone = {"urn": f"urn:pulumi:a::b::{kind}::z", "custom": True, "id": "Z1", "type": kind}
    zone["outputs"] = {"name": "shop.example", "zoneId": "Z1"}
    return json.dumps({"version": 3, "deployment": {"resources": [zone, *map(resource, given)]}})


def dnscontrol(given: list[Told]) -> str:
    def records(told: Told) -> list[dict[str, Any]]:
        if told.values:
            return [{"name": told.name, "type": told.type, "ttl": 300, "target": value} for value in told.values]
        about = {"type": told.type, "zone_id": "Z2", "evaluate_target_health": str(told.health).lower()}
        return [{"name": told.name, "type": "R53_ALIAS", "target": told.target, "r53_alias": about}]

    found = [record for told in given for record in records(told)]
    return json.dumps({"domains": [{"name": "shop.example", "records": found}]})


def octodns(given: list[Told]) -> str:
    names: dict[str, list[dict[str, Any]]] = {}
    aliases: dict[str, list[dict[str, Any]]] = {}
    for told in given:
        name = told.name.replace("@", "")
        if told.values:
            names.setdefault(name, []).append({"type": told.type, "ttl": 300, "values": list(told.values)})
            continue
        zone = ".shop.example."
        short = "" if told.target == zone[1:] else told.target.removesuffix(zone)
        inside = told.target.endswith("shop.example.")
        value = {"type": told.type, "name": short if inside else told.target, "evaluate-target-health": told.health}
        aliases.setdefault(name, []).append(value if inside else {**value, "hosted-zone-id": "Z2"})
    for name, values in aliases.items():
        names.setdefault(name, []).append({"type": "Route53Provider/ALIAS", "values": values})
    return yaml.safe_dump(names)


TOOLS = {"route53": route53, "terraform": terraform, "pulumi": pulumi, "dnscontrol": dnscontrol, "octodns": octodns}
Import = Callable[..., Imported]


@pytest.fixture(params=TOOLS)
def read(request: pytest.FixtureRequest) -> Import:
    tool: str = request.param

    def imported(*given: Told) -> Imported:
        found = import_zone(TOOLS[tool](list(given)), "shop.example", tool, file="f")
        assert found.problems == ()
        return found

    return imported


def lines(found: Imported) -> list[str]:
    return sorted(str(record) for record in found.records)


def notes(found: Imported) -> list[str]:
    return [note.partition(": ")[2] for note in found.notes]


def test_a_pair_of_one_target_is_one_alias_and_one_line_says_what_route_53_does(read: Import) -> None:
    found = read(Told("@", "A", ELB), Told("@", "AAAA", ELB), Told("@", "PTR", values=("a.other.example.",)))
    assert lines(found) == ["@ 300 PTR a.other.example.", f"@ 60 ALIAS {ELB}"]
    assert notes(found) == [
        f"shop.example. A and AAAA is an alias of {ELB}, with whose addresses Route 53 answers; it becomes ALIAS"
    ]


def test_an_alias_of_one_type_says_that_the_other_may_be_answered_too(read: Import) -> None:
    found = read(Told("www", "A", CDN))
    assert lines(found) == [f"www 60 ALIAS {CDN}"]
    assert notes(found)[0].endswith("it becomes ALIAS, with AAAA too where the target has any")


def test_the_health_of_a_target_is_lost_and_said(read: Import) -> None:
    found = read(Told("@", "A", ELB, health=True), Told("@", "AAAA", ELB))
    lost = "; EvaluateTargetHealth is not carried over, so an unhealthy target stays answered"
    assert notes(found)[0].endswith(f"it becomes ALIAS{lost}")
    assert lost not in notes(read(Told("@", "A", ELB), Told("@", "AAAA", ELB)))[0]


def test_an_alias_of_the_same_zone_takes_its_targets_ttl_and_leads_there(read: Import) -> None:
    found = read(Told("@", "A", "www.shop.example."), Told("www", "A", values=("192.0.2.1",)))
    assert lines(found) == ["@ 300 ALIAS www.shop.example.", "www 300 A 192.0.2.1"]


def test_an_alias_of_another_type_gets_the_values_of_its_zone(read: Import) -> None:
    found = read(Told("@", "PTR", values=("a.other.example.",)), Told("eu", "PTR", "shop.example."))
    assert lines(found) == ["@ 300 PTR a.other.example.", "eu 300 PTR a.other.example."]
    assert notes(found) == ["eu.shop.example. PTR is an alias of shop.example., and gets the values that it has now"]
    assert notes(read(Told("eu", "PTR", "shop.example."))) == [
        "eu.shop.example. PTR is an alias of shop.example., and is not carried over"
    ]


def test_two_targets_of_one_name_are_one_too_many(read: Import) -> None:
    found = read(Told("www", "A", ELB), Told("www", "AAAA", CDN))
    assert lines(found) == [f"www 60 ALIAS {ELB}"]
    (left,) = (note for note in notes(found) if note.endswith(" and is not carried over"))
    assert left.startswith(
        f"www.shop.example. AAAA is an alias of {CDN}, another one than that of www.shop.example. A,"
    )


def test_an_alias_beside_plain_addresses_is_left_out(read: Import) -> None:
    found = read(Told("www", "A", ELB), Told("www", "AAAA", values=("2001:db8::1",)))
    assert lines(found) == ["www 300 AAAA 2001:db8::1"]
    assert notes(found) == [f"www.shop.example. A is an alias of {ELB}, beside www AAAA, and is not carried over"]


@pytest.mark.parametrize("tool", ["terraform", "pulumi"])
def test_plain_sets_of_a_state_are_read_as_route_53_serves_them(tool: str) -> None:
    text = TOOLS[tool]([
        Told("@", "TXT", values=("v=spf1 -all", 'first""second', 'third" "fourth')),
        Told("*", "CNAME", values=("www.shop.example",)),
        Told("@", "CAA", values=('0 issue "ca.example"',)),
        Told("_sip._tcp", "SRV", values=("1 2 5060 sip.other.example",)),
    ])  # fmt: skip
    found = import_zone(text, "shop.example", tool, file="f")
    assert (found.problems, found.notes) == ((), ())
    assert lines(found) == [
        "* 300 CNAME www.shop.example.",
        '@ 300 CAA 0 issue "ca.example"',
        '@ 300 TXT "first" "second"',
        '@ 300 TXT "third" "fourth"',
        '@ 300 TXT "v=spf1 -all"',
        "_sip._tcp 300 SRV 1 2 5060 sip.other.example.",
    ]


def state(*resources: dict[str, Any]) -> Imported:
    text = json.dumps({"version": 4, "terraform_version": "1.6.6", "resources": list(resources)})
    return import_zone(text, "shop.example", "terraform", file="f")


def managed(kind: str, **attributes: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": kind, "name": "r", "instances": [{"attributes": attributes}]}


def record(**attributes: Any) -> dict[str, Any]:
    usual = {"fqdn": "www.shop.example", "name": "www", "type": "A", "ttl": 60, "records": ["192.0.2.1"]}
    return managed("aws_route53_record", **usual | {"zone_id": "Z1"} | attributes)


def test_a_routed_set_of_a_state_is_left_out_by_its_policy() -> None:
    found = state(
        record(set_identifier="blue", weighted_routing_policy=[{"weight": 0}]),
        record(set_identifier="eu", latency_routing_policy=[{"region": "eu-west-1"}]),
        record(set_identifier="p", failover_routing_policy=[{"type": "PRIMARY"}], health_check_id="h"),
        record(set_identifier="de", geolocation_routing_policy=[{"country": "DE", "continent": ""}]),
    )
    assert found.records == []
    assert [note.split(" routed by ")[1] for note in found.notes] == [
        "Weight=0 and is not carried over",
        "Region=eu-west-1 and is not carried over",
        "Failover=PRIMARY and is not carried over",
        "GeoLocation={'country': 'DE', 'continent': ''} and is not carried over",
    ]


def test_the_private_zone_of_a_name_is_another_zone() -> None:
    public = managed("aws_route53_zone", id="Z1", name="shop.example", vpc=[])
    private = managed("aws_route53_zone", id="Z2", name="shop.example", vpc=[{"vpc_id": "v"}])
    inside = record(zone_id="/hostedzone/Z2", records=["10.0.0.1"])
    found = state(public, private, record(), inside)
    assert lines(found) == ["www 60 A 192.0.2.1"]
    assert notes(found) == ["www.shop.example. A is in another zone and is not carried over"]
    assert lines(state(private, inside)) == ["www 60 A 10.0.0.1"], "alone it is the one that is meant"


@pytest.mark.parametrize("given", [7, True, "192.0.2.1", {"a": "192.0.2.1"}])
def test_records_of_a_state_that_are_no_list_are_refused_and_others_are_read(given: object) -> None:
    found = state(record(records=given), record(fqdn="b.shop.example", name="b"))
    assert [(problem.code, problem.field) for problem in found.problems] == [("field-invalid", "records")]
    assert found.problems[0].message.endswith(" is not a list")
    assert [str(kept) for kept in found.records] == ["b 60 A 192.0.2.1"]

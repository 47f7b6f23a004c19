"""What `--strict` stands for: nothing that can't be carried over goes missing without a word, in any format.

Each plant is something that a tool can say and a zone can't, put among sound entries; a line must name it.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sophia_infra.dns.importers import SOURCES, import_zone
from tests.dns.importers.rendering import RENDERINGS, ZONE, Entry, entries

ROUNDS = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
Plant = tuple[Any, str]
"""What is planted, and what a line must hold that names it."""


def lines(text: str, planted: list[Any]) -> str:
    return "".join([text, *(f"{line}\n" for line in planted)])


def names(text: str, planted: list[Any]) -> str:
    return yaml.safe_dump({**(yaml.safe_load(text) or {}), **dict(planted)})


def sets(text: str, planted: list[Any]) -> str:
    held = json.loads(text)
    return json.dumps({**held, "ResourceRecordSets": [*held["ResourceRecordSets"], *planted]})


def api(text: str, planted: list[Any]) -> str:
    held = json.loads(text)
    return json.dumps({**held, "result": [*held["result"], *planted]} if isinstance(held, dict) else [*held, *planted])


def domain(text: str, planted: list[Any]) -> str:
    held = json.loads(text)
    for plant in planted:
        key, value = plant
        held["domains"][0][key] = [*held["domains"][0].get("records", []), value] if key == "records" else value
    return json.dumps(held)


def resources(text: str, planted: list[Any]) -> str:
    held = json.loads(text)
    inner = held.get("deployment", held)
    if "resources" not in inner:
        inner = held["values"]["root_module"]
    inner["resources"] = [*inner.get("resources", []), *planted]
    return json.dumps(held)


A = {"type": "A", "ttl": 60, "value": "192.0.2.1"}
R53 = {"Name": "p.shop.example.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
API = {"name": "p.shop.example", "type": "A", "content": "192.0.2.1", "ttl": 60}
IR = {"name": "p", "type": "A", "target": "192.0.2.1", "ttl": 60}


def managed(kind: str, **fields: Any) -> dict[str, Any]:
    attributes = {"zone_id": "z", "name": "p.shop.example", "type": "A", "content": "192.0.2.1", "ttl": 60, **fields}
    return {"mode": "managed", "type": kind, "name": "plant", "instances": [{"attributes": attributes}]}


def kept(kind: str, **outputs: Any) -> dict[str, Any]:
    given = {"zoneId": "", "name": "p.shop.example", "type": "A", "content": "192.0.2.1", "ttl": 60, **outputs}
    return {"urn": f"urn:pulumi:a::b::{kind}::plant", "custom": True, "id": "i", "type": kind, "outputs": given}


PLANTS: Mapping[str, tuple[Callable[[str, list[Any]], str], list[Plant]]] = {
    "master": (
        lines,
        [
            ("p.@ 60 IN A 192.0.2.1", "taken as p"),
            ("p 60 IN NS REPLACE&ME$WITH^YOUR@NAMESERVER.", "placeholder"),
            ("p 60 IN URL lb.other.example.", "URL"),
            ("p.other.example. 60 IN A 192.0.2.1", "p.other.example"),
            ("p 60 IN A 192.0.2.1\np 61 IN A 192.0.2.2", "60, 61"),
            ("p 60 CH TXT x", "'CH'"),
        ],
    ),
    "octodns": (
        names,
        [
            (("p1", {**A, "geo": {"AF": ["192.0.2.9"]}}), "p1 A: geo"),
            (("p2", {**A, "dynamic": {"pools": {}}}), "p2 A: dynamic"),
            (("p3", {**A, "octodns": {"healthcheck": {"path": "/x"}}}), "octodns.healthcheck.path=/x"),
            (("p4", {**A, "octodns": {"ignored": True}}), "p4 A is ignored"),
            (("p6", {"type": "URLFWD", "value": "x"}), "p6 URLFWD"),
            (("p7", {"type": "CloudflareProvider/ALIAS", "value": "x"}), "p7 CloudflareProvider/ALIAS"),
            (("p8", {**A, "note": "by hand"}), "p8 A: the field note"),
            (("p9", {**A, "values": ["192.0.2.2"]}), "p9 A: value=192.0.2.1"),
            (("q1", {"type": "A", "values": []}), "values is empty"),
            (("q2", {"type": "MX", "values": [{"preference": 1, "exchange": "a.", "weight": 5}]}), "field weight"),
            (("q3", {"type": "CNAME", "value": "b.other.example"}), "b.other.example"),
        ],
    ),
    "dnscontrol": (
        domain,
        [
            (("keepunknown", True), "keepunknown=True"),
            (("unmanaged", [{"label_pattern": "x"}]), "unmanaged="),
            (("auto_dnssec", "on"), "auto_dnssec=on"),
            (("meta", {"cloudflare_proxy_default": "on"}), "cloudflare_proxy_default=on"),
            (("records", {**IR, "meta": {"cloudflare_proxy": "on"}}), "cloudflare_proxy=on"),
            (("records", {**IR, "type": "R53_ALIAS", "r53_alias": {"type": "A"}}), "is an alias of 192.0.2.1."),
            (("records", {**IR, "type": "CF_REDIRECT", "target": "a,b"}), "CF_REDIRECT"),
        ],
    ),
    "godaddy": (
        lines,
        [
            ("p.@\t60\t IN \tA\t192.0.2.1", "taken as p"),
            ("p\t60\t IN \tCNAME\tlb.other.example", "lb.other.example is taken in full"),
            ("p\t60\t IN \tFORWARD\thttps://shop.example", "p FORWARD"),
            ("p.other.example.\t60\t IN \tA\t192.0.2.1", "p.other.example"),
            ("p\tIN\tA\t192.0.2.1", "not a line of a GoDaddy export"),
        ],
    ),
    "terraform": (
        resources,
        [
            (managed("cloudflare_record", proxied=True), "proxied=true"),
            (managed("cloudflare_record", comment="by hand"), "by hand"),
            (managed("cloudflare_record", tags=["a:b"]), "a:b"),
            (managed("cloudflare_dns_record", settings={"flatten_cname": True}), "flatten_cname"),
            (managed("cloudflare_record", ttl=1), "automatic TTL"),
            (managed("cloudflare_record", name="p", hostname="p.other.example", zone_id="y"), "p.other.example"),
            (managed("ovh_domain_zone_record"), "ovh_domain_zone_record.plant"),
            (managed("cloudflare_r2_custom_domain"), "cloudflare_r2_custom_domain.plant"),
            (managed("cloudflare_load_balancer"), "cloudflare_load_balancer.plant"),
            (managed("cloudflare_workers_custom_domain"), "cloudflare_workers_custom_domain.plant"),
        ],
    ),
    "pulumi": (
        resources,
        [
            (kept("cloudflare:index/record:Record", proxied=True), "proxied=true"),
            (kept("cloudflare:index/dnsRecord:DnsRecord", comment="by hand"), "by hand"),
            (kept("cloudflare:index/dnsRecord:DnsRecord", zoneId="y", name="p.other.example"), "p.other.example"),
            (kept("ovh:Domain/zoneRecord:ZoneRecord"), "plant is no record that is read here"),
            (kept("cloudflare:index/loadBalancer:LoadBalancer"), "plant is no record that is read here"),
        ],
    ),
    "tinydns": (
        lines,
        [
            ("-p.shop.example:192.0.2.1:60", "-p.shop.example"),
            ("%lo:192.0.2", "the location 'lo'"),
            ("+p.shop.example:192.0.2.1:60::lo", "in the location 'lo'"),
            ("+p.shop.example:192.0.2.1:60:400000003b9aca00", "timestamp"),
            ("+p.other.example:192.0.2.1:60", "p.other.example"),
            ("6p.shop.example:fd000000000000000000000000000001", "no line starts with '6'"),
        ],
    ),
    "cloudflare-json": (
        api,
        [
            ({**API, "proxied": True}, "proxied=true"),
            ({**API, "comment": "by hand"}, "by hand"),
            ({**API, "tags": ["a:b"]}, "a:b"),
            ({**API, "settings": {"ipv4_only": True}}, "ipv4_only"),
            ({**API, "ttl": 1}, "automatic TTL"),
            ({**API, "new_field": "x"}, "new_field"),
            ({**API, "name": "p.eu.shop.example", "zone_name": "eu.shop.example"}, "in the zone eu.shop.example"),
            ({**API, "type": "WORKER", "content": "x"}, "WORKER"),
        ],
    ),
    "cloudflare": (
        lines,
        [
            ("p.shop.example.\t1\tIN\tA\t192.0.2.1", "automatic TTL"),
            ("p.shop.example.\t60\tIN\tA\t192.0.2.1 ; cf_tags=cf-proxied:true", "cf-proxied:true"),
            ("shop.example.\t60\tIN\tNS\tREPLACE&ME$WITH^YOUR@NAMESERVER.", "placeholder"),
            ("p.other.example.\t60\tIN\tA\t192.0.2.1", "p.other.example"),
        ],
    ),
    "route53": (
        sets,
        [
            ({**R53, "AliasTarget": {"DNSName": "lb.other.example."}, "ResourceRecords": []}, "lb.other.example"),
            ({**R53, "Weight": 7, "SetIdentifier": "blue"}, "Weight=7"),
            ({**R53, "Region": "eu-west-1", "SetIdentifier": "eu"}, "Region=eu-west-1"),
            ({**R53, "Failover": "PRIMARY", "SetIdentifier": "a"}, "Failover=PRIMARY"),
            ({**R53, "GeoLocation": {"CountryCode": "DE"}, "SetIdentifier": "a"}, "GeoLocation="),
            ({**R53, "HealthCheckId": "abc"}, "HealthCheckId=abc"),
            ({**R53, "MultiValueAnswer": True, "SetIdentifier": "a"}, "multivalue"),
            ({**R53, "ResourceRecords": []}, "ResourceRecords is empty"),
        ],
    ),
}
"""By format: how plants are put in, and what there is to plant."""


def test_every_format_has_its_plants() -> None:
    assert PLANTS.keys() == SOURCES.keys()


@pytest.mark.parametrize("source", sorted(SOURCES))
@ROUNDS
@given(found=entries(), data=st.data())
def test_what_can_not_be_carried_over_is_named(source: str, found: list[Entry], data: st.DataObject) -> None:
    put_in, plants = PLANTS[source]
    for planted, mark in [data.draw(st.sampled_from(plants)), *plants]:
        imported = import_zone(put_in(RENDERINGS[source](found), [planted]), ZONE, source, file="input")
        told = [*imported.notes, *(f"{problem} {problem.subject}" for problem in imported.problems)]
        assert any(mark in line for line in told), (mark, told)
        assert {entry.owner for entry in found} <= {record.owner for record in imported.records}

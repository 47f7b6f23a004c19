"""Cloudflare records in Terraform's and Pulumi's state; the shapes are those the tools write."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sophia_infra.dns.importers import Imported, import_zone, zones_of

ZONE_ID = "0da42c8d2132a9ddaf714f9e7c920711"


def old_record(name: str, kind: str, value: str, **more: Any) -> dict[str, Any]:
    """Attributes as version 4 of the provider keeps them: zero where a field says nothing, `data` a list."""
    fields: dict[str, Any] = {
        "allow_overwrite": False,
        "comment": None,
        "content": value,
        "created_on": "2024-01-01T00:00:00Z",
        "data": [],
        "hostname": "shop.example" if name == "@" else f"{name}.shop.example",
        "id": "372e67954025e0ba6aaa6d586b9e0b59",
        "metadata": {"auto_added": "false"},
        "modified_on": "2024-01-01T00:00:00Z",
        "name": name,
        "priority": None,
        "proxiable": True,
        "proxied": False,
        "tags": [],
        "timeouts": None,
        "ttl": 300,
        "type": kind,
        "value": value,
        "zone_id": ZONE_ID,
    }
    return {**fields, **more}


def new_record(name: str, kind: str, content: str | None, **more: Any) -> dict[str, Any]:
    """Attributes of version 5: full names, `data` an object with nulls."""
    fields: dict[str, Any] = {
        "comment": None,
        "content": content,
        "data": None,
        "id": "372e67954025e0ba6aaa6d586b9e0b59",
        "meta": "{}",
        "name": name,
        "priority": None,
        "proxiable": True,
        "proxied": False,
        "settings": {"flatten_cname": None, "ipv4_only": None, "ipv6_only": None},
        "tags": [],
        "ttl": 300,
        "type": kind,
        "zone_id": ZONE_ID,
    }
    return {**fields, **more}


SRV: dict[str, Any] = {
    **dict.fromkeys(["algorithm", "flags", "key_tag", "lat_degrees", "usage"], 0),
    **dict.fromkeys(["certificate", "content", "value", "tag"], ""),
    "service": "_sip",
    "proto": "_tcp",
    "name": "shop.example",
    "priority": 1,
    "weight": 5,
    "port": 5060,
    "target": "sip.other.example",
}


def resource(kind: str, name: str, *instances: dict[str, Any], **more: Any) -> dict[str, Any]:
    provider = 'provider["registry.terraform.io/cloudflare/cloudflare"]'
    shown = [{"schema_version": 3, "attributes": fields, "sensitive_attributes": []} for fields in instances]
    return {"mode": "managed", "type": kind, "name": name, "provider": provider, "instances": shown, **more}


ZONE = resource("cloudflare_zone", "shop", {"id": ZONE_ID, "zone": "shop.example", "plan": "free"})


def state_file(*resources: dict[str, Any]) -> str:
    return json.dumps({"version": 4, "terraform_version": "1.9.5", "serial": 7, "resources": list(resources)})


def terraform(*resources: dict[str, Any]) -> Imported:
    return import_zone(state_file(*resources), "shop.example", "terraform", file="tf")


def lines(found: Imported) -> list[str]:
    assert found.problems == ()
    return [str(record) for record in found.records]


def test_records_of_the_older_provider_are_carried() -> None:
    found = terraform(
        ZONE,
        resource("cloudflare_record", "root", old_record("@", "A", "192.0.2.1")),
        resource("cloudflare_record", "mx", old_record("@", "MX", "mx.other.example", priority=10)),
        resource("cloudflare_record", "sip", old_record("_sip._tcp", "SRV", "5\t5060\tsip.other.example", data=[SRV])),
        resource("cloudflare_record", "spf", old_record("@", "TXT", "v=spf1 -all")),
    )
    assert lines(found) == [
        "@ 300 A 192.0.2.1",
        "@ 300 MX 10 mx.other.example.",
        "_sip._tcp 300 SRV 1 5 5060 sip.other.example.",
        '@ 300 TXT "v=spf1 -all"',
    ]
    assert found.notes == ()


def test_records_of_the_newer_provider_are_carried() -> None:
    caa = {"flags": 0, "tag": "issue", "value": "ca.example", "priority": None, "target": None}
    found = terraform(
        resource("cloudflare_dns_record", "root", new_record("shop.example", "A", "192.0.2.1", ttl=3600.0)),
        resource("cloudflare_dns_record", "caa", new_record("shop.example", "CAA", '0 issue "ca.example"', data=caa)),
        resource("cloudflare_dns_record", "mx", new_record("a.shop.example", "MX", "mx.other.example", priority=10.0)),
    )
    assert lines(found) == [
        "@ 3600 A 192.0.2.1",
        '@ 300 CAA 0 issue "ca.example"',
        "a 300 MX 10 mx.other.example.",
    ]
    assert found.notes == ()


def test_what_stays_behind_is_noted() -> None:
    found = terraform(
        ZONE,
        resource("cloudflare_zone", "other", {"id": "ffff", "zone": "other.example"}),
        resource("cloudflare_record", "www", old_record("www", "A", "192.0.2.1", proxied=True, comment="web", ttl=1)),
        resource("cloudflare_record", "o", old_record("www", "A", "192.0.2.2", hostname=None, zone_id="ffff")),
        resource("ovh_domain_zone_record", "x", {"subdomain": "x", "fieldtype": "A"}),
        resource("aws_instance", "vm", {"id": "i-1"}),
        resource("cloudflare_record", "read", old_record("r", "A", "192.0.2.3"), mode="data"),
    )
    assert lines(found) == ["www 300 A 192.0.2.1"]
    assert list(found.notes) == [
        "tf: www.shop.example. A: proxied=true is not carried over",
        'tf: www.shop.example. A: comment="web" is not carried over',
        "tf: www.shop.example. A: the automatic TTL becomes 300 seconds",
        "tf: www.other.example. A is in another zone and is not carried over",
        "tf: ovh_domain_zone_record.x is no record that is read here, and is not carried over",
    ]


def test_the_output_of_terraform_show_is_read_with_its_modules() -> None:
    def shown(kind: str, name: str, values: dict[str, Any]) -> dict[str, Any]:
        return {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name, "values": values}

    child = {
        "address": "module.dns",
        "resources": [shown("cloudflare_record", "www", old_record("www", "A", "192.0.2.1"))],
        "child_modules": [
            {"resources": [shown("cloudflare_dns_record", "x", new_record("x.shop.example", "A", "192.0.2.2"))]}
        ],
    }
    root = {"resources": [shown("cloudflare_zone", "z", {"id": ZONE_ID, "name": "shop.example"})]}
    text = json.dumps({"format_version": "1.0", "values": {"root_module": {**root, "child_modules": [child]}}})
    assert lines(import_zone(text, "shop.example", "terraform")) == ["www 300 A 192.0.2.1", "x 300 A 192.0.2.2"]
    assert zones_of(text, "terraform") == ["shop.example"]


OTHER_ID = "11111111111111111111111111111111"
OLD_TYPE, NEW_TYPE = "cloudflare_record", "cloudflare_dns_record"


def both_zones(**more: Any) -> list[dict[str, Any]]:
    """The apex and `www` of shop.example and of blog.test, as version 4 of the provider keeps them."""
    return [
        resource(OLD_TYPE, "shop", *(old_record(name, "A", "192.0.2.1", **more) for name in ("@", "www"))),
        resource(
            OLD_TYPE,
            "blog",
            *(
                old_record(name, "A", "198.51.100.7", **{"hostname": full, "zone_id": OTHER_ID, **more})
                for name, full in (("@", "blog.test"), ("www", "www.blog.test"))
            ),
        ),
    ]


ZONES = {"id": "x", "zones": [{"id": ZONE_ID, "name": "shop.example"}, {"id": OTHER_ID, "name": "blog.test"}]}


@pytest.mark.parametrize(
    "resources",
    [
        [ZONE, *both_zones()],
        both_zones(),
        [resource("cloudflare_zones", "all", ZONES, mode="data"), *both_zones(hostname=None)],
        [resource("cloudflare_zones", "all", {"result": ZONES["zones"]}, mode="data"), *both_zones(hostname=None)],
        [resource("cloudflare_zone", "blog", {"id": OTHER_ID, "zone": "blog.test"}), *both_zones()],
    ],
)
def test_the_records_of_another_zone_are_noted_and_never_names_of_this_one(resources: list[dict[str, Any]]) -> None:
    found = terraform(*resources)
    assert lines(found) == ["@ 300 A 192.0.2.1", "www 300 A 192.0.2.1"]
    assert [note.partition(" is in another zone")[0] for note in found.notes] == [
        "tf: blog.test. A",
        "tf: www.blog.test. A",
    ]
    assert set(zones_of(state_file(*resources), "terraform")) == {"shop.example", "blog.test"}


def test_the_records_of_a_zone_further_down_are_not_this_ones() -> None:
    below = new_record("www.eu.shop.example", "A", "198.51.100.7", zone_id=OTHER_ID)
    records = [
        resource(NEW_TYPE, "root", new_record("shop.example", "A", "192.0.2.1")),
        resource(NEW_TYPE, "eu", below),
    ]
    for resources in (records, [ZONE, *records]):
        found = terraform(*resources)
        assert lines(found) == ["@ 300 A 192.0.2.1"]
        assert found.notes == ("tf: www.eu.shop.example. A is in another zone and is not carried over",)


@pytest.mark.parametrize(
    "resources",
    [
        both_zones(hostname=None),
        [
            resource(NEW_TYPE, "a", new_record("a.shop.example", "A", "192.0.2.1")),
            resource(NEW_TYPE, "b", new_record("b.shop.example", "A", "192.0.2.1", zone_id=OTHER_ID)),
        ],
    ],
)
def test_what_could_be_of_several_zones_is_refused_with_their_names(resources: list[dict[str, Any]]) -> None:
    found = terraform(*resources)
    assert found.records == []
    assert [(problem.code, problem.field) for problem in found.problems] == [("field-invalid", "zone_id")]
    assert f"{ZONE_ID}, {OTHER_ID}" in found.problems[0].message


@pytest.mark.parametrize(("kind", "hostname"), [("record:Record", True), ("dnsRecord:DnsRecord", False)])
def test_the_records_of_another_zone_in_a_stack_are_noted(kind: str, hostname: bool) -> None:
    def kept(full: str, name: str, zone: str) -> dict[str, Any]:
        names = {"name": name, "hostname": full} if hostname else {"name": full}
        outputs = {**names, "type": "A", "content": "192.0.2.1", "ttl": 300, "zoneId": zone}
        return pulumi_resource(f"cloudflare:index/{kind}", full, outputs)

    text = exported(
        kept("shop.example", "@", "z1"), kept("www.shop.example", "www", "z1"), kept("blog.test", "@", "z2")
    )
    found = import_zone(text, "shop.example", "pulumi", file="s")
    assert lines(found) == ["@ 300 A 192.0.2.1", "www 300 A 192.0.2.1"]
    assert found.notes == ("s: blog.test. A is in another zone and is not carried over",)


def dynamic(value: object) -> dict[str, Any]:
    """A value as a state file keeps it where the provider declares no type."""
    return {"type": "string" if isinstance(value, str) else "number", "value": value}


@pytest.mark.parametrize("wrap", [dynamic, lambda value: value], ids=["state file", "terraform show"])
def test_values_that_version_5_declares_without_a_type_are_read(wrap: Callable[[object], object]) -> None:
    caa = {"flags": wrap(0.0), "tag": "issue", "value": "ca.example", "target": None}
    naptr = {
        "order": 10.0,
        "preference": 20.0,
        "flags": wrap("S"),
        "service": "SIP+D2U",
        "regex": "",
        "replacement": "_sip._udp.shop.example",
    }
    key = {"flags": wrap("257"), "protocol": 3.0, "algorithm": 13.0, "public_key": "AAAA"}
    found = terraform(
        resource(NEW_TYPE, "caa", new_record("shop.example", "CAA", None, data=caa)),
        resource(NEW_TYPE, "n", new_record("n.shop.example", "NAPTR", None, data=naptr)),
        resource(NEW_TYPE, "k", new_record("k.shop.example", "DNSKEY", None, data=key)),
    )
    assert lines(found) == [
        '@ 300 CAA 0 issue "ca.example"',
        'n 300 NAPTR 10 20 "S" "SIP+D2U" "" _sip._udp.shop.example.',
        "k 300 DNSKEY 257 3 13 AAAA",
    ]
    assert found.notes == ()


@pytest.mark.parametrize("text", ["[]", "{}", '{"version": 3, "modules": []}', '{"version": 3, "resources": []}', "{"])
def test_what_is_no_state_is_a_problem(text: str) -> None:
    assert len(import_zone(text, "shop.example", "terraform").problems) == 1
    assert zones_of(text, "terraform") == []


def pulumi_resource(kind: str, name: str, outputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:prod::web::{kind}::{name}"
    return {"urn": urn, "custom": True, "id": "372e", "type": kind, "inputs": {}, "outputs": outputs, **more}


def exported(*resources: dict[str, Any]) -> str:
    manifest = {"time": "2026-01-01T00:00:00Z", "magic": "", "version": "v3.259.0"}
    return json.dumps({"version": 3, "deployment": {"manifest": manifest, "resources": list(resources)}})


OLD, NEW = "cloudflare:index/record:Record", "cloudflare:index/dnsRecord:DnsRecord"


def test_records_of_a_pulumi_stack_are_carried() -> None:
    text = exported(
        {"urn": "urn:pulumi:prod::web::pulumi:pulumi:Stack::web-prod", "type": "pulumi:pulumi:Stack", "custom": False},
        pulumi_resource("cloudflare:index/zone:Zone", "z", {"zone": "shop.example"}, id=ZONE_ID),
        pulumi_resource(OLD, "www", {"name": "www", "type": "A", "value": "192.0.2.1", "ttl": 60, "zoneId": ZONE_ID}),
        pulumi_resource(
            NEW,
            "tls",
            {
                "name": "_443._tcp.shop.example",
                "type": "TLSA",
                "ttl": 300,
                "zoneId": ZONE_ID,
                "data": {"usage": 3, "selector": 1, "matchingType": 1, "certificate": "ab" * 32},
            },
        ),
    )
    found = import_zone(text, "shop.example", "pulumi", file="stack.json")
    assert lines(found) == ["www 60 A 192.0.2.1", f"_443._tcp 300 TLSA 3 1 1 {'ab' * 32}"]
    assert found.notes == ()
    assert zones_of(text, "pulumi") == ["shop.example"]


def test_a_secret_is_named_but_neither_carried_nor_shown() -> None:
    canary = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"canary-7f3"'}
    outputs = {"name": "k.shop.example", "type": "TXT", "content": canary, "ttl": 300}
    found = import_zone(exported(pulumi_resource(NEW, "key", outputs)), "shop.example", "pulumi", file="s")
    assert found.records == []
    assert list(found.notes) == ["s: key holds a secret and is not carried over; give its value in the program"]
    assert "canary-7f3" not in str(found)


def test_what_terraform_marks_as_sensitive_is_named_but_neither_carried_nor_shown() -> None:
    fields = new_record("k.shop.example", "TXT", "canary-7f3")
    kept = resource("cloudflare_dns_record", "key", fields)
    kept["instances"][0]["sensitive_attributes"] = [[{"type": "get_attr", "value": "content"}]]
    shown = {"address": "cloudflare_dns_record.key", "type": "cloudflare_dns_record", "values": fields}
    texts = [state_file(kept)]
    for marks in ({"content": True, "tags": []}, {"data": [{"value": True}]}):
        root = {"resources": [{**shown, "sensitive_values": marks}]}
        texts.append(json.dumps({"format_version": "1.0", "values": {"root_module": root}}))
    for found in (import_zone(text, "shop.example", "terraform", file="tf") for text in texts):
        assert found.records == []
        assert [note.partition(" holds a secret")[0] for note in found.notes] == ["tf: cloudflare_dns_record.key"]
        assert "canary-7f3" not in str(found)


def test_what_is_about_to_be_deleted_is_no_part_of_the_zone() -> None:
    outputs = {"name": "www.shop.example", "type": "A", "content": "192.0.2.1", "ttl": 300}
    assert (
        import_zone(exported(pulumi_resource(NEW, "w", outputs, delete=True)), "shop.example", "pulumi").records == []
    )


@pytest.mark.parametrize("text", ["[]", "{}", '{"deployment": {}}', "{"])
def test_what_is_no_export_is_a_problem(text: str) -> None:
    assert len(import_zone(text, "shop.example", "pulumi").problems) == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": None, "hostname": None}, "field-missing"),
        ({"content": "192.0.2.300"}, "address-invalid"),
        ({"content": None, "value": None}, "field-missing"),
        ({"ttl": "soon"}, "ttl-invalid"),
        ({"type": 7}, "field-missing"),
        ({"data": [{"flags": [1]}], "type": "CAA"}, "field-invalid"),
    ],
)
def test_a_record_that_can_not_be_read_is_a_problem(fields: dict[str, Any], code: str) -> None:
    found = terraform(resource("cloudflare_record", "x", {**old_record("x", "A", "192.0.2.1"), **fields}))
    assert [problem.code for problem in found.problems] == [code]


@pytest.mark.parametrize("given", [{"a": 1}, ["a"]])
@pytest.mark.parametrize("field", ["type", "name"])
def test_a_type_or_a_name_that_is_no_text_stops_no_reading(field: str, given: object) -> None:
    odd = {"name": given} if field == "name" else {}
    record = resource("cloudflare_record", "x", {**old_record("x", "A", "192.0.2.1"), **odd})
    terraformed = state_file(ZONE, {**record, field: given})
    outputs = {**old_record("x", "A", "192.0.2.1"), **odd}
    kind = given if field == "type" else "cloudflare:index/record:Record"
    pulumied = {"deployment": {"resources": [{"custom": True, "urn": "u::x", "type": kind, "outputs": outputs}]}}
    assert zones_of(terraformed, "terraform") == ["shop.example"]
    assert zones_of(json.dumps(pulumied), "pulumi") == []
    kept = [] if field == "type" else ["x 300 A 192.0.2.1"]
    assert lines(import_zone(terraformed, "shop.example", "terraform")) == kept, "its full name stands elsewhere too"

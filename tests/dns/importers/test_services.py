"""HTTPS and SVCB with quoted parameters, as dig and Cloudflare write them, from every format that has them."""

import json
from typing import Any

import pytest

from sophia_infra.dns.importers import SOURCES, import_zone

DATA = '1 . alpn="h3,h2" ipv4hint="192.0.2.1"'
SERVICE = '16 svc.other.example. alpn="h2" port="8443"'
PARAMS = DATA.partition(". ")[2]
READ = [
    '@ 300 HTTPS 1 . alpn="h3,h2" ipv4hint="192.0.2.1"',
    '_dns 300 SVCB 16 svc.other.example. alpn="h2" port="8443"',
]
PAIRS = [("HTTPS", "shop.example", DATA), ("SVCB", "_dns.shop.example", SERVICE)]
MASTER = "".join(f"{name}. 300 IN {kind} {data}\n" for kind, name, data in PAIRS)
HEADER = "; Domain: shop.example\n; Exported (y-m-d hh:mm:ss): 2026-01-28 10:58:45\n; SOA Record\n"


def api(kind: str, name: str, data: str, *, parted: bool) -> dict[str, Any]:
    priority, target, value = data.split(" ", 2)
    found: dict[str, Any] = {"name": name, "type": kind, "ttl": 300, "zone_id": "z"}
    if parted:
        return found | {"data": {"priority": int(priority), "target": target, "value": value}}
    return found | {"content": data}


def state(*attributes: dict[str, Any], kind: str = "cloudflare_dns_record") -> str:
    made = [{"mode": "managed", "type": kind, "name": "r", "instances": [{"attributes": each}]} for each in attributes]
    return json.dumps({"version": 4, "terraform_version": "1.9.5", "resources": made})


def stack(*outputs: dict[str, Any]) -> str:
    kind = "cloudflare:index/dnsRecord:DnsRecord"
    made = [{"urn": f"u::{kind}::r", "custom": True, "type": kind, "outputs": each} for each in outputs]
    return json.dumps({"version": 3, "deployment": {"resources": made}}).replace("zone_id", "zoneId")


def aws(*pairs: tuple[str, str, str]) -> str:
    sets = ({"fqdn": name, "name": name, "type": kind, "records": [data], "ttl": 300} for kind, name, data in pairs)
    return state(*({**each, "zone_id": "Z", "alias": []} for each in sets), kind="aws_route53_record")


def print_ir(kind: str, name: str, data: str) -> dict[str, Any]:
    priority, target, params = data.split(" ", 2)
    owner = name.removesuffix("shop.example").rstrip(".") or "@"
    return {
        "name": owner, "type": kind, "ttl": 300, "target": target, "svcpriority": int(priority), "svcparams": params,
    }  # fmt: skip


WRITTEN = {
    "cloudflare": "".join(f"{name}.\t300\tIN\t{kind}\t{data}\n" for kind, name, data in PAIRS),
    "cloudflare-json": json.dumps([api(*pair, parted=False) for pair in PAIRS]),
    "cloudflare-json data": json.dumps([api(*pair, parted=True) for pair in PAIRS]),
    "dnscontrol": json.dumps({"domains": [{"name": "shop.example", "records": [print_ir(*pair) for pair in PAIRS]}]}),
    "dnscontrol tsv": "".join(f"{name}.\t@\t300\tIN\t{kind}\t{data}\n" for kind, name, data in PAIRS),
    "dnscontrol zone": "$ORIGIN shop.example.\n" + MASTER,
    "godaddy": HEADER + "".join(f"{name}.\t300\t IN \t{kind}\t{data}\n" for kind, name, data in PAIRS),
    "master": MASTER,
    "octodns": (
        "'':\n  type: HTTPS\n  ttl: 300\n  value:\n    svcpriority: 1\n    targetname: .\n    svcparams:\n"
        "      alpn: [h3, h2]\n      ipv4hint: [192.0.2.1]\n"
        "_dns:\n  type: SVCB\n  ttl: 300\n  value: '16 svc.other.example. alpn=\"h2\" port=\"8443\"'\n"
    ),
    "pulumi": stack(*(api(*pair, parted=False) for pair in PAIRS)),
    "pulumi data": stack(*(api(*pair, parted=True) for pair in PAIRS)),
    "route53": json.dumps({
        "ResourceRecordSets": [
            {"Name": f"{name}.", "Type": kind, "TTL": 300, "ResourceRecords": [{"Value": data}]}
            for kind, name, data in PAIRS
        ]
    }),
    "terraform": state(*(api(*pair, parted=False) for pair in PAIRS)),
    "terraform data": state(*(api(*pair, parted=True) for pair in PAIRS)),
    "terraform aws": aws(*PAIRS),
}  # fmt: skip
WITHOUT = {"tinydns"}
"""Formats that write any newer type as octets."""


def test_every_format_is_here() -> None:
    assert {form.partition(" ")[0] for form in WRITTEN} == SOURCES.keys() - WITHOUT


@pytest.mark.parametrize("form", WRITTEN)
def test_parameters_in_quotes_are_read(form: str) -> None:
    found = import_zone(WRITTEN[form], "shop.example", form.partition(" ")[0], file="input")
    assert (found.problems, found.notes) == ((), ())
    assert sorted(str(record) for record in found.records) == READ

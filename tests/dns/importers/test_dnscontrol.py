"""DNSControl's outputs; the JSON is what `print-ir` prints of a dnsconfig.js with each of these calls."""

import json
from typing import Any

import pytest

from sophia_infra.dns.importers import Imported, import_zone, zones_of


def record(kind: str, target: str, name: str = "x", **fields: Any) -> dict[str, Any]:
    return {"filepos": "[line:2:5]", "name": name, "target": target, "ttl": 300, "type": kind, **fields}


def domain(*records: dict[str, Any], name: str = "shop.example", **more: Any) -> dict[str, Any]:
    meta = {"dnscontrol_nameraw": name, "dnscontrol_uniquename": name}
    return {"dnsProviders": {"bind": -1}, "meta": meta, "name": name, "records": list(records), **more}


def ir(*domains: dict[str, Any]) -> str:
    return json.dumps({"dns_providers": [], "domains": list(domains), "registrars": []})


def imported(*records: dict[str, Any], **more: Any) -> Imported:
    return import_zone(ir(domain(*records, **more)), "shop.example", "dnscontrol", file="ir.json")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (record("A", "192.0.2.1"), "x 300 A 192.0.2.1"),
        (record("A", "192.0.2.1", name="@"), "@ 300 A 192.0.2.1"),
        (record("CNAME", "foo.other.example."), "x 300 CNAME foo.other.example."),
        (record("MX", "mx.other.example.", mxpreference=15), "x 300 MX 15 mx.other.example."),
        (record("MX", ".", name="@"), "@ 300 MX 0 ."),
        (record("TXT", 'say "hi"; \\o/'), 'x 300 TXT "say \\"hi\\"; \\\\o/"'),
        (record("CAA", "ca.example", caatag="issue"), 'x 300 CAA 0 issue "ca.example"'),
        (record("CAA", "mailto:a@b", caatag="iodef", caaflag=128), 'x 300 CAA 128 iodef "mailto:a@b"'),
        (
            record("SRV", "one.shop.example.", "_ntp._udp", srvport=123, srvpriority=1, srvweight=100),
            "_ntp._udp 300 SRV 1 100 123 one.shop.example.",
        ),
        (record("SSHFP", "ab" * 20, sshfpalgorithm=1, sshfpfingerprint=1), f"x 300 SSHFP 1 1 {'ab' * 20}"),
        (
            record("TLSA", "ab" * 32, "_443._tcp", tlsausage=3, tlsaselector=1, tlsamatchingtype=1),
            f"_443._tcp 300 TLSA 3 1 1 {'ab' * 32}",
        ),
        (
            record("NAPTR", "", naptrorder=100, naptrflags="U", naptrregexp="!^.*$!sip:a@b!", naptrservice="E2U+sip"),
            'x 300 NAPTR 100 0 "U" "E2U+sip" "!^.*$!sip:a@b!" .',
        ),
        (
            record("HTTPS", ".", svcpriority=2, svcparams='alpn="h3,h2" port=443'),
            'x 300 HTTPS 2 . alpn="h3,h2" port="443"',
        ),
        (
            record("LOC", "42 21 54 N 71 6 18 W -24m 30m 0m 0m", localtitude=9997600),
            "x 300 LOC 42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 0.00m 0.00m",
        ),
        (
            record("DS", "", zonfefilepartial="1 13 2 " + "AB" * 32, comparable="...", fields={"KeyTag": 1}),
            f"x 300 DS 1 13 2 {'ab' * 32}",
        ),
        (
            record("DNSKEY", "", dnskeyalgorithm=13, dnskeyflags=257, dnskeyprotocol=3, dnskeypublickey="AABBCCDD"),
            "x 300 DNSKEY 257 3 13 AABBCCDD",
        ),
        (
            record("SOA", "ns1.shop.example.", "@", soambox="admin.shop.example", soarefresh=3600, soaminttl=60),
            "@ 300 SOA ns1.shop.example. admin.shop.example. 0 3600 0 0 60",
        ),
    ],
)
def test_each_type_of_the_json_is_carried(given: dict[str, Any], expected: str) -> None:
    found = imported(given)
    assert found.problems == ()
    assert [str(one) for one in found.records] == [expected]
    assert found.notes == ()


def test_name_servers_of_a_domain_become_its_ns_records() -> None:
    found = imported(nameservers=[{"name": "ns1.other.example"}, {"name": "ns2.other.example."}])
    assert [str(one) for one in found.records] == ["@ 300 NS ns1.other.example.", "@ 300 NS ns2.other.example."]


def test_what_is_no_record_is_named() -> None:
    found = imported(
        record("URL301", "lb.other.example.", name="@"),
        record("CLOUDFLAREAPI_SINGLE_REDIRECT", "name=(a) code=(301)", name="@"),
        record("A", "192.0.2.1", meta={"cloudflare_proxy": "on", "skip_fqdn_check": "true"}),
        keepunknown=True,
        unmanaged=[{"label_pattern": "legacy", "rType_pattern": "*"}],
    )
    assert found.problems == ()
    assert [str(one) for one in found.records] == ["x 300 A 192.0.2.1"]
    assert list(found.notes) == [
        "ir.json: keepunknown=True is not carried over",
        "ir.json: unmanaged=[{'label_pattern': 'legacy', 'rType_pattern': '*'}] is not carried over",
        "ir.json: @ URL301 is no record type of the DNS and is not carried over: lb.other.example.",
        "ir.json: @ CLOUDFLAREAPI_SINGLE_REDIRECT is no record type of the DNS and is not carried over: "
        "name=(a) code=(301)",
        "ir.json: x A: cloudflare_proxy=on is not carried over",
    ]


def test_a_split_horizon_is_picked_by_its_tag() -> None:
    text = ir(
        domain(record("A", "192.0.2.1"), tag="outside"),
        domain(record("A", "10.0.0.1"), tag="inside"),
        domain(record("A", "192.0.2.9"), name="other.example"),
    )
    assert zones_of(text, "dnscontrol") == ["shop.example!outside", "shop.example!inside", "other.example"]
    assert import_zone(text, "shop.example!inside", "dnscontrol").records[0].rdata == "10.0.0.1"
    assert import_zone(text, "other.example", "dnscontrol").records[0].rdata == "192.0.2.9"
    assert "no domain 'shop.example'" in str(import_zone(text, "shop.example", "dnscontrol").problems[0])


@pytest.mark.parametrize(
    "given",
    [
        record("A", "192.0.2.300"),
        record("MX", "mx.other"),
        record("CAA", "x"),
        {"name": "x"},
        {"name": 7, "type": "A"},
        record("SRV", "a.", srvport=[1]),
        record("TXT", "\ud800"),
    ],
)
def test_a_record_that_can_not_be_read_is_a_problem(given: dict[str, Any]) -> None:
    assert len(imported(given).problems) == 1


TSV = (
    "shop.example\t@\t300\tIN\tA\t192.0.2.1\tcloudflare_proxy=true\n"
    "shop.example\t@\t300\tIN\tMX\t10 mx.other.example.\n"
    'shop.example\t@\t300\tIN\tTXT\tv=spf1 "x" -all\n'
    "_dns._tcp.shop.example\t_dns._tcp\t60\tIN\tSRV\t1 2 3 a.other.example.\n"
    "www.shop.example\twww\t300\tIN\tALIAS\tlb.other.example.\n"
)


def test_the_tab_separated_form_is_read() -> None:
    found = import_zone(TSV, "shop.example", "dnscontrol", file="z.tsv")
    assert zones_of(TSV, "dnscontrol") == ["shop.example"]
    assert found.problems == ()
    assert [str(one) for one in found.records] == [
        "@ 300 A 192.0.2.1",
        "@ 300 MX 10 mx.other.example.",
        '@ 300 TXT "v=spf1 \\"x\\" -all"',
        "_dns._tcp 60 SRV 1 2 3 a.other.example.",
        "www 300 ALIAS lb.other.example.",
    ]
    assert list(found.notes) == [
        "z.tsv:1: shop.example A: cloudflare_proxy=true is not carried over",
    ]


ZONES = """\
$ORIGIN shop.example.
$TTL 300
@                IN A     192.0.2.1 ; CF_PROXY_ON
;lb              IN ALIAS lb.other.example.
;x               IN URL   lb.other.example.
www              IN CNAME @

$ORIGIN other.example.
$TTL 60
@                IN A     192.0.2.9
"""


def test_of_several_zones_in_one_file_the_one_asked_for_is_read() -> None:
    found = import_zone(ZONES, "shop.example", "dnscontrol", file="all.zone")
    assert zones_of(ZONES, "dnscontrol") == ["shop.example", "other.example"]
    assert [str(one) for one in found.records] == [
        "@ 300 A 192.0.2.1",
        "lb 300 ALIAS lb.other.example.",
        "www 300 CNAME shop.example.",
    ]
    assert list(found.notes) == [
        "all.zone:3: CF_PROXY_ON is not carried over",
        "all.zone:5: x               IN URL   lb.other.example. is no record of the DNS and is not carried over",
        "all.zone:8: the zone other.example from here on is not carried over",
    ]
    assert [str(one) for one in import_zone(ZONES, "other.example", "dnscontrol").records] == ["@ 60 A 192.0.2.9"]

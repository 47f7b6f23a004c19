import json
from typing import Any

import pytest

from sophia_infra.dns.importers import Imported, import_zone, zones_of


def rrset(kind: str, *values: str, name: str = "x.shop.example.", **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "TTL": 300, "ResourceRecords": [{"Value": value} for value in values], **more}


def imported(*sets: Any, **more: Any) -> Imported:
    text = json.dumps({"ResourceRecordSets": list(sets), **more})
    return import_zone(text, "shop.example", "route53", file="r53.json")


def test_sets_become_records_with_their_octal_escapes_read() -> None:
    found = imported(
        rrset("NS", "ns-1.awsdns-00.com.", "ns-2.awsdns-00.co.uk.", name="shop.example.", TTL=172800),
        rrset(
            "SOA",
            "ns-1.awsdns-00.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400",
            name="shop.example.",
        ),
        rrset("A", "192.0.2.1", "192.0.2.2"),
        rrset("A", "192.0.2.3", name="\\052.shop.example."),
        rrset("TXT", '"v=spf1 -all" "second"', '"caf\\303\\251 \\"x\\""'),
        rrset("MX", "10 mx.other.example"),
    )
    assert found.problems == ()
    assert found.notes == ()
    assert [str(one) for one in found.records] == [
        "@ 172800 NS ns-1.awsdns-00.com.",
        "@ 172800 NS ns-2.awsdns-00.co.uk.",
        "@ 300 SOA ns-1.awsdns-00.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400",
        "x 300 A 192.0.2.1",
        "x 300 A 192.0.2.2",
        "* 300 A 192.0.2.3",
        'x 300 TXT "v=spf1 -all" "second"',
        'x 300 TXT "caf\\195\\169 \\"x\\""',
        "x 300 MX 10 mx.other.example.",
    ]


def test_what_picks_an_answer_is_named_and_left_out() -> None:
    alias = {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": "d1.cloudfront.net.", "EvaluateTargetHealth": False}
    found = imported(
        {"Name": "shop.example.", "Type": "A", "AliasTarget": alias},
        rrset("A", "192.0.2.1", SetIdentifier="blue", Weight=90),
        rrset("A", "192.0.2.2", SetIdentifier="eu", Region="eu-west-1"),
        rrset("A", "192.0.2.3", SetIdentifier="p", Failover="PRIMARY", HealthCheckId="abc"),
        rrset("A", "192.0.2.4", SetIdentifier="de", GeoLocation={"CountryCode": "DE"}),
        rrset("AAAA", "2001:db8::1", HealthCheckId="abc"),
        rrset("TXT", '"m"', SetIdentifier="1", MultiValueAnswer=True),
        rrset("A", "192.0.2.5", name="www.other.example."),
    )
    assert found.problems == ()
    assert [str(one) for one in found.records] == [
        "x 300 AAAA 2001:db8::1",
        'x 300 TXT "m"',
        "@ 60 ALIAS d1.cloudfront.net.",
    ]
    assert list(found.notes) == [
        "r53.json: x.shop.example. A (blue) is routed by Weight=90 and is not carried over",
        "r53.json: x.shop.example. A (eu) is routed by Region=eu-west-1 and is not carried over",
        "r53.json: x.shop.example. A (p) is routed by Failover=PRIMARY and is not carried over",
        "r53.json: x.shop.example. A (de) is routed by GeoLocation={'CountryCode': 'DE'} and is not carried over",
        "r53.json: x.shop.example. AAAA: HealthCheckId=abc is not carried over",
        "r53.json: x.shop.example. TXT: the choice of multivalue answers is not carried over, all values are",
        "r53.json: www.other.example. A is in another zone and is not carried over",
        "r53.json: shop.example. A is an alias of d1.cloudfront.net., with whose addresses Route 53 answers; it "
        "becomes ALIAS, with AAAA too where the target has any",
    ]


@pytest.mark.parametrize("more", [{"IsTruncated": True}, {"NextToken": "eyJ"}])
def test_a_part_of_the_sets_is_refused_as_a_part(more: dict[str, Any]) -> None:
    found = imported(rrset("A", "192.0.2.1"), **more)
    assert found.records == []
    assert "only a part" in found.problems[0].message


def test_the_zone_is_the_name_with_the_soa() -> None:
    soa = rrset("SOA", "a. b. 1 2 3 4 5", name="shop.example.")
    assert zones_of(json.dumps({"ResourceRecordSets": [rrset("A", "192.0.2.1"), soa]}), "route53") == ["shop.example"]


@pytest.mark.parametrize(
    "given",
    [
        rrset("A", "192.0.2.300"),
        rrset("A", "192.0.2.1\ny A 192.0.2.2"),
        {"Name": "x.shop.example.", "Type": "A", "TTL": 300},
        {"Name": "x.shop.example.", "Type": "A", "ResourceRecords": [{"Value": "192.0.2.1"}]},
        rrset("TXT", 'no "quotes'),
        {"Name": 7, "Type": "A"},
        "x",
    ],
)
def test_a_set_that_can_not_be_read_is_a_problem(given: Any) -> None:
    assert len(imported(given).problems) == 1

import json
from typing import Any

import pytest

from sophia_infra.dns.importers import Imported, import_zone


def imported(*entries: Any, **response: Any) -> Imported:
    text = json.dumps({"success": True, "result": list(entries), **response})
    return import_zone(text, "shop.example", "cloudflare-json", file="dns.json")


def entry(kind: str, content: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": "372e", "name": "x.shop.example", "type": kind, "content": content, "ttl": 300, **more}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (entry("A", "192.0.2.1"), "A 192.0.2.1"),
        (entry("AAAA", "2001:DB8::1"), "AAAA 2001:db8::1"),
        (entry("CNAME", "ghs.other.example"), "CNAME ghs.other.example."),
        (entry("NS", "ns.other.example"), "NS ns.other.example."),
        (entry("MX", "mx.other.example", priority=10), "MX 10 mx.other.example."),
        (entry("TXT", "v=spf1 -all"), 'TXT "v=spf1 -all"'),
        (entry("TXT", '"a b" "c"'), 'TXT "a b" "c"'),
        (entry("SRV", "5\t5060\tsip.other.example", priority=1), "SRV 1 5 5060 sip.other.example."),
        (
            entry("SRV", "", priority=1, data={"weight": 5, "port": 5060, "target": "sip.other.example"}),
            "SRV 1 5 5060 sip.other.example.",
        ),
        (entry("CAA", '0 issue "ca.example"'), 'CAA 0 issue "ca.example"'),
        (
            entry("CAA", "", data={"flags": 0, "tag": "issue", "value": "ca.example; x=1"}),
            'CAA 0 issue "ca.example; x=1"',
        ),
        (entry("HTTPS", "", data={"priority": 1, "target": ".", "value": 'alpn="h3"'}), 'HTTPS 1 . alpn="h3"'),
        (entry("SVCB", "0 svc.other.example"), "SVCB 0 svc.other.example."),
        (entry("URI", "", priority=3, data={"weight": 1, "target": "http://a"}), 'URI 3 1 "http://a"'),
        (entry("TLSA", "", data={"usage": 3, "selector": 1, "matching_type": 0, "certificate": "AB"}), "TLSA 3 1 0 ab"),
        (
            entry("SSHFP", "", data={"algorithm": 4, "type": 2, "fingerprint": "ab" * 32}),
            f"SSHFP 4 2 {'ab' * 32}",
        ),
        (
            entry("DS", "", data={"key_tag": 1, "algorithm": 8, "digest_type": 2, "digest": "ab" * 32}),
            f"DS 1 8 2 {'ab' * 32}",
        ),
        (
            entry(
                "NAPTR",
                "",
                data={
                    "order": 1,
                    "preference": 2,
                    "flags": "S",
                    "service": "SIP+D2U",
                    "regex": "",
                    "replacement": "a.b",
                },
            ),
            'NAPTR 1 2 "S" "SIP+D2U" "" a.b.',
        ),
        (
            entry("LOC", "31 58 52.100 S 115 49 11.700 E 20.00m 10.00m 10.00m 2.00m"),
            "LOC 31 58 52.100 S 115 49 11.700 E 20.00m 10.00m 10.00m 2.00m",
        ),
    ],
)
def test_each_type_is_read_from_content_or_data(given: dict[str, Any], expected: str) -> None:
    found = imported(given)
    assert found.problems == ()
    assert [str(record) for record in found.records] == [f"x 300 {expected}"]
    assert found.notes == ()


def test_a_bare_list_is_read_as_well() -> None:
    found = import_zone(json.dumps([entry("A", "192.0.2.1")]), "shop.example", "cloudflare-json")
    assert len(found.records) == 1


def test_what_stays_behind_is_noted() -> None:
    found = imported(
        entry("A", "192.0.2.1", ttl=1, proxied=True, comment="office", tags=["a:b"], settings={"ipv4_only": True}),
        entry("A", "192.0.2.2", name="www.other.example"),
        entry("CNAME", "lb.other.example", name="shop.example"),
        entry(
            "A", "192.0.2.3", name="y.shop.example", proxied=False, comment=None, tags=[], settings={}, meta={"a": 1}
        ),
    )
    assert found.problems == ()
    carried = ["x 300 A 192.0.2.1", "@ 300 ALIAS lb.other.example.", "y 300 A 192.0.2.3"]
    assert [str(record) for record in found.records] == carried
    assert list(found.notes) == [
        "dns.json: x.shop.example. A: proxied=true is not carried over",
        'dns.json: x.shop.example. A: comment="office" is not carried over',
        'dns.json: x.shop.example. A: tags=["a:b"] is not carried over',
        'dns.json: x.shop.example. A: settings={"ipv4_only": true} is not carried over',
        "dns.json: x.shop.example. A: the automatic TTL becomes 300 seconds",
        "dns.json: www.other.example. A is in another zone and is not carried over",
    ]


def test_a_part_of_the_records_is_refused_as_a_part() -> None:
    found = imported(entry("A", "192.0.2.1"), result_info={"page": 1, "total_pages": 3})
    assert found.records == []
    assert "one of 3 pages" in found.problems[0].message


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, '"a"', "{}", '{"success": false, "errors": [7], "result": []}']
)
def test_what_is_no_list_of_records_is_a_problem(text: str) -> None:
    found = import_zone(text, "shop.example", "cloudflare-json")
    assert len(found.problems) == 1
    assert found.records == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (entry("A", "192.0.2.300"), "address-invalid"),
        (entry("A"), "field-missing"),
        (entry("MX", "mx.other.example"), "field-missing"),
        (entry("A", "192.0.2.1", ttl="soon"), "ttl-invalid"),
        (entry("A", "192.0.2.1\ny A 192.0.2.2"), "record-syntax"),
        (entry("TXT", "\ud800"), "not-text"),
        (
            entry("TLSA", "", data={"usage": [3], "selector": 1, "matching_type": 0, "certificate": "AB"}),
            "field-invalid",
        ),
        ("x", "field-missing"),
        ({"name": 7, "type": "A"}, "field-missing"),
    ],
)
def test_a_record_that_cannot_be_read_is_a_problem(given: Any, code: str) -> None:
    assert [problem.code for problem in imported(given).problems] == [code]


def test_a_setting_that_is_off_is_none_and_one_that_is_on_is_named() -> None:
    def notes(settings: dict[str, bool]) -> list[str]:
        entry = {"name": "www.shop.example", "type": "CNAME", "content": "lb.other.example", "ttl": 300}
        text = json.dumps([{**entry, "settings": settings}])
        return list(import_zone(text, "shop.example", "cloudflare-json", file="f").notes)

    assert notes({"flatten_cname": False}) == []
    assert notes({"flatten_cname": True, "ipv4_only": False}) == [
        'f: www.shop.example. CNAME: settings={"flatten_cname": true} is not carried over'
    ]

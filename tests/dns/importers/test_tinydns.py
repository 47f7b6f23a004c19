import pytest

from sophia_infra.dns.importers import Imported, import_zone


def imported(text: str, origin: str = "shop.example") -> Imported:
    return import_zone(text, origin, "tinydns", file="data")


def lines(text: str, origin: str = "shop.example") -> list[str]:
    found = imported(text, origin)
    assert found.problems == ()
    return [str(record) for record in found.records]


SOA = "@ 2560 SOA a.ns.shop.example. hostmaster.shop.example. 1 16384 2048 1048576 2560"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (".shop.example:192.0.2.1:a", [SOA, "@ 259200 NS a.ns.shop.example.", "a.ns 259200 A 192.0.2.1"]),
        ("&eu.shop.example::ns.other.example:60", ["eu 60 NS ns.other.example."]),
        ("&eu.shop.example:192.0.2.1:a", ["eu 259200 NS a.ns.eu.shop.example.", "a.ns.eu 259200 A 192.0.2.1"]),
        ("+www.Shop.Example.:192.0.2.1", ["www 86400 A 192.0.2.1"]),
        ("+*.shop.example:192.0.2.1:60", ["* 60 A 192.0.2.1"]),
        ("@shop.example:192.0.2.1:a", ["@ 86400 MX 0 a.mx.shop.example.", "a.mx 86400 A 192.0.2.1"]),
        ("@shop.example::mx.other.example:20:60", ["@ 60 MX 20 mx.other.example."]),
        ("@shop.example", ["@ 86400 MX 0 mx.shop.example."]),
        ("'shop.example:v=spf1\\040a\\072b -all", ['@ 86400 TXT "v=spf1 a:b -all"']),
        ("'shop.example:" + "x" * 130, [f'@ 86400 TXT "{"x" * 127}" "xxx"']),
        ("Cftp.shop.example:www.other.example:60", ["ftp 60 CNAME www.other.example."]),
        (":shop.example:257:\\000\\005issueca.example", ['@ 86400 CAA 0 issue "ca.example"']),
        (":shop.example:65280:\\377\\000:60", ["@ 60 TYPE65280 \\# 2 ff00"]),
        (
            "Zshop.example:ns.other.example:mail.other.example:7:1:2:3:4:5",
            ["@ 5 SOA ns.other.example. mail.other.example. 7 1 2 3 4"],
        ),
        ("Zshop.example:a.ns.shop.example:hostmaster.shop.example::::::", [SOA]),
        ("+\\141\\056b.shop.example:192.0.2.1", ["a\\.b 86400 A 192.0.2.1"]),
        ("# comment\n\n   \n", []),
    ],
)
def test_each_kind_of_line_makes_the_records_tinydns_data_makes(text: str, expected: list[str]) -> None:
    assert lines(text) == expected


def test_an_equals_line_makes_an_address_here_and_a_pointer_in_the_reverse_zone() -> None:
    text = "=www.shop.example:192.0.2.1:60\n^2.2.0.192.in-addr.arpa:a.shop.example\n"
    assert lines(text) == ["www 60 A 192.0.2.1"]
    assert lines(text, "2.0.192.in-addr.arpa") == ["1 60 PTR www.shop.example.", "2 86400 PTR a.shop.example."]


def test_of_several_soa_only_the_first_is_served_and_carried_over() -> None:
    found = imported(".shop.example:192.0.2.1:a\n.shop.example:192.0.2.2:b\n")
    assert [record.rdata.split()[0] for record in found.records if record.type == "SOA"] == ["a.ns.shop.example."]
    assert any("data:2: the SOA of this line is not carried over" in note for note in found.notes)


def test_what_stays_behind_is_noted_with_its_line() -> None:
    text = "\n".join(
        [
            "-old.shop.example:192.0.2.1",
            "%in:10",
            "+in.shop.example:10.0.0.1:60::in",
            "+t.shop.example:192.0.2.1:0:4000000038af1379",
            "+www.other.example:192.0.2.1",
            "+empty.shop.example:",
        ]
    )
    found = imported(text)
    assert found.problems == ()
    assert [str(record) for record in found.records] == ["t 86400 A 192.0.2.1"]
    assert list(found.notes) == [
        "data:1: the disabled line '-old.shop.example:192.0.2.1' is not carried over",
        "data:2: the location 'in' is not carried over",
        "data:3: +in.shop.example is served in the location 'in' only and is not carried over",
        "data:4: +t.shop.example: its timestamp '4000000038af1379' is not carried over, the record is",
        "data:5: www.other.example. A is in another zone and is not carried over",
        "data:6: empty.shop.example. has no address and makes no record",
    ]


def test_a_zone_further_down_in_the_same_file_is_delegated_and_otherwise_left_out() -> None:
    text = ".shop.example:192.0.2.1:a\n.eu.shop.example:192.0.2.2:a:60\n+www.eu.shop.example:192.0.2.3\n"
    found = imported(text)
    assert found.problems == ()
    assert [str(record) for record in found.records][3:] == [
        "eu 60 NS a.ns.eu.shop.example.",
        "a.ns.eu 60 A 192.0.2.2",
    ]
    assert list(found.notes)[1:] == [
        "data:2: the SOA of this line belongs to the zone eu.shop.example. and is not carried over",
        "data:3: +www.eu.shop.example is in the zone eu.shop.example. and is not carried over",
    ]
    assert "www 86400 A 192.0.2.3" in lines(text, "eu.shop.example")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("?what", "field-invalid"),
        ("+www.shop.example:192.0.2.300", "address-invalid"),
        ("=www.shop.example:192.0.2.300", "address-invalid"),
        ("+www.shop.example:192.0.2.1:soon", "ttl-invalid"),
        ("@shop.example::a:far", "record-syntax"),
        (":shop.example:1:\\001", "address-invalid"),
        (":shop.example:15:\\001", "type-unknown"),
        (":shop.example:70000:\\001", "type-unknown"),
        (f"+{'a' * 64}.shop.example:192.0.2.1", "label-too-long"),
        (f"+{'a.' * 130}shop.example:192.0.2.1", "name-too-long"),
        ("Cwww.shop.example:a.\n+www.shop.example:192.0.2.1", "cname-and-other-data"),
    ],
)
def test_what_is_wrong_is_a_problem_with_its_line(text: str, code: str) -> None:
    found = imported(f"\n{text}")
    assert [problem.code for problem in found.problems[:1]] == [code]
    assert found.problems[0].line in {2, 3}

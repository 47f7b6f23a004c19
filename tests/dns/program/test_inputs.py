from pathlib import Path
from typing import Any

import pytest

from sophia_infra.dns.program.inputs import header_of, program_records
from sophia_infra.dns.reader import Problem, ZoneTextError


def lines(records: Any, default_ttl: int | None = None) -> list[str]:
    return [str(record) for record in program_records(records, "shop.example", default_ttl)]


def refused(records: Any) -> list[Problem]:
    with pytest.raises(ZoneTextError) as caught:
        program_records(records, "shop.example")
    return list(caught.value.problems)


def test_a_list_of_record_sets() -> None:
    records = [
        {"name": "@", "type": "A", "values": ["192.0.2.1", "192.0.2.2"]},
        {"name": "www", "type": "cname", "value": "@", "ttl": 60},
        {"name": "", "type": "MX", "values": ("10 mail", "20 mx.other.example.")},
        {"name": "api.shop.example.", "type": "TXT", "value": "v=x; y", "ttl": "1h30m"},
    ]
    assert lines(records) == [
        "@ 3600 A 192.0.2.1",
        "@ 3600 A 192.0.2.2",
        "www 60 CNAME shop.example.",
        "@ 3600 MX 10 mail.shop.example.",
        "@ 3600 MX 20 mx.other.example.",
        'api 5400 TXT "v=x; y"',
    ]


def test_a_mapping_by_name_with_one_set_or_several() -> None:
    records = {
        "www": {"type": "A", "value": "192.0.2.1"},
        "@": [{"type": "NS", "value": "ns"}, {"type": "CAA", "value": '0 issue "ca.example"', "ttl": 60.0}],
    }
    assert lines(records, default_ttl=7) == [
        "www 7 A 192.0.2.1",
        "@ 7 NS ns.shop.example.",
        '@ 60 CAA 0 issue "ca.example"',
    ]


def test_a_master_file_as_text_or_path(tmp_path: Path) -> None:
    text = "$TTL 60\nwww A 192.0.2.1\n"
    path = tmp_path / "my zone"
    path.write_text(text)
    assert lines(text) == lines(path) == lines(str(path)) == ["www 60 A 192.0.2.1"]
    assert lines("www A 192.0.2.1") == ["www 3600 A 192.0.2.1"]


def test_a_string_that_can_only_be_a_path_is_one() -> None:
    (problem,) = refused("zones/nothing.db")
    assert (problem.code, problem.file) == ("file-missing", "zones/nothing.db")


def test_a_problem_in_master_text_names_its_line() -> None:
    (problem,) = refused("a A 192.0.2.1\nb A x\n")
    assert (problem.file, problem.line) == ("records", 2)


@pytest.mark.parametrize(
    ("entry", "code", "file", "field"),
    [
        ({"nam": "a", "type": "A", "value": "192.0.2.1"}, "field-unknown", "records[0]", "nam"),
        ({"type": "A", "value": "192.0.2.1"}, "field-missing", "records[0]", "name"),
        ({"name": "a", "value": "192.0.2.1"}, "field-missing", "records[0]", "type"),
        ({"name": "a", "type": "A"}, "field-missing", "records[0]", "values"),
        ({"name": "a", "type": "A", "value": "1", "values": []}, "field-missing", "records[0]", "values"),
        ({"name": "a", "type": "A", "values": []}, "field-invalid", "records[0]", "values"),
        ({"name": "a", "type": "A", "values": "192.0.2.1"}, "field-invalid", "records[0]", "values"),
        ({"name": "a", "type": "A", "values": ["192.0.2.1", 7]}, "field-invalid", "records[0]", "values[1]"),
        ({"name": 7, "type": "A", "value": "192.0.2.1"}, "field-invalid", "records[0]", "name"),
        ({"name": "a", "type": None, "value": "192.0.2.1"}, "field-invalid", "records[0]", "type"),
        ({"name": "a", "type": "B", "value": "192.0.2.1"}, "type-unknown", "records[0]", "type"),
        ({"name": "a", "type": "A", "ttl": True, "value": "192.0.2.1"}, "ttl-invalid", "records[0]", "ttl"),
        ({"name": "a", "type": "A", "ttl": -1, "value": "192.0.2.1"}, "ttl-invalid", "records[0]", "ttl"),
        ({"name": "a", "type": "A", "ttl": 2**31, "value": "192.0.2.1"}, "ttl-out-of-range", "records[0]", "ttl"),
        ({"name": "a.other.", "type": "A", "value": "192.0.2.1"}, "out-of-zone", "records[0]", "owner"),
        ({"name": "a.shop.example", "type": "A", "value": "192.0.2.1"}, "name-ambiguous", "records[0]", "name"),
        ({"name": "shop.example", "type": "A", "value": "192.0.2.1"}, "name-ambiguous", "records[0]", "name"),
        ({"name": "a" * 64, "type": "A", "value": "192.0.2.1"}, "label-too-long", "records[0]", "owner"),
        (
            {"name": "a", "type": "A", "values": ["192.0.2.1", "x"]},
            "address-invalid",
            "records[0].values[1]",
            "address",
        ),
        ({"name": "a", "type": "CNAME", "value": "b.c"}, "name-ambiguous", "records[0].value", "name"),
        ("www A 192.0.2.1", "field-invalid", "records[0]", "record"),
    ],
)
def test_a_wrong_entry_is_refused_by_entry_and_field(entry: Any, code: str, file: str, field: str) -> None:
    (problem,) = refused([entry])
    assert (problem.code, problem.file, problem.field) == (code, file, field)
    assert problem.message
    assert problem.fix


def test_a_misspelt_field_is_answered_with_the_right_one() -> None:
    (problem,) = refused([{"name": "a", "type": "A", "valeus": ["192.0.2.1"]}])
    assert problem.fix == "did you mean values?"


def test_all_wrong_entries_are_told_at_once() -> None:
    assert [problem.file for problem in refused({"a": "x", "b": [{"type": "A", "value": "y"}, 7]})] == [
        "records['a']",
        "records['b'][0].value",
        "records['b'][1]",
    ]


def test_entries_that_do_not_go_together_are_refused_by_the_last_one() -> None:
    entries = [
        {"name": "a", "type": "CNAME", "value": "b"},
        {"name": "b", "type": "A", "value": "192.0.2.1", "ttl": 60},
        {"name": "a", "type": "A", "value": "192.0.2.1"},
        {"name": "b", "type": "A", "value": "192.0.2.2"},
    ]
    assert [(problem.code, problem.file) for problem in refused(entries)] == [
        ("cname-and-other-data", "records[2]"),
        ("ttl-differs-in-set", "records[3]"),
    ]


def test_the_header_of_an_entry_is_read_without_its_values() -> None:
    assert header_of({"name": "WWW", "type": "a"}, "shop.example", 60, label="records[3]") == ("www", "A", 60)
    with pytest.raises(ZoneTextError) as caught:
        header_of({"name": "www", "type": "B"}, "shop.example", label="records[3]")
    (problem,) = caught.value.problems
    assert (problem.code, problem.file, problem.field) == ("type-unknown", "records[3]", "type")


def test_a_wrong_origin_or_default_ttl_is_refused_by_name() -> None:
    entry = {"name": "a", "type": "A", "value": "192.0.2.1"}
    with pytest.raises(ZoneTextError) as origin:
        program_records([entry], "a..b")
    assert [problem.code for problem in origin.value.problems] == ["origin-invalid"]
    with pytest.raises(ZoneTextError) as ttl:
        program_records([entry], "shop.example", 2**31)
    assert [(problem.code, problem.value) for problem in ttl.value.problems] == [("ttl-out-of-range", "2147483648")]

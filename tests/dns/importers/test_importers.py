import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sophia_infra.dns.importers import SOURCES, Imported, import_zone
from sophia_infra.dns.reader import ZoneTextError
from sophia_infra.dns.rr.record import to_text
from tests.support.zone_text import canonical

PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.sampled_from(["A", "TXT", "MX", "."])
)
TREES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "",
                    "www",
                    "name",
                    "type",
                    "value",
                    "values",
                    "ttl",
                    "data",
                    "content",
                    "result",
                    "octodns",
                    "priority",
                    "preference",
                ]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)


def test_the_sources_are_those_that_are_documented() -> None:
    documented = (Path(__file__).parents[3] / "docs" / "moving-in.md").read_text()
    assert [name for name in SOURCES if f"| `{name}` |" not in documented] == []


def test_a_master_file_is_read_with_its_warnings_as_notes() -> None:
    found = import_zone("a 60 A 192.0.2.1\na 61 A 192.0.2.2\nb A x\n", "shop.example", "master", file="db")
    assert [str(record) for record in found.records] == ["a 60 A 192.0.2.1", "a 60 A 192.0.2.2"]
    assert found.notes == ("db:2: the A records of a have the TTLs 60, 61; 60 is used",)
    assert [problem.line for problem in found.problems] == [3]


def test_a_master_file_may_include_others() -> None:
    found = import_zone(
        "$INCLUDE x\n", "shop.example", "master", open_include=lambda path, _: (path, "a A 192.0.2.1\n")
    )
    assert [record.owner for record in found.records] == ["a"]


def test_an_at_sign_behind_a_name_is_the_zone_as_godaddy_exports_it() -> None:
    text = """\
$ORIGIN shop.example.
@\t600\t IN \tA\t203.0.113.9
_sip._tls.@\t3600\t IN \tSRV\t100\t1\t443\tsip.mailer.example.
www\t3600\t IN \tCNAME\t@
"""
    found = import_zone(text, "shop.example", "master", file="db")
    assert [str(record) for record in found.records] == [
        "@ 600 A 203.0.113.9",
        "_sip._tls 3600 SRV 100 1 443 sip.mailer.example.",
        "www 3600 CNAME shop.example.",
    ]
    assert [note.partition(" is taken as ")[0] for note in found.notes] == ["db: _sip._tls.\\@ SRV"]
    assert found.problems == ()


def test_a_name_that_is_right_only_without_its_at_sign_is_judged_there() -> None:
    found = import_zone("a CNAME b\na.@ A 192.0.2.1\n", "shop.example", "master", file="db")
    assert [problem.code for problem in found.problems] == ["cname-and-other-data"]


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_an_origin_that_is_no_name_is_an_error(source: str) -> None:
    with pytest.raises(ZoneTextError) as caught:
        import_zone("", "a..b", source)
    assert [(problem.code, problem.field) for problem in caught.value.problems] == [("origin-invalid", "origin")]


@pytest.mark.parametrize("source", sorted(SOURCES))
@settings(max_examples=60)
@given(text=st.text())
def test_any_text_is_imported_without_an_exception(source: str, text: str) -> None:
    assert isinstance(import_zone(text, "shop.example", source), Imported)


@settings(max_examples=150)
@given(TREES)
def test_any_tree_is_imported_without_an_exception_into_canonical_records(tree: object) -> None:
    for source, text in (("octodns", yaml.safe_dump(tree)), ("cloudflare-json", json.dumps(tree))):
        found = import_zone(text, "shop.example", source)
        zone = to_text(found.records)
        assert found.problems or canonical(zone, "shop.example") == zone


@given(
    st.lists(
        st.tuples(
            st.sampled_from(".&=+-@'^CZ:%"),
            st.lists(
                st.sampled_from(
                    ["shop.example", "a.shop.example", "192.0.2.1", "", "60", "\\072\\400", "a", "\\", "é"]
                ),
                max_size=7,
            ),
        ),
        max_size=5,
    )
)
def test_any_tinydns_line_is_imported_without_an_exception(pieces: list[tuple[str, list[str]]]) -> None:
    text = "\n".join(sign + ":".join(fields) for sign, fields in pieces)
    found = import_zone(text, "shop.example", "tinydns")
    zone = to_text(found.records)
    assert found.problems or canonical(zone, "shop.example") == zone

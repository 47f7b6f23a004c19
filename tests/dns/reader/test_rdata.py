import dns.rdata
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sophia_infra.dns.reader import ZoneTextError, read, read_rdata
from sophia_infra.dns.reader.names import Targets
from sophia_infra.dns.reader.problems import FIXES, Refused
from sophia_infra.dns.reader.rdata import FAST_PATHS, canonical_rdata
from sophia_infra.errors import SophiaError
from tests.dns.reader.gallery import GALLERY

SECRET = "hunter2-canary"


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("A", "192.0.2.1", "192.0.2.1"),
        ("a", "192.0.2.1", "192.0.2.1"),
        ("CNAME", "www", "www.shop.example."),
        ("CNAME", "@", "shop.example."),
        ("CNAME", "WWW.Other.", "www.other."),
        ("alias", "WWW.Other.", "www.other."),
        ("ALIAS", "lb", "lb.shop.example."),
        ("MX", "10\tmail", "10 mail.shop.example."),
        ("TXT", "v=spf1 -all; x", '"v=spf1 -all; x"'),
        ("TXT", '"one" "two"', '"one" "two"'),
        ("TXT", 'say "hi"\\', '"say \\"hi\\"\\\\"'),
        ("TXT", "", '""'),
        ("TXT", "é" * 130, '"' + "\\195\\169" * 127 + '\\195" "' + "\\169" + "\\195\\169" * 2 + '"'),
        ("TXT", "two\nlines", '"two\\010lines"'),
        ("CAA", "0 issue ca.example", '0 issue "ca.example"'),
        ("SSHFP", "1 2 ABCDEF", None),
        ("DS", "1 8 2 " + "AB" * 32, "1 8 2 " + "ab" * 32),
        ("TYPE65280", "\\# 2 AB CD", "\\# 2 abcd"),
        ("SVCB", "0 svc.example.", "0 svc.example."),
        ("HTTPS", "1 . alpn=h2,h3", '1 . alpn="h2,h3"'),
    ],
)
def test_a_typed_value_has_one_form(kind: str, value: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(ZoneTextError):
            read_rdata(kind, value, "shop.example")
    else:
        assert read_rdata(kind, value, "shop.example") == expected


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("A", "192.0.2.1\nevil A 192.0.2.66", "record-syntax"),
        ("A", "192.0.2.1 ; office", "record-syntax"),
        ("CNAME", "www.other.example", "name-ambiguous"),
        ("CNAME", "www.shop.example", "name-ambiguous"),
        ("ALIAS", "www.other.example", "name-ambiguous"),
        ("ALIAS", "a b", "record-syntax"),
        ("MX", "10 mail.shop.example", "name-ambiguous"),
        ("SRV", "1 2 3 a.b", "name-ambiguous"),
        ("TXT", '"open', "quote-unbalanced"),
        ("CNAME", "( a", "parenthesis-unbalanced"),
        ("NOPE", "1", "type-unknown"),
        ("", "1", "type-unknown"),
    ],
)
def test_a_typed_value_that_is_wrong_or_could_mean_two_things_is_refused(kind: str, value: str, code: str) -> None:
    with pytest.raises(ZoneTextError) as caught:
        read_rdata(kind, value, "shop.example", file="records[3].value")
    (problem,) = caught.value.problems
    assert (problem.code, problem.file, problem.subject) == (code, "records[3].value", kind)


@pytest.mark.parametrize("kind", ["A", "AAAA", "MX", "CNAME", "TXT", "DS", "TYPE65280", "SRV", "CAA", "LOC"])
@pytest.mark.parametrize(
    "value", [SECRET, f'"{SECRET}', f"{SECRET}.a.b", f"( {SECRET}", f"{SECRET}\n", f"{SECRET} ;", SECRET * 30]
)
def test_a_secret_value_stands_in_no_error(kind: str, value: str) -> None:
    seen: list[BaseException | None] = []
    try:
        read_rdata(kind, value, "shop.example", quote=False)
    except ZoneTextError as refused:
        seen = [
            refused,
            refused.__cause__,
            refused.__context__,
            *(SophiaError(str(problem)) for problem in refused.problems),
        ]
    assert not any(SECRET[:6] in repr(one) + str(one) for one in seen)


@pytest.mark.parametrize("line", GALLERY, ids=[f"{line.split()[0]}-{number}" for number, line in enumerate(GALLERY)])
def test_every_type_keeps_its_meaning_and_settles_in_one_form(line: str) -> None:
    (record,) = read(f"x {line}\n", "shop.example").records
    (again,) = read(f"{record}\n", "shop.example").records
    assert again == record
    kind, rdata = line.split(" ", 1)
    meant = dns.rdata.from_text("IN", kind, rdata, dns.name.from_text("shop.example"), relativize=False)
    held = dns.rdata.from_text("IN", record.type, record.rdata)
    assert (held.to_wire() or b"").lower() == (meant.to_wire() or b"?").lower()


def test_types_that_name_servers_do_not_all_know_are_written_by_number() -> None:
    (record,) = read("x WALLET a b\n", "shop.example").records
    assert (record.type, record.rdata) == ("TYPE262", "\\# 4 01610162")


simple = st.one_of(
    st.tuples(st.just("A"), st.ip_addresses(v=4).map(str)),
    st.tuples(
        st.just("AAAA"), st.ip_addresses(v=6).map(lambda ip: st.sampled_from([str(ip), ip.exploded.upper()]))
    ).flatmap(lambda pair: st.tuples(st.just(pair[0]), pair[1])),
    st.tuples(
        st.sampled_from(["CNAME", "NS", "PTR"]),
        st.from_regex(r"[A-Za-z0-9_*/-]{1,5}(\.[a-zA-Z0-9-]{1,5}){0,3}\.?", fullmatch=True),
    ),
    st.tuples(st.just("MX"), st.from_regex(r"[0-9]{1,5} [A-Za-z0-9]{1,5}\.?", fullmatch=True)),
    st.tuples(st.just("SRV"), st.from_regex(r"[0-9]{1,5} [0-9]{1,5} [0-9]{1,6} [A-Za-z0-9]{1,5}\.?", fullmatch=True)),
    st.tuples(
        st.just("SOA"),
        st.from_regex(r"[A-Za-z0-9]{1,5}\.? [A-Za-z0-9]{1,5}(\.[a-z]{1,3}\.)?( [0-9]{1,11}){5}", fullmatch=True),
    ),
    st.tuples(st.sampled_from(["TXT", "SPF"]), st.from_regex(r'"[ -~]{0,9}"( "[ -~]{0,9}")*', fullmatch=True)),
    st.tuples(
        st.sampled_from(sorted(FAST_PATHS)), st.text(st.characters(max_codepoint=126, min_codepoint=32), max_size=20)
    ),
)


@given(simple)
@example(("SOA", "Ns1 Host.Shop.Example. 007 0 2147483647 1 1"))
def test_fast_and_general_way_agree(case: tuple[str, str]) -> None:
    kind, text = case
    try:
        fast = FAST_PATHS[kind](text, Targets("shop.example."))
    except Refused:
        fast = None
    if fast is not None:
        assert fast == canonical_rdata(kind, text, "shop.example.")


def test_an_soa_as_canonical_text_has_it_takes_the_fast_way() -> None:
    rdata = "ns1.provider.example. hostmaster.shop.example. 0 86400 7200 3600000 3600"
    assert FAST_PATHS["SOA"](rdata, Targets("shop.example.")) == rdata


def test_every_code_has_a_name_of_its_own_kind_and_a_way_out() -> None:
    assert all(code == code.lower() and " " not in code and fix for code, fix in FIXES.items())


@pytest.mark.parametrize("altitude", ["8.04m", "-0.29m", "16.01m", "1.15m"])
def test_a_height_keeps_its_centimetres(altitude: str) -> None:
    text = f"51 30 12.748 N 0 7 39.612 W {altitude} 10m 100m 20m"
    assert f" {altitude} " in read_rdata("LOC", text, "shop.example")

import pytest

from sophia_infra.dns.reader import Problem, Reading, ZoneTextError, read
from sophia_infra.dns.reader.master import INCLUDE_DEPTH, PROBLEM_LIMIT
from tests.support.zone_text import canonical


def lines(text: str, default_ttl: int | None = None) -> list[str]:
    reading = read(text, "shop.example", default_ttl=default_ttl)
    assert not reading.problems
    return [str(record) for record in reading.records]


def codes(text: str) -> list[tuple[str, int]]:
    return [(problem.code, problem.line) for problem in read(text, "shop.example").problems]


def only(text: str) -> Problem:
    (problem,) = read(text, "shop.example").problems
    return problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("www A 192.0.2.1", "www 3600 A 192.0.2.1"),
        ("www 60 IN A 192.0.2.1", "www 60 A 192.0.2.1"),
        ("www IN 60 A 192.0.2.1", "www 60 A 192.0.2.1"),
        ("www\tin\t1h30m\ta\t192.0.2.1", "www 5400 A 192.0.2.1"),
        ("www 1W2d A 192.0.2.1 ; office", "www 777600 A 192.0.2.1"),
        ("www CLASS1 TYPE1 192.0.2.1\r", "www 3600 A 192.0.2.1"),
        ("WWW.Shop.Example. A 192.0.2.1", "www 3600 A 192.0.2.1"),
        ("shop.example. A 192.0.2.1", "@ 3600 A 192.0.2.1"),
        ("@ MX 010 Mail", "@ 3600 MX 10 mail.shop.example."),
        ("@ MX 0 .", "@ 3600 MX 0 ."),
        ("*.dev CNAME @", "*.dev 3600 CNAME shop.example."),
        ("_dmarc TXT plain", '_dmarc 3600 TXT "plain"'),
        ("0/25 NS ns1", "0/25 3600 NS ns1.shop.example."),
        ("bücher CNAME Straße.example.", "xn--bcher-kva 3600 CNAME xn--strae-oqa.example."),
        (r"a\.b A 192.0.2.1", r"a\.b 3600 A 192.0.2.1"),
        (r"\097\@ A 192.0.2.1", r"a\@ 3600 A 192.0.2.1"),
        ('t TXT "a;b" c\\;d "\\"e\\"" \\065', 't 3600 TXT "a;b" "c;d" "\\"e\\"" "A"'),
        ('t TXT "ü"', 't 3600 TXT "\\195\\188"'),
        ("x TYPE65280 \\# 4 0A 0b0C 0d", "x 3600 TYPE65280 \\# 4 0a0b0c0d"),
        ("x TYPE65280 \\# 0", "x 3600 TYPE65280 \\# 0"),
        ("x A \\# 4 c0000201", "x 3600 A 192.0.2.1"),
        ("x AAAA 2001:DB8:0:0:1:0:0:1", "x 3600 AAAA 2001:db8::1:0:0:1"),
        ("x AAAA ::ffff:192.0.2.1", "x 3600 AAAA ::ffff:192.0.2.1"),
        ("\ufeffwww A 192.0.2.1", "www 3600 A 192.0.2.1"),
        ("300 A 192.0.2.1", "300 3600 A 192.0.2.1"),
    ],
)
def test_one_record_in_every_way_of_writing_it_has_one_form(text: str, expected: str) -> None:
    assert lines(text) == [expected]


def test_parentheses_comments_and_omitted_owners_span_lines() -> None:
    text = "@ SOA ns ( host ; mail to\n 1 1d\n\n 2h 4w 30m )\n  NS ns\n\n ; nothing\n\tNS ns2 ; second\n"
    assert lines(text) == [
        "@ 1800 SOA ns.shop.example. host.shop.example. 1 86400 7200 2419200 1800",
        "@ 1800 NS ns.shop.example.",
        "@ 1800 NS ns2.shop.example.",
    ]


def test_the_ttl_comes_from_the_nearest_place_that_says() -> None:
    assert lines("a A 192.0.2.1") == ["a 3600 A 192.0.2.1"]
    assert lines("a A 192.0.2.1", default_ttl=7) == ["a 7 A 192.0.2.1"]
    assert lines("$TTL 60\na A 192.0.2.1", default_ttl=7) == ["a 60 A 192.0.2.1"]
    assert lines("a 5 A 192.0.2.1\nb A 192.0.2.1") == ["a 5 A 192.0.2.1", "b 5 A 192.0.2.1"]
    assert lines("$TTL 60\na 5 A 192.0.2.1\nb A 192.0.2.1") == ["a 5 A 192.0.2.1", "b 60 A 192.0.2.1"]
    assert lines("@ SOA n h 1 2 3 4 99\nb A 192.0.2.1")[1] == "b 99 A 192.0.2.1"


def test_origin_is_relative_to_the_last_one_and_may_be_the_root() -> None:
    text = "$ORIGIN eu\na A 192.0.2.1\n$ORIGIN de\nb CNAME a\n$ORIGIN .\nshop.example A 192.0.2.2\n"
    assert lines(text) == ["a.eu 3600 A 192.0.2.1", "b.de.eu 3600 CNAME a.de.eu.shop.example.", "@ 3600 A 192.0.2.2"]


def test_the_root_is_a_zone_as_well() -> None:
    reading = read("@ NS a\nexample NS b.example.\n", ".")
    assert [str(record) for record in reading.records] == ["@ 3600 NS a.", "example 3600 NS b.example."]


def including(files: dict[str, str], text: str) -> Reading:
    def open_include(path: str, including: str) -> tuple[str, str]:
        if path not in files:
            raise FileNotFoundError(f"no {path} beside {including}")
        return path, files[path]

    return read(text, "shop.example", file="main", open_include=open_include)


def test_an_included_file_gives_back_origin_and_owner_but_not_the_ttl() -> None:
    reading = including(
        {"sub": "$TTL 9\n$ORIGIN x\nb A 192.0.2.1\n"}, "$TTL 60\na A 192.0.2.2\n$INCLUDE sub y\n A 192.0.2.3\n"
    )
    assert [str(record) for record in reading.records] == ["a 9 A 192.0.2.2", "b.x.y 9 A 192.0.2.1", "a 9 A 192.0.2.3"]
    assert [warning.code for warning in reading.warnings] == ["ttl-differs-in-set"]


def test_a_problem_in_an_included_file_names_that_file() -> None:
    reading = including({"sub": "\n\nbad A x\n"}, '$INCLUDE "sub"\nbad2 A x\n')
    assert [(problem.file, problem.line) for problem in reading.problems] == [("sub", 3), ("main", 2)]
    assert reading.readable


def test_a_conflict_across_files_is_placed_in_the_file_of_its_last_record() -> None:
    reading = including({"sub": "\nwww A 192.0.2.1\n"}, "www CNAME a.\n$INCLUDE sub\n")
    assert [(problem.code, problem.file, problem.line) for problem in reading.problems] == [
        ("cname-and-other-data", "sub", 2)
    ]


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({}, "file-missing"),
        ({"sub": "$INCLUDE sub\n"}, "include-loop"),
        (
            {"sub": "$INCLUDE 1\n"} | {str(n): f"$INCLUDE {n + 1}\n" for n in range(INCLUDE_DEPTH + 2)},
            "include-too-deep",
        ),
        (
            {"sub": "$INCLUDE 0\n"} | {str(n): f"$INCLUDE {n + 1}\n" * 9 for n in range(9)} | {"9": ""},
            "include-too-many",
        ),
        ({"sub": "a A (\n"}, "parenthesis-unbalanced"),
        ({"sub": "a A \0\n"}, "not-text"),
    ],
)
def test_what_hides_the_rest_of_a_file_makes_it_unreadable(files: dict[str, str], code: str) -> None:
    reading = including(files, "a A 192.0.2.1\n$INCLUDE sub\nb A 192.0.2.1\n")
    assert not reading.readable
    assert [problem.code for problem in reading.problems] == [code]
    assert [record.owner for record in reading.records] == ["a"]


def test_text_alone_includes_nothing() -> None:
    assert codes("$INCLUDE /etc/passwd\n") == [("include-refused", 1)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("www A 192.0.2.300", "address-invalid"),
        ("www A 192.0.2.01", "address-invalid"),
        ("www A 192.0.2", "address-invalid"),
        ("www A 192.0.2.1 192.0.2.2", "address-invalid"),
        ("www AAAA 192.0.2.1", "address-invalid"),
        ("www AAAA 1::2::3", "address-invalid"),
        ("www MX mail", "record-syntax"),
        ("www MX 70000 mail", "record-syntax"),
        ("www SRV 1 2 mail", "record-syntax"),
        ("www CNAME a b", "record-syntax"),
        ("www TXT", "record-syntax"),
        ("www TYPE65280 0a0b", "record-syntax"),
        ("www TYPE65280 \\# 3 0a0b", "record-syntax"),
        ("www FOO 1", "type-unknown"),
        ("www ANY 192.0.2.1", "class-unsupported"),
        ("www AXFR 1", "type-unknown"),
        ("www", "type-missing"),
        ("www 300 IN", "type-missing"),
        ("www CH A 192.0.2.1", "class-unsupported"),
        ("www 2147483648 A 192.0.2.1", "ttl-out-of-range"),
        ("www 300x A 192.0.2.1", "ttl-invalid"),
        ("www 1h30 A 192.0.2.1", "ttl-invalid"),
        ("www.other.example. A 192.0.2.1", "out-of-zone"),
        ("notshop.example. A 192.0.2.1", "out-of-zone"),
        (f"{'a' * 64} A 192.0.2.1", "label-too-long"),
        (f"www CNAME {'a' * 64}", "label-too-long"),
        (f"www MX 10 {'a' * 64}.example.", "label-too-long"),
        (".".join(["a" * 63] * 3 + ["b" * 49]) + " A 192.0.2.1", "name-too-long"),
        ("www CNAME " + ".".join(["a" * 63] * 4) + ".", "name-too-long"),
        ("a..b A 192.0.2.1", "name-invalid"),
        ("a\\999 A 192.0.2.1", "name-invalid"),
        ("\u2764\ufe0f A 192.0.2.1", "name-invalid"),
        (" A 192.0.2.1", "owner-missing"),
        (f'www TXT "{"x" * 256}"', "txt-too-long"),
        ("www TXT " + '"' + '" "'.join(["x" * 255] * 257) + '"', "rdata-too-long"),
        ('www TXT "abc', "quote-unbalanced"),
        ("www TXT abc\\", "quote-unbalanced"),
        ("www A 192.0.2.1 )", "parenthesis-unbalanced"),
        ("$TTL never", "ttl-invalid"),
        ("$TTL", "directive-syntax"),
        ("$INCLUDE", "directive-syntax"),
        ("$NOTHING", "directive-unknown"),
    ],
)
def test_one_bad_line_is_one_problem_and_the_rest_is_read(text: str, code: str) -> None:
    reading = read(
        f"first A 192.0.2.1\n{text}\nlast A 192.0.2.1\n" if text[0] != " " else f"{text}\nlast A 192.0.2.1",
        "shop.example",
    )
    assert [problem.code for problem in reading.problems] == [code]
    assert reading.problems[0].line == (2 if text[0] != " " else 1)
    assert reading.records[-1].owner == "last"
    assert reading.readable


def test_the_longest_names_are_fine() -> None:
    # 254 characters with the trailing dot are 255 octets on the wire
    longest = ".".join(["a" * 63] * 3 + ["b" * 48])
    (record,) = read(f"{longest} A 192.0.2.1\n", "shop.example").records
    assert record.owner == longest
    assert codes(f"{longest}b A 192.0.2.1\n") == [("name-too-long", 1)]


def test_a_lone_quote_costs_its_own_line_only() -> None:
    assert codes('a TXT "x\nb A 192.0.2.1\n') == [("quote-unbalanced", 1)]
    assert codes('a TXT ( "x )\nb A 192.0.2.1\n') == [("quote-unbalanced", 1)]
    assert codes('a TXT ( "x\n y )\nb A 192.0.2.1\n') == [("quote-unbalanced", 1)]


def test_records_under_an_owner_that_was_refused_are_not_given_to_another() -> None:
    text = "good A 192.0.2.1\nbad.other. A 192.0.2.2\n A 192.0.2.3\nlast A 192.0.2.4\n"
    reading = read(text, "shop.example")
    assert [record.owner for record in reading.records] == ["good", "last"]
    assert [problem.code for problem in reading.problems] == ["out-of-zone", "owner-missing"]


def test_a_wrong_origin_ends_the_reading_since_names_hang_on_it() -> None:
    reading = read(f"a A 192.0.2.1\n$ORIGIN {'x' * 64}\nb A 192.0.2.1\n", "shop.example")
    assert not reading.readable
    assert [(problem.code, problem.line, problem.field) for problem in reading.problems] == [
        ("label-too-long", 2, "$ORIGIN")
    ]


def test_a_parenthesis_that_never_closes_is_reported_where_it_opens() -> None:
    reading = read("a A 192.0.2.1\nb TXT ( x\nc A 192.0.2.1\n", "shop.example")
    assert [(problem.code, problem.line) for problem in reading.problems] == [("parenthesis-unbalanced", 2)]
    assert not reading.readable


def test_a_text_that_is_no_master_file_is_given_up() -> None:
    reading = read("what is this\n" * (PROBLEM_LIMIT + 5), "shop.example")
    assert len(reading.problems) == PROBLEM_LIMIT + 1
    assert reading.problems[-1].code == "too-many-problems"
    assert not reading.readable


def test_a_problem_says_file_line_field_value_and_the_way_out() -> None:
    problem = read("\nwww A 192.0.2.300\n", "shop.example", file="db.shop").problems[0]
    assert str(problem) == (
        "db.shop:2: address: '192.0.2.300' is not an IPv4 address; "
        "write an IPv4 address for A, an IPv6 address for AAAA"
    )
    assert (problem.value, problem.subject) == ("192.0.2.300", "www A")


def test_numbers_of_octets_and_the_limit_stand_in_the_message() -> None:
    assert "64 octets, the limit is 63" in only(f"{'a' * 64} A 192.0.2.1").message
    assert "256 octets, the limit is 255" in only(".".join(["a" * 63] * 3 + ["b" * 49]) + " A 192.0.2.1").message


def test_a_quoted_value_is_short_and_printable() -> None:
    problem = only(f"www A \x1b[31m{'x' * 500}")
    assert problem.value.isprintable()
    assert len(problem.value) == 80
    assert len(problem.message) < 160
    assert str(problem).isprintable()


def test_canonical_refuses_a_text_with_any_problem_and_shows_at_most_twenty() -> None:
    with pytest.raises(ZoneTextError) as caught:
        canonical("www A x\n" * 25, "shop.example", file="db.shop")
    assert len(caught.value.problems) == 25
    assert str(caught.value).splitlines()[-1] == "and 5 more problems"
    assert str(caught.value).count("\n") == 20


@pytest.mark.parametrize("origin", ["", "a..b", "x" * 64])
def test_an_origin_that_is_no_name_is_an_error(origin: str) -> None:
    with pytest.raises(ZoneTextError) as caught:
        read("", origin)
    assert [(problem.code, problem.field) for problem in caught.value.problems] == [("origin-invalid", "origin")]


def test_no_text_is_an_empty_zone() -> None:
    assert canonical("", "shop.example") == ""
    assert canonical("; nothing\n\n", "shop.example") == ""


def test_a_name_that_ends_in_an_escaped_dot_is_not_below_the_zone() -> None:
    assert codes("a\\.shop.example. A 192.0.2.1") == [("out-of-zone", 1)]
    assert lines("a\\\\.shop.example. A 192.0.2.1") == ["a\\\\ 3600 A 192.0.2.1"]

"""What must hold for any text: the reader returns, and canonical text is a fixed point with the input's meaning."""

import dns.name
import dns.zone
from hypothesis import given, settings
from hypothesis import strategies as st

from sophia_infra.dns.reader import Reading, read
from sophia_infra.dns.rr.record import from_text, to_text
from tests.support.zone_text import canonical

WORDS = st.sampled_from(
    [
        '$ORIGIN', '$TTL', '$INCLUDE', '$GENERATE', '@', 'IN', 'CH', 'A', 'AAAA', 'MX',
        'TXT', 'CNAME', 'SOA', 'CAA', 'LOC', 'NAPTR', 'HTTPS', 'TYPE65280', '\\#', '4',
        '0a', '300', '1h', '(', ')', '"', ';', '\\', '\\.', '\\300',
        '\\065', '"a', 'b"', '""', 'www', '*.x', '.', '..', 'a..b', 'é',
        '☃', '192.0.2.1', '::1', '1-3', 'h$', '${0,1,n}', '0', '10', 'mail', '\x00',
        '\x0b', '\x85', '\u2028', 'shop.example.',
    ]
)  # fmt: skip
SOUP = st.lists(st.tuples(st.sampled_from(["", " ", "\t", "\n"]), WORDS), max_size=40).map(
    lambda pieces: "".join(blank + word for blank, word in pieces)
)


@settings(max_examples=300)
@given(st.one_of(st.text(), SOUP))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    reading = read(text, "shop.example")
    assert isinstance(reading, Reading)
    assert all(problem.message and problem.fix and str(problem).isprintable() for problem in reading.problems)
    assert from_text(to_text(reading.records)) == sorted_again(reading)


def sorted_again(reading: Reading) -> list[object]:
    return list(from_text(to_text(list(reversed(reading.records)))))


LABELS = st.one_of(
    st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True),
    st.sampled_from(["*", "\\.", "a\\ b", "\\000", "\\255", "\\@", "\\$x", '\\"', "\\;", "bücher", "\\(", "A\\065"]),
)
OWNERS = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
STRINGS = st.binary(max_size=40).map(lambda octets: '"' + "".join(f"\\{octet:03d}" for octet in octets) + '"')
RDATA = st.one_of(
    st.ip_addresses(v=4).map(lambda ip: f"A {ip}"),
    st.ip_addresses(v=6).map(lambda ip: f"AAAA {ip.exploded.upper()}"),
    st.tuples(st.integers(0, 65535), OWNERS).map(lambda it: f"MX {it[0]} {it[1]}"),
    st.lists(STRINGS, min_size=1, max_size=3).map(lambda strings: "TXT " + " ".join(strings)),
    st.tuples(st.integers(0, 255), st.sampled_from(["issue", "iodef"]), STRINGS).map(
        lambda it: f"CAA {it[0]} {it[1]} {it[2]}"
    ),
    st.binary(max_size=20).map(lambda data: f"TYPE65280 \\# {len(data)} {data.hex(' ')}"),
    st.tuples(st.integers(0, 89), st.integers(0, 59), st.integers(0, 59999), st.integers(-9999999, 99999)).map(
        lambda it: (
            f"LOC {it[0]} {it[1]} {it[2] / 1000} N {it[0]} {it[1]} {it[2] / 1000} W {it[3] / 100:.2f}m 10m 100m 20m"
        )
    ),
)
LINES = st.tuples(OWNERS, st.sampled_from(["300", "1h IN", "IN"]), RDATA).map(" ".join)
ZONES = st.lists(LINES, max_size=12).map(lambda lines: "$TTL 300\n" + "\n".join(lines) + "\n")


@settings(max_examples=200)
@given(ZONES)
def test_canonical_text_is_a_fixed_point_with_the_meaning_of_its_input(text: str) -> None:
    text = canonical_input(text)
    once = canonical(text, "shop.example")
    assert canonical(once, "shop.example") == once
    assert to_text(from_text(once)) == once
    assert meaning(once) == meaning(text)


def canonical_input(text: str) -> str:
    """Give every set one TTL: dnspython would take the last one of a set, and the reader the lowest."""
    return text.replace(" 1h IN ", " 300 ")


def meaning(text: str) -> set[tuple[object, ...]]:
    zone = dns.zone.from_text(
        text, "shop.example", relativize=False, check_origin=False, idna_codec=dns.name.IDNA_2008_Practical
    )
    return {
        (name.canonicalize(), rdataset.ttl, rdata.rdtype, rdata.to_wire().lower())
        for name, node in zone.items()  # type: ignore[no-untyped-call]  # dnspython leaves it untyped
        for rdataset in node
        for rdata in rdataset
    }

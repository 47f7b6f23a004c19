"""No line of a master file is dropped in silence: it becomes a record, or a problem names it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sophia_infra.dns.reader import read

WORDS = st.one_of(
    st.sampled_from(["IN", "CH", "300", "1h", "A", "AAAA", "MX", "TXT", "CNAME", "SRV", "CAA", "TYPE65280", "NOTYPE"]),
    st.sampled_from(["192.0.2.1", "2001:db8::1", "10", "mail", "a.other.example.", "\\#", "4", "0a0b0c0d", "issue"]),
    st.sampled_from(
        ['"a b"', '"open', '""', "\\", "\\065", "\\999", ";", "; all the rest", "x" * 64, "..", "é", "\x00"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="()\n"), max_size=8),
)
LINES = st.lists(st.tuples(st.sampled_from([" ", "\t", "  "]), st.lists(WORDS, max_size=7)), min_size=1, max_size=10)
LONG = settings(max_examples=3_000, deadline=None)


def every_line_counts(lines: list[tuple[str, list[str]]]) -> None:
    text = "$TTL 300\n" + "".join(f"r{n}{blank}{blank.join(words)}\n" for n, (blank, words) in enumerate(lines))
    reading = read(text, "shop.example")
    owners = {record.owner for record in reading.records}
    refused = {problem.line for problem in reading.problems}
    for number in range(len(lines)):
        assert f"r{number}" in owners or number + 2 in refused or not reading.readable


@settings(max_examples=200)
@given(LINES)
def test_every_line_becomes_a_record_or_a_problem(lines: list[tuple[str, list[str]]]) -> None:
    every_line_counts(lines)


@pytest.mark.soak
@LONG
@given(LINES)
def test_every_line_becomes_a_record_or_a_problem_for_long(lines: list[tuple[str, list[str]]]) -> None:
    every_line_counts(lines)

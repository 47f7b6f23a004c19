import pytest

from sophia_infra.dns.reader import read
from sophia_infra.dns.reader.syntax import GENERATE_LIMIT


def lines(text: str) -> list[str]:
    reading = read(text, "shop.example", default_ttl=60)
    assert not reading.problems
    return [str(record) for record in reading.records]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$GENERATE 1-2 h$ A 192.0.2.$", ["h1 60 A 192.0.2.1", "h2 60 A 192.0.2.2"]),
        ("$GENERATE 8-12/4 h$ 5 IN A 192.0.2.$", ["h8 5 A 192.0.2.8", "h12 5 A 192.0.2.12"]),
        ("$GENERATE 1-1 h${9,3,d} CNAME t${-1,2}", ["h010 60 CNAME t00.shop.example."]),
        ("$GENERATE 30-30 h${0,4,x} A 192.0.2.1", ["h001e 60 A 192.0.2.1"]),
        ("$GENERATE 8-8 h${0,0,o} TXT $$", ['h10 60 TXT "$"']),
        ("$GENERATE 171-171 ${0,5,n}.x PTR h$.", ["b.a.0.x 60 PTR h171."]),
        ('$GENERATE 1-1 @ MX "$ mail$"', ["@ 60 MX 1 mail1.shop.example."]),
        ('$GENERATE 1-1 t TXT "\\"a b $\\""', ['t 60 TXT "a b 1"']),
        ("$GENERATE 1-1 \\$x A 192.0.2.$", ["\\$x 60 A 192.0.2.1"]),
    ],
)
def test_each_step_makes_a_record_as_bind_makes_it(text: str, expected: list[str]) -> None:
    assert lines(text) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("$GENERATE 5-1 h$ A 192.0.2.$", "directive-syntax"),
        ("$GENERATE 1-5/0 h$ A 192.0.2.$", "directive-syntax"),
        ("$GENERATE x h$ A 192.0.2.$", "directive-syntax"),
        ("$GENERATE 1-5 h$ A", "directive-syntax"),
        ("$GENERATE 1-5 h${1,2,z} A 192.0.2.1", "directive-syntax"),
        ("$GENERATE 1-5 h${-3} A 192.0.2.1", "directive-syntax"),
        (f"$GENERATE 0-{GENERATE_LIMIT} h$ A 192.0.2.1", "generate-too-large"),
        ("$GENERATE 0-2147483647 h$ A 192.0.2.1", "generate-too-large"),
        ("$GENERATE 254-258 h$ A 192.0.2.$", "address-invalid"),
    ],
)
def test_a_directive_that_cannot_be_carried_out_is_one_problem(text: str, code: str) -> None:
    reading = read(f"{text}\nlast A 192.0.2.1\n", "shop.example")
    assert [problem.code for problem in reading.problems] == [code]
    assert reading.records[-1].owner == "last"


def test_the_owner_before_the_directive_is_the_owner_after_it() -> None:
    assert lines("a A 192.0.2.1\n$GENERATE 1-1 h$ A 192.0.2.2\n A 192.0.2.3\n")[-1] == "a 60 A 192.0.2.3"

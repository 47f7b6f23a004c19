from datetime import date

import pytest

from sophia_infra.dns.serial import is_newer, next_serial, serial_of, with_serial

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("current", "scheme", "expected"),
    [
        (None, "date", 2026112300),
        (2026112200, "date", 2026112300),
        (2026112300, "date", 2026112301),
        (2026112399, "date", 2026112400),
        (2030010100, "date", 2030010101),
        (41, "date", 2026112300),
        (None, "counter", 1),
        (41, "counter", 42),
        (2**32 - 1, "counter", 1),
        (2**32 - 1, "date", 2026112300),
    ],
)
def test_the_next_serial_is_always_newer(current: int | None, scheme: str, expected: int) -> None:
    serial = next_serial(current, scheme, TODAY)
    assert serial == expected
    assert current is None or is_newer(serial, current)


def test_half_the_circle_away_is_not_newer() -> None:
    assert not is_newer(2**31, 0)
    assert is_newer(2**31 - 1, 0)


def test_a_serial_is_replaced_whatever_the_ttl_and_the_timers_are() -> None:
    text = "@ 0 SOA ns.a. h.a. 7 0 0 0 0\n@ 0 NS ns.a.\n"
    assert serial_of(text) == 7
    assert with_serial(text, 9) == "@ 0 SOA ns.a. h.a. 9 0 0 0 0\n@ 0 NS ns.a.\n"


def test_text_without_an_soa_has_no_serial_to_replace() -> None:
    assert serial_of("www 300 A 192.0.2.1\n") is None
    assert with_serial("www 300 A 192.0.2.1\n", 9) == "www 300 A 192.0.2.1\n"

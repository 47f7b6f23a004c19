"""SOA serials that only grow: date form (RFC 1912 section 2.2) or a plain counter, in RFC 1982 arithmetic. Pure."""

from datetime import date

SCHEMES = ("date", "counter")
_MODULUS = 2**32
_SERIAL_FIELD = 5


def next_serial(current: int | None, scheme: str, today: date) -> int:
    """Return the serial that follows `current` (None: there is none yet).

    `date` gives YYYYMMDDnn where that is ahead of the current one, else one more than it; `counter` starts at 1.
    """
    candidate = int(f"{today:%Y%m%d}00") if scheme == "date" else 1
    if current is None or is_newer(candidate, current):
        return candidate
    return (current + 1) % _MODULUS or 1


def is_newer(serial: int, than: int) -> bool:
    """Whether a serial is greater than another one in serial number arithmetic (RFC 1982 section 3.2)."""
    return 0 < (serial - than) % _MODULUS < _MODULUS // 2


def serial_of(text: str) -> int | None:
    """Return the serial in canonical zone text, None where it has no SOA."""
    fields = text.partition("\n")[0].split(" ")
    return int(fields[_SERIAL_FIELD]) if fields[2:3] == ["SOA"] else None


def with_serial(text: str, serial: int) -> str:
    """Return canonical zone text with another serial; text without an SOA stays as it is."""
    first, newline, rest = text.partition("\n")
    fields = first.split(" ")
    if fields[2:3] != ["SOA"]:
        return text
    fields[_SERIAL_FIELD] = str(serial)
    return " ".join(fields) + newline + rest

"""TTLs: seconds, or BIND's units (`1h30m`, `1w`), within 0 and 2^31-1 (RFC 2181 section 8)."""

import re

from sophia_infra.dns.reader.problems import Refused, quoted

TTL_LIMIT = 2**31 - 1
DEFAULT_TTL = 3600
"""Seconds for a record when neither it, `$TTL`, an earlier record, the SOA nor the caller says."""

_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_TTL = re.compile(r"[0-9]{1,10}|(?:[0-9]{1,10}[wdhms])+", re.IGNORECASE)
_PART = re.compile(r"([0-9]+)([wdhms]?)")


def seconds(text: str) -> int:
    """Return a TTL in seconds."""
    if not _TTL.fullmatch(text):
        raise Refused("ttl-invalid", "ttl", f"{quoted(text)} is not a TTL", value=text)
    ttl = sum(int(number) * _UNITS[unit or "s"] for number, unit in _PART.findall(text.lower()))
    if ttl > TTL_LIMIT:
        message = f"a TTL of {ttl} seconds is over the limit of {TTL_LIMIT}"
        raise Refused("ttl-out-of-range", "ttl", message, value=text)
    return ttl

"""Fast paths: canonical RDATA of the common types where it is written plainly, at a tenth of the general way's cost.

One returns None for whatever is unusual or wrong, and `rdata.canonical_rdata` then reads it or says what is wrong.
Both ways give the same text: a test holds them together.
"""

import re
from collections.abc import Callable
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from sophia_infra.dns.reader.names import Targets
from sophia_infra.dns.rr.rtype import Form, fast_paths

_NAME = re.compile(r'[^\s;"()\\]+').fullmatch
_STRINGS = re.compile(r'"[ !#-\[\]-~]{0,255}"(?: "[ !#-\[\]-~]{0,255}")*')
_PROPERTY = re.compile(r'([0-9]{1,3}) ([a-z0-9]{1,15} "[ !#-\[\]-~]*")').fullmatch
_NO_PREFIX = bytes(10)
_TEXT_LIMIT = 60_000
_UINT8, _UINT16 = 0xFF, 0xFFFF


def _a(rdata: str, _targets: Targets) -> str | None:
    try:
        inet_pton(AF_INET, rdata)
    except (OSError, ValueError):
        return None
    return rdata


def _aaaa(rdata: str, _targets: Targets) -> str | None:
    try:
        packed = inet_pton(AF_INET6, rdata)
    except (OSError, ValueError):
        return None
    # platforms print addresses with an embedded IPv4 address differently
    return None if packed.startswith(_NO_PREFIX) else inet_ntop(AF_INET6, packed)


def _target(rdata: str, targets: Targets) -> str | None:
    return targets[rdata] if rdata in targets or _NAME(rdata) else None


def _mx(rdata: str, targets: Targets) -> str | None:
    fields = rdata.split()
    if len(fields) != 2 or not _uint16(fields[0]):
        return None
    target = _target(fields[1], targets)
    return None if target is None else f"{int(fields[0])} {target}"


def _srv(rdata: str, targets: Targets) -> str | None:
    fields = rdata.split()
    if len(fields) != 4 or not all(map(_uint16, fields[:3])):
        return None
    priority, weight, port = map(int, fields[:3])
    target = _target(fields[3], targets)
    return None if target is None else f"{priority} {weight} {port} {target}"


def _strings(rdata: str, _targets: Targets) -> str | None:
    return rdata if _STRINGS.fullmatch(rdata) and len(rdata) < _TEXT_LIMIT else None


def _caa(rdata: str, _targets: Targets) -> str | None:
    match = _PROPERTY(rdata)
    plain = match and int(match[1]) <= _UINT8 and len(rdata) < _TEXT_LIMIT
    return f"{int(match[1])} {match[2]}" if match and plain else None


def _uint16(field: str) -> bool:
    return field.isdecimal() and len(field) <= 5 and int(field) <= _UINT16


FAST_PATHS: dict[str, Callable[[str, Targets], str | None]] = fast_paths(
    {
        Form.A: _a,
        Form.AAAA: _aaaa,
        Form.CAA: _caa,
        Form.MX: _mx,
        Form.NAME: _target,
        Form.SRV: _srv,
        Form.STRINGS: _strings,
    }
)

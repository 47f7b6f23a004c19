"""Where a certificate is served, as the program names it; `look` asks there, `judge` says what is wrong."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, Self

from sophia_infra.errors import SophiaError
from sophia_infra.probes.handshakes import Server, Shown, handshakes
from sophia_infra.tls.names import address, normalize
from sophia_infra.values import Value

MAX_ENDPOINTS = 100
_FORM = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:#]+)(?::([0-9]{1,5}))?(?:#(.+))?")
_WAY_OUT = "write it like shop.example:443, or 10.0.0.4:8443#shop.example with the name that is asked for"


class Endpoint(NamedTuple):
    """A place where the certificate is served: as the program writes it, and how it is asked."""

    given: str
    server: Server

    @classmethod
    def read(cls, given: Value, names: tuple[str, ...]) -> Self:
        """Read one; without a name of its own, that of its host is asked for, and of an address the first that fits."""
        found = _FORM.fullmatch(given.text(_WAY_OUT))
        if not found or not 0 < int(found[2] or 443) < 65536:
            raise given.wrong(_WAY_OUT)
        host = found[1].strip("[]")
        try:
            host, name = normalize(host), normalize(found[3] or "") if found[3] else ""
        except ValueError as error:
            raise given.wrong(f"{_WAY_OUT} ({error})") from None
        plain = next((each for each in names if not each.startswith("*.") and not address(each)), "")
        return cls(str(given.value), Server(host, int(found[2] or 443), name or (plain if address(host) else host)))


def read(inputs: Mapping[str, Any], names: tuple[str, ...], error: type[SophiaError]) -> tuple[Endpoint, ...]:
    """Read the input `endpoints` of a certificate for some names; `error` is raised where one is not allowed."""
    given = Value("endpoints", inputs.get("endpoints") or (), error)
    found = given.items("give a list, like ['shop.example:443']")
    if len(found) > MAX_ENDPOINTS:
        told = f"endpoints has {len(found)} places; the limit is {MAX_ENDPOINTS}: look at some of them"
        raise error(told, field="endpoints", value=len(found), limit=MAX_ENDPOINTS)
    return tuple(dict.fromkeys(Endpoint.read(each, names) for each in found))


def look(endpoints: tuple[Endpoint, ...]) -> Iterator[tuple[Endpoint, Shown]]:
    """Ask at all endpoints at once."""
    shown = handshakes(endpoint.server for endpoint in endpoints)
    return ((endpoint, shown[endpoint.server]) for endpoint in endpoints)


@lru_cache(maxsize=256)
def looked(endpoints: tuple[Endpoint, ...], _certificate: str) -> tuple[tuple[Endpoint, Shown], ...]:
    """Ask as `look` does, once a process for a certificate in PEM: its provider lives for one preview or one apply."""
    return tuple(look(endpoints))

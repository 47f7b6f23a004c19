"""A URL that is to answer: `https://shop.example/` with 200, `204=https://shop.example/up` with 204."""

import re
from urllib.parse import urlsplit

from sophia_infra.probes.kinds import probe
from sophia_infra.probes.measured import Measured, Phase
from sophia_infra.probes.round import Check

_SECONDS = 10.0
_FORM = re.compile(r"(?:([1-5][0-9]{2})=)?(https?://\S+)").fullmatch


def answers(check: str) -> Measured | None:
    """Ask a URL, for ten seconds at most; None where a text is none. Redirects are not followed."""
    if not (found := _FORM(check)):
        return None
    url, status = urlsplit(found[2]), int(found[1] or 200)
    try:
        port = url.port or {"http": 80, "https": 443}[url.scheme]
    except ValueError:
        return Measured(Phase.INCONCLUSIVE, f"{check} is no URL that can be asked")
    host, path = url.hostname or "", f"{url.path or '/'}{url.query and f'?{url.query}'}"
    why = probe(host, Check(url.scheme, port, host, path, (status,), "", _SECONDS))
    return Measured.of(why and f"{check}: {why}")

"""A proxy in front of Pebble that answers in its place, as Let's Encrypt does when a limit is met or it is busy."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

import requests

from tests.support.beside import https_beside
from tests.support.pebble import Pebble

RATE_LIMITED = "urn:ietf:params:acme:error:rateLimited"
INTERNAL = {"type": "urn:ietf:params:acme:error:serverInternal", "detail": "Error creating new order"}
OVERLOADED = {"type": RATE_LIMITED, "detail": "Service busy; retry later."}
_LIMITS = {
    "new-registrations-per-ip-address": ("/sign-me-up", "new registrations (10) from this IP address", "3h0m0s"),
    "new-orders-per-account": ("/order-plz", "new orders (300) from this account", "3h0m0s"),
    "new-certificates-per-registered-domain": (
        "/order-plz",
        'certificates (50) already issued for "shop.example"',
        "168h0m0s",
    ),
    "new-certificates-per-exact-set-of-identifiers": (
        "/order-plz",
        "certificates (5) already issued for this exact set of identifiers",
        "168h0m0s",
    ),
    "authorization-failures-per-identifier-per-account": (
        "/order-plz",
        'failed authorizations (5) for "www.shop.example"',
        "1h0m0s",
    ),
}
LIMITS = tuple(_LIMITS)
"""The limits of Let's Encrypt, by the part of https://letsencrypt.org/docs/rate-limits/ that its answers name."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is answered to a request whose path begins so, in place of Pebble; without a problem it is a web page."""

    path: str
    status: int
    problem: dict[str, str] = field(default_factory=dict)
    retry_after: str = ""

    @property
    def body(self) -> bytes:
        return json.dumps({**self.problem, "status": self.status}).encode() if self.problem else b"<h1>Bad Gateway</h1>"


def limited(limit: str, retry_after: str = "259200") -> Fault:
    """Return what Let's Encrypt answers where a limit is met; `retry_after` is in seconds, or empty for no header."""
    path, what, period = _LIMITS[limit]
    told = f"too many {what} in the last {period}, retry after 2026-12-02 18:00:00 UTC"
    problem = {"type": RATE_LIMITED, "detail": f"{told}: see https://letsencrypt.org/docs/rate-limits/#{limit}"}
    return Fault(path, 429, problem, retry_after)


@dataclass
class Proxy:
    """`faults` are used up one after the other, each by a request that it is for; `asked` are the paths that came."""

    directory: str = ""
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def fault(self, path: str) -> Fault | None:
        found = next((fault for fault in self.faults if path.startswith(fault.path)), None)
        if found:
            self.faults.remove(found)
        return found


@contextmanager
def before(pebble: Pebble) -> Iterator[Proxy]:
    """Stand in front of a Pebble, by its certificate; it goes by Host, so the URLs in its answers are the proxy's."""
    proxy, folder = Proxy(), pebble.trust.parent.parent

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            proxy.asked.append(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if fault := proxy.fault(self.path):
                kind = "application/problem+json" if fault.problem else "text/html"
                given = {"Content-Type": kind} | ({"Retry-After": fault.retry_after} if fault.retry_after else {})
                self._send(fault.status, given, fault.body)
                return
            url = pebble.directory.removesuffix("/dir") + self.path
            found = requests.request(
                self.command, url, data=body, headers=dict(self.headers), verify=str(pebble.trust), timeout=30
            )
            self._send(found.status_code, dict(found.headers), found.content)

        do_GET = do_HEAD = do_POST = answer  # noqa: N815  # named by http.server

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                if name.lower() not in ("connection", "date", "transfer-encoding"):
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body if self.command != "HEAD" else b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with https_beside(Handler, folder / "chain.pem", folder / "key.pem") as port:
        proxy.directory = f"https://127.0.0.1:{port}/dir"
        yield proxy

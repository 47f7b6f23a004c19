"""A stand-in for Cloudflare's API v4 on loopback: zones, DNS settings, records, API tokens, by HTTP.

It behaves as developers.cloudflare.com/api says, faults included; what a fault is to be, a test appends to `faults`.
"""

import json
import math
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support.beside import http_beside
from tests.support.cloudflare_objects import ApiError, Batch, Objects
from tests.support.cloudflare_tokens import Tokens

TOKEN = "canary-9d41-cloudflare-token-0123456789"
ZONE_ID = "0123456789abcdef0123456789abcdef"
PAGE_LIMIT, BATCH_LIMITS = 5000, {"free": 200, "pro": 3500}


def _nothing(_: "CloudflareServer") -> None:
    pass


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to the next request that fits `on`, a regular expression for `METHOD /path`.

    `deed` is called with the server, before the request is carried out or, where `after` is set, after it: it may
    change the zone, or kill the client. Then `status` is the answer, with nothing useful in it; 0 hangs up, None
    answers as if nothing were wrong. What is refused `before` is not carried out.
    """

    on: str
    status: int | None = None
    after: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    deed: Callable[["CloudflareServer"], object] = _nothing


class CloudflareServer:
    """One account with one zone; `calls` are the requests it got, as `METHOD /path`."""

    def __init__(self, domain: str = "shop.example", plan: str = "pro", latency: float = 0.0) -> None:
        self.domain, self.plan, self.latency = domain, plan, latency
        self.objects, self.tokens, self.own_id = Objects(), Tokens(), "the token of the tests"
        self.name_servers = ["ns1.dns.example", "ns2.dns.example"]
        self.settings: dict[str, Any] | None = {"ns_ttl": 86400, "soa": {"mname": "ns1.dns.example", "min_ttl": 1800}}
        self.zones = [ZONE_ID]
        self.calls: list[str] = []
        self.faults: list[Fault] = []
        self.endpoint, self.token = "", TOKEN
        self.quota = 1200
        self._numbers = count(1)
        self._lock = threading.Lock()

    def add(self, kind: str, name: str, **fields: Any) -> dict[str, Any]:
        """Make an object as somebody in the dashboard would; `name` is absolute."""
        with self._lock:
            return Batch(self.objects, self.domain).create(next(self._numbers), {"type": kind, "name": name, **fields})

    def named(self, name: str) -> list[dict[str, Any]]:
        """The objects of a name."""
        return self.objects.named(name)

    def count(self, pattern: str) -> int:
        """How many requests fit a regular expression."""
        return sum(bool(re.search(pattern, call)) for call in self.calls)

    def fault_of(self, call: str) -> Fault | None:
        """Take the fault that a request meets."""
        with self._lock:
            found = next((one for one in self.faults if re.search(one.on, call)), None)
            if found:
                self.faults.remove(found)
            return found

    def answer(self, method: str, target: str, body: Any, headers: Mapping[str, str]) -> tuple[int, Any]:
        """Carry out one request."""
        parts = urlsplit(target)
        path, query = parts.path.removeprefix("/client/v4"), dict(parse_qsl(parts.query))
        with self._lock:
            try:
                return 200, self._routed(method, path, query, body, headers)
            except ApiError as error:
                return error.status, error.body

    def _routed(self, method: str, path: str, query: Mapping[str, str], body: Any, headers: Mapping[str, str]) -> Any:
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        if "/tokens" in path and (token == self.token or path.endswith("/tokens/verify")):
            return self._of_tokens(method, path.partition("/tokens")[2].lstrip("/"), query, body, token)
        if token != self.token:
            raise ApiError(403, 10000, "Authentication error")
        zone = f"/zones/{ZONE_ID}"
        if (method, path) == ("GET", "/zones"):
            found = [self._zone(id_) for id_ in self.zones if query.get("name") in (None, self.domain)]
            return _page(found, query, 50)
        if (method, path) == ("POST", "/zones"):
            self.zones = [ZONE_ID]
            return _success(self._zone(ZONE_ID))
        if method == "GET" and path.startswith("/zones/") and path.count("/") == 2:
            if path.rpartition("/")[2] not in self.zones:
                raise ApiError(404, 7003, "Could not route to the zone, perhaps your object identifier is invalid?")
            return _success(self._zone(path.rpartition("/")[2]))
        if (method, path) == ("GET", f"{zone}/dns_settings"):
            if self.settings is None:
                raise ApiError(403, 10000, "Authentication error")
            return _success(self.settings)
        if path.startswith(f"{zone}/dns_records"):
            return self._records(method, path.removeprefix(f"{zone}/dns_records").lstrip("/"), query, body)
        raise ApiError(404, 7000, "No route for that URI")

    def _of_tokens(self, method: str, rest: str, query: Mapping[str, str], body: Any, token: str) -> Any:
        if rest == "verify" and token == self.token:
            return _success({"id": self.own_id, "status": "active"})
        found = self.tokens.answer(method, rest, body, token)
        return _page(found, query, 50) if isinstance(found, list) else _success(found)

    def _zone(self, id_: str) -> dict[str, Any]:
        plan = {"legacy_id": self.plan}
        return {
            "id": id_, "name": self.domain, "type": "full", "plan": plan, "name_servers": self.name_servers
        }  # fmt: skip

    def _records(self, method: str, rest: str, query: Mapping[str, str], body: Any) -> Any:
        if (method, rest) == ("GET", ""):
            return _page(list(self.objects.values()), query, PAGE_LIMIT)
        return _success(self._batch(body) if (method, rest) == ("POST", "batch") else self._single(method, rest, body))

    def _single(self, method: str, id_: str, body: Any) -> dict[str, Any]:
        batch = Batch(self.objects, self.domain)
        match method, id_:
            case "POST", "":
                return batch.create(next(self._numbers), body)
            case "PATCH", _:
                return batch.patch({**body, "id": id_})
            case "PUT", _:
                return batch.put({**body, "id": id_})
            case "DELETE", _:
                return {"id": batch.delete(id_)["id"]}
        raise ApiError(405, 7001, f"Method {method} not available for that URI.")

    def _batch(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Deletes, patches, puts, posts, as one transaction: the first error undoes all of it."""
        if sum(len(part) for part in body.values()) > BATCH_LIMITS[self.plan]:
            raise ApiError(400, 81000, "too many operations in one batch")
        batch = Batch(self.objects, self.domain)
        try:
            return {
                "deletes": [batch.delete(one["id"]) for one in body.get("deletes", ())],
                "patches": [batch.patch(one) for one in body.get("patches", ())],
                "puts": [batch.put(one) for one in body.get("puts", ())],
                "posts": [batch.create(next(self._numbers), one) for one in body.get("posts", ())],
            }
        except ApiError:
            batch.undo()
            raise


def _success(result: Any) -> dict[str, Any]:
    return {"success": True, "errors": [], "messages": [], "result": result}


def _page(found: list[dict[str, Any]], query: Mapping[str, str], limit: int) -> dict[str, Any]:
    page, per_page = int(query.get("page", 1)), int(query.get("per_page", 100))
    if not 1 <= per_page <= limit:
        raise ApiError(400, 6003, f"per_page must be from 1 to {limit}")
    shown = found[(page - 1) * per_page : page * per_page]
    pages = math.ceil(len(found) / per_page)
    info = {
        "page": page, "per_page": per_page, "count": len(shown), "total_count": len(found), "total_pages": pages
    }  # fmt: skip
    return _success(shown) | {"result_info": info}


@contextmanager
def serving(api: CloudflareServer) -> Iterator[CloudflareServer]:
    """Serve on a free port of 127.0.0.1 until the block ends."""
    with http_beside(_Handler, api=api) as url:
        api.endpoint = f"{url}/client/v4"
        yield api


class _Handler(BaseHTTPRequestHandler):
    api: CloudflareServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        call = f"{self.command} {self.path}"
        self.api.calls.append(call)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
        time.sleep(self.api.latency)
        fault = self.api.fault_of(call)
        if fault is None:
            self._say(*self._answer(body))
        else:
            self._go_wrong(fault, body)

    do_DELETE = do_PATCH = do_POST = do_PUT = do_GET  # noqa: N815  # http.server's names

    def _answer(self, body: Any) -> tuple[int, Any]:
        return self.api.answer(self.command, self.path, body, dict(self.headers))

    def _go_wrong(self, fault: Fault, body: Any) -> None:
        if not fault.after:
            fault.deed(self.api)
        answer = self._answer(body) if fault.after or fault.status is None else (0, None)
        if fault.after:
            fault.deed(self.api)
        if fault.status is None:
            self._say(*answer)
        elif fault.status:
            self._say(
                fault.status, {"success": False, "errors": [{"code": 971, "message": "try again"}]}, fault.headers
            )
        else:
            self.close_connection = True

    def _say(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        octets = json.dumps(body).encode()
        left = max(0, self.api.quota - len(self.api.calls))
        content = {"Content-Type": "application/json", "Content-Length": str(len(octets))}
        self.send_response(status)
        for name, value in {**content, "Ratelimit": f'"default";r={left};t=300', **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, *_: Any) -> None:
        pass

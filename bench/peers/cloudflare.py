"""Cloudflare's API on loopback with a large zone, in a process of its own: `python -m bench.peers.cloudflare SIZE`.

It prints its address, then for each line on stdin the requests since the one before it, by kind.
"""

import json
import sys
from collections import Counter
from typing import Any

from bench.zones import NAME_SERVERS, ORIGIN, zone
from sophia_infra.dns.backends.cloudflare.records import body
from tests.support.cloudflare_server import CloudflareServer, serving

LATENCY = 0.05
"""Seconds that every answer takes at least, for either side."""


def main(size: int) -> None:
    server = CloudflareServer(ORIGIN.rstrip("."), "pro", LATENCY)
    server.name_servers = [name.rstrip(".") for name in NAME_SERVERS]
    for number, record in enumerate(zone(size)):
        if record.owner != "@" or record.type not in ("SOA", "NS"):
            server.objects[f"{number + 2**64:032x}"] = _object(number, body(record, ORIGIN, proxied=False))
    with serving(server):
        print(server.endpoint, flush=True)
        for _ in sys.stdin:
            calls = Counter(_kind(call) for call in server.calls)
            server.calls.clear()
            print(json.dumps(calls), flush=True)


def _object(number: int, made: dict[str, Any]) -> dict[str, Any]:
    content = {"content": " ".join(map(str, made["data"].values()))} if "data" in made else {}
    kept: dict[str, Any] = {"proxied": False, "comment": None, "tags": [], "meta": {}, "id": f"{number + 2**64:032x}"}
    return {**kept, **content, **made}


def _kind(call: str) -> str:
    if not call.startswith("GET"):
        return "batches"  # what travels by itself counts as a batch of one
    return "lists" if "/dns_records" in call else "others"


if __name__ == "__main__":
    main(int(sys.argv[1]))

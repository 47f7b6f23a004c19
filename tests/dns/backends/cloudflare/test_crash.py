"""Killed at any request, and two at once: what the zone holds then, and what a second run makes of it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from sophia_infra.dns.backends.cloudflare import backend
from tests.dns.backends.cloudflare.conftest import Open, planned, replacing
from tests.support.cloudflare_server import TOKEN, CloudflareServer, Fault, serving

REPO = Path(__file__).parents[4]
WWW = "www 300 A 192.0.2.2\n"
CAA = '@ 300 CAA 0 issue "a.example"\n'
ISSUERS = '@ 300 CAA 0 issue "b.example"\n@ 300 CAA 0 issue "c.example"\n'
GOING = 'www 300 CAA 0 issue "a.example"\n'
COMING = 'mail 300 A 192.0.2.3\nnew 300 TXT "x"\nwww 300 AAAA 2001:db8::1\n'

APPLY = """
import sys
from sophia_infra.dns.backends import BaseMovedError, open_backend
from sophia_infra.dns.backends.cloudflare import listing, writer
listing.PAGE, writer.PAID_BATCH = 2, 2
endpoint, base, desired = sys.argv[1:]
zone = open_backend({"kind": "cloudflare", "endpoint": endpoint}, "shop.example")
def decide(live):
    if live.base != base:
        raise BaseMovedError("the zone")
    return desired
print("starting", flush=True)
try:
    zone.apply(decide)
    print("written")
except BaseMovedError:
    print("refused")
"""


def start(server: CloudflareServer, base: str, desired: str) -> "subprocess.Popen[str]":
    """Apply in a process of its own, in batches of two."""
    environment = os.environ | {"PYTHONPATH": str(REPO / "components"), "CLOUDFLARE_API_TOKEN": TOKEN}
    return subprocess.Popen(
        [sys.executable, "-c", APPLY, server.endpoint, base, desired],
        env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(process: "subprocess.Popen[str]") -> str:
    """What an apply said last."""
    said, _ = process.communicate(timeout=60)
    return said.split()[-1]


def small_zone(server: CloudflareServer) -> CloudflareServer:
    server.add("A", "shop.example", content="192.0.2.1", ttl=300)
    server.add("A", "www.shop.example", content="192.0.2.2", ttl=300)
    server.add("TXT", "shop.example", content='"v=spf1 -all"', ttl=3600)
    return with_issuers(server)


def with_issuers(server: CloudflareServer) -> CloudflareServer:
    for name, tag in (("shop.example", "issue"), ("www.shop.example", "issue"), ("www.shop.example", "issuewild")):
        server.add("CAA", name, data={"flags": 0, "tag": tag, "value": "a.example"}, ttl=300)
    return server


def places(calls: Sequence[str]) -> Iterator[tuple[int, bool]]:
    """Each request, before the server has carried it out; each that changes something, after it as well."""
    for number, call in enumerate(calls, start=1):
        yield number, False
        if not call.startswith("GET"):
            yield number, True


def test_killed_at_any_request_and_run_again_it_ends_right_and_nothing_is_lost(
    opened: Open, server: CloudflareServer
) -> None:
    with_issuers(server)
    done, _ = planned(opened(), replacing(WWW, COMING), replacing(CAA, ISSUERS), replacing(GOING, ""))
    base = opened().read().base
    server.calls.clear()
    assert finish(start(server, base, done)) == "written"
    assert len(server.calls) == 11, "the zone, its settings, three pages, two batches, three CAA records, the count"
    assert [server.count(method) for method in ("POST .*/batch", "POST .*records$", "PATCH", "DELETE")] == [2, 1, 1, 1]
    for place in places(server.calls):
        with serving(small_zone(CloudflareServer())) as fresh:
            zone = opened(endpoint=fresh.endpoint)
            process = start(fresh, base, done)
            fresh.faults.append(killing(process, *place))
            process.communicate(timeout=60)
            assert process.returncode == -signal.SIGKILL
            halfway = zone.read().text
            assert '@ 3600 TXT "v=spf1 -all"' in halfway
            assert "www 300 A 192.0.2.2" in halfway or "www 300 AAAA 2001:db8::1" in halfway, "www answers always"
            assert CAA in halfway or ISSUERS in halfway, "whoever may issue before or after may issue now"
            assert 'www 300 CAA 0 issuewild "a.example"' in halfway
            assert zone.apply(lambda _: done).text == done == zone.read().text
            assert len(fresh.objects) == len(server.objects)


def killing(process: "subprocess.Popen[str]", number: int, after: bool) -> Fault:
    """Kill a process at its n-th request, before or after the server has carried it out."""

    def kill(server: CloudflareServer) -> None:
        if len(server.calls) < number:
            server.faults.append(killing(process, number, after))
        else:
            process.kill()
            process.wait()

    return Fault("", after=after, deed=kill)


def test_of_two_processes_that_write_at_once_one_wins_and_the_other_refuses(
    opened: Open, server: CloudflareServer
) -> None:
    base = opened().read().base
    texts = [planned(opened(), replacing("192.0.2.2", f"192.0.2.{number}"))[0] for number in (8, 9)]
    outcomes = [finish(process) for process in [start(server, base, text) for text in texts]]
    assert sorted(outcomes) == ["refused", "written"]
    assert opened().read().text == texts[outcomes.index("written")]


def test_whoever_writes_is_alone_in_the_place_from_the_first_request_to_the_last(
    opened: Open, server: CloudflareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, int]] = []

    @contextmanager
    def watched(name: str) -> Iterator[None]:
        seen.append((name, len(server.calls)))
        yield
        seen.append((name, len(server.calls)))

    zone = opened()
    _, decide = planned(zone, replacing(WWW, COMING))
    monkeypatch.setattr(backend, "locked", watched)
    for write in (lambda: zone.apply(decide), zone.remove):
        seen.clear()
        server.calls.clear()
        write()
        assert server.count("POST")
        assert seen == [(zone.location, 0), (zone.location, len(server.calls))]

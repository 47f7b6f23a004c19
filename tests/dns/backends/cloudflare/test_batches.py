"""How a difference is cut into batches, and that no order of them breaks a lookup."""

import pytest

from sophia_infra.dns.backends.cloudflare import writer
from sophia_infra.dns.backends.cloudflare.backend import Cloudflare
from sophia_infra.dns.backends.cloudflare.batches import Step, Unit, batches
from sophia_infra.dns.rr.record import Record, to_text
from tests.dns.backends.cloudflare.conftest import Open, planned, replacing
from tests.support.cloudflare_server import CloudflareServer, Fault
from tests.support.zone_text import canonical

BATCH = "POST .*/batch"
WWW = "www 300 A 192.0.2.2\n"


def hosts(count: int) -> str:
    return "".join(f"host-{number:04} 300 A 192.0.2.1\n" for number in range(count))


@pytest.mark.parametrize(("plan", "count", "calls"), [("free", 200, 1), ("free", 201, 2), ("pro", 3501, 2)])
def test_a_batch_is_as_large_as_the_plan_of_the_zone_allows(
    zone: Cloudflare, server: CloudflareServer, plan: str, count: int, calls: int
) -> None:
    server.plan = plan
    desired, decide = planned(zone, replacing(WWW, hosts(count - 1)))
    assert zone.apply(decide).text == desired
    assert server.count(BATCH) == calls


def test_a_plan_that_is_set_stands_above_what_the_zone_says(opened: Open, server: CloudflareServer) -> None:
    opened(plan="free").apply(planned(opened(), replacing(WWW, WWW + hosts(201)))[1])
    assert server.count(BATCH) == 2


def test_a_name_is_changed_in_one_batch_and_what_only_goes_comes_last(
    zone: Cloudflare, server: CloudflareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An alias becomes an address: at each step, every name answers as before or as desired."""
    monkeypatch.setattr(writer, "PAID_BATCH", 2)
    server.add("CNAME", "app.shop.example", content="www.shop.example")
    server.add("A", "aaa.shop.example", content="192.0.2.2")
    seen: list[set[tuple[str, str]]] = []

    def look(one: CloudflareServer) -> None:
        seen.append({(each["name"].removesuffix(".shop.example"), each["type"]) for each in one.objects.values()})

    server.faults += [Fault(BATCH, after=True, deed=look)] * 9
    change = replacing("app 300 CNAME www.shop.example.\n", "app 300 A 192.0.2.2\nedge 300 A 192.0.2.2\n")
    zone.apply(planned(zone, change, replacing("aaa 300 A 192.0.2.2\n", ""))[1])
    assert all((("app", "A") in step) != (("app", "CNAME") in step) for step in seen)
    assert len(seen) == 2
    assert ("aaa", "A") in seen[0], "what only goes is there until all that comes is"
    assert ("aaa", "A") not in seen[1]


def test_a_set_larger_than_a_batch_comes_before_what_it_replaces_goes() -> None:
    coming = [Step("posts", {}, Record("a", 60, "A", f"192.0.2.{number}")) for number in range(4)]
    going = [Step("deletes", {}, Record("a", 60, "A", "192.0.2.99"))]
    cut = [step.part for batch in batches([Unit("a", (*going, *coming))], 2) for unit in batch for step in unit.steps]
    assert cut == ["posts"] * 4 + ["deletes"]


def test_an_alias_makes_room_before_a_set_larger_than_a_batch_comes(opened: Open, server: CloudflareServer) -> None:
    zone = opened(plan="free")
    server.add("CNAME", "pool.shop.example", content="www.shop.example")
    addresses = "".join(f"pool 300 A 198.51.100.{number}\n" for number in range(1, 251))
    desired = canonical(planned(zone, replacing("pool 300 CNAME www.shop.example.\n", addresses))[0], "shop.example")
    assert zone.apply(lambda _: desired).text == desired == zone.read().text


@pytest.mark.parametrize("count", [100, 600, 1200])
def test_many_records_come_and_go_and_nothing_is_left_to_do(
    zone: Cloudflare, server: CloudflareServer, count: int
) -> None:
    before = zone.read()
    desired = to_text([*map(_record, hosts(count).splitlines()), *map(_record, before.text.splitlines())])
    assert zone.apply(lambda _: desired).text == desired == zone.read().text
    calls = server.count(BATCH)
    zone.apply(lambda _: desired)
    assert server.count(BATCH) == calls
    assert zone.apply(lambda _: before.text).text == before.text == zone.read().text


def _record(line: str) -> Record:
    owner, ttl, kind, rdata = line.split(" ", 3)
    return Record(owner, int(ttl), kind, rdata)


SCENARIOS = {
    "a value": ("www 300 A 192.0.2.2", "www 300 A 192.0.2.9"),
    "a TTL": ("www 300 A 192.0.2.2", "www 600 A 192.0.2.2"),
    "a TTL and a value": ("www 300 A 192.0.2.2", "www 600 A 192.0.2.9"),
    "a value more": (WWW, WWW + "www 300 A 192.0.2.9\n"),
    "a set swapped": (WWW, "www 300 A 192.0.2.8\nwww 300 A 192.0.2.9\n"),
    "address to alias": (WWW, "www 300 CNAME shop.example.\n"),
    "IPv4 to IPv6": (WWW, "www 300 AAAA 2001:db8::1\n"),
    "a wildcard": (WWW, "*.dev 300 A 192.0.2.2\n" + WWW),
    "a wildcard at the apex": (WWW, "* 300 A 192.0.2.2\n" + WWW),
    "an IDNA name": (WWW, WWW + "xn--bcher-kva 300 A 192.0.2.2\n"),
    "an underscore": (WWW, '_dmarc.www 300 TXT "v=DMARC1; p=none"\n' + WWW),
    "quotes and backslashes": (WWW, r'www 300 TXT "a \"quoted\" \\ word; \195\164"' + "\n"),
    "two strings": (WWW, 'www 300 TXT "one" "two"\n'),
    "one string for two": (WWW, 'www 300 TXT "onetwo"\n'),
    "a null MX": (WWW, "www 300 MX 0 .\n"),
    "the preference of an MX": (WWW, "www 300 MX 10 a.example.\nwww 300 MX 20 a.example.\n"),
    "a delegation, signed": (WWW, f"www 300 DS 1 13 2 {'ab' * 32}\nwww 300 NS ns1.else.example.\n"),
    "nothing but the frame": (WWW, ""),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_change_there_and_back_leaves_nothing_to_do(zone: Cloudflare, server: CloudflareServer, name: str) -> None:
    before = zone.read().text
    desired, decide = planned(zone, replacing(*SCENARIOS[name]))
    assert desired != before
    assert zone.apply(decide).text == desired == zone.read().text
    zone.apply(planned(zone)[1])
    assert server.count(BATCH) == 1
    assert zone.apply(lambda _: before).text == before == zone.read().text

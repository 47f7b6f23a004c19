"""What Cloudflare makes of a zone that it is asked to hold, and what it leaves to itself."""

from pathlib import Path

import pytest

from sophia_infra.credentials import CredentialError
from sophia_infra.dns.backends import BackendError, Live, open_backend
from sophia_infra.dns.backends.cloudflare.backend import Cloudflare
from tests.dns.backends.cloudflare.conftest import Open, planned, replacing
from tests.support.cloudflare_server import ZONE_ID, CloudflareServer, Fault
from tests.support.refusals import refused

LONG = "x" * 255
WWW = "www 300 A 192.0.2.2\n"


@pytest.mark.parametrize(("ttl", "held"), [(1, 300), (0, 60), (59, 60), (60, 60), (86400, 86400), (604800, 86400)])
def test_ttls_are_held_within_cloudflares_bounds(zone: Cloudflare, ttl: int, held: int) -> None:
    desired, decide = planned(zone, replacing(WWW, f"www {ttl} A 192.0.2.2\n"))
    assert f"www {held} A 192.0.2.2\n" in desired
    assert zone.apply(decide).text == desired == zone.read().text


def test_an_enterprise_zone_goes_down_to_thirty_seconds(opened: Open) -> None:
    zone = opened(plan="enterprise")
    assert "www 30 A" in zone.normalize("www 5 A 192.0.2.2\n", zone.read())


def test_a_frame_that_is_asked_for_becomes_cloudflares_own(zone: Cloudflare) -> None:
    live = zone.read()
    asked = "@ 3600 SOA ns.else. h.else. 7 1 2 3 4\n@ 3600 NS ns1.dns.example.\n@ 3600 NS ns2.dns.example.\n"
    assert zone.normalize(asked, live) == "".join(
        line for line in live.text.splitlines(keepends=True) if " SOA " in line or " NS " in line
    )


@pytest.mark.parametrize(
    ("records", "subject", "says"),
    [
        ('c 300 NS ns.else.example.\nc 300 A 192.0.2.1\nc 300 TXT "x"\n', "c A, c TXT", "take c A, c TXT out"),
        ("c 300 NS c.shop.example.\nc 300 AAAA 2001:db8::1\n", "c AAAA", r"to a name below, such as ns1\.c$"),
        (f"c 300 DS 1 13 2 {'ab' * 32}\n", "c DS", "Cloudflare takes one beside NS only: add c NS"),
    ],
)
def test_what_cloudflare_takes_not_at_a_delegation_is_refused_in_the_preview(
    zone: Cloudflare, server: CloudflareServer, records: str, subject: str, says: str
) -> None:
    with refused(BackendError, "not-held", subject=subject, says=says):
        zone.normalize(records, zone.read())
    with refused(BackendError, "refused", value=0, says=r"\((81056|9107)\)"):
        zone.apply(lambda live: live.text + records)


def test_a_signed_delegation_with_its_servers_below_is_held(zone: Cloudflare) -> None:
    child = f"c 300 DS 1 13 2 {'ab' * 32}\nc 300 NS ns1.c.shop.example.\nns1.c 300 A 192.0.2.1\n"
    assert zone.normalize(child, zone.read()) == child


def test_a_part_of_a_zone_gets_no_frame(zone: Cloudflare) -> None:
    assert zone.normalize(WWW, zone.read()) == WWW


def test_other_name_servers_are_refused_by_name(zone: Cloudflare) -> None:
    asked = "@ 3600 NS ns1.else.example.\n"
    says = r"serves it from ns1\.dns\.example\., ns2"
    with refused(BackendError, "set-there", subject="@ NS", value="ns1.else.example.", says=says):
        zone.normalize(asked, zone.read())


@pytest.mark.parametrize(
    ("line", "code", "subject", "limit", "says"),
    [
        ("d 300 DNAME else.example.\n", "not-held", "d DNAME", None, "holds no DNAME records.* take it out"),
        ('@ 300 SPF "v=spf1 -all"\n', "not-held", "@ SPF", None, "write it as TXT"),
        ("t 300 TXT" + f' "{LONG}"' * 16 + "\n", "too-large", "t TXT", 4096, "has 4106 octets on the wire"),
        ('t 300 TXT ""\n', "not-held", "t TXT", None, "is empty, which Cloudflare refuses; give it a text"),
        (
            "".join(f"w 300 AAAA 2001:db8:{n:x}:1111:2222:3333:4444:5555\n" for n in range(4096, 4400)),
            *("too-large", "w AAAA", 8192, "have .* characters together"),
        ),
        (
            "".join(f't 300 TXT "{n}{LONG[:250]}"\n' for n in range(33)),
            *("too-large", "t TXT", 8192, "have 83.. characters together"),
        ),
    ],
)
def test_what_cloudflare_can_not_hold_is_refused_before_anything_is_sent(
    zone: Cloudflare, server: CloudflareServer, line: str, code: str, subject: str, limit: int | None, says: str
) -> None:
    with refused(BackendError, code, subject=subject, limit=limit, says=says):
        zone.normalize(line, zone.read())
    assert server.count("POST") == 0


def test_texts_as_long_as_cloudflare_takes_are_held(zone: Cloudflare) -> None:
    for long in ("t 300 TXT" + f' "{LONG}"' * 15 + "\n", "t 300 TXT" + r' "\195\164"' * 700 + "\n"):
        assert zone.normalize(long, zone.read()) == long


def test_without_a_zone_there_is_nothing_to_hold(zone: Cloudflare, server: CloudflareServer) -> None:
    server.zones = []
    assert zone.read() == Live() or zone.read().text == ""
    with refused(BackendError, "no-zone", subject="shop.example", says=r"let backend\.zone make it"):
        zone.normalize(WWW, zone.read())


def test_a_token_that_sees_no_zone_does_not_pass_for_a_zone_that_is_gone(
    zone: Cloudflare, server: CloudflareServer
) -> None:
    server.zones = []
    with refused(BackendError, "no-zone", subject="shop.example", says="so nothing was removed: give a token that can"):
        zone.remove()


def test_of_two_zones_with_one_name_the_id_says_which(opened: Open, server: CloudflareServer) -> None:
    server.zones = [ZONE_ID, "f" * 32]
    with refused(BackendError, field="backend.zone_id", value=2, says=r"2 zones are called shop\.example; say which"):
        opened().read()
    assert WWW in opened(zone_id=ZONE_ID).read().text


def test_a_zone_id_of_another_name_is_refused(opened: Open, server: CloudflareServer) -> None:
    zone = open_backend({"kind": "cloudflare", "endpoint": server.endpoint, "zone_id": ZONE_ID}, "other.example")
    with refused(BackendError, field="backend.zone_id", value="shop.example", says=r", not of other\.example"):
        zone.read()


def test_a_token_that_may_not_see_the_settings_gets_the_documented_frame(
    zone: Cloudflare, server: CloudflareServer
) -> None:
    server.settings = None
    soa = "@ 3600 SOA ns1.dns.example. dns.cloudflare.com. 0 10000 2400 604800 1800\n"
    assert zone.read().text.startswith(soa)


def test_ns_at_the_apex_join_those_of_cloudflare_and_are_never_written(
    zone: Cloudflare, server: CloudflareServer
) -> None:
    server.add("NS", "shop.example", content="ns1.second-provider.example", ttl=3600)
    desired, decide = planned(zone, replacing(WWW, ""))
    assert "@ 86400 NS ns1.second-provider.example.\n" in desired
    assert zone.apply(decide).text == desired == zone.read().text
    assert len(server.named("shop.example")) == 3


def test_a_proxied_name_reads_300_seconds_stays_proxied_and_costs_no_change(
    zone: Cloudflare, server: CloudflareServer
) -> None:
    server.add("A", "cdn.shop.example", content="192.0.2.5", proxied=True)
    desired, decide = planned(zone, replacing("cdn 300 A 192.0.2.5\n", "cdn 7200 A 192.0.2.5\n"))
    assert "cdn 300 A 192.0.2.5\n" in desired
    zone.apply(decide)
    assert server.count("POST") == 0
    zone.apply(planned(zone, replacing("cdn 300 A 192.0.2.5", "cdn 300 A 192.0.2.6"))[1])
    (cdn,) = server.named("cdn.shop.example")
    assert (cdn["content"], cdn["proxied"], cdn["ttl"]) == ("192.0.2.6", True, 1)


def test_a_name_that_is_proxied_in_part_reads_as_the_whole_that_cloudflare_makes_of_it(
    zone: Cloudflare, server: CloudflareServer
) -> None:
    server.add("A", "cdn.shop.example", content="192.0.2.5", proxied=True)
    server.add("AAAA", "cdn.shop.example", content="2001:db8::5", ttl=3600)
    server.add("TXT", "cdn.shop.example", content='"x"', ttl=3600)
    desired, decide = planned(zone)
    assert 'cdn 300 A 192.0.2.5\ncdn 300 AAAA 2001:db8::5\ncdn 3600 TXT "x"\n' in desired
    zone.apply(decide)
    assert server.count("POST") == 0


def test_a_type_change_never_takes_a_name_out_from_behind_the_proxy(zone: Cloudflare, server: CloudflareServer) -> None:
    server.add("CNAME", "cdn.shop.example", content="origin.example.net", proxied=True)
    zone.apply(planned(zone, replacing("cdn 300 CNAME origin.example.net.", "cdn 600 A 192.0.2.6"))[1])
    (cdn,) = server.named("cdn.shop.example")
    assert (cdn["type"], cdn["proxied"]) == ("A", True)


def test_names_that_are_asked_for_are_made_proxied_new_ones_and_those_that_are_there(
    opened: Open, server: CloudflareServer, capsys: pytest.CaptureFixture[str]
) -> None:
    zone = opened(proxied=["www", "cdn*"])
    change = replacing(WWW, WWW + 'cdn1 3600 A 192.0.2.5\ncdn1 3600 TXT "x"\nmail 3600 A 192.0.2.6\n')
    desired, decide = planned(zone, change)
    assert "not proxied yet, and to be with the next change: www\n" in capsys.readouterr().err
    assert zone.apply(decide).text == desired == zone.read().text
    proxied = {(one["name"], one["type"]) for one in server.objects.values() if one["proxied"]}
    assert proxied == {("www.shop.example", "A"), ("cdn1.shop.example", "A")}
    assert zone.apply(planned(zone)[1]).text == desired
    assert server.count("POST") == 1


def test_an_object_that_is_no_record_shows_in_the_text_and_is_never_deleted(
    zone: Cloudflare, server: CloudflareServer
) -> None:
    name = "fancy.shop.example"
    server.objects["a" * 32] = {"id": "a" * 32, "type": "FANCY", "name": name, "content": "x.example", "ttl": 1}
    assert "fancy 300 TYPE65280 \\# " in zone.read().text
    zone.apply(planned(zone, replacing(WWW, ""))[1])
    assert "a" * 32 in server.objects

    frame = "".join(line for line in zone.read().text.splitlines(keepends=True) if "TYPE65280" not in line)
    with refused(BackendError, "set-there", subject="fancy TYPE65280", says="add 'fancy TYPE65280' to `ignore`"):
        zone.apply(lambda _: frame)
    assert "a" * 32 in server.objects


def test_an_object_of_another_service_is_never_changed(zone: Cloudflare, server: CloudflareServer) -> None:
    server.add("MX", "shop.example", content="route1.mx.example", priority=5, meta={"read_only": True})
    before = dict(server.objects)
    _, decide = planned(zone, replacing("@ 300 MX 5 route1.mx.example.\n", ""), replacing(WWW, ""))
    says = r"^@ MX belongs to a service .*add '@ MX' to `ignore`.*nothing was written"
    with refused(BackendError, "set-there", subject="@ MX", says=says):
        zone.apply(decide)
    assert server.objects == before


def test_what_cloudflare_keeps_is_refused_by_name_before_anything_is_sent(
    zone: Cloudflare, server: CloudflareServer
) -> None:
    server.add("MX", "shop.example", content="route1.mx.example", priority=5, meta={"read_only": True})
    server.add("MX", "shop.example", content="route2.mx.example", priority=5, locked=True)
    server.objects["a" * 32] = {"id": "a" * 32, "type": "FANCY", "name": "x.shop.example", "content": "y", "ttl": 1}
    live = zone.read()
    live.refuse_unreachable(live.text.replace(WWW, ""))
    says = "; x TYPE65280 stands for .* add 'x TYPE65280' to `ignore`"
    with refused(BackendError, "set-there", subject="@ MX, x TYPE65280", says=says):
        live.refuse_unreachable(WWW)
    with refused(BackendError, "set-there", subject="@ MX"):
        live.refuse_unreachable(live.text.replace("@ 300 MX 5 route1", "@ 600 MX 5 route1"))
    assert server.count("POST") == 0


def test_of_many_objects_that_are_kept_the_first_are_named(zone: Cloudflare, server: CloudflareServer) -> None:
    for number in range(7):
        server.add("A", f"kept{number}.shop.example", content="192.0.2.9", locked=True)
    says = r"^kept0 A .*kept4 A .*; and 2 more; nothing was written$"
    with refused(BackendError, "set-there", says=says) as caught:
        zone.read().refuse_unreachable(WWW)
    assert "kept5" not in str(caught.value)


def test_a_home_that_keeps_nothing_refuses_no_zone() -> None:
    Live(WWW).refuse_unreachable("")


def test_beside_what_is_kept_its_set_can_change(zone: Cloudflare, server: CloudflareServer) -> None:
    """A set has one TTL, and the object that is kept has another: it is let be, since resolvers see the lowest."""
    kept = server.add("MX", "shop.example", content="route1.mx.example", priority=5, meta={"read_only": True})
    server.add("MX", "shop.example", content="own.example", priority=9, ttl=120)
    before = dict(kept)
    change = replacing("@ 120 MX 9 own.example.\n", "@ 120 MX 7 own.example.\n@ 120 MX 8 other.example.\n")
    desired, decide = planned(zone, change)
    assert zone.apply(decide).text == desired == zone.read().text
    assert server.objects[kept["id"]] == before


def test_an_object_that_is_asked_for_and_is_not_there_is_refused(zone: Cloudflare) -> None:
    with refused(BackendError, "not-held", subject="x TYPE65280", says="stands for an object of .* is not there"):
        zone.normalize("x 300 TYPE65280 \\# 1 00\n", zone.read())


def test_a_set_that_is_proxied_in_part_loses_nothing_when_the_rest_of_it_is(
    opened: Open, server: CloudflareServer
) -> None:
    server.add("A", "www.shop.example", content="192.0.2.7", proxied=True)
    server.add("A", "www.shop.example", content="192.0.2.8", locked=True)
    zone = opened(proxied=["www"])
    before = zone.read().text
    assert zone.apply(planned(zone)[1]).text == before == zone.read().text
    proxied = {one["content"]: one["proxied"] for one in server.named("www.shop.example")}
    assert proxied == {"192.0.2.2": True, "192.0.2.7": True, "192.0.2.8": False}


@pytest.mark.parametrize("broken", [{"name": "www.else.example"}, {"ttl": None}, {"id": None}, {"name": 7}])
def test_a_record_that_can_not_be_placed_makes_the_zone_unreadable(
    zone: Cloudflare, server: CloudflareServer, broken: dict[str, object]
) -> None:
    made = server.add("A", "x.shop.example", content="192.0.2.9")
    made.update(broken)
    with refused(BackendError, "unreadable", subject=f"{made['name']} A ({made['id']})"):
        zone.read()


def test_a_set_with_several_ttls_has_the_lowest(zone: Cloudflare, server: CloudflareServer) -> None:
    server.add("A", "www.shop.example", content="192.0.2.3", ttl=120)
    assert "www 120 A 192.0.2.2\nwww 120 A 192.0.2.3\n" in zone.read().text
    zone.apply(planned(zone)[1])
    assert server.count("POST") == 0


def test_a_removed_zone_leaves_a_backup_and_what_cloudflare_keeps(
    zone: Cloudflare, server: CloudflareServer, tmp_path: Path
) -> None:
    fixed = server.add("MX", "shop.example", content="route1.mx.example", priority=5, meta={"read_only": True})
    text = zone.read().text
    zone.remove()
    zone.remove()
    assert list(server.objects) == [fixed["id"]]
    (backup,) = (tmp_path / "home" / "backups").iterdir()
    assert text in backup.read_text()
    assert backup.stat().st_mode & 0o77 == 0


def test_without_a_backup_nothing_is_removed(zone: Cloudflare, server: CloudflareServer, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "backups").write_text("in the way")
    with refused(BackendError, "unusable", says="no backup"):
        zone.remove()
    assert len(server.objects) == 3


def test_a_remove_whose_answer_is_lost_is_carried_through(zone: Cloudflare, server: CloudflareServer) -> None:
    server.faults.append(Fault("POST", 502, after=True))
    zone.remove()
    assert server.objects == {}


@pytest.mark.parametrize(
    ("setting", "given", "says"),
    [
        ("colour", "red", "is no setting of Cloudflare; known are account_id, zone_id"),
        ("zone_id", "shop", "give the 32 hexadecimal digits"),
        ("account_id", 7, "give the 32 hexadecimal digits"),
        ("plan", "gold", "known are free, paid, enterprise"),
        ("endpoint", "http://api.example", "give an https address"),
        ("endpoint", 7, "give an https address"),
        ("proxied", "www", "give a list of owner names or patterns"),
        ("timeout", 0, "give seconds above 0"),
        ("timeout", True, "give seconds above 0"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(opened: Open, setting: str, given: object, says: str) -> None:
    with refused(BackendError, field=f"backend.{setting}", says=says):
        opened(**{setting: given})


def test_opening_needs_no_token_and_one_zone_is_one_place_whichever_way_it_is_found(
    opened: Open, server: CloudflareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLOUDFLARE_API_TOKEN")
    assert opened(zone_id=ZONE_ID, account_id="a" * 32, timeout=5).location == opened().location
    assert server.calls == []
    with refused(CredentialError, field="sophia:cloudflareToken", says="CLOUDFLARE_API_TOKEN"):
        opened().read()

"""ALIAS at Cloudflare: a flattened CNAME at the apex, and a proxied one at any name, beside what it allows there."""

from sophia_infra.dns.backends import BackendError
from sophia_infra.dns.backends.cloudflare.backend import Cloudflare
from tests.dns.backends.cloudflare.conftest import Open, planned, replacing
from tests.support.cloudflare_server import CloudflareServer
from tests.support.refusals import refused

APEX = "@ 300 A 192.0.2.1\n"
WWW = "www 300 A 192.0.2.2\n"


def test_an_apex_alias_takes_the_place_of_the_address_beside_txt_and_reads_back_without_drift(
    zone: Cloudflare, server: CloudflareServer
) -> None:
    desired, decide = planned(zone, replacing(APEX, "@ 300 ALIAS lb.other.example.\n@ 300 MX 10 mx.other.example.\n"))
    assert zone.apply(decide).text == desired == zone.read().text
    kinds = {(one["type"], one["content"]) for one in server.named("shop.example") if one["type"] != "TXT"}
    assert kinds == {("CNAME", "lb.other.example"), ("MX", "mx.other.example")}
    assert zone.apply(planned(zone)[1]).text == desired
    assert server.count("POST") == 1


def test_an_apex_cname_made_by_hand_is_read_as_an_alias_and_changed_in_place(
    zone: Cloudflare, server: CloudflareServer
) -> None:
    (address,) = [one for one in server.named("shop.example") if one["type"] == "A"]
    server.objects.pop(address["id"])
    made = server.add("CNAME", "shop.example", content="lb.other.example", ttl=300, comment="by hand")
    assert "@ 300 ALIAS lb.other.example.\n" in zone.read().text
    desired, decide = planned(zone, replacing("ALIAS lb.other", "ALIAS cdn.other"))
    assert zone.apply(decide).text == desired == zone.read().text
    changed = server.objects[made["id"]]
    assert (changed["type"], changed["content"], changed["comment"]) == ("CNAME", "cdn.other.example", "by hand")
    zone.apply(planned(zone, replacing("@ 300 ALIAS cdn.other.example.\n", APEX))[1])
    assert {one["type"] for one in server.named("shop.example")} == {"A", "TXT"}


def test_a_proxied_cname_beside_other_records_is_an_alias_and_alone_a_cname(
    opened: Open, server: CloudflareServer
) -> None:
    zone = opened()
    server.add("CNAME", "cdn.shop.example", content="lb.other.example", proxied=True)
    assert "cdn 300 CNAME lb.other.example.\n" in zone.read().text
    both = 'cdn 300 ALIAS lb.other.example.\ncdn 300 TXT "x"\n'
    desired, decide = planned(zone, replacing("cdn 300 CNAME lb.other.example.\n", both))
    assert both in zone.apply(decide).text
    assert zone.read().text == desired
    (cdn,) = [one for one in server.named("cdn.shop.example") if one["type"] == "CNAME"]
    assert (cdn["content"], cdn["proxied"]) == ("lb.other.example", True)


def test_a_new_proxied_alias_is_made_where_the_name_is_to_be_proxied(opened: Open, server: CloudflareServer) -> None:
    zone = opened(proxied=["cdn"])
    desired, decide = planned(zone, replacing(WWW, 'cdn 60 ALIAS lb.other.example.\ncdn 60 TXT "x"\n' + WWW))
    assert "cdn 300 ALIAS" in desired
    assert zone.apply(decide).text == desired == zone.read().text
    assert {one["type"] for one in server.named("cdn.shop.example") if one["proxied"]} == {"CNAME"}


def test_an_alias_that_cloudflare_would_not_answer_as_one_is_refused_with_the_way_out(opened: Open) -> None:
    alias = replacing(WWW, WWW + 'cdn 300 ALIAS lb.other.example.\ncdn 300 TXT "x"\n')
    with refused(BackendError, "not-held", subject="cdn ALIAS", says=r"write CNAME, or name cdn in backend\.proxied"):
        planned(opened(), alias)
    alone = replacing(WWW, WWW + "cdn 300 ALIAS lb.other.example.\n")
    zone = opened(proxied=["cdn"])
    with refused(BackendError, "not-held", subject="cdn ALIAS", says="stands alone at its name"):
        zone.read().refuse_unreachable(planned(zone, alone)[0])
